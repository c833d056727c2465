//! What recording promises: each milestone once, in its place, and nothing silently dropped.

mod any_delivery;
mod canary;
mod quota;
mod rules;
mod two_feeds;

use super::*;
use crate::milestone;
use crate::testing::{Fresh, at, opening, receipt};
use domain::Date;
use domain::stage::{Ground, Pause, Stage};

fn stages(progress: &Progress) -> Vec<Stage> {
    progress.timeline.iter().map(|passed| passed.stage).collect()
}

async fn progress(fresh: &Fresh) -> Progress {
    fresh.application(1, 7).await.unwrap().progress.unwrap()
}

#[tokio::test]
async fn an_application_opens_with_its_milestones() {
    let fresh = Fresh::new().await;
    let reports = vec![fresh.reached(Stage::Signed, 8), fresh.accepted()];
    assert_eq!(fresh.record(reports).await, [Outcome::Recorded; 2]);
    let application = fresh.application(1, 7).await.unwrap();
    let person = application.person(fresh.store.keys()).unwrap();
    let form = opening(1, 7);
    assert_eq!((person.number.as_str(), person.name.as_str()), (form.number.as_str(), "王小明"));
    assert_eq!((person.receipt.as_str(), person.guardian), (form.receipt.as_str(), None));
    assert_eq!((application.applied_on, application.reason), (form.applied_on, form.reason));
    assert_eq!((application.accepting, application.promised_days), (form.accepting, 20));
    assert_eq!(stages(&application.progress.unwrap()), [Stage::Accepted, Stage::Signed]);
}

#[tokio::test]
async fn a_minors_guardian_is_kept_with_the_person() {
    let fresh = Fresh::new().await;
    let mut accepted = fresh.accepted();
    accepted.opening.as_mut().unwrap().guardian = Some(domain::name::Name::parse("王大明").unwrap());
    fresh.record(vec![accepted]).await;
    let person = fresh.application(1, 7).await.unwrap().person(fresh.store.keys()).unwrap();
    assert_eq!(person.guardian.unwrap().as_str(), "王大明");
}

#[tokio::test]
async fn repetition_changes_nothing() {
    let fresh = Fresh::new().await;
    let reports = vec![fresh.accepted(), fresh.reached(Stage::Signed, 8), fresh.reached(Stage::Signed, 8)];
    assert_eq!(
        fresh.record(reports.clone()).await,
        [Outcome::Recorded, Outcome::Recorded, Outcome::Repeated]
    );
    let once = progress(&fresh).await;
    assert_eq!(fresh.record(reports).await, [Outcome::Repeated; 3]);
    assert_eq!(progress(&fresh).await, once);
    assert_eq!((fresh.count("application"), fresh.count("milestone")), (1, 2));
}

#[tokio::test]
async fn a_late_milestone_takes_its_place_in_the_fold() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Signed, 8)]).await;
    assert_eq!(fresh.record(vec![fresh.reached(Stage::UnderReview, 6)]).await, [Outcome::Recorded]);
    let progress = progress(&fresh).await;
    assert_eq!(stages(&progress), [Stage::Accepted, Stage::UnderReview, Stage::Signed]);
    assert_eq!((progress.stage, progress.since), (Stage::Signed, at(8, 9)));
}

#[tokio::test]
async fn what_cannot_be_is_kept_and_moves_nothing() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Collected, 10)]).await;
    let told = fresh.record(vec![fresh.reached(Stage::Remake, 12)]).await;
    assert_eq!(told, [Outcome::Held(Impossible::AfterFinal)]);
    let progress = progress(&fresh).await;
    assert_eq!((progress.stage, progress.held.len()), (Stage::Collected, 1));
    assert_eq!(fresh.count("milestone"), 3);
}

