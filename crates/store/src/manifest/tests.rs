//! Batches as announced and as arrived.

mod bounds;
mod counts;

use super::*;
use crate::record::{Outcome, Report, Unknown};
use crate::testing::{Fresh, at, entry, receipt};
use domain::organ::OrganCode;
use domain::stage::Stage;
use std::ops::RangeInclusive;

use domain::feed::FeedKind;
use domain::region::RegionCode;

fn batch() -> BatchNumber {
    BatchNumber::parse("ZZ-2026-0007").unwrap()
}

/// Who announces batches; their cards arrive elsewhere.
async fn sender(fresh: &Fresh) -> FeedId {
    match crate::feed::by_name(&fresh.store.read(), "centre").await.unwrap() {
        Some(feed) => feed.id,
        None => fresh.another_feed("centre", FeedKind::Production, 50).await,
    }
}

/// Declares that cards 1 to `cards` come with the batch, due on a day of January.
async fn declared(fresh: &Fresh, cards: u16, due: i8) {
    declared_by(fresh, sender(fresh).await, 1..=cards, due).await;
}

async fn declared_by(fresh: &Fresh, feed: FeedId, cards: RangeInclusive<u16>, due: i8) {
    let count = cards.clone().count() as u32;
    let receipts = cards.map(|n| receipt(n, 7)).collect();
    let removed = Vec::new();
    let declaration = Declaration { feed, batch: batch(), due: at(due, 18), count, receipts, removed };
    assert_eq!(announce(fresh, declaration).await, Ok(()));
}

async fn announce(fresh: &Fresh, declaration: Declaration) -> std::result::Result<(), Excess> {
    declare(&fresh.store, entry("batch"), declaration).await.unwrap()
}

async fn arrive(fresh: &Fresh, n: u16) {
    let event = fresh.store.keys().event(format!("arrived-{n}").as_bytes());
    let arrived = fresh.reached(Stage::InDistribution, 20);
    let report = Report { receipt: receipt(n, 7), batch: Some(batch()), event, ..arrived };
    assert_eq!(fresh.record(vec![report]).await, [Outcome::Recorded]);
}

async fn compared(fresh: &Fresh) -> Comparison {
    compared_of(fresh, sender(fresh).await).await
}

async fn compared_of(fresh: &Fresh, feed: FeedId) -> Comparison {
    compare(&fresh.store.read(), fresh.store.keys(), feed, &batch(), Sight::Staff).await.unwrap().unwrap()
}

async fn settled(fresh: &Fresh, day: i8) -> usize {
    let Settled { flagged, cleared } = settle(&fresh.store, "job:manifests", at(day, 18)).await.unwrap();
    flagged + cleared
}

/// Cards in production, as the county tells.
async fn in_production(cards: u16) -> Fresh {
    in_production_in(Fresh::new().await, cards).await
}

async fn in_production_in(fresh: Fresh, cards: u16) -> Fresh {
    let fresh = opened_in(fresh, cards).await;
    let made = |n| Report { receipt: receipt(n, 7), ..fresh.reached(Stage::InProduction, 12) };
    fresh.record((1..=cards).map(made).collect()).await;
    fresh
}

fn numbers(cards: &[Card]) -> Vec<&str> {
    cards.iter().map(|card| card.number.as_deref().unwrap()).collect()
}

async fn missing(fresh: &Fresh, n: u16) -> bool {
    fresh.application(n, 7).await.unwrap().missing
}

async fn opened(applications: u16) -> Fresh {
    opened_in(Fresh::new().await, applications).await
}

async fn opened_in(fresh: Fresh, applications: u16) -> Fresh {
    fresh.record((1..=applications).map(|n| fresh.accepted_of(n)).collect()).await;
    fresh
}

