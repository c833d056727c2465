//! What follows from recording: who may say what, and who goes first.

use super::*;
use crate::held::{self, Why};
use crate::testing::entry;
use domain::feed::FeedKind;
use domain::milestone::Rank;

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
    assert_eq!(told, [Outcome::NotItsStage, Outcome::Recorded, Outcome::NotItsStage]);
    assert_eq!((progress(&fresh).await.stage, fresh.count("milestone")), (Stage::Mailed, 2));
    let unknown = Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Signed, 9) };
    assert_eq!(fresh.record_by(post, vec![unknown], Unknown::Kept).await, [Outcome::NotItsStage]);
    assert_eq!(fresh.count("held"), 0);
}

#[tokio::test]
async fn the_clock_is_kept_by_feeds_of_the_organ_that_has_the_case() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted()]).await;
    let clock = || {
        vec![
            fresh.report("pause", Step::Paused(Pause::Other), at(8, 9)),
            fresh.report("resume", Step::Resumed, at(9, 9)),
            fresh.report("more time", Step::Extended(Ground::RemoteTransport), at(9, 10)),
        ]
    };
    for kind in FeedKind::ALL.into_iter().filter(|kind| !matches!(kind, FeedKind::Intake | FeedKind::Desk)) {
        let feed = fresh.another_feed(kind.as_str(), kind, 50).await;
        assert_eq!(fresh.record_by(feed, clock(), Unknown::Kept).await, [Outcome::NotItsStage; 3], "{kind}");
    }
    assert_eq!(progress(&fresh).await.pauses, []);
    assert_eq!(fresh.record(clock()).await, [Outcome::Recorded; 3]);
    let progress = progress(&fresh).await;
    assert_eq!((progress.pauses.len(), progress.extension), (1, Some(Ground::RemoteTransport)));
}

#[tokio::test]
async fn a_feed_that_may_not_open_reports_with_a_persons_facts_and_opens_nothing() {
    let fresh = Fresh::new().await;
    let centre = fresh.another_feed("centre", FeedKind::Production, 50).await;
    let produced = Report { opening: Some(opening(1, 7)), ..fresh.reached(Stage::Produced, 9) };
    let told = fresh.record_by(centre, vec![produced.clone()], Unknown::Told).await;
    assert_eq!(told, [Outcome::UnknownApplication]);
    assert_eq!(fresh.record_by(centre, vec![produced], Unknown::Kept).await, [Outcome::Waiting]);
    assert_eq!(fresh.count("application"), 0);
    // Whoever may open it does, and what waited counts.
    assert_eq!(fresh.record(vec![fresh.accepted()]).await, [Outcome::Recorded]);
    assert_eq!(progress(&fresh).await.stage, Stage::Produced);
    // Then its rows count as any, and those about somebody else do not.
    let remade = Report { opening: Some(opening(1, 7)), ..fresh.reached(Stage::Remake, 10) };
    let mut of_another = Report { opening: Some(opening(2, 7)), ..fresh.reached(Stage::Produced, 11) };
    of_another.opening.as_mut().unwrap().receipt = receipt(1, 7);
    let told = fresh.record_by(centre, vec![remade, of_another], Unknown::Kept).await;
    assert_eq!(told, [Outcome::Recorded, Outcome::OtherApplication]);
    assert_eq!((progress(&fresh).await.stage, fresh.count("application")), (Stage::Remake, 1));
}

#[tokio::test]
async fn staff_see_what_stands_against_what_is_held() {
    let fresh = Fresh::new().await;
    let office = fresh.another_feed("office", FeedKind::HandingOut, 50).await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Collected, 10)]).await;
    let against = async |rank: Vec<Outcome>| {
        let rows =
            held::of_receipt(&fresh.store.read(), fresh.store.keys().receipt(&receipt(1, 7))).await.unwrap();
        let by = held::against(&fresh.store.read(), rows.last().unwrap()).await.unwrap();
        (rank, by.into_iter().map(|by| (by.feed, by.step)).collect::<Vec<_>>())
    };
    let told =
        fresh.record_by(office, vec![fresh.reached(Stage::ReadyForCollection, 11)], Unknown::Told).await;
    let collected = (fresh.feed, Step::Reached(Stage::Collected));
    assert_eq!(against(told).await, (vec![Outcome::Held(Impossible::AfterFinal)], vec![collected]));
    // Once one of them goes before, the other is contradicted, and by whom is shown too.
    feed::set(&fresh.store, entry("office"), office, |terms| terms.rank = Rank(20)).await.unwrap();
    let ready = fresh.report("again", Step::Reached(Stage::ReadyForCollection), at(12, 9));
    let told = fresh.record_by(office, vec![ready], Unknown::Told).await;
    let ready = (office, Step::Reached(Stage::ReadyForCollection));
    assert_eq!(against(told).await, (vec![Outcome::Recorded], vec![ready]));
    assert_eq!(progress(&fresh).await.stage, Stage::ReadyForCollection);
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

/// A report of the first receipt that says whose it is.
fn claimed(fresh: &Fresh, event: &str, n: u16) -> Report {
    let mut opening = opening(n, 7);
    opening.receipt = receipt(1, 7);
    Report { opening: Some(opening), ..fresh.report(event, Step::Reached(Stage::Produced), at(9, 9)) }
}

#[tokio::test]
async fn whoever_guesses_an_owner_learns_nothing() {
    let fresh = Fresh::new().await;
    let centre = fresh.another_feed("centre", FeedKind::Production, 50).await;
    let guesses = |many: u16| (1..=many).map(|n| claimed(&fresh, &format!("guess {n}"), n));
    let other = Outcome::OtherApplication;
    // Whether the application is there makes no difference, and the right one is among them.
    let unopened = fresh.record_by(centre, guesses(4).collect(), Unknown::Kept).await;
    assert_eq!((unopened, fresh.count("held")), (vec![other; 4], 0));
    fresh.record(vec![fresh.accepted()]).await;
    let before = fresh.count("milestone");
    let plain = fresh.report("plain", Step::Reached(Stage::Produced), at(9, 10));
    let told = fresh.record_by(centre, guesses(1000).chain([plain]).collect(), Unknown::Kept).await;
    assert_eq!(told[..1000], vec![other; 1000]);
    // Who names nobody speaks of whoever has the receipt.
    assert_eq!((told[1000], fresh.count("milestone")), (Outcome::Recorded, before + 1));
    // So many mistakes as people make are told apart.
    assert_eq!(
        fresh.record_by(centre, guesses(3).collect(), Unknown::Kept).await,
        [Outcome::Recorded, other, other]
    );
}

#[tokio::test]
async fn a_receipt_with_many_owners_in_one_batch_opens_nothing() {
    let fresh = Fresh::new().await;
    let many = (1..=4).map(|n| claimed(&fresh, &format!("guess {n}"), n)).collect();
    assert_eq!(fresh.record(many).await, [Outcome::OtherApplication; 4]);
    assert_eq!(fresh.count("application"), 0);
}