#[tokio::test]
async fn what_precedes_every_stage_is_held_until_the_stage_is_known() {
    let fresh = Fresh::new().await;
    let unknown = Step::Withdraws(fresh.store.keys().event(b"never sent"));
    let mut reports = vec![
        fresh.report("pause", Step::Paused(Pause::Other), at(6, 9)),
        fresh.report("more time", Step::Extended(Ground::RemoteTransport), at(6, 10)),
        fresh.report("correction", unknown, at(7, 9)),
    ];
    reports[0].opening = Some(opening(1, 7));
    let held = [Impossible::BeforeSubmission, Impossible::BeforeSubmission, Impossible::UnknownCorrection];
    assert_eq!(fresh.record(reports).await, held.map(Outcome::Held));
    assert_eq!(fresh.application(1, 7).await.unwrap().progress, None);
    assert_eq!(fresh.record(vec![fresh.accepted()]).await, [Outcome::Recorded]);
    let progress = progress(&fresh).await;
    assert_eq!((progress.pauses.len(), progress.held.len()), (1, 1));
}

#[tokio::test]
async fn a_receipt_that_no_line_opens_is_said_to_be_unknown() {
    let fresh = Fresh::new().await;
    assert_eq!(fresh.record(vec![fresh.reached(Stage::Signed, 8)]).await, [Outcome::UnknownApplication]);
    assert_eq!((fresh.count("application"), fresh.count("milestone")), (0, 0));
}

#[tokio::test]
async fn a_receipt_of_another_person_or_day_is_refused_and_the_rest_counts() {
    let fresh = Fresh::new().await;
    let mut of_another = Report { opening: Some(opening(2, 7)), ..fresh.reached(Stage::Collected, 9) };
    of_another.opening.as_mut().unwrap().receipt = receipt(1, 7);
    let mut of_another_day = Report { opening: Some(opening(1, 7)), ..fresh.reached(Stage::Collected, 10) };
    of_another_day.opening.as_mut().unwrap().applied_on = Date::constant(2026, 1, 3);
    let batch = vec![fresh.accepted(), of_another, fresh.reached(Stage::Signed, 8), of_another_day];
    let (recorded, repeated, other) = (Outcome::Recorded, Outcome::Repeated, Outcome::OtherApplication);
    assert_eq!(fresh.record(batch.clone()).await, [recorded, other, recorded, other]);
    let mut again = batch;
    again.rotate_left(1);
    assert_eq!(fresh.record(again).await, [other, repeated, other, repeated]);
    assert_eq!(progress(&fresh).await.stage, Stage::Signed);
    assert!(fresh.application(2, 7).await.is_none());
    assert_eq!(fresh.count("milestone"), 2);
}

#[tokio::test]
async fn of_two_tellings_of_one_event_the_first_is_kept() {
    let fresh = Fresh::new().await;
    let first = fresh.report("E-1", Step::Reached(Stage::Signed), at(9, 9));
    let second = fresh.report("E-1", Step::Reached(Stage::Signed), at(8, 9));
    let told = fresh.record(vec![fresh.accepted(), first, second]).await;
    assert_eq!(told, [Outcome::Recorded, Outcome::Recorded, Outcome::Repeated]);
    let application = fresh.application(1, 7).await.unwrap();
    let all = milestone::of(&fresh.store.read(), &application).await.unwrap();
    assert_eq!(application.progress.as_ref().unwrap().since, at(9, 9));
    assert_eq!(Progress::replay(&all), application.progress);
}

#[tokio::test]
async fn a_withdrawn_milestone_counts_no_longer() {
    let fresh = Fresh::new().await;
    let wrong = fresh.report("E-9", Step::Reached(Stage::Collected), at(10, 9));
    let correction = fresh.report("E-10", Step::Withdraws(wrong.event), at(11, 9));
    fresh.record(vec![fresh.accepted(), wrong]).await;
    assert_eq!(progress(&fresh).await.stage, Stage::Collected);
    assert_eq!(fresh.record(vec![correction]).await, [Outcome::Recorded]);
    assert_eq!(progress(&fresh).await.stage, Stage::Accepted);
}

