//! Batches as announced and as arrived.

use super::*;
use crate::record::{Outcome, Report, Unknown};
use crate::testing::{Fresh, at, entry, receipt};
use domain::stage::Stage;

/// Who announces batches; their cards arrive elsewhere.
const SENDER: FeedId = FeedId(77);

fn batch() -> BatchNumber {
    BatchNumber::parse("ZZ-2026-0007").unwrap()
}

/// Declares that cards 1 to `cards` come with the batch, due on a day of January.
async fn declared(fresh: &Fresh, cards: u16, due: i8) -> bool {
    let receipts: Vec<_> = (1..=cards).map(|n| receipt(n, 7)).collect();
    let declaration =
        Declaration { feed: SENDER, batch: batch(), due: at(due, 18), count: cards.into(), receipts };
    declare(&fresh.store, entry("batch"), declaration).await.unwrap()
}

async fn arrive(fresh: &Fresh, n: u16) {
    let event = fresh.store.keys().event(format!("arrived-{n}").as_bytes());
    let arrived = fresh.reached(Stage::InDistribution, 20);
    let report = Report { receipt: receipt(n, 7), batch: Some(batch()), event, ..arrived };
    assert_eq!(fresh.record(vec![report]).await, [Outcome::Recorded]);
}

async fn compared(fresh: &Fresh) -> Comparison {
    compare(&fresh.store.read(), fresh.store.keys(), &batch()).await.unwrap().unwrap()
}

fn numbers(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.number.as_deref().unwrap()).collect()
}

async fn missing(fresh: &Fresh, n: u16) -> bool {
    fresh.application(n, 7).await.unwrap().missing
}

async fn opened(applications: u16) -> Fresh {
    let fresh = Fresh::new().await;
    fresh.record((1..=applications).map(|n| fresh.accepted_of(n)).collect()).await;
    fresh
}

#[tokio::test]
async fn what_was_announced_and_what_arrived_are_compared() {
    let fresh = opened(4).await;
    assert!(declared(&fresh, 3, 31).await);
    arrive(&fresh, 1).await;
    arrive(&fresh, 4).await;
    let compared = compared(&fresh).await;
    assert_eq!((compared.declared, compared.listed, compared.arrived), (3, 3, 1));
    let mut missing = numbers(&compared.missing);
    missing.sort_unstable();
    assert_eq!(missing, [receipt(2, 7).as_str(), receipt(3, 7).as_str()]);
    assert_eq!(numbers(&compared.extra), [receipt(4, 7).as_str()]);
    assert_eq!(compared.late, []);
    let other = BatchNumber::parse("other").unwrap();
    assert_eq!(compare(&fresh.store.read(), fresh.store.keys(), &other).await.unwrap(), None);
}

#[tokio::test]
async fn what_arrives_before_it_is_announced_has_arrived() {
    let fresh = opened(1).await;
    arrive(&fresh, 1).await;
    declared(&fresh, 1, 31).await;
    let compared = compared(&fresh).await;
    assert_eq!((compared.arrived, compared.missing, compared.extra), (1, vec![], vec![]));
}

#[tokio::test]
async fn a_card_that_did_not_arrive_is_flagged_when_the_batch_is_past_due_until_it_arrives() {
    let fresh = opened(2).await;
    declared(&fresh, 2, 25).await;
    arrive(&fresh, 1).await;
    let settled = async |day| settle(&fresh.store, "job:manifests", at(day, 18)).await.unwrap();
    let before = fresh.count("audit");
    assert_eq!((settled(25).await, fresh.count("audit")), (0, before));
    assert_eq!((settled(26).await, fresh.count("audit")), (1, before + 1));
    assert_eq!((missing(&fresh, 1).await, missing(&fresh, 2).await), (false, true));
    assert_eq!(settled(27).await, 0);
    arrive(&fresh, 2).await;
    assert!(!missing(&fresh, 2).await);
    assert_eq!(compared(&fresh).await.late.len(), 2);
}

#[tokio::test]
async fn what_the_sender_says_itself_is_no_arrival() {
    for told_before in [true, false] {
        let fresh = opened(3).await;
        let sender = fresh.another_feed("centre", domain::feed::FeedKind::Production, 50).await;
        let sent = |n: u16| Report {
            receipt: receipt(n, 7),
            batch: Some(batch()),
            event: fresh.store.keys().event(format!("sent-{n}").as_bytes()),
            ..fresh.reached(Stage::Produced, 19)
        };
        let receipts = vec![receipt(1, 7), receipt(2, 7)];
        let declaration = Declaration { feed: sender, batch: batch(), due: at(25, 18), count: 2, receipts };
        let tell = async || {
            fresh.record_by(sender, vec![sent(1), sent(2), sent(3)], Unknown::Told).await;
            arrive(&fresh, 1).await;
        };
        if told_before {
            tell().await;
        }
        assert!(declare(&fresh.store, entry("batch"), declaration).await.unwrap());
        if !told_before {
            tell().await;
        }
        let compared = compared(&fresh).await;
        assert_eq!((compared.listed, compared.arrived, compared.extra.len()), (2, 1, 0));
        assert_eq!(numbers(&compared.missing), [receipt(2, 7).as_str()]);
        assert_eq!(settle(&fresh.store, "job:manifests", at(26, 18)).await.unwrap(), 1);
        fresh.record_by(sender, vec![sent(2)], Unknown::Told).await;
        assert!(missing(&fresh, 2).await);
    }
}

#[tokio::test]
async fn a_batch_that_gets_more_time_takes_the_flag_away() {
    let fresh = opened(1).await;
    declared(&fresh, 1, 25).await;
    let settled = async |day| settle(&fresh.store, "job:manifests", at(day, 18)).await.unwrap();
    assert_eq!((settled(26).await, missing(&fresh, 1).await), (1, true));
    declared(&fresh, 1, 29).await;
    assert_eq!((settled(26).await, missing(&fresh, 1).await), (1, false));
}

#[tokio::test]
async fn a_batch_is_declared_by_one_feed_only() {
    let fresh = opened(1).await;
    assert!(declared(&fresh, 1, 25).await);
    let other = fresh.another_feed("other", domain::feed::FeedKind::Production, 50).await;
    let declaration = Declaration { feed: other, batch: batch(), due: at(9, 9), receipts: vec![], count: 0 };
    assert!(!declare(&fresh.store, entry("batch"), declaration).await.unwrap());
    assert_eq!(compared(&fresh).await.declared, 1);
}

#[tokio::test]
async fn a_report_that_waits_for_its_application_has_arrived_and_a_refused_one_has_not() {
    let fresh = Fresh::new().await;
    declared(&fresh, 2, 31).await;
    let report = |n| Report {
        receipt: receipt(n, 7),
        batch: Some(batch()),
        ..fresh.reached(Stage::InDistribution, 20)
    };
    fresh.record_by(fresh.feed, vec![report(1)], Unknown::Kept).await;
    fresh.record_by(fresh.feed, vec![report(2)], Unknown::Told).await;
    assert_eq!(numbers(&compared(&fresh).await.missing), [receipt(2, 7).as_str()]);
}
