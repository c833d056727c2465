//! The course of one batch through its transaction.

use super::batch::{Group, Source};
use super::follow::{Follow, State};
use super::quota::{self, Refused};
use super::written::{PART, Written};
use super::{Outcome, Unknown, held};
use crate::application::{self, Address, Known, Sealed};
use crate::error::{Result, StoreError};
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
    written: Written,
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
        Self {
            keys,
            learned,
            unknown,
            bounded: true,
            present,
            written: Written::default(),
            follow: Follow::new(learned),
        }
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
        let mut targets = targets(write, groups).await?.into_iter();
        loop {
            let part: Vec<_> = targets.by_ref().take(PART).collect();
            if part.is_empty() {
                break;
            }
            let stored = Stored::of(write, &part).await?;
            self.record_part(write, part, stored, &mut outcomes).await?;
            self.written.write(write).await?;
        }
        self.finish(write).await?;
        Ok(outcomes)
    }

    async fn record_part(
        &mut self,
        write: &mut Write<'_>,
        part: Vec<(Target, Group)>,
        stored: Vec<Stored>,
        outcomes: &mut [Outcome],
    ) -> Result<()> {
        let mut stored = stored.into_iter();
        let mut tell = |index: usize, outcome| {
            outcomes.get_mut(index).into_iter().for_each(|slot| *slot = outcome);
        };
        for (target, mut group) in part {
            let mut without_foreign = |group: &mut Group, owner| {
                let foreign = group.without_foreign(owner).into_iter();
                foreign.for_each(|index| tell(index, Outcome::OtherApplication));
            };
            let told = match target {
                Target::Known(_) => {
                    let stored = stored.next().ok_or(StoreError::Corrupt("application"))?;
                    without_foreign(&mut group, (stored.known.subject, stored.known.applied_on));
                    self.add_group(write, stored, &group).await?
                }
                Target::New(sealed) => {
                    without_foreign(&mut group, (sealed.subject, sealed.opening.applied_on));
                    self.open(write, sealed, &group).await?
                }
                Target::Unknown => self.keep(write, &group).await?,
            };
            self.follow.arrivals(&group, &told);
            group.sources.iter().zip(told).for_each(|(source, outcome)| tell(source.index, outcome));
        }
        Ok(())
    }

    /// Writes all that follows from what was recorded.
    pub(crate) async fn finish(self, write: &mut Write<'_>) -> Result<()> {
        self.follow.write(write).await
    }

    async fn add_group(
        &mut self,
        write: &mut Write<'_>,
        stored: Stored,
        group: &Group,
    ) -> Result<Vec<Outcome>> {
        let Known { subject, id, missing, .. } = stored.known;
        let added = self.fold(write, stored, group.receipt, &group.milestones).await?;
        if missing && group.sources.iter().any(Source::has_batch) {
            self.follow.may_have_arrived((subject, id), group.receipt);
        }
        Ok(added.outcomes(&group.milestones))
    }

    /// Adds milestones to a known application and folds all of them anew; written when this returns.
    pub(crate) async fn add(
        &mut self,
        write: &mut Write<'_>,
        known: Known,
        receipt: Receipt,
        milestones: &[Milestone],
    ) -> Result<()> {
        let all = milestone::of_changing(write, known.id, known.subject).await?;
        self.fold(write, Stored { known, milestones: all }, receipt, milestones).await?;
        self.written.write(write).await
    }

    async fn fold(
        &mut self,
        write: &mut Write<'_>,
        stored: Stored,
        receipt: Receipt,
        milestones: &[Milestone],
    ) -> Result<Added> {
        let Stored { known, milestones: mut all } = stored;
        let before = all.len();
        let held_before = held(known.progress.as_ref(), &all);
        let fresh = self.unsettled(write, receipt, &mut all, milestones).await?;
        let refused = if self.bounded { quota::refused(&mut all, before) } else { Refused::new() };
        let Some(added) = all.get(before..).filter(|added| !added.is_empty()) else {
            return Ok(Added { fresh, refused, held: Vec::new() });
        };
        self.written.add((known.subject, known.id), added);
        self.follow.withdrawn(receipt, &all);
        let progress = Progress::replay(&all);
        self.written.fold((known.subject, known.id), progress.as_ref());
        let held_now = held(progress.as_ref(), &all);
        let was = State { progress: known.progress.as_ref(), held: &held_before };
        let is = State { progress: progress.as_ref(), held: &held_now };
        self.follow.changed(write, &known.case(receipt), &was, &is).await?;
        Ok(Added { fresh, refused, held: held_now.into_owned() })
    }

    /// Opens an application with the milestones of the batch and those that waited for it: its progress is
    /// folded before it is written.
    async fn open(
        &mut self,
        write: &mut Write<'_>,
        sealed: Box<Sealed>,
        group: &Group,
    ) -> Result<Vec<Outcome>> {
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
        let id = self.written.next(write).await?;
        let case = sealed.case(id);
        self.written.add((sealed.subject, id), &all);
        self.written.open(id, sealed, progress.as_ref());
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

/// What is stored of an application before a batch adds to it.
struct Stored {
    known: Known,
    milestones: Vec<Milestone>,
}

impl Stored {
    /// What is stored of those that are known, in their order.
    async fn of(write: &mut Write<'_>, part: &[(Target, Group)]) -> Result<Vec<Self>> {
        let address = |(target, _): &(Target, Group)| match target {
            Target::Known(address) => Some(*address),
            Target::New(_) | Target::Unknown => None,
        };
        let addresses: Vec<Address> = part.iter().filter_map(address).collect();
        let known = application::known(write, &addresses).await?;
        let milestones = milestone::of_each(write, &addresses).await?;
        Ok(known.into_iter().zip(milestones).map(|(known, milestones)| Self { known, milestones }).collect())
    }
}

/// Where each group goes, in the order of arrival: neighbours in a production batch are neighbours on disk.
async fn targets(write: &mut Write<'_>, groups: Vec<Group>) -> Result<Vec<(Target, Group)>> {
    let mut found = Vec::with_capacity(groups.len());
    for part in groups.chunks(PART) {
        let receipts: Vec<Receipt> = part.iter().map(|group| group.receipt).collect();
        found.extend(application::found(write, &receipts).await?);
    }
    let target = |(found, mut group): (Option<Address>, Group)| match found {
        Some(address) => (Target::Known(address), group),
        None => (group.sealed.take().map_or(Target::Unknown, Target::New), group),
    };
    let mut targets: Vec<_> = found.into_iter().zip(groups).map(target).collect();
    targets.sort_by_cached_key(|(target, group)| {
        (target.place(), group.sources.first().map(|source| source.index))
    });
    Ok(targets)
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
