//! How much each level shows, in both languages, to people and to programs.

use super::ordinary;
use crate::testing::{Answered, Case, Facts, Server};
use domain::kind::Reason;
use domain::milestone::Step;
use domain::stage::{Cause, Pause, Stage};
use serde_json::Value;

async fn answers(facts: &Facts) -> (Server, [Answered; 4]) {
    let server = Server::start().await;
    server.list_offices(&[1, 900]).await;
    server.record([&ordinary()]).await;
    let answers = [
        server.api("zh", facts).await,
        server.api("en", facts).await,
        server.page("zh", facts).await,
        server.page("en", facts).await,
    ];
    (server, answers)
}

#[tokio::test]
async fn the_name_shows_the_basic_level() {
    let (_server, [json_zh, json_en, page_zh, page_en]) = answers(&ordinary().by_name()).await;
    insta::assert_json_snapshot!("basic_zh", json_zh.json());
    insta::assert_json_snapshot!("basic_en", json_en.json());
    insta::assert_snapshot!("basic_page_zh", page_zh.words());
    insta::assert_snapshot!("basic_page_en", page_en.words());
}

#[tokio::test]
async fn the_receipt_number_shows_the_full_level() {
    let (_server, [json_zh, json_en, page_zh, page_en]) = answers(&ordinary().by_receipt()).await;
    insta::assert_json_snapshot!("full_zh", json_zh.json());
    insta::assert_json_snapshot!("full_en", json_en.json());
    insta::assert_snapshot!("full_page_zh", page_zh.words());
    insta::assert_snapshot!("full_page_en", page_en.words());
}

#[tokio::test]
async fn the_basic_level_names_nobody_and_no_office() {
    let (_server, [json_zh, json_en, page_zh, page_en]) = answers(&ordinary().by_name()).await;
    for json in [&json_zh, &json_en] {
        let answer = json.json();
        for key in ["name", "holder", "office", "timeline"] {
            assert!(answer.get(key).is_none(), "{key} is for the full level");
        }
        assert_eq!(answer["level"], "basic");
    }
    let offices = ["演示", "Demonstration Office", "119900900", "119900911", "000-0000"];
    for page in [page_zh, page_en] {
        let words = page.words();
        // The typed name stands in the hidden fields of the language switch, outside of the main part.
        for secret in offices.into_iter().chain(["欧阳", "1199001990"]) {
            assert!(!words.contains(secret), "the page says {secret}");
        }
        assert_eq!(page.fact("level"), "basic");
        assert!(!page.body.contains("data-fact=\"holder\""));
        assert!(!page.body.contains("data-fact=\"office\""));
    }
}

#[tokio::test]
async fn reason_and_cause_are_for_the_full_level() {
    let server = Server::start().await;
    let case = Case::of(1, "2026-03-02").because(Reason::Lost).reached("2026-03-02 09:00", Stage::Accepted);
    let case = case.reached("2026-03-06 09:00", Stage::Returned).caused(Cause::DuplicateNumber);
    server.record([&case]).await;
    let (basic, full) = (server.api("en", &case.by_name()).await, server.api("en", &case.by_receipt()).await);
    let (basic, full) = (basic.json(), full.json());
    assert_eq!((&basic["kind_text"], &basic["cause"]), (&"Replacement".into(), &Value::Null));
    assert_eq!(full["kind_text"], "Replacement (lost)");
    assert!(full["cause"].as_str().unwrap().contains("registered for someone else"));
    let words = server.page("en", &case.by_name()).await.words();
    assert!(!words.contains("lost") && !words.contains("someone else"), "{words}");
}

#[tokio::test]
async fn no_level_shows_the_whole_name_the_number_or_the_receipt() {
    let (_server, answers) = answers(&ordinary().by_receipt()).await;
    let opening = ordinary().opening;
    for answer in answers {
        let said = if answer.body.starts_with('{') { answer.body.clone() } else { answer.words() };
        assert!(said.contains("欧阳**"));
        for secret in ["娜", opening.number.as_str(), opening.receipt.as_str()] {
            assert!(!said.contains(secret), "the answer says {secret}");
        }
    }
}

#[tokio::test]
async fn name_and_receipt_together_show_the_full_level() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    let both = ordinary().by_name().with("receipt_number", ordinary().opening.receipt.as_str());
    assert_eq!(server.api("en", &both).await.json()["level"], "full");
}

#[tokio::test]
async fn page_and_program_are_told_the_same() {
    let (_server, [json, _, page, _]) = answers(&ordinary().by_receipt()).await;
    let answer = json.json();
    for (fact, told) in [
        ("level", &answer["level"]),
        ("stage", &answer["stage"]),
        ("since", &answer["since"]),
        ("due_on", &answer["clock"]["due_on"]),
        ("promised_on", &answer["promised_on"]),
        ("holder", &answer["holder"]["role"]),
        ("as_of", &answer["as_of"]),
    ] {
        assert_eq!(page.fact(fact), told.as_str().unwrap(), "{fact}");
    }
    assert_eq!(page.fact("day"), answer["clock"]["day"].to_string());
    let steps = answer["timeline"].as_array().unwrap();
    assert_eq!(page.body.matches("<li class=\"step ").count(), steps.len());
    for step in steps {
        assert!(page.words().contains(step["stage_text"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn an_unlisted_office_is_told_by_its_code() {
    let (_server, [_, json, ..]) = answers(&ordinary().by_receipt()).await;
    let answer = json.json();
    let holder = answer["holder"]["name"].as_str().unwrap();
    assert_eq!(holder, "Organ code 119900911", "the demonstration's region is in no table");
    assert!(answer.get("office").is_none());
}

#[tokio::test]
async fn what_a_feed_says_wrongly_moves_nothing() {
    let server = Server::start().await;
    let case = ordinary().happened("2026-03-01 08:00", Step::Paused(Pause::Other));
    let case = case.reached("2026-03-12 09:00", Stage::Accepted);
    let outcomes = server.record([&case]).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| matches!(outcome, store::record::Outcome::Held(_))).count(),
        2
    );
    let answer = server.api("en", &case.by_name()).await.json();
    assert_eq!((&answer["stage"], &answer["clock"]["paused"]), (&"in_production".into(), &false.into()));
}
