//! The course of one batch through its transaction.

use super::batch::{Group, Source};
use super::follow::{Follow, State};
use super::quota::{self, Refused};
use super::{Outcome, Unknown, held};
use crate::application::{self, Address, Known, Sealed};
use crate::error::Result;
use crate::held::waiting::{self, Present};
use crate::keys::{Keys, Receipt};
use crate::{Write, milestone};
use domain::milestone::Milestone;
use domain::moment::Moment;
use domain::progress::{Held, Progress};
use std::collections::HashSet;
use std::sync::Arc;

/// A batch on its way.
pub(crate) struct Course {
    keys: Arc<Keys>,
    learned: Moment,
    unknown: Unknown,
    /// Whether a feed may tell so much of an application and no more; a decision may always be told.
    bounded: bool,
    present: Present,
    follow: Follow,
}

/// Where a group goes.
enum Target {
    Known(Address),
    New(Box<Sealed>),
    Unknown,
}

/// An application's milestones after some were added: which of the added are new, and what is held.
pub(crate) struct Added {
    fresh: Vec<bool>,
    refused: Refused,
    /// Sorted by feed and event.
    held: Vec<Held>,
}

impl Course {
    pub(crate) fn new(keys: Arc<Keys>, learned: Moment, unknown: Unknown) -> Self {
        let present = Present { waiting: true, settled: true };
        Self { keys, learned, unknown, bounded: true, present, follow: Follow::new(learned) }
    }

    /// The course of what somebody decided about what is kept already.
    pub(crate) fn of_decision(keys: Arc<Keys>, now: Moment) -> Self {
        Self { bounded: false, ..Self::new(keys, now, Unknown::Told) }
    }

    /// Records every group, then all that follows from them.
    pub(super) async fn record(
        mut self,
        write: &mut Write<'_>,
        groups: Vec<Group>,
        mut outcomes: Vec<Outcome>,
    ) -> Result<Vec<Outcome>> {
        self.present = waiting::present(write).await?;
        let mut targets = Vec::with_capacity(groups.len());
        for mut group in groups {
            let target = match application::found(write, group.receipt).await? {
                Some(address) => Target::Known(address),
                None => group.sealed.take().map_or(Target::Unknown, Target::New),
            };
            targets.push((target, group));
        }
        // In the order of arrival: neighbours in a production batch are neighbours on disk.
        targets.sort_by_cached_key(|(target, group)| {
            (target.place(), group.sources.first().map(|source| source.index))
        });
        let mut tell = |index: usize, outcome| {
            outcomes.get_mut(index).into_iter().for_each(|slot| *slot = outcome);
        };
        for (target, mut group) in targets {
            let mut without_foreign = |group: &mut Group, owner| {
                let foreign = group.without_foreign(owner).into_iter();
                foreign.for_each(|index| tell(index, Outcome::OtherApplication));
            };
            let told = match target {
                Target::Known(address) => {
                    let known = application::known(write, address).await?;
                    without_foreign(&mut group, (known.subject, known.applied_on));
                    self.add_group(write, &known, &group).await?
                }
                Target::New(sealed) => {
                    without_foreign(&mut group, (sealed.subject, sealed.opening.applied_on));
                    self.open(write, &sealed, &group).await?
                }
                Target::Unknown => self.keep(write, &group).await?,
            };
            self.follow.arrivals(&group, &told);
            group.sources.iter().zip(told).for_each(|(source, outcome)| tell(source.index, outcome));
        }
        self.finish(write).await?;
        Ok(outcomes)
    }

    /// Writes all that follows from what was recorded.
    pub(crate) async fn finish(self, write: &mut Write<'_>) -> Result<()> {
        self.follow.write(write).await
    }

    async fn add_group(
        &mut self,
        write: &mut Write<'_>,
        known: &Known,
        group: &Group,
    ) -> Result<Vec<Outcome>> {
        let added = self.add(write, known, group.receipt, &group.milestones).await?;
        if known.missing && group.sources.iter().any(Source::has_batch) {
            self.follow.may_have_arrived((known.subject, known.id), group.receipt);
        }
        Ok(added.outcomes(&group.milestones))
    }

    /// Adds milestones to a known application and folds all of them anew.
    pub(crate) async fn add(
        &mut self,
        write: &mut Write<'_>,
        known: &Known,
        receipt: Receipt,
        milestones: &[Milestone],
    ) -> Result<Added> {
        let mut all = milestone::of_changing(write, known.id, known.subject).await?;
        let before = all.len();
        let held_before = held(known.progress.as_ref(), &all);
        let fresh = self.unsettled(write, receipt, &mut all, milestones).await?;
        let refused = if self.bounded { quota::refused(&mut all, before) } else { Refused::new() };
        let Some(added) = all.get(before..).filter(|added| !added.is_empty()) else {
            return Ok(Added { fresh, refused, held: Vec::new() });
        };
        for milestone in added {
            milestone::insert(write, known.id, known.subject, milestone).await?;
        }
        self.follow.withdrawn(receipt, &all);
        let progress = Progress::replay(&all);
        application::set_progress(write, known.id, known.subject, progress.as_ref()).await?;
        let held_now = held(progress.as_ref(), &all);
        let was = State { progress: known.progress.as_ref(), held: &held_before };
        let is = State { progress: progress.as_ref(), held: &held_now };
        self.follow.changed(write, &known.case(receipt), &was, &is).await?;
        Ok(Added { fresh, refused, held: held_now.into_owned() })
    }

