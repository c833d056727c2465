//! What is erased is gone from every table, and nobody else's is.

use super::*;
use crate::keys::Receipt;
use crate::manifest::{self, Declaration};
use crate::mismatch;
use crate::record::Report;
use crate::testing::{Fresh, at, entry, receipt};
use domain::batch::BatchNumber;
use domain::milestone::Step;
use domain::mismatch::Way;
use domain::stage::Stage;

/// Two people with an application each, and something in every table that goes with one.
async fn two_people() -> Fresh {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted_of(1), fresh.accepted_of(2)]).await;
    for n in [1, 2] {
        // A card that is collected before it was made is held.
        let event = fresh.store.keys().event(format!("impossible-{n}").as_bytes());
        let held = fresh.report("impossible", Step::Reached(Stage::Collected), at(6, 9));
        fresh.record(vec![Report { receipt: receipt(n, 7), event, ..held }]).await;
        let subject = fresh.application(n, 7).await.unwrap().subject;
        mismatch::count(&fresh.store, subject, Way::Name, at(31, 9)).await.unwrap();
    }
    let declaration = Declaration {
        feed: fresh.feed,
        batch: BatchNumber::parse("ZZ-2026-0007").unwrap(),
        due: at(20, 18),
        receipts: vec![receipt(1, 7), receipt(2, 7)],
        removed: Vec::new(),
        count: 2,
    };
    manifest::declare(&fresh.store, entry("batch"), declaration).await.unwrap().unwrap();
    fresh
}

/// In how many rows of any table a hash stands, but for the log.
fn rows_with(fresh: &Fresh, hash: &[u8; 16]) -> usize {
    let tables = [
        "application",
        "milestone",
        "receipt_case",
        "held",
        "manifest_line",
        "arrival",
        "outbox",
        "mismatch",
    ];
    let hash = hex::encode(hash);
    let rows = |table: &str| fresh.behind().rows(&format!("SELECT * FROM {table}"));
    let has = |row: &Vec<String>| row.iter().any(|value| value.to_lowercase().contains(&hash));
    tables.into_iter().map(|table| rows(table).iter().filter(|row| has(row)).count()).sum()
}

#[tokio::test]
async fn a_person_is_erased_from_every_table_and_nobody_else_is() {
    let fresh = two_people().await;
    let (one, other) = (fresh.application(1, 7).await.unwrap(), fresh.application(2, 7).await.unwrap());
    let of =
        |subject: Subject, receipt: Receipt| rows_with(&fresh, &subject.0) + rows_with(&fresh, &receipt.0);
    let before = (of(one.subject, one.receipt), of(other.subject, other.receipt));
    assert!(before.0 > 5 && before.0 == before.1, "{before:?}");
    let erased = of_subject(&fresh.store, entry("erase"), one.subject).await.unwrap();
    assert_eq!((erased.applications, erased.left), (1, 0));
    assert_eq!((of(one.subject, one.receipt), of(other.subject, other.receipt)), (0, before.1));
    assert!(fresh.application(1, 7).await.is_none() && fresh.application(2, 7).await.is_some());
    // A second time there is nothing, and that is no error.
    let again = of_subject(&fresh.store, entry("erase"), one.subject).await.unwrap();
    assert_eq!(again, Erased::default());
}

#[tokio::test]
async fn what_is_over_for_long_goes_and_what_may_still_move_stays() {
    let fresh = Fresh::new().await;
    fresh.record((1..=3).map(|n| fresh.accepted_of(n)).collect()).await;
    for (n, day) in [(1, 10), (2, 20)] {
        let event = fresh.store.keys().event(format!("withdrawn-{n}").as_bytes());
        let withdrawn = fresh.reached(Stage::Withdrawn, day);
        fresh.record(vec![Report { receipt: receipt(n, 7), event, ..withdrawn }]).await;
    }
    let gone = over_since(&fresh.store, entry("over"), at(15, 0), || true).await.unwrap();
    assert_eq!(gone, 1);
    let there = [1, 2, 3].map(async |n| fresh.application(n, 7).await.is_some());
    let mut is_there = Vec::new();
    for there in there {
        is_there.push(there.await);
    }
    assert_eq!(is_there, [false, true, true]);
    assert_eq!(over_since(&fresh.store, entry("over"), at(15, 0), || false).await.unwrap(), 0);
}