#[tokio::test]
async fn what_was_announced_and_what_arrived_are_compared() {
    let fresh = opened(4).await;
    declared(&fresh, 3, 31).await;
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
    let sender = sender(&fresh).await;
    for (feed, batch) in [(sender, other), (fresh.feed, batch())] {
        let compared = compare(&fresh.store.read(), fresh.store.keys(), feed, &batch, Sight::Staff).await;
        assert_eq!(compared.unwrap(), None);
    }
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
    let fresh = in_production(2).await;
    declared(&fresh, 2, 25).await;
    arrive(&fresh, 1).await;
    let before = fresh.count("audit");
    assert_eq!((settled(&fresh, 25).await, fresh.count("audit")), (0, before));
    assert_eq!((settled(&fresh, 26).await, fresh.count("audit")), (1, before + 1));
    assert_eq!((missing(&fresh, 1).await, missing(&fresh, 2).await), (false, true));
    assert_eq!(settled(&fresh, 27).await, 0);
    arrive(&fresh, 2).await;
    assert!(!missing(&fresh, 2).await);
    assert_eq!(compared(&fresh).await.late.len(), 2);
}

#[tokio::test]
async fn what_the_sender_says_itself_is_no_arrival() {
    for told_before in [true, false] {
        let fresh = opened(3).await;
        let sender = sender(&fresh).await;
        let sent = |n: u16| Report {
            receipt: receipt(n, 7),
            batch: Some(batch()),
            event: fresh.store.keys().event(format!("sent-{n}").as_bytes()),
            ..fresh.reached(Stage::InDistribution, 19)
        };
        let tell = async || {
            fresh.record_by(sender, vec![sent(1), sent(2), sent(3)], Unknown::Told).await;
            arrive(&fresh, 1).await;
        };
        if told_before {
            tell().await;
        }
        declared(&fresh, 2, 25).await;
        if !told_before {
            tell().await;
        }
        let compared = compared(&fresh).await;
        assert_eq!((compared.listed, compared.arrived, compared.extra.len()), (2, 1, 0));
        assert_eq!(numbers(&compared.missing), [receipt(2, 7).as_str()]);
        assert_eq!(settled(&fresh, 26).await, 1);
        fresh.record_by(sender, vec![sent(2)], Unknown::Told).await;
        assert!(missing(&fresh, 2).await);
    }
}

#[tokio::test]
async fn a_batch_that_gets_more_time_takes_the_flag_away() {
    let fresh = in_production(1).await;
    declared(&fresh, 1, 25).await;
    assert_eq!((settled(&fresh, 26).await, missing(&fresh, 1).await), (1, true));
    declared(&fresh, 1, 29).await;
    assert_eq!((settled(&fresh, 26).await, missing(&fresh, 1).await), (1, false));
}

#[tokio::test]
async fn two_feeds_may_give_one_number_and_a_card_counts_where_it_is_listed() {
    let fresh = in_production(5).await;
    let other = fresh.another_feed("other", FeedKind::Production, 50).await;
    declared(&fresh, 2, 25).await;
    declared_by(&fresh, other, 3..=4, 28).await;
    arrive(&fresh, 1).await;
    arrive(&fresh, 3).await;
    arrive(&fresh, 5).await;
    let (first, second) = (compared(&fresh).await, compared_of(&fresh, other).await);
    assert_eq!((first.listed, first.arrived, numbers(&first.missing)), (2, 1, vec![receipt(2, 7).as_str()]));
    assert_eq!(
        (second.listed, second.arrived, numbers(&second.missing)),
        (2, 1, vec![receipt(4, 7).as_str()])
    );
    // What none of them lists may belong to either.
    for compared in [&first, &second] {
        assert_eq!(numbers(&compared.extra), [receipt(5, 7).as_str()]);
    }
    let senders = senders(&fresh.store.read(), &batch()).await.unwrap();
    assert_eq!(senders, [other, sender(&fresh).await]);
    assert_eq!((settled(&fresh, 26).await, missing(&fresh, 2).await), (1, true));
    assert_eq!((settled(&fresh, 29).await, missing(&fresh, 4).await), (1, true));
}

#[tokio::test]
async fn guessed_receipts_flag_nobody() {
    let fresh = in_production(2).await;
    let far = OrganCode::new(RegionCode::new(530_100).unwrap(), 1).unwrap();
    let stranger = fresh.another_feed("stranger", FeedKind::Production, 50).await;
    fresh.change_behind(&format!("UPDATE feed SET owner = {} WHERE id = {}", far.get(), stranger.0));
    declared_by(&fresh, stranger, 1..=2, 25).await;
    assert_eq!(settled(&fresh, 26).await, 0);
    // What it made itself it can miss, wherever it was applied for.
    let made = Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Produced, 19) };
    fresh.record_by(stranger, vec![made], Unknown::Told).await;
    assert_eq!(settled(&fresh, 26).await, 1);
    assert_eq!((missing(&fresh, 1).await, missing(&fresh, 2).await), (false, true));
}

