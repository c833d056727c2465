//! Others are told of each move, in order and at least once; what everybody was told is forgotten.

use super::*;
use crate::testing::{Fresh, at, entry};
use crate::{Work, record};
use domain::milestone::Step;
use record::Report;

type Moved = (Option<Stage>, Option<Stage>);

async fn register(store: &Store, name: &'static str) -> Consumer {
    store
        .write(entry(name), move |write| -> Work<'_, Consumer> {
            Box::pin(async move { Consumer::register(write, name).await })
        })
        .await
        .unwrap()
}

async fn done(store: &Store, consumer: Consumer, up_to: MoveId) {
    let done = store.write(entry("told"), move |write| -> Work<'_, ()> {
        Box::pin(async move { super::done(write, consumer, up_to).await })
    });
    done.await.unwrap();
}

async fn taken(store: &Store, consumer: Consumer, limit: u16) -> Vec<Move> {
    let moves = take(&store.read(), consumer, limit).await.unwrap();
    assert!(moves.is_sorted_by_key(|moved| moved.id));
    moves
}

async fn moves(store: &Store, consumer: Consumer) -> Vec<Moved> {
    taken(store, consumer, 100).await.into_iter().map(|moved| (moved.from, moved.to)).collect()
}

/// Days after everything was recorded.
fn later(days: i64) -> Moment {
    Moment::from_millis(at(31, 9).millis() + days * 24 * 60 * 60 * 1000)
}

const ACCEPTED: Moved = (None, Some(Stage::Accepted));
const SIGNED: Moved = (Some(Stage::Accepted), Some(Stage::Signed));

#[tokio::test]
async fn others_are_told_of_each_move_once_and_in_order() {
    let fresh = Fresh::new().await;
    let notices = register(&fresh.store, "notices").await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Signed, 8)]).await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::UnderReview, 6)]).await;
    fresh.record(vec![fresh.report("same", Step::Reached(Stage::Signed), at(9, 9))]).await;
    let collected = fresh.reached(Stage::Collected, 10);
    fresh.record(vec![collected.clone()]).await;
    fresh.record(vec![fresh.reached(Stage::Remake, 11)]).await;
    fresh.record(vec![fresh.report("sorry", Step::Withdraws(collected.event), at(12, 9))]).await;
    let all = [
        (None, Some(Stage::Signed)),
        (Some(Stage::Signed), Some(Stage::Collected)),
        (Some(Stage::Collected), Some(Stage::Remake)),
    ];
    assert_eq!(moves(&fresh.store, notices).await, all);
    done(&fresh.store, notices, MoveId(1)).await;
    assert_eq!(moves(&fresh.store, notices).await, all[1..]);
}

#[tokio::test]
async fn a_withdrawn_beginning_leaves_no_stage_and_others_are_told() {
    let fresh = Fresh::new().await;
    let notices = register(&fresh.store, "notices").await;
    fresh.record(vec![fresh.accepted()]).await;
    let wrong = fresh.accepted().event;
    fresh.record(vec![fresh.report("sorry", Step::Withdraws(wrong), at(6, 9))]).await;
    assert_eq!(fresh.application(1, 7).await.unwrap().progress, None);
    assert_eq!(moves(&fresh.store, notices).await, [ACCEPTED, (Some(Stage::Accepted), None)]);
}

#[tokio::test]
async fn the_moves_of_every_application_are_taken_in_its_order_however_few_at_a_time() {
    let fresh = Fresh::new().await;
    let notices = register(&fresh.store, "notices").await;
    let of = |n, report: Report| Report { receipt: crate::testing::receipt(n, 7), ..report };
    let stages = [Stage::UnderReview, Stage::Signed, Stage::Produced, Stage::ReadyForCollection];
    fresh.record((1..=5).map(|n| fresh.accepted_of(n)).collect()).await;
    for (day, stage) in (6..).zip(stages) {
        fresh.record((1..=5).rev().map(|n| of(n, fresh.reached(stage, day))).collect()).await;
    }
    let mut told: Vec<Move> = Vec::new();
    loop {
        let some = taken(&fresh.store, notices, 3).await;
        let Some(last) = some.last() else { break };
        done(&fresh.store, notices, last.id).await;
        told.extend(some);
    }
    assert_eq!(told.len(), 25);
    for application in fresh.every_application().await {
        let own = told.iter().filter(|moved| moved.application == application.id);
        let to: Vec<Stage> = own.map(|moved| moved.to.unwrap()).collect();
        assert_eq!(to, [&[Stage::Accepted], &stages[..]].concat());
    }
}

