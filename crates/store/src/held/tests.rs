//! What is held: it waits, resolves by itself, or a person decides about it.

mod by_feed;
mod inactive;
mod keeping;
mod owner;

use super::*;
use crate::record::{Outcome, Report, Unknown};
use crate::testing::{Fresh, at, entry, organ, receipt};
use domain::feed::FeedKind;
use domain::milestone::Step;
use domain::stage::Stage;

async fn open(fresh: &Fresh) -> Vec<Item> {
    list(&fresh.store.read(), &Filter::default(), HeldId(0), 100).await.unwrap()
}

async fn every(fresh: &Fresh) -> Vec<Item> {
    list(&fresh.store.read(), &Filter { closed: true, ..Filter::default() }, HeldId(0), 100).await.unwrap()
}

async fn how(fresh: &Fresh) -> Vec<Option<Closed>> {
    every(fresh).await.into_iter().map(|item| item.closed.map(|(how, _)| how)).collect()
}

async fn stage(fresh: &Fresh) -> Stage {
    fresh.application(1, 7).await.unwrap().progress.unwrap().stage
}

async fn wait(fresh: &Fresh, reports: Vec<Report>) -> Vec<Outcome> {
    fresh.record_by(fresh.feed, reports, Unknown::Kept).await
}

/// A card that was collected, and a remake after it that is held.
async fn remade_after_collection() -> (Fresh, HeldId) {
    remade_in(Fresh::new().await).await
}

async fn remade_in(fresh: Fresh) -> (Fresh, HeldId) {
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Collected, 10)]).await;
    fresh.record(vec![fresh.reached(Stage::Remake, 12)]).await;
    let id = open(&fresh).await[0].id;
    (fresh, id)
}

fn correction(step: Step, day: i8) -> Correction {
    Correction { receipt: None, step, organ: organ(9), happened: at(day, 9), cause: None }
}

fn said() -> (String, String) {
    ("telephoned the office".to_owned(), "staff:4711".to_owned())
}

#[tokio::test]
async fn a_report_of_an_unknown_application_waits_and_is_recorded_when_it_is_opened() {
    let fresh = Fresh::new().await;
    let signed = fresh.reached(Stage::Signed, 8);
    assert_eq!(
        wait(&fresh, vec![signed.clone(), fresh.reached(Stage::UnderReview, 6)]).await,
        [Outcome::Waiting; 2]
    );
    assert_eq!(wait(&fresh, vec![signed.clone()]).await, [Outcome::Repeated]);
    let items = open(&fresh).await;
    assert_eq!(
        (items.len(), items[0].why, items[0].until),
        (2, Why::UnknownApplication, Some(days_later(30)))
    );
    let explained = one(&fresh.store.read(), fresh.store.keys(), items[0].id).await.unwrap().unwrap();
    assert_eq!(explained.number, receipt(1, 7).as_str());
    let milestone = explained.milestone.unwrap();
    assert_eq!(
        (milestone.step, milestone.happened, milestone.organ),
        (signed.step, signed.happened, signed.organ)
    );

    assert_eq!(fresh.record(vec![fresh.accepted()]).await, [Outcome::Recorded]);
    let progress = fresh.application(1, 7).await.unwrap().progress.unwrap();
    let stages: Vec<_> = progress.timeline.iter().map(|passed| passed.stage).collect();
    assert_eq!(stages, [Stage::Accepted, Stage::UnderReview, Stage::Signed]);
    assert_eq!(how(&fresh).await, [Some(Closed::Recorded); 2]);
    assert_eq!(wait(&fresh, vec![signed]).await, [Outcome::Repeated]);
}

fn days_later(days: i64) -> Moment {
    Moment::from_millis(at(31, 9).millis() + days * 24 * 60 * 60 * 1000)
}