#[tokio::test]
async fn a_card_that_is_not_on_its_way_is_not_missing() {
    let fresh = opened(1).await;
    declared(&fresh, 1, 25).await;
    assert_eq!(settled(&fresh, 26).await, 0);
    fresh.record(vec![fresh.reached(Stage::Produced, 19)]).await;
    assert_eq!((settled(&fresh, 26).await, missing(&fresh, 1).await), (1, true));
    // In the drawer, though nobody said with which batch it came.
    fresh.record(vec![fresh.reached(Stage::ReadyForCollection, 27)]).await;
    assert_eq!((settled(&fresh, 28).await, missing(&fresh, 1).await), (1, false));
}

#[tokio::test]
async fn batches_of_an_earlier_schema_are_what_they_were() {
    let fresh = in_production_in(Fresh::embedded().await, 3).await;
    declared(&fresh, 2, 25).await;
    arrive(&fresh, 1).await;
    arrive(&fresh, 3).await;
    let before = compared(&fresh).await;
    let raw = fresh.file();
    for schema in ["manifest", "manifest_line"] {
        raw.execute_batch(&format!("ALTER TABLE {schema} RENAME TO kept_{schema}")).unwrap();
    }
    raw.execute_batch(BEFORE).unwrap();
    raw.execute_batch(include_str!("../../migrations/sqlite/V0008__batches_by_feed.sql")).unwrap();
    raw.execute_batch(include_str!("../../migrations/sqlite/V0011__bounded_batches.sql")).unwrap();
    std::thread::sleep(2 * crate::engine::sqlite::GLANCE);
    assert_eq!(compared(&fresh).await, before);
    assert_eq!((settled(&fresh, 26).await, missing(&fresh, 2).await), (1, true));
}

/// The tables of batches as they were before, with what is there now.
const BEFORE: &str = "
    DROP INDEX manifest_line_by_receipt;
    CREATE TABLE manifest (batch TEXT PRIMARY KEY, feed INTEGER NOT NULL, count INTEGER NOT NULL,
        due_at INTEGER NOT NULL, declared_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE manifest_line (batch TEXT NOT NULL, receipt BLOB NOT NULL, number BLOB, arrived_at INTEGER,
        arrived_by INTEGER, again_at INTEGER, PRIMARY KEY (batch, receipt)) STRICT, WITHOUT ROWID;
    INSERT INTO manifest SELECT batch, feed, count, due_at, declared_at FROM kept_manifest;
    INSERT INTO manifest_line SELECT batch, receipt, number, NULL, NULL, NULL FROM kept_manifest_line;
    INSERT INTO manifest_line SELECT batch, receipt, NULL, at, feed, NULL FROM arrival WHERE true
        ON CONFLICT DO UPDATE SET arrived_at = excluded.arrived_at, arrived_by = excluded.arrived_by;
    DROP TABLE kept_manifest;
    DROP TABLE kept_manifest_line;
    DROP TABLE arrival;
    DROP TABLE manifest_count;
    DROP INDEX held_of_feed;
    DROP INDEX held_of_feed_open;
    DROP INDEX held_of_reason;
    DROP INDEX held_of_reason_open;
    DROP INDEX dead_letter_of_feed;";

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

#[tokio::test]
async fn the_batches_that_list_a_card_are_named_with_its_arrival() {
    let fresh = in_production(2).await;
    declared(&fresh, 2, 25).await;
    arrive(&fresh, 1).await;
    let sender = sender(&fresh).await;
    for (card, has_arrived) in [(1, true), (2, false)] {
        let hashed = fresh.store.keys().receipt(&receipt(card, 7));
        let listed = of_receipt(&fresh.store.read(), hashed).await.unwrap();
        let seen: Vec<_> = listed.iter().map(|one| (one.feed, &one.batch, one.arrived.is_some())).collect();
        assert_eq!(seen, [(sender, &batch(), has_arrived)]);
    }
}