#[tokio::test]
async fn a_feeds_watermark_follows_the_newest_thing_it_told_and_never_moves_back() {
    let fresh = Fresh::new().await;
    assert_eq!(feed::last_happened(&fresh.store.read()).await.unwrap(), None);
    let (signed, late) = (fresh.reached(Stage::Signed, 8), fresh.reached(Stage::UnderReview, 6));
    let newest = Some(signed.happened);
    fresh.record(vec![fresh.accepted(), signed]).await;
    assert_eq!(feed::last_happened(&fresh.store.read()).await.unwrap(), newest);
    fresh.record(vec![late]).await;
    assert_eq!(feed::last_happened(&fresh.store.read()).await.unwrap(), newest);
}

#[tokio::test]
async fn what_is_not_kept_moves_no_watermark_and_an_empty_batch_is_heard() {
    let fresh = Fresh::new().await;
    let marks = async || {
        let feed = feed::by_id(&fresh.store.read(), fresh.feed).await.unwrap().unwrap();
        (feed.last_heard, feed.last_happened)
    };
    fresh.record(vec![]).await;
    assert_eq!(marks().await, (Some(at(31, 9)), None));
    // Of nobody's application, and of another person's.
    let unknown = fresh.reached(Stage::Signed, 20);
    assert_eq!(fresh.record(vec![unknown.clone()]).await, [Outcome::UnknownApplication]);
    assert_eq!(marks().await.1, None);
    let mut foreign = Report { opening: Some(opening(2, 7)), ..unknown };
    foreign.opening.as_mut().unwrap().receipt = receipt(1, 7);
    let accepted = fresh.accepted();
    let happened = accepted.happened;
    let told = fresh.record(vec![accepted, foreign]).await;
    assert_eq!(told, [Outcome::Recorded, Outcome::OtherApplication]);
    assert_eq!(marks().await.1, Some(happened));
}

#[tokio::test]
async fn nothing_of_a_feed_is_recorded_once_it_is_paused_or_removed() {
    let fresh = Fresh::new().await;
    for state in [feed::State::Paused, feed::State::Removed] {
        feed::set_state(&fresh.store, crate::testing::entry("state"), fresh.feed, state).await.unwrap();
        let before = fresh.count("audit");
        let (reports, entry) = ([fresh.accepted()], crate::testing::entry("1 report"));
        let refused = record(&fresh.store, fresh.feed, at(31, 9), &reports, entry, Unknown::Kept).await;
        assert!(matches!(refused, Err(crate::StoreError::Refused(told)) if told == state), "{refused:?}");
        assert_eq!((fresh.count("application"), fresh.count("audit")), (0, before));
    }
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing_behind() {
    let fresh = Fresh::new().await;
    let before = fresh.count("audit");
    let (full, no_longer) = match fresh.behind().address() {
        None => (
            "CREATE TRIGGER fills BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
            "DROP TRIGGER fills",
        ),
        Some(_) => (
            "ALTER TABLE history ADD CONSTRAINT fills CHECK (cards < 0)",
            "ALTER TABLE history DROP CONSTRAINT fills",
        ),
    };
    fresh.behind().execute(full);
    let reports = vec![fresh.accepted(), fresh.reached(Stage::ReadyForCollection, 20)];
    let entry = crate::testing::entry("2 reports");
    assert!(record(&fresh.store, fresh.feed, at(31, 9), &reports, entry, Unknown::Told).await.is_err());
    let left = ["application", "milestone", "history"].map(|table| fresh.count(table));
    assert_eq!((left, fresh.count("audit")), ([0; 3], before));
    fresh.behind().execute(no_longer);
    assert_eq!(fresh.record(reports).await, [Outcome::Recorded; 2]);
    assert_eq!(fresh.count("audit"), before + 1);
}
