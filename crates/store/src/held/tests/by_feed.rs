//! A feed decides about what is held of it: it speaks for itself, never for the desk.

use super::*;
use crate::feed::{self, Feed};
use domain::milestone::Rank;

async fn county(fresh: &Fresh) -> Feed {
    feed::by_id(&fresh.store.read(), fresh.feed).await.unwrap().unwrap()
}

async fn decide(fresh: &Fresh, feed: &Feed, id: HeldId, verb: Verb) -> std::result::Result<Decided, Beyond> {
    super::super::by_feed(&fresh.store, feed, id, verb, said().0, at(31, 10)).await.unwrap()
}

async fn speakers(fresh: &Fresh) -> Vec<(FeedId, Rank)> {
    let application = fresh.application(1, 7).await.unwrap();
    let all = milestone::of(&fresh.store.read(), &application).await.unwrap();
    all.into_iter().map(|milestone| (milestone.feed, milestone.rank)).collect()
}

#[tokio::test]
async fn what_a_feed_corrects_and_discards_is_told_under_its_own_name_and_rank() {
    let (fresh, id) = remade_after_collection().await;
    let feed = county(&fresh).await;
    assert_ne!(feed.rank, Rank::DESK);
    let right = Correction { receipt: Some(receipt(1, 7)), ..correction(Step::Reached(Stage::Remake), 8) };
    assert_eq!(decide(&fresh, &feed, id, Verb::Correct(right)).await, Ok(Decided::Done));
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Collected, vec![Some(Closed::Corrected)]));
    fresh.record(vec![fresh.reached(Stage::Produced, 14)]).await;
    let id = open(&fresh).await[0].id;
    assert_eq!(decide(&fresh, &feed, id, Verb::Discard).await, Ok(Decided::Done));
    assert_eq!(stage(&fresh).await, Stage::Collected);
    assert_eq!(speakers(&fresh).await, vec![(feed.id, feed.rank); 7]);
    fresh.prove_all().await;
}

#[tokio::test]
async fn a_feed_does_not_overrule_one_of_higher_precedence() {
    let fresh = Fresh::new().await;
    let office = fresh.another_feed("office", FeedKind::HandingOut, 20).await;
    fresh.record(vec![fresh.accepted()]).await;
    fresh.record_by(office, vec![fresh.reached(Stage::Collected, 10)], Unknown::Told).await;
    fresh.record(vec![fresh.reached(Stage::Remake, 12)]).await;
    let (id, feed, before) = (open(&fresh).await[0].id, county(&fresh).await, fresh.count("milestone"));
    let right = Verb::Correct(correction(Step::Reached(Stage::Remake), 13));
    for verb in [Verb::Release, right] {
        let decided = decide(&fresh, &feed, id, verb).await;
        assert!(matches!(decided, Ok(Decided::Refused(Why::Impossible(_)))), "{decided:?}");
    }
    assert_eq!((stage(&fresh).await, fresh.count("milestone")), (Stage::Collected, before));
    assert_eq!(how(&fresh).await, [None]);
}

#[tokio::test]
async fn a_feed_says_nothing_of_other_applications_nor_of_stages_that_are_not_its_own() {
    let fresh = Fresh::new().await;
    let post = fresh.another_feed("post", FeedKind::Carrier, 60).await;
    fresh.record(vec![fresh.accepted(), fresh.accepted_of(2), fresh.reached(Stage::Collected, 10)]).await;
    fresh.record_by(post, vec![fresh.reached(Stage::Mailed, 12)], Unknown::Told).await;
    let (id, before) = (open(&fresh).await[0].id, fresh.count("milestone"));
    let feed = feed::by_id(&fresh.store.read(), post).await.unwrap().unwrap();
    let mailed = correction(Step::Reached(Stage::Mailed), 12);
    let other = Verb::Correct(Correction { receipt: Some(receipt(2, 7)), ..mailed });
    assert_eq!(decide(&fresh, &feed, id, other).await, Err(Beyond::Receipt));
    let stage = Verb::Correct(correction(Step::Reached(Stage::Signed), 8));
    assert_eq!(decide(&fresh, &feed, id, stage).await, Err(Beyond::Stage));
    assert_eq!(decide(&fresh, &county(&fresh).await, id, Verb::Discard).await, Ok(Decided::Unknown));
    assert_eq!((fresh.count("milestone"), how(&fresh).await), (before, vec![None]));
}

#[tokio::test]
async fn a_feed_discards_its_own_correction_that_names_nothing_and_it_never_counts() {
    let fresh = Fresh::new().await;
    let signed = fresh.reached(Stage::Signed, 8);
    let wrong = fresh.report("wrong", Step::Withdraws(signed.event), at(7, 9));
    fresh.record(vec![fresh.accepted(), wrong.clone()]).await;
    let (id, feed) = (open(&fresh).await[0].id, county(&fresh).await);
    assert_eq!(decide(&fresh, &feed, id, Verb::Discard).await, Ok(Decided::Done));
    assert_eq!(how(&fresh).await, [Some(Closed::Discarded)]);
    assert_eq!(fresh.application(1, 7).await.unwrap().progress.unwrap().held, []);
    // Also when that which it named comes, and it itself comes again.
    assert_eq!(fresh.record(vec![signed, wrong]).await, [Outcome::Recorded, Outcome::Repeated]);
    assert_eq!((stage(&fresh).await, open(&fresh).await), (Stage::Signed, vec![]));
    fresh.prove_all().await;
}

#[tokio::test]
async fn a_feed_that_releases_what_waits_looks_again_for_its_application() {
    let fresh = Fresh::new().await;
    wait(&fresh, vec![fresh.reached(Stage::Signed, 8)]).await;
    let (id, feed) = (open(&fresh).await[0].id, county(&fresh).await);
    let decided = decide(&fresh, &feed, id, Verb::Release).await;
    assert_eq!(decided, Ok(Decided::Refused(Why::UnknownApplication)));
    // Its time had run out when the application was opened.
    fresh.change_behind("UPDATE held SET until = 0");
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Accepted, vec![None]));
    assert_eq!(decide(&fresh, &feed, id, Verb::Release).await, Ok(Decided::Done));
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Signed, vec![Some(Closed::Recorded)]));
    assert_eq!(speakers(&fresh).await, vec![(feed.id, feed.rank); 2]);
    assert_eq!(fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await, [Outcome::Repeated]);
}
