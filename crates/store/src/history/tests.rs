//! The history follows the cards: it grows when one is ready and is put right when the story changes.

use super::*;
use crate::record::{Outcome, Report};
use crate::testing::{Fresh, at, opening, organ, receipt};
use domain::milestone::Step;

async fn took(fresh: &Fresh) -> Vec<(Stage, u16, u32)> {
    let read = fresh.store.read();
    let history = of(&read, organ(7), opening(1, 7).kind).await.unwrap();
    history.into_iter().map(|took| (took.stage, took.days, took.cards)).collect()
}

#[tokio::test]
async fn a_card_counts_when_it_is_ready_and_not_before() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Signed, 8)]).await;
    assert_eq!(took(&fresh).await, []);
    fresh.record(vec![fresh.reached(Stage::ReadyForCollection, 20)]).await;
    assert_eq!(took(&fresh).await, [(Stage::Accepted, 15, 1), (Stage::Signed, 12, 1)]);
    fresh.record(vec![fresh.reached(Stage::Collected, 22)]).await;
    assert_eq!(took(&fresh).await, [(Stage::Accepted, 15, 1), (Stage::Signed, 12, 1)]);
}

#[tokio::test]
async fn cards_that_took_the_same_time_are_counted_together() {
    let fresh = Fresh::new().await;
    let of_second = |report: Report| Report { receipt: receipt(2, 7), ..report };
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::ReadyForCollection, 20)]).await;
    let second = Report { opening: Some(opening(2, 7)), ..of_second(fresh.reached(Stage::Accepted, 5)) };
    fresh.record(vec![second, of_second(fresh.reached(Stage::ReadyForCollection, 20))]).await;
    assert_eq!(took(&fresh).await, [(Stage::Accepted, 15, 2)]);
}

#[tokio::test]
async fn repetition_counts_no_card_twice() {
    let fresh = Fresh::new().await;
    for _ in 0..3 {
        fresh.record(vec![fresh.accepted(), fresh.reached(Stage::ReadyForCollection, 20)]).await;
    }
    assert_eq!(took(&fresh).await, [(Stage::Accepted, 15, 1)]);
}

#[tokio::test]
async fn a_late_milestone_and_a_correction_put_the_history_right() {
    let fresh = Fresh::new().await;
    let ready = fresh.reached(Stage::ReadyForCollection, 20);
    fresh.record(vec![fresh.accepted(), ready.clone()]).await;
    fresh.record(vec![fresh.reached(Stage::Signed, 10)]).await;
    assert_eq!(took(&fresh).await, [(Stage::Accepted, 15, 1), (Stage::Signed, 10, 1)]);
    let correction = fresh.report("correction", Step::Withdraws(ready.event), at(21, 9));
    assert_eq!(fresh.record(vec![correction]).await, [Outcome::Recorded]);
    assert_eq!(took(&fresh).await, []);
    fresh.record(vec![fresh.reached(Stage::ReadyForCollection, 25)]).await;
    assert_eq!(took(&fresh).await, [(Stage::Accepted, 20, 1), (Stage::Signed, 15, 1)]);
}

#[tokio::test]
async fn an_organ_has_its_own_history() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::ReadyForCollection, 20)]).await;
    let read = fresh.store.read();
    assert_eq!(of(&read, organ(8), opening(1, 7).kind).await.unwrap(), []);
    assert_eq!(of(&read, organ(7), Kind::Replacement).await.unwrap(), []);
}