    /// Opens an application with the milestones of the batch and those that waited for it: its progress is
    /// folded before it is written.
    async fn open(&mut self, write: &mut Write<'_>, sealed: &Sealed, group: &Group) -> Result<Vec<Outcome>> {
        let mut all = Vec::with_capacity(group.milestones.len());
        let fresh = self.unsettled(write, group.receipt, &mut all, &group.milestones).await?;
        let refused = quota::refused(&mut all, 0);
        let waited = match self.present.waiting {
            true => {
                let of = (group.receipt, (sealed.subject, sealed.opening.applied_on));
                waiting::of_receipt(write, &self.keys, of, self.learned).await?
            }
            false => Vec::new(),
        };
        gathered(&mut all, &waited);
        self.follow.withdrawn(group.receipt, &all);
        let progress = Progress::replay(&all);
        let id = application::insert(write, sealed, progress.as_ref()).await?;
        for milestone in &all {
            milestone::insert(write, id, sealed.subject, milestone).await?;
        }
        let case = sealed.case(id);
        waiting::recorded(write, &case, &waited, self.learned).await?;
        let held = held(progress.as_ref(), &all);
        let is = State { progress: progress.as_ref(), held: &held };
        self.follow.changed(write, &case, &State::default(), &is).await?;
        Ok(Added { fresh, refused, held: held.into_owned() }.outcomes(&group.milestones))
    }

    /// Gathers milestones, but what a person settled while it waited does not count when it is told again.
    async fn unsettled(
        &self,
        write: &mut Write<'_>,
        receipt: Receipt,
        all: &mut Vec<Milestone>,
        milestones: &[Milestone],
    ) -> Result<Vec<bool>> {
        let before = all.len();
        let mut fresh = gathered(all, milestones);
        if all.len() == before || !self.present.settled {
            return Ok(fresh);
        }
        let settled = waiting::settled(write, receipt).await?;
        if !settled.is_empty() {
            let counts = |milestone: &Milestone| !settled.contains(&(milestone.feed, milestone.event));
            let added = all.split_off(before);
            all.extend(added.into_iter().filter(counts));
            fresh.iter_mut().zip(milestones).for_each(|(fresh, milestone)| *fresh &= counts(milestone));
        }
        Ok(fresh)
    }

    /// Keeps reports of an application that nobody has opened, where the caller wants it.
    async fn keep(&mut self, write: &mut Write<'_>, group: &Group) -> Result<Vec<Outcome>> {
        if self.unknown == Unknown::Told {
            return Ok(vec![Outcome::UnknownApplication; group.milestones.len()]);
        }
        let feed = group.milestones.first().map(|first| first.feed);
        let Some(feed) = feed else { return Ok(Vec::new()) };
        let room = self.follow.room(write, feed).await?;
        room.keep(write, &self.keys, &group.waiting()).await
    }
}

impl Target {
    fn place(&self) -> i64 {
        match self {
            Self::Known((_, id)) => id.0,
            Self::New(_) | Self::Unknown => i64::MAX,
        }
    }
}

/// So many milestones of one application come at a time, as a rule.
const FEW: usize = 32;

/// Adds to an application's milestones those it does not have, each event once and as first told; says of each
/// whether it was added.
pub(crate) fn gathered(all: &mut Vec<Milestone>, milestones: &[Milestone]) -> Vec<bool> {
    let mut fresh = Vec::with_capacity(milestones.len());
    let key = |milestone: &Milestone| (milestone.event, milestone.feed);
    // A few are sooner looked through than hashed; a feed that went wild may tell thousands of one application.
    let mut seen = (milestones.len() > FEW).then(|| all.iter().map(key).collect::<HashSet<_>>());
    for milestone in milestones {
        let is_new = match &mut seen {
            Some(seen) => seen.insert(key(milestone)),
            None => !all.iter().any(|other| key(other) == key(milestone)),
        };
        if is_new {
            all.push(milestone.clone());
        }
        fresh.push(is_new);
    }
    fresh
}

impl Added {
    /// Why a milestone is held, if it is.
    pub(crate) fn why(&self, milestone: &Milestone) -> Option<domain::progress::Impossible> {
        let key = (milestone.feed, milestone.event);
        let at = self.held.binary_search_by_key(&key, |held| (held.feed, held.event));
        at.ok().and_then(|at| self.held.get(at)).map(|held| held.why)
    }

    fn outcomes(&self, milestones: &[Milestone]) -> Vec<Outcome> {
        let is_refused = |milestone: &Milestone| {
            !self.refused.is_empty() && self.refused.contains(&(milestone.feed, milestone.event))
        };
        let outcome = |(milestone, fresh): (&Milestone, &bool)| match fresh {
            _ if is_refused(milestone) => Outcome::TooMany,
            true => self.why(milestone).map_or(Outcome::Recorded, Outcome::Held),
            false => Outcome::Repeated,
        };
        milestones.iter().zip(&self.fresh).map(outcome).collect()
    }
}