#[tokio::test]
async fn who_fell_before_it_was_done_is_told_again() {
    let fresh = Fresh::new().await;
    let notices = register(&fresh.store, "notices").await;
    fresh.record(vec![fresh.accepted()]).await;
    fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await;
    let first = taken(&fresh.store, notices, 1).await;
    done(&fresh.store, notices, first[0].id).await;
    assert_eq!(moves(&fresh.store, notices).await, [SIGNED]);
    let Fresh { store, folder, .. } = fresh;
    drop(store);
    let store = folder.open().await;
    let notices = register(&store, "notices").await;
    assert_eq!(moves(&store, notices).await, [SIGNED]);
}

#[tokio::test]
async fn each_consumer_goes_at_its_own_pace_and_nothing_is_forgotten_before_all_are_done() {
    let fresh = Fresh::new().await;
    let store = &fresh.store;
    let notices = register(store, "notices").await;
    let webhooks = register(store, "webhooks").await;
    fresh.record(vec![fresh.accepted()]).await;
    fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await;
    done(store, notices, MoveId(2)).await;
    // However old: the slower one was not told yet.
    assert_eq!(prune(store, "upkeep", later(1000)).await.unwrap(), 0);
    assert_eq!((moves(store, notices).await, moves(store, webhooks).await), (vec![], vec![ACCEPTED, SIGNED]));
    done(store, webhooks, MoveId(1)).await;
    assert_eq!(prune(store, "upkeep", later(0)).await.unwrap(), 1);
    assert_eq!(moves(store, webhooks).await, [SIGNED]);
    done(store, webhooks, MoveId(2)).await;
    // It does not go back.
    done(store, webhooks, MoveId(1)).await;
    let audited = fresh.count("audit");
    assert_eq!(prune(store, "upkeep", later(0)).await.unwrap(), 1);
    assert_eq!(prune(store, "upkeep", later(0)).await.unwrap(), 0);
    assert_eq!((fresh.count("outbox"), fresh.count("audit")), (0, audited + 1));
}

#[tokio::test]
async fn where_nobody_consumes_moves_are_forgotten_after_a_week() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted()]).await;
    fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await;
    assert_eq!(prune(&fresh.store, "upkeep", later(6)).await.unwrap(), 0);
    assert_eq!(prune(&fresh.store, "upkeep", later(7)).await.unwrap(), 2);
    assert_eq!(fresh.count("outbox"), 0);
}

#[tokio::test]
async fn who_comes_later_begins_at_the_present_and_numbers_never_come_back() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted()]).await;
    let late = register(&fresh.store, "late").await;
    assert_eq!(moves(&fresh.store, late).await, []);
    fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await;
    assert_eq!(moves(&fresh.store, late).await, [SIGNED]);
    done(&fresh.store, late, MoveId(2)).await;
    assert_eq!(prune(&fresh.store, "upkeep", later(0)).await.unwrap(), 2);
    // The outbox is empty, and what comes now is news to those before and to those after.
    let latest = register(&fresh.store, "latest").await;
    fresh.record(vec![fresh.reached(Stage::Collected, 9)]).await;
    let collected = (Some(Stage::Signed), Some(Stage::Collected));
    assert_eq!(
        (moves(&fresh.store, late).await, moves(&fresh.store, latest).await),
        (vec![collected], vec![collected])
    );
}