#[tokio::test]
async fn what_waited_and_cannot_be_is_held_once_its_application_is_known() {
    let fresh = Fresh::new().await;
    wait(&fresh, vec![fresh.report("more", Step::Resumed, at(8, 9))]).await;
    fresh.record(vec![fresh.accepted()]).await;
    let items = open(&fresh).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].why, Why::Impossible(Impossible::NotPaused));
    assert!(items[0].application.is_some());
}

#[tokio::test]
async fn for_how_long_a_report_waits_is_settled_within_bounds_and_stands_in_the_log() {
    let fresh = Fresh::new().await;
    let read = fresh.store.read();
    assert_eq!(days(&read).await.unwrap(), DEFAULT_DAYS);
    for wrong in [0, 3651] {
        assert_eq!(set_days(&fresh.store, entry("days"), wrong).await.unwrap(), None);
    }
    assert_eq!(set_days(&fresh.store, entry("days"), 3650).await.unwrap(), Some(DEFAULT_DAYS));
    assert_eq!(set_days(&fresh.store, entry("days"), 1).await.unwrap(), Some(3650));
    assert_eq!(days(&read).await.unwrap(), 1);
    let last = "SELECT detail FROM audit ORDER BY id DESC LIMIT 1";
    assert_eq!((fresh.behind().text(last).as_str(), fresh.count("audit")), ("from 3650 to 1 days", 3));
}

#[tokio::test]
async fn what_nobody_opens_in_time_is_forgotten_and_may_come_again() {
    let fresh = Fresh::new().await;
    set_days(&fresh.store, entry("3 days"), 3).await.unwrap();
    let signed = fresh.reached(Stage::Signed, 8);
    wait(&fresh, vec![signed.clone()]).await;
    let store = &fresh.store;
    let just_before = Moment::from_millis(days_later(3).millis() - 1);
    let before = fresh.count("audit");
    assert_eq!(expire(store, "upkeep", just_before).await.unwrap(), 0);
    assert_eq!(expire(store, "upkeep", days_later(3)).await.unwrap(), 1);
    assert_eq!(fresh.count("audit"), before + 1);
    let kept = fresh.behind().bytes("SELECT report FROM held");
    assert_eq!((kept, how(&fresh).await), (None, vec![Some(Closed::Expired)]));
    assert_eq!(wait(&fresh, vec![signed]).await, [Outcome::Waiting]);
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!(stage(&fresh).await, Stage::Signed);
}

#[tokio::test]
async fn a_damaged_report_stops_nobody_and_stays_for_a_person() {
    let fresh = Fresh::new().await;
    wait(&fresh, vec![fresh.reached(Stage::Signed, 8), fresh.reached(Stage::UnderReview, 6)]).await;
    let damage = fresh.behind().blob(&"00".repeat(60));
    fresh.change_behind(&format!("UPDATE held SET report = {damage} WHERE id = 1"));
    assert_eq!(fresh.record(vec![fresh.accepted()]).await, [Outcome::Recorded]);
    assert_eq!(how(&fresh).await, [None, Some(Closed::Recorded)]);
    let left = &open(&fresh).await[0];
    assert_eq!((left.why, left.until), (Why::UnreadableReport, None));
    let explained = one(&fresh.store.read(), fresh.store.keys(), left.id).await.unwrap().unwrap();
    assert_eq!((explained.milestone, explained.number.as_str()), (None, ""));
    let (why, actor) = said();
    let refused = release(&fresh.store, HeldId(1), why, actor, at(31, 10)).await.unwrap();
    assert_eq!(refused, Decided::Refused(Why::UnreadableReport));
    let (why, actor) = said();
    assert_eq!(discard(&fresh.store, HeldId(1), why, actor, at(31, 10)).await.unwrap(), Decided::Done);
}

#[tokio::test]
async fn a_later_correction_resolves_what_was_held() {
    let (fresh, _) = remade_after_collection().await;
    let wrong = fresh.reached(Stage::Collected, 10).event;
    fresh.record(vec![fresh.report("sorry", Step::Withdraws(wrong), at(13, 9))]).await;
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Remake, vec![Some(Closed::Resolved)]));
}

