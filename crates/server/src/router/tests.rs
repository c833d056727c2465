//! The map and the land: every address with every method, and the description that programs read.

mod staff;

use super::JSON;
use crate::testing::{Case, Server};
use axum::body::Body;
use axum::http::Request;
use domain::stage::Stage;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Every address, and what each of `METHODS` gives without a body: 415 where a form or JSON is expected, 401 where
/// a feed has to sign, 303 to the door where staff have to sign in.
/// A new address needs a row here.
const EXPECTED: [(&str, [u16; 7]); 43] = [
    ("/", [200, 200, 405, 405, 405, 405, 405]),
    ("/api/v1/challenges", [200, 200, 405, 405, 405, 405, 405]),
    ("/api/v1/feeds/{feed}/batches/{batch}", [401, 401, 405, 401, 405, 405, 405]),
    ("/api/v1/feeds/{feed}/dead-letters", [401, 401, 405, 405, 405, 405, 405]),
    ("/api/v1/feeds/{feed}/files", [405, 405, 401, 405, 405, 405, 405]),
    ("/api/v1/feeds/{feed}/held", [401, 401, 405, 405, 405, 405, 405]),
    ("/api/v1/feeds/{feed}/held/{held}", [401, 401, 401, 405, 405, 405, 405]),
    ("/api/v1/feeds/{feed}/milestones", [405, 405, 401, 405, 405, 405, 405]),
    ("/api/v1/inquiries", [405, 405, 415, 405, 405, 405, 405]),
    ("/api/v1/inquiries/counter-only", [405, 405, 415, 405, 405, 405, 405]),
    ("/api/v1/inquiries/looks", [405, 405, 415, 405, 405, 405, 405]),
    ("/api/v1/offices", [200, 200, 405, 405, 405, 405, 405]),
    ("/api/v1/offices/districts", [200, 200, 405, 405, 405, 405, 405]),
    ("/assets/{name}", [404, 404, 405, 405, 405, 405, 405]),
    ("/favicon.ico", [200, 200, 405, 405, 405, 405, 405]),
    ("/healthz", [200, 200, 405, 405, 405, 405, 405]),
    ("/inquiry", [303, 303, 415, 405, 405, 405, 405]),
    ("/inquiry/counter-only", [303, 303, 415, 405, 405, 405, 405]),
    ("/inquiry/looks", [303, 303, 415, 405, 405, 405, 405]),
    ("/log/checkpoint", [404, 404, 405, 405, 405, 405, 405]),
    ("/log/key", [200, 200, 405, 405, 405, 405, 405]),
    ("/log/tile/{*name}", [404, 404, 405, 405, 405, 405, 405]),
    ("/metrics", [200, 200, 405, 405, 405, 405, 405]),
    ("/offices", [200, 200, 405, 405, 405, 405, 405]),
    ("/offices/{code}", [404, 404, 405, 405, 405, 405, 405]),
    ("/openapi.json", [200, 200, 405, 405, 405, 405, 405]),
    ("/readyz", [200, 200, 405, 405, 405, 405, 405]),
    ("/staff", [303, 303, 405, 405, 405, 405, 405]),
    ("/staff/confirm", [303, 303, 303, 405, 405, 405, 405]),
    ("/staff/enrol", [200, 200, 415, 405, 405, 405, 405]),
    ("/staff/enrol/passkey", [405, 405, 415, 405, 405, 405, 405]),
    ("/staff/people", [303, 303, 303, 405, 405, 405, 405]),
    ("/staff/people/add", [303, 303, 303, 405, 405, 405, 405]),
    ("/staff/people/block", [405, 405, 303, 405, 405, 405, 405]),
    ("/staff/people/code", [405, 405, 303, 405, 405, 405, 405]),
    ("/staff/people/disenrol", [405, 405, 303, 405, 405, 405, 405]),
    ("/staff/people/unblock", [405, 405, 303, 405, 405, 405, 405]),
    ("/staff/sessions", [303, 303, 405, 405, 405, 405, 405]),
    ("/staff/sessions/end", [405, 405, 303, 405, 405, 405, 405]),
    ("/staff/sessions/end-all", [405, 405, 303, 405, 405, 405, 405]),
    ("/staff/sign-in", [200, 200, 415, 405, 405, 405, 405]),
    ("/staff/sign-out", [405, 405, 303, 405, 405, 405, 405]),
    ("/stages", [200, 200, 405, 405, 405, 405, 405]),
];

