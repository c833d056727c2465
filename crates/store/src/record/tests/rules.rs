//! What follows from recording: who may say what, who goes first, and what others are told.

use super::*;
use crate::held::{self, Why};
use crate::outbox::{self, MoveId};
use crate::testing::entry;
use domain::feed::FeedKind;

async fn moves(fresh: &Fresh, after: i64) -> Vec<(Option<Stage>, Option<Stage>)> {
    let moves = outbox::take(&fresh.store.read(), MoveId(after), 100).await.unwrap();
    assert!(moves.is_sorted_by_key(|moved| moved.id));
    moves.into_iter().map(|moved| (moved.from, moved.to)).collect()
}

#[tokio::test]
async fn a_feed_reports_its_own_stages_only() {
    let fresh = Fresh::new().await;
    let post = fresh.another_feed("post", FeedKind::Carrier, 50).await;
    fresh.record(vec![fresh.accepted()]).await;
    let reports = vec![
        fresh.reached(Stage::ReadyForCollection, 9),
        fresh.reached(Stage::Mailed, 10),
        fresh.report("pause", Step::Paused(Pause::Other), at(8, 9)),
    ];
    let told = fresh.record_by(post, reports, Unknown::Kept).await;
    assert_eq!(told, [Outcome::NotItsStage, Outcome::Recorded, Outcome::Recorded]);
    assert_eq!((progress(&fresh).await.stage, fresh.count("milestone")), (Stage::Mailed, 3));
    let unknown = Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Signed, 9) };
    assert_eq!(fresh.record_by(post, vec![unknown], Unknown::Kept).await, [Outcome::NotItsStage]);
    assert_eq!(fresh.count("held"), 0);
}

#[tokio::test]
async fn where_two_feeds_contradict_each_other_the_one_of_higher_precedence_counts() {
    let fresh = Fresh::new().await;
    let office = fresh.another_feed("office", FeedKind::HandingOut, 20).await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Collected, 10)]).await;
    let ready = vec![fresh.reached(Stage::ReadyForCollection, 11)];
    assert_eq!(fresh.record_by(office, ready, Unknown::Told).await, [Outcome::Recorded]);
    assert_eq!(progress(&fresh).await.stage, Stage::ReadyForCollection);
    let rows =
        held::of_receipt(&fresh.store.read(), fresh.store.keys().receipt(&receipt(1, 7))).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].feed, rows[0].why), (fresh.feed, Why::Impossible(Impossible::Contradicted)));
    let late = fresh.record(vec![fresh.reached(Stage::Cancelled, 7)]).await;
    assert_eq!(late, [Outcome::Held(Impossible::Contradicted)]);
    assert_eq!(progress(&fresh).await.stage, Stage::ReadyForCollection);
}

#[tokio::test]
async fn others_are_told_of_each_move_once_and_in_order() {
    let fresh = Fresh::new().await;
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
    assert_eq!(moves(&fresh, 0).await, all);
    assert_eq!(moves(&fresh, 1).await, all[1..]);
}

#[tokio::test]
async fn what_others_were_told_is_forgotten_and_its_numbers_never_come_back() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted()]).await;
    let done = fresh.store.write(entry("told"), |write| -> Work<'_, ()> {
        Box::pin(async move { outbox::done(write, MoveId(1)).await })
    });
    done.await.unwrap();
    assert_eq!(moves(&fresh, 0).await, []);
    fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await;
    assert_eq!(moves(&fresh, 1).await, [(Some(Stage::Accepted), Some(Stage::Signed))]);
}

#[tokio::test]
async fn a_withdrawn_beginning_leaves_no_stage_and_others_are_told() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted()]).await;
    let wrong = fresh.accepted().event;
    fresh.record(vec![fresh.report("sorry", Step::Withdraws(wrong), at(6, 9))]).await;
    assert_eq!(fresh.application(1, 7).await.unwrap().progress, None);
    assert_eq!(moves(&fresh, 1).await, [(Some(Stage::Accepted), None)]);
}
