//! Progress: what a list of milestones says about an application, whatever order they came in.

mod fold;
mod precedence;
#[cfg(test)]
mod tests;
mod verdict;

use jiff::civil::Date;

use crate::calendar::Holidays;
use crate::clock::{Flag, Pausing, StatutoryClock, Thresholds, statutory};
use crate::day::days_elapsed;
use crate::milestone::{EventKey, FeedId, Milestone};
use crate::moment::Moment;
use crate::organ::OrganCode;
use crate::stage::{Cause, Ground, Stage};
use crate::word::words;

pub use verdict::{Verdict, verdict};

/// How far an application has come: the fold of its milestones.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Progress {
    /// The stage it is in.
    pub stage: Stage,
    /// When it came there.
    pub since: Moment,
    /// The organ where it was last seen.
    pub holder: OrganCode,
    /// Why, where there is something to explain.
    pub cause: Option<Cause>,
    /// Every stage it came through, the present one last.
    pub timeline: Vec<Passed>,
    /// The times in which the clock stood still.
    pub pauses: Vec<Pausing>,
    /// The ground for more time (Resident Identity Card Law, art. 12).
    pub extension: Option<Ground>,
    /// Milestones that cannot be true beside the others and wait for a person.
    pub held: Vec<Held>,
    /// When we last learned of anything.
    pub heard: Moment,
}

/// One stage an application came through.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Passed {
    /// The stage.
    pub stage: Stage,
    /// The organ where it happened.
    pub organ: OrganCode,
    /// When it happened.
    pub happened: Moment,
    /// Why, where there is something to explain.
    pub cause: Option<Cause>,
}

/// A milestone that is kept for a person to look at and moves nothing.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Held {
    /// The feed it came from.
    pub feed: FeedId,
    /// The feed's own id.
    pub event: EventKey,
    /// Why it cannot be true.
    pub why: Impossible,
}

words! {
    /// Why a milestone cannot be true beside the others.
    pub enum Impossible {
        /// The case had ended.
        AfterFinal = 1 "after_final",
        /// The card had come further and nothing sent it back.
        Backwards = 2 "backwards",
        /// A pause or more time, before the application was heard of.
        BeforeSubmission = 3 "before_submission",
        /// The clock was never paused.
        NotPaused = 4 "not_paused",
        /// The clock stood still already, for another reason.
        AlreadyPaused = 5 "already_paused",
        /// A correction of a milestone that the feed never sent, or of a correction.
        UnknownCorrection = 6 "unknown_correction",
        /// A feed of higher precedence says otherwise.
        Contradicted = 7 "contradicted",
    }
}

/// What is known of an application beside its milestones.
#[derive(Copy, Clone, Eq, PartialEq, Default, Debug)]
pub struct Beside {
    /// The feed that it waits for is silent beyond its rhythm.
    pub silent: bool,
    /// The card was announced in a batch that is past due, and did not arrive.
    pub missing: bool,
}

/// What is held of these milestones; also where no stage was ever reached and so there is no progress to say it.
#[must_use]
pub fn held(milestones: &[Milestone]) -> Vec<Held> {
    fold::held(milestones)
}

/// What leaves no place to a milestone that is held: for each feed the first that it told of; one's own feed may be
/// among them. None where nothing is held, or where something is missing rather than in the way.
#[must_use]
pub fn against(milestones: &[Milestone], feed: FeedId, event: EventKey) -> Vec<&Milestone> {
    fold::against(milestones, (feed, event))
}

impl Progress {
    /// Folds milestones into progress; the order of delivery, repetition and lateness make no difference.
    /// `None` when no stage was ever reached.
    ///
    /// The same event of the same feed counts once, as first learned. Corrections take away what they
    /// name. The rest is put in order of happening; a day on which one milestone has no hour folds in the
    /// order of the road. What is impossible is held; where two feeds contradict each other, the one of higher
    /// precedence counts (the smaller [`Rank`](crate::Rank)) and the other is held as contradicted. Between feeds of
    /// one rank, what happened first counts; [`against`] says what stands against what is held.
    ///
    /// `correction_required` pauses the clock by itself, as awaiting the applicant; any stage after it ends
    /// every pause, whether `resumed` was reported or not.
    #[must_use]
    pub fn replay(milestones: &[Milestone]) -> Option<Self> {
        fold::replay(milestones)
    }

    /// The statutory clock of this application (Resident Identity Card Law, art. 12).
    #[must_use]
    pub fn clock(&self, submitted: Date, today: Date, holidays: &Holidays) -> StatutoryClock {
        statutory(submitted, self.extension, &self.pauses, self.ended_on(), today, holidays)
    }

    /// The flags to show beside the stage, in a fixed order.
    #[must_use]
    pub fn flags(
        &self,
        clock: &StatutoryClock,
        today: Date,
        thresholds: &Thresholds,
        beside: Beside,
    ) -> Vec<Flag> {
        let running = clock.ended_on.is_none() && clock.paused.is_none();
        let days_left = days_elapsed(today, clock.due_on);
        let silent_days = days_elapsed(self.heard.date(), today);
        let raised = |flag| match flag {
            Flag::DueSoon => running && !clock.overdue && days_left <= thresholds.due_soon_days,
            Flag::Overdue => clock.overdue,
            Flag::Paused => clock.paused.is_some(),
            Flag::DataDelayed => running && (beside.silent || silent_days > thresholds.silent_days),
            Flag::Uncollected => self.is_uncollected(today, thresholds),
            Flag::Missing => beside.missing && !self.stage.is_issued() && !self.stage.is_final(),
        };
        Flag::ALL.into_iter().filter(|flag| raised(*flag)).collect()
    }

    /// For a card that became ready (in the drawer or mailed, the first time): the days from first
    /// entering each stage before to that day. Empty while it is not ready.
    #[must_use]
    pub fn durations(&self) -> Vec<(Stage, u16)> {
        let is_ready = |passed: &Passed| matches!(passed.stage, Stage::ReadyForCollection | Stage::Mailed);
        let Some(at) = self.timeline.iter().position(is_ready) else { return Vec::new() };
        let (before, from) = self.timeline.split_at_checked(at).unwrap_or_default();
        let Some(ready_on) = from.first().map(|ready| ready.happened.date()) else { return Vec::new() };
        let mut durations: Vec<(Stage, u16)> = Vec::with_capacity(before.len());
        for passed in before {
            if durations.iter().all(|(stage, _)| *stage != passed.stage) {
                let days = days_elapsed(passed.happened.date(), ready_on);
                durations.push((passed.stage, u16::try_from(days).unwrap_or(u16::MAX)));
            }
        }
        durations
    }

    /// The day the card was issued (ready, mailed or collected) or the case closed; a remake or a
    /// correction after it makes the clock run on.
    #[must_use]
    pub fn ended_on(&self) -> Option<Date> {
        self.timeline.iter().fold(None, |ended, passed| match passed.stage {
            stage if stage.is_issued() || stage.is_final() => ended.or(Some(passed.happened.date())),
            // What the post brought back is distributed once more; it was issued all the same.
            Stage::InDistribution => ended,
            _ => None,
        })
    }

    fn is_uncollected(&self, today: Date, thresholds: &Thresholds) -> bool {
        let days = days_elapsed(self.since.date(), today);
        self.stage == Stage::Uncollected
            || (self.stage == Stage::ReadyForCollection && days > thresholds.uncollected_days)
    }
}
