//! What the terminal says: every fact of the answer, in words.

use super::super::{cli, examples, form::Typed};
use crate::testing::{Case, Server};
use domain::milestone::Step;
use domain::stage::{Cause, Ground, Pause, Stage};
use i18n::Language;
use serde_json::Value;

/// Words for programs; the words for people stand beside them and are told.
const CODES: [&str; 9] = [
    "/level",
    "/kind",
    "/stage",
    "/flags/-",
    "/clock/extension",
    "/holder/role",
    "/office/code",
    "/timeline/-/stage",
    "/timeline/-/state",
];

/// Every text and number of an answer with its place; a number 0 and a yes or no have nothing of their own to
/// tell: sentences come and go with them.
fn facts(value: &Value, place: &str) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, field)| facts(field, &format!("{place}/{name}"))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| facts(item, &format!("{place}/-"))).collect(),
        Value::String(text) => vec![(place.to_owned(), text.clone())],
        Value::Number(number) if number.as_u64() != Some(0) => vec![(place.to_owned(), number.to_string())],
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn tells_every_fact(l: Language, answer: &Value) {
    let words = cli::in_words(l, answer);
    for (place, fact) in facts(answer, "") {
        let told = words.contains(&fact) || CODES.contains(&place.as_str());
        assert!(told, "{place} {fact:?} is missing in:\n{words}");
    }
    assert!(!words.contains("!:"), "{words}");
}

/// Overdue with more time and a pause behind it; paused; issued late; sent back with a cause.
fn cases() -> [Case; 4] {
    let begun = |person, day: &str| {
        Case::of(person, day).promised(20).reached(&format!("{day} 09:00"), Stage::Accepted)
    };
    [
        begun(1, "2025-11-03")
            .happened("2025-11-04 09:00", Step::Extended(Ground::RemoteTransport))
            .happened("2025-11-05 09:00", Step::Paused(Pause::NaturalDisaster))
            .happened("2025-11-10 09:00", Step::Resumed)
            .reached("2026-03-10 09:00", Stage::UnderReview),
        begun(2, "2026-03-02").happened("2026-03-12 09:00", Step::Paused(Pause::AwaitingOtherOrgan)),
        begun(3, "2025-11-03").reached("2026-03-02 09:00", Stage::ReadyForCollection),
        begun(4, "2026-03-02").reached("2026-03-06 09:00", Stage::Returned).caused(Cause::Photo),
    ]
}

#[tokio::test]
async fn every_fact_of_an_answer_is_told() {
    let server = Server::start().await;
    server.list_offices(&[1, 900]).await;
    let cases = cases();
    server.record(&cases).await;
    for case in &cases {
        for (l, language) in [(Language::Zh, "zh"), (Language::En, "en")] {
            for facts in [case.by_name(), case.by_receipt()] {
                tells_every_fact(l, &server.api(language, &facts).await.json());
            }
        }
    }
    tells_every_fact(Language::En, &examples::basic());
    tells_every_fact(Language::En, &examples::full());
}

#[tokio::test]
async fn the_terminal_says_what_one_may_do_when_it_is_late() {
    let server = Server::start().await;
    let [late, _, issued, _] = cases();
    server.record([&late, &issued]).await;
    let words = cli::in_words(Language::En, &server.api("en", &late.by_name()).await.json());
    assert!(words.contains("What you may do:") && words.contains("12345"), "{words}");
    assert!(words.contains("over the time set by law") && words.contains("+30 days apply"), "{words}");
    let words = cli::in_words(Language::En, &server.api("en", &issued.by_name()).await.json());
    assert!(words.contains("The clock stopped on 2026-03-02."), "{words}");
    assert!(!words.contains("What you may do"), "{words}");
}

#[test]
fn a_debug_line_names_the_fields_and_no_person() {
    let (citizen_number, name) = ("119900199003070011".to_owned(), Some("张三".to_owned()));
    let typed = Typed { citizen_number, name, ..Typed::default() };
    assert_eq!(format!("{typed:?}"), r#"Typed {"citizen_number", "name"}"#);
}
