//! A feed that went wild: what is too much of it is refused and said so, and others are not hindered.

use super::*;
use crate::audit::Entry;
use crate::held::{self, Decided, HeldId, Queue};
use crate::record::MOST_OF_ONE_FEED;
use crate::testing::entry;
use domain::feed::FeedKind;

/// So many reports of the first person's application, each another event.
fn many(fresh: &Fresh, events: std::ops::Range<usize>) -> Vec<Report> {
    let step = Step::Reached(Stage::UnderReview);
    events.map(|n| fresh.report(&format!("wild-{n}"), step, at(6, 9))).collect()
}

fn count(told: &[Outcome], outcome: Outcome) -> usize {
    told.iter().filter(|told| **told == outcome).count()
}

#[tokio::test]
async fn of_one_application_a_feed_tells_so_much_and_no_more() {
    let fresh = Fresh::new().await;
    let most = MOST_OF_ONE_FEED;
    fresh.record(vec![fresh.accepted()]).await;
    // With the opening there is room for one less.
    let told = fresh.record(many(&fresh, 0..most + 5)).await;
    assert_eq!(told[..most - 1], vec![Outcome::Recorded; most - 1]);
    assert_eq!(told[most - 1..], [Outcome::TooMany; 6]);
    // What is known is still known, twice in a batch or not.
    let again = [many(&fresh, 0..3), many(&fresh, most..most + 1), many(&fresh, most..most + 1)].concat();
    let told = fresh.record(again).await;
    assert_eq!(told, [&[Outcome::Repeated; 3][..], &[Outcome::TooMany; 2]].concat());
    assert_eq!(fresh.count("milestone"), i64::try_from(most).unwrap());
    // Others go on, and so does this feed about everybody else.
    let office = fresh.another_feed("office", FeedKind::HandingOut, 50).await;
    let ready = vec![fresh.reached(Stage::ReadyForCollection, 9)];
    assert_eq!(fresh.record_by(office, ready, Unknown::Told).await, [Outcome::Recorded]);
    assert_eq!(fresh.record(vec![fresh.accepted_of(2)]).await, [Outcome::Recorded]);
    assert_eq!(progress(&fresh).await.stage, Stage::ReadyForCollection);
}

#[tokio::test]
async fn an_application_is_opened_with_so_much_and_no_more() {
    let fresh = Fresh::new().await;
    let told = fresh.record([vec![fresh.accepted()], many(&fresh, 0..MOST_OF_ONE_FEED + 2)].concat()).await;
    let (recorded, refused) = (count(&told, Outcome::Recorded), count(&told, Outcome::TooMany));
    assert_eq!((recorded, refused), (MOST_OF_ONE_FEED, 3));
    assert_eq!(fresh.count("milestone"), i64::try_from(MOST_OF_ONE_FEED).unwrap());
}

#[tokio::test]
async fn what_a_feed_has_told_too_much_of_can_still_be_decided() {
    let fresh = Fresh::new().await;
    let resumed = fresh.report("on", Step::Resumed, at(8, 9));
    let told =
        fresh.record([vec![fresh.accepted(), resumed], many(&fresh, 2..MOST_OF_ONE_FEED)].concat()).await;
    assert_eq!((told[1], count(&told, Outcome::TooMany)), (Outcome::Held(Impossible::NotPaused), 0));
    let (why, actor) = ("telephoned".to_owned(), "staff:4711".to_owned());
    let done = held::discard(&fresh.store, HeldId(1), why, actor, at(31, 10)).await.unwrap();
    assert_eq!(
        (done, fresh.application(1, 7).await.unwrap().progress.unwrap().held),
        (Decided::Done, vec![])
    );
    fresh.prove_all().await;
}

#[tokio::test]
async fn so_many_reports_of_a_feed_wait_and_no_more() {
    let fresh = Fresh::new().await;
    let post = fresh.another_feed("post", FeedKind::Carrier, 60).await;
    let settled = async |most, detail: &str| {
        held::set_most(&fresh.store, Entry { action: "settle", ..entry(detail) }, most).await.unwrap();
    };
    settled(3, "three").await;
    let signed = |n| Report { receipt: receipt(n, 7), ..fresh.reached(Stage::Signed, 8) };
    let told = fresh.record_by(fresh.feed, (1..=4).map(signed).collect(), Unknown::Kept).await;
    assert_eq!((count(&told, Outcome::Waiting), count(&told, Outcome::TooMany)), (3, 1));
    // Those that wait are known, and a sender that tells all of them again learns which one is not kept.
    let again = fresh.record_by(fresh.feed, (1..=4).map(signed).collect(), Unknown::Kept).await;
    let repeated = told.iter().map(|told| if *told == Outcome::Waiting { Outcome::Repeated } else { *told });
    assert_eq!(again, repeated.collect::<Vec<_>>());
    // Another feed has room of its own.
    let mailed = Report { receipt: receipt(4, 7), ..fresh.reached(Stage::Mailed, 9) };
    assert_eq!(fresh.record_by(post, vec![mailed], Unknown::Kept).await, [Outcome::Waiting]);
    // What is recorded makes room, and so does the operator.
    let kept = (1..=4).zip(&told).find(|(_, told)| **told == Outcome::Waiting).unwrap().0;
    fresh.record(vec![fresh.accepted_of(kept)]).await;
    let told = fresh.record_by(fresh.feed, vec![signed(5), signed(6)], Unknown::Kept).await;
    assert_eq!((count(&told, Outcome::Waiting), count(&told, Outcome::TooMany)), (1, 1));
    let audited = fresh.count("audit");
    settled(4, "four").await;
    settled(4, "four again").await;
    assert_eq!(fresh.count("audit"), audited + 1);
    let told = fresh.record_by(fresh.feed, vec![signed(5), signed(6)], Unknown::Kept).await;
    assert_eq!((count(&told, Outcome::Waiting), count(&told, Outcome::TooMany)), (1, 0));
    let queue = |feed, items| Queue { feed, waiting: true, items };
    assert_eq!(held::queues(&fresh.store.read()).await.unwrap(), [queue(fresh.feed, 4), queue(post, 1)]);
}

#[tokio::test]
async fn of_one_receipt_no_more_waits_than_its_application_may_have() {
    let fresh = Fresh::new().await;
    let told = fresh.record_by(fresh.feed, many(&fresh, 0..MOST_OF_ONE_FEED + 2), Unknown::Kept).await;
    let (waiting, refused) = (count(&told, Outcome::Waiting), count(&told, Outcome::TooMany));
    assert_eq!((waiting, refused), (MOST_OF_ONE_FEED, 2));
    let other = Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Signed, 8) };
    assert_eq!(fresh.record_by(fresh.feed, vec![other], Unknown::Kept).await, [Outcome::Waiting]);
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!(fresh.count("milestone"), i64::try_from(MOST_OF_ONE_FEED + 1).unwrap());
}
