//! Whose application it is, is remembered while a report waits: the order of telling makes no difference.

use super::*;
use crate::feed::{self, State, set_state};
use crate::testing::opening;
use domain::Date;
use domain::milestone::FeedId;

/// What a production centre tells of the first receipt, and says whose it is.
fn produced(fresh: &Fresh, event: &str, n: u16, applied_on: i8) -> Report {
    let mut opening = opening(n, 7);
    opening.receipt = receipt(1, 7);
    opening.applied_on = Date::constant(2026, 1, applied_on);
    Report { opening: Some(opening), ..fresh.report(event, Step::Reached(Stage::Produced), at(9, 9)) }
}

async fn centre(fresh: &Fresh) -> FeedId {
    fresh.another_feed("centre", FeedKind::Production, 50).await
}

async fn reasons(fresh: &Fresh) -> Vec<Why> {
    open(fresh).await.iter().map(|item| item.why).collect()
}

#[tokio::test]
async fn what_waits_and_names_another_person_or_day_is_held_when_the_application_is_opened() {
    let fresh = Fresh::new().await;
    let centre = centre(&fresh).await;
    let foreign = vec![produced(&fresh, "person", 2, 4), produced(&fresh, "day", 1, 3)];
    let own = produced(&fresh, "own", 1, 4);
    let told = [foreign.clone(), vec![own]].concat();
    assert_eq!(fresh.record_by(centre, told, Unknown::Kept).await, [Outcome::Waiting; 3]);
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!((stage(&fresh).await, fresh.count("milestone")), (Stage::Produced, 2));
    assert_eq!(reasons(&fresh).await, [Why::OtherApplication; 2]);
    assert!(open(&fresh).await.iter().all(|item| item.until.is_none() && item.application.is_none()));
    // A person is asked, and the meters say so.
    let queue = Queue { feed: centre, waiting: false, items: 2 };
    assert_eq!(queues(&fresh.store.read()).await.unwrap(), [queue]);
    // Told afterwards it would have been refused, and still is.
    assert_eq!(fresh.record_by(centre, foreign, Unknown::Kept).await, [Outcome::OtherApplication; 2]);
    // The feed alone cannot say that it fits; a person can.
    let feed = feed::by_id(&fresh.store.read(), centre).await.unwrap().unwrap();
    let id = open(&fresh).await[0].id;
    let decided = by_feed(&fresh.store, &feed, id, Verb::Release, said().0, at(31, 10)).await.unwrap();
    assert_eq!(decided, Ok(Decided::Refused(Why::OtherApplication)));
    let (why, actor) = said();
    assert_eq!(release(&fresh.store, id, why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    fresh.prove_all().await;
}

#[tokio::test]
async fn a_feed_cannot_release_what_names_somebody_else_once_its_time_has_run_out() {
    let fresh = Fresh::new().await;
    let centre = centre(&fresh).await;
    fresh.record_by(centre, vec![produced(&fresh, "person", 2, 4)], Unknown::Kept).await;
    fresh.change_behind("UPDATE held SET until = 0");
    fresh.record(vec![fresh.accepted()]).await;
    let feed = feed::by_id(&fresh.store.read(), centre).await.unwrap().unwrap();
    let decided = by_feed(&fresh.store, &feed, HeldId(1), Verb::Release, said().0, at(31, 10)).await.unwrap();
    assert_eq!(decided, Ok(Decided::Refused(Why::OtherApplication)));
    assert_eq!(stage(&fresh).await, Stage::Accepted);
}

#[tokio::test]
async fn what_stayed_of_a_paused_feed_and_names_another_person_is_held_when_it_is_resumed() {
    let fresh = Fresh::new().await;
    let centre = centre(&fresh).await;
    fresh.record_by(centre, vec![produced(&fresh, "person", 2, 4)], Unknown::Kept).await;
    for state in [State::Paused, State::Active] {
        assert!(set_state(&fresh.store, entry("state"), centre, state).await.unwrap());
        fresh.record(vec![fresh.accepted()]).await;
    }
    assert_eq!(reasons(&fresh).await, [Why::FeedInactive]);
    for count in [1, 0] {
        assert_eq!(catch_up(&fresh.store, "upkeep", at(31, 10)).await.unwrap(), count);
    }
    assert_eq!((reasons(&fresh).await, stage(&fresh).await), (vec![Why::OtherApplication], Stage::Accepted));
}

#[tokio::test]
async fn whoever_guesses_owners_while_they_wait_learns_nothing_either() {
    let fresh = Fresh::new().await;
    let centre = centre(&fresh).await;
    for n in 1..=4 {
        let guess = vec![produced(&fresh, &format!("guess {n}"), n, 4)];
        assert_eq!(fresh.record_by(centre, guess, Unknown::Kept).await, [Outcome::Waiting]);
    }
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!(reasons(&fresh).await, [Why::OtherApplication; 4]);
    assert_eq!(stage(&fresh).await, Stage::Accepted);
}
