//! The fold of milestones: once each, corrected, in order, what is impossible held.

use std::ops::Range;

use jiff::civil::Date;

use super::{Held, Impossible, Passed, Progress, Verdict, precedence, verdict};
use crate::clock::Pausing;
use crate::milestone::{EventKey, FeedId, Milestone, Rank, Step};
use crate::moment::Moment;
use crate::stage::{Ground, Pause, Stage};

/// A milestone and the instant by which it is put in order.
pub(super) type Placed<'a> = (Moment, &'a Milestone);
/// What tells one event from every other.
pub(super) type Key = (FeedId, EventKey);

pub(super) fn replay(milestones: &[Milestone]) -> Option<Progress> {
    let events = once_each(milestones);
    let heard = events.iter().map(|event| event.learned).max()?;
    settled(&events).finish(heard)
}

pub(super) fn held(milestones: &[Milestone]) -> Vec<Held> {
    let mut held = settled(&once_each(milestones)).held;
    held.sort_unstable_by_key(|held| (held.feed, held.event));
    held
}

/// What stands against a milestone that is held, each feed once.
pub(super) fn against(milestones: &[Milestone], held: Key) -> Vec<&Milestone> {
    let fold = settled(&once_each(milestones));
    let mut first: Vec<&Milestone> = Vec::new();
    for by in fold.against(held) {
        if first.iter().all(|other| other.feed != by.feed) {
            first.push(by);
        }
    }
    first
}

fn settled<'a>(events: &[&'a Milestone]) -> Fold<'a> {
    let (corrections, stands) = corrected(events);
    let dateless = days_without_hours(&stands);
    let mut ordered: Vec<Placed<'a>> =
        stands.into_iter().map(|event| (instant(event, &dateless), event)).collect();
    ordered.sort_by_key(|(instant, event)| (*instant, road_order(event.step), event.happened, key(event)));
    let whole = Fold::of(&ordered);
    let mut fold = if precedence::decides(&whole) { precedence::settled(&ordered) } else { whole };
    fold.held.extend(corrections);
    fold
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
    let mut withdrawn: Vec<Key> = Vec::new();
    // The desk first: a person may take away a correction too, and then it takes away nothing.
    for of_desk in [true, false] {
        withdrawn.sort_unstable();
        let by_desk = withdrawn.clone();
        for event in events.iter().filter(|event| (event.rank == Rank::DESK) == of_desk) {
            let Step::Withdraws(wrong) = event.step else { continue };
            if by_desk.binary_search(&key(event)).is_ok() {
                continue;
            }
            let named = events.binary_search_by_key(&(event.feed, wrong), |other| key(other));
            match named.ok().and_then(|at| events.get(at)) {
                Some(other) if may_withdraw(event, other) => withdrawn.push(key(other)),
                _ => held.push(hold(event, Impossible::UnknownCorrection)),
            }
        }
    }
    withdrawn.sort_unstable();
    let stands = |event: &&&Milestone| {
        !matches!(event.step, Step::Withdraws(_)) && withdrawn.binary_search(&key(event)).is_err()
    };
    (held, events.iter().filter(stands).copied().collect())
}

fn may_withdraw(event: &Milestone, other: &Milestone) -> bool {
    let is_correction = matches!(other.step, Step::Withdraws(_));
    !is_correction || (event.rank == Rank::DESK && other.rank != Rank::DESK)
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

pub(super) const fn key(event: &Milestone) -> Key {
    (event.feed, event.event)
}

pub(super) const fn hold(event: &Milestone, why: Impossible) -> Held {
    Held { feed: event.feed, event: event.event, why }
}

/// What is known so far.
#[derive(Default)]
pub(super) struct Fold<'a> {
    timeline: Vec<Passed>,
    last_seen: Option<Passed>,
    pauses: Vec<Pausing>,
    extension: Option<Ground>,
    pub(super) held: Vec<Held>,
    /// Whom to blame for what is held.
    pub(super) blames: Vec<Blame<'a>>,
    /// What was left out, and what counts for it.
    pub(super) contradicted: Vec<(&'a Milestone, &'a Milestone)>,
    stage_by: Tellers<'a>,
    /// Nobody where a stage brought the pause.
    pause_by: Tellers<'a>,
}

/// Who told of each state, one state after the other: a long list is kept once, whoever is to blame.
#[derive(Default)]
struct Tellers<'a> {
    all: Vec<&'a Milestone>,
    /// From here on they told of the present state.
    present: usize,
}

