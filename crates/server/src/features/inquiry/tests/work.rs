//! A source that asks in vain works before it asks by name again; whoever has a receipt never does.

use super::ordinary;
use crate::testing::{Answered, Case, Facts, Server};
use altcha::{Challenge, Payload, SolveChallengeOptions, solve_challenge};
use axum::body::Body;
use axum::http::{Request, header};

const PEER: &str = "192.0.2.1:1";

async fn ask(server: &Server, peer: &str, facts: &Facts) -> Answered {
    let request = Request::post("/api/v1/inquiries").header(header::CONTENT_TYPE, "application/json");
    server.send_from(peer, request.body(Body::from(facts.json().to_string())).unwrap()).await
}

async fn page(server: &Server, facts: &Facts) -> Answered {
    let request = Request::post("/inquiry").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    server.send_from(PEER, request.body(Body::from(facts.form())).unwrap()).await
}

async fn challenge(server: &Server) -> Challenge {
    let request = Request::get("/api/v1/challenges").body(Body::empty()).unwrap();
    serde_json::from_value(server.send_from(PEER, request).await.json()).unwrap()
}

fn solved(challenge: Challenge) -> String {
    let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
    serde_json::to_string(&Payload { challenge, solution }).unwrap()
}

/// A server that knows one person, and a source that asked about eleven others in vain.
async fn suspicious() -> Server {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    for person in 2..=12 {
        let facts = Case::of(person, "2026-03-02").by_name();
        assert_eq!(ask(&server, PEER, &facts).await.status, 404, "{person}");
    }
    server
}

#[tokio::test]
async fn after_ten_in_vain_a_source_works_before_it_asks_by_name() {
    let server = suspicious().await;
    let facts = ordinary().by_name();
    let refused = ask(&server, PEER, &facts).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["type"]), (403, &"/problems/work-wanted".into()));
    // Nothing was looked up, and nothing is on record.
    let asked = server.inquiries().await.len();
    let work = solved(challenge(&server).await);
    assert_eq!(ask(&server, PEER, &facts.with("work", &work)).await.status, 200);
    assert_eq!(server.inquiries().await.len(), asked + 1);
    // Work counts once.
    assert_eq!(ask(&server, PEER, &facts.with("work", &work)).await.status, 403);
    assert_eq!(ask(&server, PEER, &facts.with("work", "{}")).await.status, 403);
    assert!(server.get("/metrics").await.body.contains("jindu_inquiries_worked_total 3"));
}

#[tokio::test]
async fn whoever_has_a_receipt_and_whoever_asks_from_elsewhere_does_not_work() {
    let server = suspicious().await;
    assert_eq!(ask(&server, PEER, &ordinary().by_receipt()).await.status, 200);
    assert_eq!(ask(&server, "192.0.2.2:1", &ordinary().by_name()).await.status, 200);
}

#[tokio::test]
async fn the_page_asks_for_work_keeps_what_was_typed_and_names_the_ways_without() {
    let server = suspicious().await;
    for language in ["zh", "en"] {
        let known = page(&server, &ordinary().by_name()).await;
        assert_eq!((known.status.as_u16(), known.page()), (403, "work"), "{language}");
        for way in ["href=\"/\"", "href=\"/offices\"", "<noscript>"] {
            assert!(known.body.contains(way), "{way}");
        }
        assert!(known.body.contains("name=\"applied_on\" value=\"2026-03-02\""));
    }
    // It is asked for before anything is looked up: known or not makes no difference.
    let unknown = page(&server, &Case::of(13, "2026-03-02").by_name()).await;
    assert_eq!((unknown.status.as_u16(), unknown.page()), (403, "work"));
}

#[tokio::test]
async fn when_all_sources_together_ask_in_vain_very_often_everybody_works() {
    let server = Server::start_with(|config| config.limits.mismatches_per_minute_of_all = 5).await;
    server.record([&ordinary()]).await;
    for person in 2..=7 {
        let facts = Case::of(person, "2026-03-02").by_name();
        assert_eq!(ask(&server, &format!("192.0.2.{person}:1"), &facts).await.status, 404);
    }
    assert_eq!(ask(&server, "198.51.100.1:1", &ordinary().by_name()).await.status, 403);
    assert_eq!(ask(&server, "198.51.100.1:1", &ordinary().by_receipt()).await.status, 200);
}
