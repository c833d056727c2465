//! The table of stages, the fold's rules one by one, and what holds for any delivery.

mod any_delivery;
mod contradicted;

use std::fmt::Write;

use jiff::civil::date;

use super::*;
use crate::milestone::{Rank, Step};
use crate::stage::Pause;

fn organ() -> OrganCode {
    OrganCode::from_u32(119_900_007).unwrap()
}

fn at(day: i8, hour: i8) -> Moment {
    Moment::at(date(2026, 1, day), hour, 0)
}

/// A milestone whose event is named after its moment and step, so that equal ones repeat each other.
fn milestone(step: Step, happened: Moment) -> Milestone {
    let mut event = [0_u8; 16];
    let name = format!("{happened:?}{step}");
    name.bytes().enumerate().for_each(|(at, byte)| event[at % 16] = event[at % 16].rotate_left(3) ^ byte);
    Milestone {
        step,
        organ: organ(),
        happened,
        learned: happened,
        feed: FeedId(1),
        rank: Rank::default(),
        event: EventKey(event),
        cause: None,
    }
}

fn reached(stage: Stage, day: i8, hour: i8) -> Milestone {
    milestone(Step::Reached(stage), at(day, hour))
}

fn stages(progress: &Progress) -> Vec<Stage> {
    progress.timeline.iter().map(|passed| passed.stage).collect()
}

fn why_held(progress: &Progress) -> Vec<Impossible> {
    progress.held.iter().map(|held| held.why).collect()
}

fn replay(milestones: &[Milestone]) -> Progress {
    Progress::replay(milestones).unwrap()
}

fn cell(now: Option<Stage>, step: Step) -> &'static str {
    let before = now.map(|stage| reached(stage, 5, 9));
    let after = milestone(step, at(6, 9));
    let both: Vec<Milestone> = before.into_iter().chain([after]).collect();
    let verdict = match (step, Progress::replay(&both)) {
        (Step::Reached(next), _) => verdict(now, next),
        (_, None) => Verdict::Impossible(Impossible::BeforeSubmission),
        (_, Some(progress)) => {
            progress.held.first().map_or(Verdict::Stays, |held| Verdict::Impossible(held.why))
        }
    };
    match verdict {
        Verdict::Moves => ">",
        Verdict::Stays => "=",
        Verdict::Impossible(Impossible::AfterFinal) => "F",
        Verdict::Impossible(Impossible::Backwards) => "B",
        Verdict::Impossible(Impossible::BeforeSubmission) => "S",
        Verdict::Impossible(Impossible::NotPaused) => "N",
        Verdict::Impossible(Impossible::AlreadyPaused) => "A",
        Verdict::Impossible(Impossible::UnknownCorrection) => "U",
        Verdict::Impossible(Impossible::Contradicted) => "C",
    }
}

#[test]
fn every_stage_knows_what_may_follow() {
    let others = [
        ("PA", Step::Paused(Pause::AwaitingApplicant)),
        ("PO", Step::Paused(Pause::AwaitingOtherOrgan)),
        ("RE", Step::Resumed),
        ("EX", Step::Extended(Ground::RemoteTransport)),
    ];
    let mut table = String::from(
        "Row: the stage now. Column: what happens; stages by number, PA paused awaiting applicant, PO paused awaiting\n\
         other organ, RE resumed, EX extended. > moves, = stays, F after the end, B backwards, S before submission,\n\
         N not paused, A already paused.\n\n",
    );
    write!(table, "{:24}", "").unwrap();
    Stage::ALL.iter().for_each(|stage| write!(table, " {:02}", stage.code()).unwrap());
    others.iter().for_each(|(word, _)| write!(table, " {word}").unwrap());
    for now in [None].into_iter().chain(Stage::ALL.map(Some)) {
        let word = now.map_or("-- nothing heard yet".into(), |stage| format!("{:02} {stage}", stage.code()));
        write!(table, "\n{word:24}").unwrap();
        let steps = Stage::ALL.map(Step::Reached).into_iter().chain(others.map(|(_, step)| step));
        steps.for_each(|step| write!(table, "  {}", cell(now, step)).unwrap());
    }
    insta::assert_snapshot!("stage_table", table);
}