impl<'a> Tellers<'a> {
    fn push(&mut self, event: &'a Milestone) {
        self.all.push(event);
    }

    fn clear(&mut self) {
        self.present = self.all.len();
    }

    fn is_empty(&self) -> bool {
        self.present == self.all.len()
    }
}

/// A milestone that is held, and the milestones that leave it no place.
pub(super) struct Blame<'a> {
    pub(super) held: &'a Milestone,
    why: Impossible,
    by: Range<usize>,
}

impl<'a> Fold<'a> {
    /// The fold of milestones in their order.
    pub(super) fn of(ordered: &[Placed<'a>]) -> Self {
        let mut fold = Self::default();
        for group in ordered.chunk_by(|(a, _), (b, _)| a == b) {
            match group {
                [(_, alone)] => fold.take_or_hold(alone),
                _ => fold.take_together(group),
            }
        }
        fold
    }

    /// Takes milestones that no hour tells apart, each as soon as it is possible.
    fn take_together(&mut self, group: &[Placed<'a>]) {
        let mut waiting: Vec<&Milestone> = group.iter().map(|(_, event)| *event).collect();
        while let Some(at) = waiting.iter().position(|event| self.objection(event.step).is_none()) {
            let event = waiting.remove(at);
            self.take(event);
        }
        waiting.into_iter().for_each(|event| self.take_or_hold(event));
    }

    fn take_or_hold(&mut self, event: &'a Milestone) {
        let Some(why) = self.objection(event.step) else { return self.take(event) };
        self.held.push(hold(event, why));
        let by = match why {
            Impossible::AfterFinal | Impossible::Backwards => &self.stage_by,
            Impossible::AlreadyPaused => &self.pause_by,
            _ => return,
        };
        self.blames.push(Blame { held: event, why, by: by.present..by.all.len() });
    }

    /// Who leaves no place to what is held.
    pub(super) fn to_blame(&self, blame: &Blame<'a>) -> &[&'a Milestone] {
        let tellers = if blame.why == Impossible::AlreadyPaused { &self.pause_by } else { &self.stage_by };
        tellers.all.get(blame.by.clone()).unwrap_or_default()
    }

    /// Who leaves no place to the held milestone of this key, in the order of happening.
    fn against(&self, held: Key) -> impl Iterator<Item = &'a Milestone> {
        let stronger = self.contradicted.iter().filter(move |(out, _)| key(out) == held).map(|(_, by)| *by);
        let blames = self.blames.iter().filter(move |blame| key(blame.held) == held);
        stronger.chain(blames.flat_map(|blame| self.to_blame(blame).iter().copied()))
    }

    /// Whether anybody of lower precedence than this told of anything.
    pub(super) fn knows_below(&self, rank: Rank) -> bool {
        self.stage_by.all.iter().chain(&self.pause_by.all).any(|by| by.rank > rank)
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

    fn take(&mut self, event: &'a Milestone) {
        match event.step {
            Step::Reached(stage) => self.reach(stage, event),
            Step::Paused(why) => self.paused(why, event),
            Step::Resumed => self.resume(event.happened.date()),
            Step::Extended(ground) => self.extension = Some(ground),
            Step::Withdraws(_) => {}
        }
    }

    fn reach(&mut self, stage: Stage, event: &'a Milestone) {
        let passed = Passed { stage, organ: event.organ, happened: event.happened, cause: event.cause };
        if self.stage() != Some(stage) {
            self.resume(event.happened.date());
            self.stage_by.clear();
            self.timeline.push(passed.clone());
            if stage == Stage::CorrectionRequired {
                self.pause(Pause::AwaitingApplicant, event.happened.date());
            }
        }
        self.stage_by.push(event);
        let cause = event.cause.or(self
            .last_seen
            .as_ref()
            .filter(|last| last.stage == stage)
            .and_then(|last| last.cause));
        self.last_seen = Some(Passed { cause, ..passed });
    }

    fn paused(&mut self, why: Pause, event: &'a Milestone) {
        if self.open_pause().is_none() || !self.pause_by.is_empty() {
            self.pause_by.push(event);
        }
        self.pause(why, event.happened.date());
    }

    fn pause(&mut self, why: Pause, from: Date) {
        if self.open_pause().is_none() {
            self.pauses.push(Pausing { from, until: None, why });
        }
    }

    fn resume(&mut self, until: Date) {
        self.pause_by.clear();
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
