//! The promised date, and the expected one from the history of the same kind and organ.

use super::ordinary;
use crate::testing::{Case, Server};
use domain::kind::Reason;
use domain::stage::Stage;
use serde_json::{Value, json};

/// Renewals that entered production on 2 February and became ready so many days later.
fn finished(person: u16, days: u16) -> Case {
    let ready = format!("2026-02-{:02} 16:00", 2 + days);
    let case = Case::of(person, "2026-01-20").reached("2026-01-20 09:00", Stage::Accepted);
    case.reached("2026-02-02 09:00", Stage::InProduction).reached(&ready, Stage::ReadyForCollection)
}

/// Half of them took 16 days, most of the others 20, the slowest 24.
fn finished_cards(count: u16) -> Vec<Case> {
    let days = |n: u16| if n <= count / 2 { 16 } else { 20 };
    (1..=count).map(|n| finished(100 + n, if n == count { 24 } else { days(n) })).collect()
}

async fn expected_after(cards: &[Case], asked: &Case) -> (Value, String) {
    let server = Server::start().await;
    server.record(cards.iter().chain([asked])).await;
    let words = server.page("en", &asked.by_name()).await.words();
    (server.api("en", &asked.by_name()).await.json()["expected"].clone(), words)
}

#[tokio::test]
async fn with_fewer_than_thirty_cards_nothing_is_expected() {
    let (expected, words) = expected_after(&finished_cards(29), &ordinary()).await;
    assert_eq!(expected, Value::Null);
    assert!(!words.contains("Expected date"));
}

#[tokio::test]
async fn with_thirty_cards_a_range_is_told_with_their_number() {
    let (expected, words) = expected_after(&finished_cards(30), &ordinary()).await;
    // In production since 11 March: 16 days make the 27th, 20 days the 31st.
    assert_eq!(expected, json!({"earliest": "2026-03-27", "latest": "2026-03-31", "cards": 30}));
    assert!(words.contains("About 27 March 2026 to 31 March 2026"), "{words}");
    assert!(words.contains("30 cards of the same kind"), "{words}");
}

#[tokio::test]
async fn only_cards_of_the_same_kind_count() {
    let lost: Vec<Case> = finished_cards(30).into_iter().map(|case| case.because(Reason::Lost)).collect();
    assert_eq!(expected_after(&lost, &ordinary()).await.0, Value::Null);
    let asked = ordinary().because(Reason::Lost);
    assert_eq!(expected_after(&lost, &asked).await.0["cards"], 30);
}

#[tokio::test]
async fn only_cards_that_took_at_least_as_long_count() {
    // Day 14 in production: cards that took ten days say nothing about this one.
    let mut cards = finished_cards(30);
    cards.extend((1..=40).map(|n| finished(200 + n, 10)));
    let (expected, _) = expected_after(&cards, &ordinary()).await;
    assert_eq!(expected["cards"], 30);
}

#[tokio::test]
async fn the_promised_date_counts_working_days() {
    let server = Server::start().await;
    let without = Case::of(2, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted);
    server.record([&ordinary(), &without]).await;
    let answer = server.api("en", &ordinary().by_name()).await.json();
    // Twenty working days after Monday, 2 March: four weeks.
    assert_eq!(answer["promised_on"], "2026-03-30");
    let words = server.page("en", &ordinary().by_name()).await.words();
    assert!(words.contains("By 30 March 2026 (20 working days)"), "{words}");
    assert_eq!(server.api("en", &without.by_name()).await.json()["promised_on"], Value::Null);
    assert!(!server.page("en", &without.by_name()).await.words().contains("Promised"));
}