#[test]
fn a_card_comes_down_the_road() {
    let progress = replay(&[
        reached(Stage::Accepted, 5, 9),
        reached(Stage::Signed, 7, 9),
        reached(Stage::InProduction, 9, 9),
        reached(Stage::ReadyForCollection, 20, 9),
    ]);
    assert_eq!(
        (progress.stage, progress.since, progress.held.len()),
        (Stage::ReadyForCollection, at(20, 9), 0)
    );
    assert_eq!(progress.durations(), [(Stage::Accepted, 15), (Stage::Signed, 13), (Stage::InProduction, 11)]);
    assert_eq!(progress.ended_on(), Some(date(2026, 1, 20)));
}

#[test]
fn nothing_heard_is_no_progress() {
    assert_eq!(Progress::replay(&[]), None);
    assert_eq!(Progress::replay(&[milestone(Step::Resumed, at(5, 9))]), None);
}

#[test]
fn what_comes_late_takes_its_place() {
    let mut late = reached(Stage::UnderReview, 6, 9);
    late.learned = at(25, 9);
    let progress = replay(&[reached(Stage::Accepted, 5, 9), reached(Stage::Signed, 7, 9), late]);
    assert_eq!(stages(&progress), [Stage::Accepted, Stage::UnderReview, Stage::Signed]);
    assert_eq!(progress.heard, at(25, 9));
}

#[test]
fn a_feed_that_knows_only_days_is_read_in_the_order_of_the_road() {
    let progress = replay(&[
        reached(Stage::Signed, 5, 0),
        reached(Stage::UnderReview, 5, 0),
        reached(Stage::Accepted, 5, 9),
    ]);
    assert_eq!(stages(&progress), [Stage::Accepted, Stage::UnderReview, Stage::Signed]);
    assert_eq!(progress.held, []);
}

#[test]
fn a_remake_and_its_production_on_one_day_fold_as_they_must() {
    let progress = replay(&[
        reached(Stage::QualityCheck, 4, 0),
        reached(Stage::InProduction, 5, 0),
        reached(Stage::Remake, 5, 0),
    ]);
    assert_eq!(stages(&progress), [Stage::QualityCheck, Stage::Remake, Stage::InProduction]);
}

#[test]
fn sent_never_undoes_ready() {
    let progress =
        replay(&[reached(Stage::ReadyForCollection, 10, 9), reached(Stage::InDistribution, 11, 9)]);
    assert_eq!(
        (progress.stage, why_held(&progress)),
        (Stage::ReadyForCollection, vec![Impossible::Backwards])
    );
}

#[test]
fn after_the_end_everything_is_held() {
    let progress = replay(&[
        reached(Stage::Collected, 10, 9),
        reached(Stage::Remake, 11, 9),
        milestone(Step::Paused(Pause::Other), at(12, 9)),
    ]);
    assert_eq!((progress.stage, why_held(&progress)), (Stage::Collected, vec![Impossible::AfterFinal; 2]));
}

#[test]
fn a_correction_takes_away_what_it_names() {
    let wrong = reached(Stage::Collected, 10, 9);
    let correction = milestone(Step::Withdraws(wrong.event), at(11, 9));
    let first = reached(Stage::Accepted, 5, 9);
    let progress = replay(&[correction.clone(), first.clone(), wrong.clone()]);
    assert_eq!((progress.stage, progress.held.len()), (Stage::Accepted, 0));
    let foreign = Milestone { feed: FeedId(2), ..correction.clone() };
    let progress = replay(&[first.clone(), wrong, foreign]);
    assert_eq!(
        (progress.stage, why_held(&progress)),
        (Stage::Collected, vec![Impossible::UnknownCorrection])
    );
    let of_itself = milestone(Step::Withdraws(correction.event), at(12, 9));
    assert_eq!(why_held(&replay(&[first, correction, of_itself])), [Impossible::UnknownCorrection; 2]);
}