/// The addresses as the sources of the map and of the assets name them, and as the description does.
fn addresses(document: &Value) -> BTreeSet<String> {
    let sources = [include_str!("../router.rs"), include_str!("../../../web/src/asset.rs")];
    let written = sources.into_iter().flat_map(|source| source.split(".route(\"").skip(1));
    let written = written.filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    let described = document["paths"].as_object().unwrap().keys().cloned();
    // The benchmark's address exists only with a switch that no operator sets.
    written.chain(described).filter(|address| !address.starts_with("/bench/")).collect()
}

async fn document(server: &Server) -> Value {
    server.get("/openapi.json").await.json()
}

#[tokio::test]
async fn every_address_answers_every_method_as_expected() {
    let server = Server::start().await;
    let listed: BTreeSet<String> = EXPECTED.iter().map(|(address, _)| (*address).to_owned()).collect();
    assert_eq!(listed, addresses(&document(&server).await), "each address needs a row in EXPECTED");
    for (address, statuses) in EXPECTED {
        for (method, expected) in METHODS.into_iter().zip(statuses) {
            let request = Request::builder().method(method).uri(address.replace(['{', '}'], ""));
            let answered = server.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answered.status.as_u16(), expected, "{method} {address}");
            let is_json = JSON.iter().any(|prefix| address.starts_with(prefix));
            if expected >= 400 && method != "HEAD" {
                let kind = if is_json { "application/problem+json" } else { "text/html; charset=utf-8" };
                assert_eq!(answered.header("content-type"), kind, "{method} {address}");
            }
        }
    }
}

