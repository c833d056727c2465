//! A batch before it is written: what can be hashed, sealed and sorted outside the writer is.

use super::{Outcome, Report};
use crate::application::{Opening, Sealed};
use crate::error::Result;
use crate::feed::Feed;
use crate::held::waiting;
use crate::keys::{Keys, Receipt, Subject};
use domain::Date;
use domain::batch::BatchNumber;
use domain::milestone::Milestone;
use domain::moment::Moment;
use domain::receipt::ReceiptNumber;
use std::collections::HashMap;

/// Reports brought together by their applications.
pub(super) struct Batch {
    /// In the order of the receipts' hashes, so that neighbouring keys are looked up together.
    pub(super) groups: Vec<Group>,
    /// One for each report; those that are in no group have their outcome.
    pub(super) outcomes: Vec<Outcome>,
}

/// The reports of one application within a batch; the first that can opens it.
pub(super) struct Group {
    pub(super) receipt: Receipt,
    pub(super) number: ReceiptNumber,
    pub(super) sealed: Option<Box<Sealed>>,
    pub(super) milestones: Vec<Milestone>,
    /// For each milestone where it came from.
    pub(super) sources: Vec<Source>,
}

/// A report's place in the batch, whose application it says it is, and with which batch the card arrived.
pub(super) struct Source {
    pub(super) index: usize,
    claim: Option<Claim>,
    pub(super) batch: Option<BatchNumber>,
}

/// Owners that the reports of one application may name within a batch, or while they wait. Mistakes name one or two; who names more tries
/// citizen numbers until one fits.
pub(crate) const MOST_OWNERS: usize = 3;

/// Whose application: the person and the day of the form.
pub(crate) type Claim = (Subject, Date);

impl Batch {
    pub(super) fn of(keys: &Keys, feed: &Feed, learned: Moment, reports: &[Report]) -> Result<Self> {
        let mut outcomes = vec![Outcome::UnknownApplication; reports.len()];
        let mut places: HashMap<Receipt, usize> = HashMap::with_capacity(reports.len());
        let mut groups: Vec<Group> = Vec::new();
        for ((index, report), outcome) in reports.iter().enumerate().zip(&mut outcomes) {
            if !feed.may_say(report.step) {
                *outcome = Outcome::NotItsStage;
                continue;
            }
            let Report { receipt: number, step, organ, happened, cause, event, batch, opening } = report;
            let receipt = keys.receipt(number);
            let place = *places.entry(receipt).or_insert_with(|| {
                groups.push(Group::new(receipt, number.clone()));
                groups.len() - 1
            });
            let Some(group) = groups.get_mut(place) else { continue };
            let opens = feed.kind.has_the_case();
            let claim = opening.as_ref().map(|opening| group.claim(keys, opening, opens)).transpose()?;
            let (feed, rank) = (feed.id, feed.rank);
            let (step, organ, happened, cause) = (*step, *organ, *happened, *cause);
            group.milestones.push(Milestone {
                step,
                organ,
                happened,
                learned,
                feed,
                rank,
                event: *event,
                cause,
            });
            group.sources.push(Source { index, claim, batch: batch.clone() });
        }
        for index in groups.iter_mut().flat_map(Group::without_guesses) {
            outcomes.get_mut(index).into_iter().for_each(|outcome| *outcome = Outcome::OtherApplication);
        }
        groups.retain(|group| !group.milestones.is_empty());
        groups.sort_unstable_by_key(|group| group.receipt);
        Ok(Self { groups, outcomes })
    }
}

impl Group {
    fn new(receipt: Receipt, number: ReceiptNumber) -> Self {
        // Most have one report: room for it and no more.
        let (milestones, sources) = (Vec::with_capacity(1), Vec::with_capacity(1));
        Self { receipt, number, sealed: None, milestones, sources }
    }

    /// Whose application an opening says it is; the first one is kept to open it, where the feed may.
    fn claim(&mut self, keys: &Keys, opening: &Opening, opens: bool) -> Result<Claim> {
        if self.sealed.is_some() || !opens {
            return Ok((keys.subject(&opening.number), opening.applied_on));
        }
        let sealed = self.sealed.insert(Box::new(Sealed::new(keys, opening.clone())?));
        Ok((sealed.subject, sealed.opening.applied_on))
    }

    /// Takes out the reports that name another owner, and gives their places in the batch. A report that names
    /// nobody speaks of whoever has the receipt.
    pub(super) fn without_foreign(&mut self, owner: Claim) -> Vec<usize> {
        self.without(|source| source.claim.is_some_and(|claim| claim != owner))
    }

    /// Takes out the reports that name an owner where they name more than [`MOST_OWNERS`], and gives their places:
    /// none is compared, so that none shows itself as the right one.
    fn without_guesses(&mut self) -> Vec<usize> {
        let mut owners: Vec<Claim> = Vec::new();
        if self.sources.len() > MOST_OWNERS {
            for claim in self.sources.iter().filter_map(|source| source.claim) {
                if owners.len() <= MOST_OWNERS && !owners.contains(&claim) {
                    owners.push(claim);
                }
            }
        }
        if owners.len() <= MOST_OWNERS {
            return Vec::new();
        }
        self.sealed = None;
        self.without(|source| source.claim.is_some())
    }

    fn without(&mut self, is_out: impl Fn(&Source) -> bool) -> Vec<usize> {
        if !self.sources.iter().any(&is_out) {
            return Vec::new();
        }
        let both = std::mem::take(&mut self.milestones).into_iter().zip(std::mem::take(&mut self.sources));
        let (out, stay): (Vec<_>, Vec<_>) = both.partition(|(_, source)| is_out(source));
        (self.milestones, self.sources) = stay.into_iter().unzip();
        out.into_iter().map(|(_, source)| source.index).collect()
    }

    /// Its reports as they wait for their application.
    pub(super) fn waiting(&self) -> Vec<waiting::Report<'_>> {
        let report = |(milestone, source): (_, &Source)| waiting::Report {
            receipt: self.receipt,
            number: self.number.as_str(),
            milestone,
            claim: source.claim,
        };
        self.milestones.iter().zip(&self.sources).map(report).collect()
    }
}