#[tokio::test]
async fn what_is_released_counts_and_what_contradicts_it_is_held_instead() {
    let (fresh, id) = remade_after_collection().await;
    let before = fresh.count("audit");
    let (why, actor) = said();
    assert_eq!(
        release(&fresh.store, id, why.clone(), actor.clone(), at(31, 10)).await.unwrap(),
        Decided::Done
    );
    assert_eq!(stage(&fresh).await, Stage::Remake);
    assert_eq!(how(&fresh).await, [Some(Closed::Released), None]);
    assert_eq!(open(&fresh).await[0].why, Why::Impossible(Impossible::Contradicted));
    assert_eq!(fresh.count("audit"), before + 1);
    let last = fresh.behind().rows("SELECT actor, action, detail FROM audit ORDER BY id DESC LIMIT 1");
    assert_eq!(last, [[actor.clone(), "release_held".to_owned(), format!("1: {why}")]]);
    assert_eq!(release(&fresh.store, id, why, actor, at(31, 11)).await.unwrap(), Decided::Settled);
    fresh.prove_all().await;
}

#[tokio::test]
async fn what_would_be_held_again_cannot_be_released_and_nothing_changes() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.report("on", Step::Resumed, at(8, 9))]).await;
    let before = (fresh.count("audit"), fresh.count("milestone"));
    let (why, actor) = said();
    let refused = release(&fresh.store, open(&fresh).await[0].id, why, actor, at(31, 10)).await.unwrap();
    assert_eq!(refused, Decided::Refused(Why::Impossible(Impossible::NotPaused)));
    assert_eq!(
        (fresh.count("audit"), fresh.count("milestone"), open(&fresh).await.len()),
        (before.0, before.1, 1)
    );
}

#[tokio::test]
async fn what_is_corrected_counts_as_the_desk_tells_it() {
    let (fresh, id) = remade_after_collection().await;
    let (why, actor) = said();
    let right = correction(Step::Reached(Stage::Remake), 8);
    assert_eq!(correct(&fresh.store, id, right, why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    let progress = fresh.application(1, 7).await.unwrap().progress.unwrap();
    let stages: Vec<_> = progress.timeline.iter().map(|passed| (passed.stage, passed.organ)).collect();
    assert_eq!(
        stages,
        [(Stage::Accepted, organ(7)), (Stage::Remake, organ(9)), (Stage::Collected, organ(7))]
    );
    assert_eq!(how(&fresh).await, [Some(Closed::Corrected)]);
    fresh.prove_all().await;
}

#[tokio::test]
async fn what_was_said_of_the_wrong_application_is_moved_to_the_right_one() {
    let (fresh, id) = remade_after_collection().await;
    fresh.record(vec![fresh.accepted_of(2)]).await;
    let (why, actor) = said();
    let right = Correction { receipt: Some(receipt(2, 7)), ..correction(Step::Reached(Stage::Remake), 12) };
    assert_eq!(correct(&fresh.store, id, right, why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    assert_eq!(stage(&fresh).await, Stage::Collected);
    assert_eq!(fresh.application(2, 7).await.unwrap().progress.unwrap().stage, Stage::Remake);
    fresh.prove_all().await;
}

#[tokio::test]
async fn a_waiting_report_with_a_mistyped_receipt_is_corrected() {
    let fresh = Fresh::new().await;
    wait(&fresh, vec![Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Signed, 8) }]).await;
    let id = open(&fresh).await[0].id;
    let decide = async |right| {
        let (why, actor) = said();
        correct(&fresh.store, id, right, why, actor, at(31, 10)).await.unwrap()
    };
    let same = correction(Step::Reached(Stage::Signed), 8);
    let right = Correction { receipt: Some(receipt(1, 7)), ..same.clone() };
    assert_eq!(decide(same).await, Decided::Refused(Why::UnknownApplication));
    assert_eq!(decide(right.clone()).await, Decided::Refused(Why::UnknownApplication));
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!(decide(right).await, Decided::Done);
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Signed, vec![Some(Closed::Corrected)]));
}

