//! The fold of milestones: once each, corrected, in order, what is impossible held.

use jiff::civil::Date;

use super::{Held, Impossible, Passed, Progress, Verdict, verdict};
use crate::clock::Pausing;
use crate::milestone::{Milestone, Step};
use crate::moment::Moment;
use crate::stage::{Ground, Pause, Stage};

pub(super) fn replay(milestones: &[Milestone]) -> Option<Progress> {
    let events = once_each(milestones);
    let heard = events.iter().map(|event| event.learned).max()?;
    let (corrections, mut stands) = corrected(&events);
    let dateless = days_without_hours(&stands);
    stands.sort_by_cached_key(|event| {
        (instant(event, &dateless), road_order(event.step), event.happened, key(event))
    });
    let mut fold = Fold { held: corrections, ..Fold::default() };
    for group in stands.chunk_by(|a, b| instant(a, &dateless) == instant(b, &dateless)) {
        fold.take_together(group);
    }
    fold.finish(heard)
}

/// Each event of each feed once, as it was first learned.
fn once_each(milestones: &[Milestone]) -> Vec<&Milestone> {
    let mut events: Vec<&Milestone> = milestones.iter().collect();
    // Beyond the key, only so that two different tellings of one event fold the same in any order.
    events.sort_unstable_by_key(|event| {
        (key(event), event.learned, event.happened, event.step, event.organ, event.cause)
    });
    events.dedup_by_key(|event| key(event));
    events
}

/// The corrections that name nothing, and the milestones that stand.
fn corrected<'a>(events: &[&'a Milestone]) -> (Vec<Held>, Vec<&'a Milestone>) {
    let mut held = Vec::new();
    let mut withdrawn = Vec::new();
    for event in events {
        let Step::Withdraws(wrong) = event.step else { continue };
        let named = events.binary_search_by_key(&(event.feed, wrong), |other| key(other));
        match named.ok().and_then(|at| events.get(at)) {
            Some(other) if !matches!(other.step, Step::Withdraws(_)) => withdrawn.push(key(other)),
            _ => held.push(hold(event, Impossible::UnknownCorrection)),
        }
    }
    let stands =
        |event: &&&Milestone| !matches!(event.step, Step::Withdraws(_)) && !withdrawn.contains(&key(event));
    (held, events.iter().filter(stands).copied().collect())
}

/// The days on which a milestone has a date and no hour.
fn days_without_hours(events: &[&Milestone]) -> Vec<Date> {
    let mut days: Vec<Date> = events
        .iter()
        .filter(|event| event.happened.is_midnight())
        .map(|event| event.happened.date())
        .collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The moment by which a milestone is put in order: its own, or its day's where hours are missing.
fn instant(event: &Milestone, dateless: &[Date]) -> Moment {
    if dateless.is_empty() {
        return event.happened;
    }
    let day = event.happened.date();
    if dateless.binary_search(&day).is_ok() { Moment::at(day, 0, 0) } else { event.happened }
}

/// The order in which milestones of one instant are tried.
const fn road_order(step: Step) -> u8 {
    match step {
        Step::Reached(stage) => match stage {
            Stage::NotAccepted => 3,
            Stage::Returned | Stage::CorrectionRequired => 7,
            Stage::Remake => 15,
            Stage::MailReturned => 21,
            Stage::Uncollected => 23,
            other => other.code() * 2,
        },
        Step::Extended(_) => 100,
        Step::Paused(_) => 101,
        Step::Resumed => 102,
        Step::Withdraws(_) => 103,
    }
}

const fn key(event: &Milestone) -> (crate::FeedId, crate::EventKey) {
    (event.feed, event.event)
}

const fn hold(event: &Milestone, why: Impossible) -> Held {
    Held { feed: event.feed, event: event.event, why }
}

/// What is known so far.
#[derive(Default)]
struct Fold {
    timeline: Vec<Passed>,
    last_seen: Option<Passed>,
    pauses: Vec<Pausing>,
    extension: Option<Ground>,
    held: Vec<Held>,
}

impl Fold {
    /// Takes milestones that no hour tells apart, each as soon as it is possible.
    fn take_together(&mut self, group: &[&Milestone]) {
        let mut waiting = group.to_vec();
        while let Some(at) = waiting.iter().position(|event| self.objection(event.step).is_none()) {
            let event = waiting.remove(at);
            self.take(event);
        }
        for event in waiting {
            let why = self.objection(event.step);
            self.held.extend(why.map(|why| hold(event, why)));
        }
    }

    fn stage(&self) -> Option<Stage> {
        self.timeline.last().map(|passed| passed.stage)
    }

    /// Why a step cannot be taken now.
    fn objection(&self, step: Step) -> Option<Impossible> {
        let now = self.stage();
        match step {
            Step::Reached(next) => match verdict(now, next) {
                Verdict::Impossible(why) => Some(why),
                Verdict::Moves | Verdict::Stays => None,
            },
            _ if now.is_none() => Some(Impossible::BeforeSubmission),
            _ if now.is_some_and(Stage::is_final) => Some(Impossible::AfterFinal),
            Step::Paused(why) => {
                self.open_pause().filter(|pause| pause.why != why).map(|_| Impossible::AlreadyPaused)
            }
            // A stage that followed may have ended the pause already; then there is nothing to say.
            Step::Resumed => self.pauses.is_empty().then_some(Impossible::NotPaused),
            Step::Extended(_) => None,
            Step::Withdraws(_) => Some(Impossible::UnknownCorrection),
        }
    }

    fn take(&mut self, event: &Milestone) {
        match event.step {
            Step::Reached(stage) => self.reach(stage, event),
            Step::Paused(why) => self.pause(why, event.happened.date()),
            Step::Resumed => self.resume(event.happened.date()),
            Step::Extended(ground) => self.extension = Some(ground),
            Step::Withdraws(_) => {}
        }
    }

    fn reach(&mut self, stage: Stage, event: &Milestone) {
        let passed = Passed { stage, organ: event.organ, happened: event.happened, cause: event.cause };
        if self.stage() != Some(stage) {
            self.resume(event.happened.date());
            self.timeline.push(passed.clone());
            if stage == Stage::CorrectionRequired {
                self.pause(Pause::AwaitingApplicant, event.happened.date());
            }
        }
        let cause = event.cause.or(self
            .last_seen
            .as_ref()
            .filter(|last| last.stage == stage)
            .and_then(|last| last.cause));
        self.last_seen = Some(Passed { cause, ..passed });
    }

    fn pause(&mut self, why: Pause, from: Date) {
        if self.open_pause().is_none() {
            self.pauses.push(Pausing { from, until: None, why });
        }
    }

    fn resume(&mut self, until: Date) {
        if let Some(pause) = self.pauses.last_mut().filter(|pause| pause.until.is_none()) {
            pause.until = Some(until);
        }
    }

    fn open_pause(&self) -> Option<&Pausing> {
        self.pauses.last().filter(|pause| pause.until.is_none())
    }

    fn finish(mut self, heard: Moment) -> Option<Progress> {
        let since = self.timeline.last()?.happened;
        let last_seen = self.last_seen?;
        self.held.sort_unstable_by_key(|held| (held.feed, held.event));
        Some(Progress {
            stage: last_seen.stage,
            since,
            holder: last_seen.organ,
            cause: last_seen.cause,
            timeline: self.timeline,
            pauses: self.pauses,
            extension: self.extension,
            held: self.held,
            heard,
        })
    }
}
