//! Every inquiry is on disk before its answer, exactly once; and no source asks without end.

use super::ordinary;
use crate::testing::{Answered, Case, Facts, NOW, Server, moment};
use axum::body::Body;
use axum::http::{Request, header};
use store::inquiry_log::{Channel, InquiryEntry, Outcome};

#[tokio::test]
async fn every_inquiry_leaves_one_entry_before_its_answer() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    let (by_name, by_receipt) = (ordinary().by_name(), ordinary().by_receipt());
    let (nobody, wrong) = (Case::of(9, "2026-03-02").by_name(), by_name.with("name", "李四"));
    let asked = [
        (&by_name, 1, Outcome::Basic),
        (&by_receipt, 1, Outcome::Full),
        (&wrong, 1, Outcome::NoMatch),
        (&nobody, 9, Outcome::NoMatch),
    ];
    let mut expected = Vec::new();
    for (facts, person, outcome) in asked {
        for channel in [Channel::Page, Channel::Api] {
            match channel {
                Channel::Page => server.page("zh", facts).await,
                Channel::Api => server.api("zh", facts).await,
            };
            let subject = server.app.store.keys().subject(&Case::of(person, "2026-03-02").opening.number);
            expected.push(InquiryEntry { at: moment(NOW), subject, channel, outcome });
            // The answer is here, so the entry is on disk.
            assert_eq!(server.inquiries().await, expected);
        }
    }
}

#[tokio::test]
async fn inquiries_at_the_same_time_are_all_recorded() {
    let server = std::sync::Arc::new(Server::start().await);
    let asked: Vec<_> = (1..=200)
        .map(|person| {
            let server = std::sync::Arc::clone(&server);
            let facts = Case::of(person, "2026-03-02").by_name();
            tokio::spawn(async move { server.api("zh", &facts).await.status })
        })
        .collect();
    for answered in asked {
        assert_eq!(answered.await.unwrap(), 404);
    }
    let mut subjects: Vec<_> = server.inquiries().await.iter().map(|entry| entry.subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!((server.inquiries().await.len(), subjects.len()), (200, 200));
}

#[tokio::test]
async fn what_is_no_inquiry_leaves_no_entry() {
    let server = Server::start().await;
    server.get("/").await;
    server.get("/inquiry").await;
    server.page("zh", &ordinary().by_name().with("applied_on", "soon")).await;
    server.api("zh", &ordinary().by_name().with("citizen_number", "1")).await;
    assert!(server.inquiries().await.is_empty());
}

async fn ask_from(server: &Server, peer: &str, address: &str, facts: &Facts) -> Answered {
    let (kind, body) = match address {
        "/inquiry" => ("application/x-www-form-urlencoded", facts.form()),
        _ => ("application/json", facts.json().to_string()),
    };
    let request = Request::post(address).header(header::CONTENT_TYPE, kind).body(Body::from(body));
    server.send_from(peer, request.unwrap()).await
}

#[tokio::test]
async fn a_source_that_spent_its_budget_waits() {
    for address in ["/inquiry", "/api/v1/inquiries"] {
        let server = Server::start_with(|config| config.limits.inquiries_per_minute = 3).await;
        server.record([&ordinary()]).await;
        let facts = ordinary().by_name();
        for port in 1..=3 {
            let answered = ask_from(&server, &format!("192.0.2.1:{port}"), address, &facts).await;
            assert_eq!(answered.status, 200);
        }
        let refused = ask_from(&server, "192.0.2.1:4", address, &facts).await;
        assert_eq!(refused.status, 429);
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=21).contains(&wait), "{wait}");
        if address == "/inquiry" {
            assert_eq!(refused.page(), "failure");
        } else {
            assert_eq!(refused.json()["type"], "/problems/too-many-requests");
        }
        // Refused is not asked; and another source is answered.
        assert_eq!(server.inquiries().await.len(), 3);
        assert_eq!(ask_from(&server, "192.0.2.2:1", address, &facts).await.status, 200);
        assert!(server.get("/metrics").await.body.contains("jindu_inquiries_refused_total 1"));
    }
}

#[tokio::test]
async fn a_refused_source_learns_nothing_about_a_number() {
    let server = Server::start_with(|config| config.limits.inquiries_per_minute = 1).await;
    server.record([&ordinary()]).await;
    let (known, unknown) = (ordinary().by_name(), Case::of(9, "2026-03-02").by_name());
    ask_from(&server, "192.0.2.1:1", "/api/v1/inquiries", &unknown).await;
    let answers = [
        ask_from(&server, "192.0.2.1:1", "/api/v1/inquiries", &known).await,
        ask_from(&server, "192.0.2.1:1", "/api/v1/inquiries", &unknown).await,
    ];
    let [known, unknown] = answers.map(|answered| answered.body.replace(answered.header("x-request-id"), ""));
    assert_eq!(known, unknown);
}
