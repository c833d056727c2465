//! What waited is recorded when its application is opened only where its feed may report.

use super::*;
use crate::feed::{State, set_state};
use domain::milestone::FeedId;

async fn make(fresh: &Fresh, feed: FeedId, state: State) {
    assert!(set_state(&fresh.store, entry("state"), feed, state).await.unwrap());
}

/// A report of the post that waited, whose feed was stopped, and whose application was opened then.
async fn opened_while(state: State) -> (Fresh, FeedId) {
    let fresh = Fresh::new().await;
    let post = fresh.another_feed("post", FeedKind::Carrier, 60).await;
    fresh.record_by(post, vec![fresh.reached(Stage::Mailed, 9)], Unknown::Kept).await;
    wait(&fresh, vec![fresh.reached(Stage::Signed, 8)]).await;
    make(&fresh, post, state).await;
    fresh.record(vec![fresh.accepted()]).await;
    (fresh, post)
}

async fn caught_up(fresh: &Fresh) -> usize {
    catch_up(&fresh.store, "upkeep", at(31, 10)).await.unwrap()
}

#[tokio::test]
async fn what_waited_of_a_paused_feed_stays_and_is_recorded_when_the_feed_is_resumed() {
    let (fresh, post) = opened_while(State::Paused).await;
    assert_eq!((stage(&fresh).await, caught_up(&fresh).await), (Stage::Signed, 0));
    let left = open(&fresh).await;
    assert_eq!((left.len(), left[0].feed, left[0].why, left[0].until), (1, post, Why::FeedInactive, None));
    // It found its application: its time does not run out.
    expire(&fresh.store, "upkeep", days_later(1000)).await.unwrap();
    assert_eq!(open(&fresh).await, left);
    make(&fresh, post, State::Active).await;
    let before = fresh.count("audit");
    assert_eq!((caught_up(&fresh).await, caught_up(&fresh).await), (1, 0));
    assert_eq!((stage(&fresh).await, fresh.count("audit")), (Stage::Mailed, before + 1));
    assert_eq!(how(&fresh).await, [Some(Closed::Recorded); 2]);
    assert_eq!(queues(&fresh.store.read()).await.unwrap(), []);
    fresh.prove_all().await;
}