#[tokio::test]
async fn every_reply_is_protected() {
    let server = Server::start().await;
    for (address, _) in EXPECTED.into_iter().chain([("/nowhere", [0; 7])]) {
        let answered = server.get(address.trim_matches(['{', '}'])).await;
        assert!(answered.header("content-security-policy").starts_with("default-src 'none'"), "{address}");
        assert_eq!(answered.header("x-content-type-options"), "nosniff");
        assert_eq!(answered.header("referrer-policy"), "no-referrer");
        let kept = ["/favicon.ico", "/log/key"].contains(&address);
        assert_eq!(answered.header("cache-control") == "no-store", !kept, "{address}");
        assert!(!answered.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn the_benchmarks_address_is_not_there() {
    let server = Server::start().await;
    let request = Request::post("/bench/nothing").header("content-type", "application/json");
    assert_eq!(server.send(request.body("{}".into()).unwrap()).await.status, 404);
}

#[tokio::test]
async fn a_form_posted_from_another_site_is_refused() {
    let server = Server::start().await;
    let request = Request::post("/inquiry").header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://example.com");
    assert_eq!(server.send(request.body("name=x".into()).unwrap()).await.status, 403);
    assert!(server.inquiries().await.is_empty());
}

#[tokio::test]
async fn the_description_for_programs_is_reviewed() {
    insta::assert_json_snapshot!("openapi", document(&Server::start().await).await);
}

#[tokio::test]
async fn the_examples_of_the_description_are_understood() {
    let server = Server::start().await;
    let document = document(&server).await;
    let mut tried = 0;
    // Feeds sign what they send: their own tests send their examples.
    let unsigned = |path: &str| !path.starts_with("/api/v1/feeds/");
    for (path, item) in document["paths"].as_object().unwrap().iter().filter(|(path, _)| unsigned(path)) {
        for (_, operation) in item.as_object().unwrap() {
            tried += 1;
            // What is only fetched needs no body.
            let Some(body) = operation.get("requestBody") else {
                assert_eq!(server.get(path).await.status, 200, "{path}");
                continue;
            };
            let schema = &body["content"]["application/json"]["schema"];
            let example = example(&document, schema);
            assert!(example.as_object().is_some_and(|fields| !fields.is_empty()), "{path} has no example");
            let answered = server.post_json(path, &example).await;
            assert!([200, 404].contains(&answered.status.as_u16()), "{path}: {}", answered.body);
        }
    }
    assert!(tried > 0);
}

#[tokio::test]
async fn answers_and_problems_have_the_shape_that_is_described() {
    let server = Server::start().await;
    server.list_offices(&[1]).await;
    let case = Case::of(1, "2026-03-02").reached("2026-03-02 09:10", Stage::Accepted);
    server.record([&case]).await;
    let document = document(&server).await;
    let described = |status: &str, kind: &str| {
        let responses = &document["paths"]["/api/v1/inquiries"]["post"]["responses"];
        responses[status]["content"][kind]["schema"].clone()
    };
    let full = server.api("en", &case.by_receipt()).await.json();
    fits(&document, &described("200", "application/json"), &full, "full");
    let basic = server.api("en", &case.by_name()).await.json();
    fits(&document, &described("200", "application/json"), &basic, "basic");
    let none = server.api("en", &case.by_name().with("name", "李四")).await.json();
    fits(&document, &described("404", "application/problem+json"), &none, "no match");
    let wrong = server.api("en", &case.by_name().with("name", "")).await.json();
    fits(&document, &described("422", "application/problem+json"), &wrong, "invalid");
}

#[tokio::test]
async fn the_examples_of_replies_have_the_shape_that_is_described() {
    let document = document(&Server::start().await).await;
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|item| item.as_object().unwrap().values());
    let mut tried = 0;
    for (status, response) in operations.flat_map(|operation| operation["responses"].as_object().unwrap()) {
        for (_, content) in response["content"].as_object().into_iter().flatten() {
            let several = content["examples"].as_object().into_iter().flat_map(Map::values);
            let several = several.map(|example| &example["value"]);
            for example in several.chain(content.get("example")) {
                fits(&document, &content["schema"], example, status);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 4 + 3 + 1 + 3 + 1 + 2, "inquiries, milestones, files, held, dead letters, batches");
}

/// The schema itself, where only its place is given; of several ways the first.
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let schema = match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if schema["anyOf"].is_null() { schema } else { resolved(document, &schema["anyOf"][0]) }
}

/// The whole example of a schema, or the one that the examples of its fields make.
fn example(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if !schema["example"].is_null() {
        return schema["example"].clone();
    }
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let known = fields.into_iter().filter(|(_, field)| !field["example"].is_null());
    Value::Object(known.map(|(name, field)| (name, field["example"].clone())).collect::<Map<_, _>>())
}

/// Every field is described, every required field is there, at every depth.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolved(document, schema);
    if let Some(either) = schema["oneOf"].as_array() {
        let shape = either.iter().find(|shape| shape["type"] != "null").unwrap();
        if !value.is_null() {
            fits(document, shape, value, place);
        }
        return;
    }
    match value {
        Value::Object(fields) => {
            let described =
                schema["properties"].as_object().unwrap_or_else(|| panic!("{place} is not described"));
            for (name, field) in fields {
                let shape = described.get(name).unwrap_or_else(|| panic!("{place}/{name} is not described"));
                fits(document, shape, field, &format!("{place}/{name}"));
            }
            for required in schema["required"].as_array().into_iter().flatten() {
                let name = required.as_str().unwrap();
                assert!(fields.contains_key(name), "{place}/{name} is missing");
            }
        }
        Value::Array(items) => {
            for item in items {
                fits(document, &schema["items"], item, &format!("{place}/-"));
            }
        }
        Value::Null => assert!(allows(schema, "null"), "{place} may not be null"),
        Value::String(_) => assert!(allows(schema, "string"), "{place} is no text"),
        Value::Bool(_) => assert!(allows(schema, "boolean"), "{place} is no yes or no"),
        Value::Number(number) if number.is_f64() => assert!(allows(schema, "number"), "{place} is no number"),
        Value::Number(_) => assert!(allows(schema, "integer"), "{place} is no whole number"),
    }
}

fn allows(schema: &Value, kind: &str) -> bool {
    let kinds = &schema["type"];
    kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.iter().any(|allowed| allowed == kind))
}