#[tokio::test]
async fn what_is_discarded_is_withdrawn_and_never_comes_back() {
    let (fresh, id) = remade_after_collection().await;
    let (why, actor) = said();
    assert_eq!(discard(&fresh.store, id, why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Collected, vec![Some(Closed::Discarded)]));
    assert_eq!(fresh.record(vec![fresh.reached(Stage::Remake, 12)]).await, [Outcome::Repeated]);
    assert_eq!(fresh.application(1, 7).await.unwrap().progress.unwrap().held, []);
    fresh.prove_all().await;
}

#[tokio::test]
async fn a_discarded_report_of_an_unknown_application_is_not_recorded_later() {
    let fresh = Fresh::new().await;
    wait(&fresh, vec![fresh.reached(Stage::Signed, 8)]).await;
    let (why, actor) = said();
    assert_eq!(discard(&fresh.store, HeldId(1), why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    let again = vec![fresh.accepted(), fresh.reached(Stage::Signed, 8)];
    assert_eq!(fresh.record(again).await, [Outcome::Recorded, Outcome::Repeated]);
    assert_eq!((stage(&fresh).await, fresh.count("milestone")), (Stage::Accepted, 1));
    assert_eq!(fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await, [Outcome::Repeated]);
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Accepted, vec![Some(Closed::Discarded)]));
}

#[tokio::test]
async fn a_correction_that_names_nothing_is_discarded_like_everything_else() {
    let fresh = Fresh::new().await;
    let unknown = Step::Withdraws(fresh.store.keys().event(b"never sent"));
    fresh.record(vec![fresh.accepted(), fresh.report("wrong", unknown, at(7, 9))]).await;
    let (why, actor) = said();
    assert_eq!(discard(&fresh.store, HeldId(1), why, actor, at(31, 10)).await.unwrap(), Decided::Done);
    assert_eq!(fresh.application(1, 7).await.unwrap().progress.unwrap().held, []);
    let nobody = discard(&fresh.store, HeldId(99), String::new(), String::new(), at(31, 10)).await.unwrap();
    assert_eq!(nobody, Decided::Unknown);
}

#[tokio::test]
async fn held_items_are_listed_by_feed_and_reason() {
    let fresh = Fresh::new().await;
    let post = fresh.another_feed("post", FeedKind::Carrier, 60).await;
    fresh.record(vec![fresh.accepted(), fresh.report("on", Step::Resumed, at(8, 9))]).await;
    let unknown = Step::Withdraws(fresh.store.keys().event(b"never sent"));
    fresh.record_by(post, vec![fresh.report("off", unknown, at(4, 9))], Unknown::Told).await;
    let ids = async |filter| {
        let items = list(&fresh.store.read(), &filter, HeldId(0), 100).await.unwrap();
        items.into_iter().map(|item| item.id.0).collect::<Vec<_>>()
    };
    let why = |why| Filter { why: Some(Why::Impossible(why)), ..Filter::default() };
    assert_eq!(ids(Filter::default()).await, [1, 2]);
    assert_eq!(ids(Filter { feed: Some(post), ..Filter::default() }).await, [2]);
    assert_eq!(ids(why(Impossible::NotPaused)).await, [1]);
    assert_eq!(ids(why(Impossible::Backwards)).await, Vec::<i64>::new());
    assert_eq!(list(&fresh.store.read(), &Filter::default(), HeldId(1), 1).await.unwrap()[0].id, HeldId(2));
    let queue = |feed| Queue { feed, waiting: false, items: 1 };
    assert_eq!(queues(&fresh.store.read()).await.unwrap(), [queue(fresh.feed), queue(post)]);
}