#[test]
fn a_correction_of_the_applicant_stops_the_clock() {
    let progress = replay(&[
        reached(Stage::Accepted, 5, 9),
        reached(Stage::CorrectionRequired, 6, 9),
        reached(Stage::UnderReview, 16, 9),
    ]);
    assert_eq!(
        progress.pauses,
        [Pausing { from: date(2026, 1, 6), until: Some(date(2026, 1, 16)), why: Pause::AwaitingApplicant }]
    );
    let clock = progress.clock(date(2026, 1, 5), date(2026, 1, 20), &Holidays::built_in().unwrap());
    assert_eq!((clock.day, clock.paused_days, clock.paused), (5, 10, None));
}

#[test]
fn a_pause_is_recorded_once_and_ends() {
    let progress = replay(&[
        milestone(Step::Resumed, at(4, 9)),
        reached(Stage::UnderReview, 5, 9),
        milestone(Step::Resumed, at(5, 10)),
        milestone(Step::Paused(Pause::AwaitingOtherOrgan), at(6, 9)),
        milestone(Step::Paused(Pause::AwaitingOtherOrgan), at(7, 9)),
        milestone(Step::Paused(Pause::NaturalDisaster), at(8, 9)),
        milestone(Step::Resumed, at(9, 9)),
        milestone(Step::Extended(Ground::RemoteTransport), at(10, 9)),
    ]);
    assert_eq!(
        progress.pauses,
        [Pausing { from: date(2026, 1, 6), until: Some(date(2026, 1, 9)), why: Pause::AwaitingOtherOrgan }]
    );
    assert_eq!(progress.extension, Some(Ground::RemoteTransport));
    let mut why = why_held(&progress);
    why.sort_unstable();
    assert_eq!(why, [Impossible::BeforeSubmission, Impossible::NotPaused, Impossible::AlreadyPaused]);
}

#[test]
fn the_same_stage_again_tells_where_the_card_is() {
    let there = OrganCode::from_u32(119_900_008).unwrap();
    let mut first = reached(Stage::InDistribution, 5, 9);
    first.cause = Some(Cause::HolidayPeak);
    let again = Milestone { organ: there, ..reached(Stage::InDistribution, 6, 9) };
    let progress = replay(&[first, again]);
    assert_eq!((progress.holder, progress.since, progress.timeline.len()), (there, at(5, 9), 1));
    assert_eq!(progress.cause, Some(Cause::HolidayPeak));
}

#[test]
fn a_remake_after_readiness_makes_the_clock_run_on() {
    let mut milestones = vec![reached(Stage::Produced, 5, 9), reached(Stage::ReadyForCollection, 8, 9)];
    assert_eq!(replay(&milestones).ended_on(), Some(date(2026, 1, 8)));
    milestones.push(reached(Stage::Remake, 9, 9));
    assert_eq!(replay(&milestones).ended_on(), None);
    milestones.push(reached(Stage::Mailed, 12, 9));
    milestones.push(reached(Stage::MailReturned, 15, 9));
    milestones.push(reached(Stage::InDistribution, 16, 9));
    milestones.push(reached(Stage::ReadyForCollection, 18, 9));
    assert_eq!(replay(&milestones).ended_on(), Some(date(2026, 1, 12)));
    assert_eq!(replay(&milestones).durations(), [(Stage::Produced, 3)]);
}

#[test]
fn flags_stand_beside_the_stage() {
    let flags_on = |milestones: &[Milestone], today: Date| {
        let progress = replay(milestones);
        let clock = progress.clock(date(2026, 1, 5), today, &Holidays::built_in().unwrap());
        progress.flags(&clock, today, &Thresholds::default(), Beside::default())
    };
    let review = [reached(Stage::UnderReview, 6, 9)];
    assert_eq!(flags_on(&review, date(2026, 1, 20)), []);
    assert_eq!(flags_on(&review, date(2026, 3, 1)), [Flag::DueSoon, Flag::DataDelayed]);
    assert_eq!(flags_on(&review, date(2026, 3, 20)), [Flag::Overdue, Flag::DataDelayed]);
    assert_eq!(flags_on(&[reached(Stage::CorrectionRequired, 6, 9)], date(2026, 3, 20)), [Flag::Paused]);
    let ready = [reached(Stage::ReadyForCollection, 10, 9)];
    assert_eq!(flags_on(&ready, date(2026, 4, 10)), []);
    assert_eq!(flags_on(&ready, date(2026, 4, 11)), [Flag::Uncollected]);
}