#[tokio::test]
async fn what_waited_of_a_removed_feed_is_never_recorded_by_itself_and_a_person_may_decide() {
    let (fresh, _) = opened_while(State::Removed).await;
    assert_eq!((caught_up(&fresh).await, open(&fresh).await[0].why), (0, Why::FeedInactive));
    let id = open(&fresh).await[0].id;
    let explained = one(&fresh.store.read(), fresh.store.keys(), id).await.unwrap().unwrap();
    assert_eq!(explained.milestone.unwrap().step, Step::Reached(Stage::Mailed));
    let (why, actor) = said();
    assert_eq!(release(&fresh.store, id, why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    assert_eq!((stage(&fresh).await, open(&fresh).await), (Stage::Mailed, vec![]));
    fresh.prove_all().await;
}

#[tokio::test]
async fn what_a_person_discarded_meanwhile_does_not_come_back_with_the_feed() {
    let (fresh, post) = opened_while(State::Paused).await;
    let (why, actor) = said();
    let id = open(&fresh).await[0].id;
    assert_eq!(discard(&fresh.store, id, why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    make(&fresh, post, State::Active).await;
    assert_eq!(caught_up(&fresh).await, 0);
    let again = fresh.record_by(post, vec![fresh.reached(Stage::Mailed, 9)], Unknown::Kept).await;
    assert_eq!((again, stage(&fresh).await), (vec![Outcome::Repeated], Stage::Signed));
}

#[tokio::test]
async fn what_the_feed_told_again_before_is_recorded_once() {
    let (fresh, post) = opened_while(State::Paused).await;
    make(&fresh, post, State::Active).await;
    let again = fresh.record_by(post, vec![fresh.reached(Stage::Mailed, 9)], Unknown::Kept).await;
    assert_eq!((again, caught_up(&fresh).await), (vec![Outcome::Recorded], 1));
    assert_eq!((fresh.count("milestone"), open(&fresh).await), (3, vec![]));
    fresh.prove_all().await;
}

#[tokio::test]
async fn what_stayed_and_cannot_be_true_is_held_when_the_feed_is_resumed() {
    let fresh = Fresh::new().await;
    wait(&fresh, vec![fresh.report("on", Step::Resumed, at(8, 9))]).await;
    make(&fresh, fresh.feed, State::Paused).await;
    // The intake refuses a paused feed; whoever else opens the application is another feed.
    let office = fresh.another_feed("office", FeedKind::Intake, 50).await;
    fresh.record_by(office, vec![fresh.accepted()], Unknown::Kept).await;
    make(&fresh, fresh.feed, State::Active).await;
    assert_eq!(caught_up(&fresh).await, 1);
    let open = open(&fresh).await;
    assert_eq!((open.len(), open[0].why), (1, Why::Impossible(Impossible::NotPaused)));
    assert!(open[0].application.is_some());
    fresh.prove_all().await;
}

#[tokio::test]
async fn a_damaged_report_is_tried_once_and_stays_for_a_person() {
    let (fresh, post) = opened_while(State::Paused).await;
    let damage = fresh.behind().blob(&"00".repeat(60));
    fresh.change_behind(&format!("UPDATE held SET report = {damage} WHERE closed IS NULL"));
    make(&fresh, post, State::Active).await;
    assert_eq!((caught_up(&fresh).await, caught_up(&fresh).await), (1, 0));
    assert_eq!((open(&fresh).await.len(), stage(&fresh).await), (1, Stage::Signed));
    assert_eq!(open(&fresh).await[0].why, Why::UnreadableReport);
}

#[tokio::test]
async fn an_application_that_cannot_be_read_keeps_no_other_up() {
    let (fresh, post) = opened_while(State::Active).await;
    let mailed = |n| Report { receipt: receipt(n, 7), ..fresh.reached(Stage::Mailed, 9) };
    fresh.record_by(post, vec![mailed(2), mailed(3)], Unknown::Kept).await;
    make(&fresh, post, State::Paused).await;
    fresh.record(vec![fresh.accepted_of(2), fresh.accepted_of(3)]).await;
    let damage = fresh.behind().blob("00");
    fresh.change_behind(&format!("UPDATE application SET progress = {damage} WHERE id = 2"));
    make(&fresh, post, State::Active).await;
    assert_eq!((caught_up(&fresh).await, caught_up(&fresh).await), (2, 0));
    assert_eq!(fresh.application(3, 7).await.unwrap().progress.unwrap().stage, Stage::Mailed);
    let left = open(&fresh).await;
    assert_eq!((left.len(), left[0].why, left[0].until), (1, Why::UnreadableApplication, None));
}

#[tokio::test]
async fn what_has_no_application_after_all_waits_for_one() {
    let (fresh, post) = opened_while(State::Paused).await;
    fresh.change_behind("DELETE FROM milestone; DELETE FROM application; DELETE FROM receipt_case;");
    make(&fresh, post, State::Active).await;
    assert_eq!((caught_up(&fresh).await, caught_up(&fresh).await), (1, 0));
    assert_eq!(open(&fresh).await[0].why, Why::UnknownApplication);
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!((stage(&fresh).await, open(&fresh).await), (Stage::Mailed, vec![]));
}

#[tokio::test]
async fn of_a_removed_feed_nothing_stays_for_ever() {
    let (fresh, _) = opened_while(State::Removed).await;
    assert_eq!(open(&fresh).await[0].until, Some(days_later(30)));
    assert_eq!(expire(&fresh.store, "upkeep", days_later(30)).await.unwrap(), 1);
    // One that is removed while it is paused does not come back either.
    let (fresh, post) = opened_while(State::Paused).await;
    make(&fresh, post, State::Removed).await;
    for (day, expired) in [(10, 0), (39, 0), (40, 1)] {
        assert_eq!(expire(&fresh.store, "upkeep", days_later(day)).await.unwrap(), expired, "{day}");
    }
    assert_eq!(open(&fresh).await, []);
    assert_eq!(fresh.behind().int("SELECT count(report) FROM held"), 0);
}
