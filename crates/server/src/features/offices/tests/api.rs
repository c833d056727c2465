//! The directory for programs.

use super::directory;
use serde_json::{Value, json};

fn codes(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_program_gets_every_fact() {
    let server = directory().await;
    let answer = server.get("/api/v1/offices?region=110105&service=accept&lang=en").await.json();
    let expected = json!({"items": [{
        "code": "110105001", "name": "Jianwai Station", "address": "2 Guanghua Road",
        "phones": ["000-0000-0101", "000-0000-0102"],
        "hours": "Monday to Friday 9:00–12:00 and 13:30–17:00; closed on public holidays",
        "open_now": true, "services": ["accept", "hand_out"],
        "location": {"latitude": 39.91, "longitude": 116.45},
        "parent": {"code": "110105000", "name": "Chaoyang Branch", "phones": ["000-0000-0100"]},
    }], "next": null});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn what_is_not_known_is_null_or_empty() {
    let server = directory().await;
    let answer = server.get("/api/v1/offices?q=tianhe").await.json();
    let item = &answer["items"][0];
    assert_eq!(codes(&answer), ["440106001"]);
    assert_eq!(
        (&item["open_now"], &item["parent"]),
        (&Value::Null, &Value::Null),
        "its parent is not listed"
    );
    assert_eq!(item["hours"], "周一上午");
    let answer = server.get("/api/v1/offices?region=119900").await.json();
    assert_eq!(
        (&answer["items"][0]["services"], &answer["items"][0]["location"]),
        (&json!([]), &Value::Null)
    );
}

#[tokio::test]
async fn pages_follow_each_other() {
    let lines: Vec<String> = (1..=45).map(|n| format!("119900{n:03},所{n:03},路,{n}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (server, _) = super::listed("organ,name,address,phone", &lines).await;
    let (mut page, mut seen) = (json!(1), Vec::new());
    while !page.is_null() {
        let answer = server.get(&format!("/api/v1/offices?q=suo&page={page}")).await.json();
        seen.extend(codes(&answer).into_iter().map(str::to_owned));
        page = answer["next"].clone();
    }
    let all: Vec<String> = (1..=45).map(|n| format!("119900{n:03}")).collect();
    assert_eq!(seen, all);
    assert_eq!(server.get("/api/v1/offices?page=4").await.json(), json!({"items": [], "next": null}));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_named() {
    let server = directory().await;
    for (query, field) in
        [("region=x", "region"), ("region=1", "region"), ("service=stamp", "service"), ("page=0", "page")]
    {
        let answer = server.get(&format!("/api/v1/offices?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"), "{}", answer.body);
    }
    assert_eq!(server.get("/api/v1/offices?q=a&q=b").await.status, 400);
}

#[tokio::test]
async fn districts_are_served_with_their_middle() {
    let server = directory().await;
    let answer = server.get("/api/v1/offices/districts").await.json();
    let expected = json!({"items": [
        {"region": "110101", "location": {"latitude": 39.92, "longitude": 116.41}},
        {"region": "110105", "location": {"latitude": 39.915, "longitude": 116.445}},
        {"region": "440106", "location": {"latitude": 23.13, "longitude": 113.36}},
    ]});
    assert_eq!(answer, expected);
}
