//! Recording: the one way in for every milestone, whoever reports it.
//!
//! A batch is one transaction: each milestone is added once, the application's progress is folded anew
//! from all its milestones, the history behind expected dates follows, and every report has an outcome.

#[cfg(test)]
mod tests;

use crate::application::{self, Application, Opening, Sealed};
use crate::audit::Entry;
use crate::error::Result;
use crate::keys::{Keys, Receipt, Subject};
use crate::{Store, Work, Write, feed, history, milestone};
use domain::Date;
use domain::milestone::{EventKey, FeedId, Milestone, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::{Impossible, Progress};
use domain::receipt::ReceiptNumber;
use domain::stage::Cause;
use std::collections::{HashMap, HashSet};

/// What a feed says about one application.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which application.
    pub receipt: ReceiptNumber,
    /// What happened.
    pub step: Step,
    /// At which organ.
    pub organ: OrganCode,
    /// When it happened.
    pub happened: Moment,
    /// Why, where something went wrong.
    pub cause: Option<Cause>,
    /// The keyed hash of the feed's own event id.
    pub event: EventKey,
    /// The facts that open the application, where the feed knows them.
    pub opening: Option<Opening>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept and counts.
    Recorded,
    /// It was known already; nothing changed.
    Repeated,
    /// It is kept, but cannot be: it does not move the stage until a person has looked at it.
    Held(Impossible),
    /// No application has this receipt number, and the report does not open one.
    UnknownApplication,
    /// The receipt number belongs to another person or day.
    OtherApplication,
}

/// The reports of one application within a batch; the first that can opens it.
struct Group {
    receipt: Receipt,
    sealed: Option<Sealed>,
    reported: Vec<Reported>,
}

/// A reported milestone, its place in the batch, and whose application the report says it is.
struct Reported {
    index: usize,
    milestone: Milestone,
    claim: Option<Claim>,
}

/// Whose application: the person and the day of the form.
type Claim = (Subject, Date);

/// Where a group goes.
enum Target {
    Known(Box<Application>),
    New(Sealed),
    Unknown,
}

/// Records a batch; returns when it is durable, with an outcome for each report in order.
///
/// # Errors
/// Fails when the database does; then nothing of the batch is recorded.
pub async fn record(
    store: &Store,
    feed: FeedId,
    learned: Moment,
    reports: Vec<Report>,
    entry: Entry,
) -> Result<Vec<Outcome>> {
    let count = reports.len();
    let last = reports.iter().map(|report| report.happened).max();
    let groups = grouped(store, feed, learned, reports)?;
    store
        .write(entry, move |write| -> Work<'_, Vec<Outcome>> {
            Box::pin(async move {
                let outcomes = record_groups(write, groups, count).await?;
                if let Some(last) = last {
                    feed::heard(write, feed, learned, last).await?;
                }
                Ok(outcomes)
            })
        })
        .await
}

/// Hashes and seals outside the writer, and brings the reports of one application together.
fn grouped(store: &Store, feed: FeedId, learned: Moment, reports: Vec<Report>) -> Result<Vec<Group>> {
    let mut places: HashMap<Receipt, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, report) in reports.into_iter().enumerate() {
        let receipt = store.keys().receipt(&report.receipt);
        let place = *places.entry(receipt).or_insert_with(|| {
            groups.push(Group { receipt, sealed: None, reported: Vec::new() });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(place) else { continue };
        let claim = report.opening.map(|opening| group.claim(store.keys(), opening)).transpose()?;
        let Report { step, organ, happened, cause, event, .. } = report;
        let milestone = Milestone { step, organ, happened, learned, feed, event, cause };
        group.reported.push(Reported { index, milestone, claim });
    }
    Ok(groups)
}

impl Group {
    /// Whose application an opening says it is; the first one is kept to open it.
    fn claim(&mut self, keys: &Keys, opening: Opening) -> Result<Claim> {
        if self.sealed.is_some() {
            return Ok((keys.subject(&opening.number), opening.applied_on));
        }
        let sealed = self.sealed.insert(Sealed::new(keys, opening)?);
        Ok((sealed.subject, sealed.opening.applied_on))
    }
}

async fn record_groups(write: &mut Write<'_>, mut groups: Vec<Group>, count: usize) -> Result<Vec<Outcome>> {
    let mut outcomes = vec![Outcome::UnknownApplication; count];
    let mut change = history::Change::default();
    // In the order of the index, so that neighbouring keys are looked up together.
    groups.sort_by_key(|group| group.receipt);
    let mut targets = Vec::with_capacity(groups.len());
    for group in groups {
        let target = match application::by_receipt(write, group.receipt).await? {
            Some(known) => Target::Known(Box::new(known)),
            None => group.sealed.map_or(Target::Unknown, Target::New),
        };
        targets.push((target, group.reported));
    }
    // In the order of arrival: neighbours in a production batch are neighbours on disk.
    targets.sort_by_key(|(target, reported)| (target.place(), reported.first().map(|first| first.index)));
    for (target, reported) in targets {
        let (own, foreign): (Vec<_>, Vec<_>) =
            reported.into_iter().partition(|each| target.is_claimed_by(each));
        let told = match target {
            Target::Known(application) => add_to(write, &application, &own, &mut change).await?,
            Target::New(sealed) => open(write, &sealed, &own, &mut change).await?,
            Target::Unknown => vec![Outcome::UnknownApplication; own.len()],
        };
        let told = own.iter().zip(told).chain(foreign.iter().map(|each| (each, Outcome::OtherApplication)));
        for (Reported { index, .. }, outcome) in told {
            outcomes.get_mut(*index).into_iter().for_each(|slot| *slot = outcome);
        }
    }
    change.apply(write).await?;
    Ok(outcomes)
}

impl Target {
    fn place(&self) -> i64 {
        match self {
            Self::Known(application) => application.id.0,
            Self::New(_) | Self::Unknown => i64::MAX,
        }
    }

    /// A report that names nobody speaks of whoever has the receipt.
    fn is_claimed_by(&self, reported: &Reported) -> bool {
        let owner = match self {
            Self::Known(application) => (application.subject, application.applied_on),
            Self::New(sealed) => (sealed.subject, sealed.opening.applied_on),
            Self::Unknown => return true,
        };
        reported.claim.is_none_or(|claim| claim == owner)
    }
}

/// Opens an application with the milestones of the batch: its progress is folded before it is written.
async fn open(
    write: &mut Write<'_>,
    sealed: &Sealed,
    reported: &[Reported],
    change: &mut history::Change,
) -> Result<Vec<Outcome>> {
    // As the table will keep them: of two tellings of one event the first.
    let mut seen = HashSet::new();
    let first = reported.iter().filter(|each| seen.insert(each.milestone.event));
    let all: Vec<Milestone> = first.map(|each| each.milestone.clone()).collect();
    let progress = Progress::replay(&all);
    let id = application::insert(write, sealed, progress.as_ref()).await?;
    let fresh = add(write, id, sealed.subject, reported).await?;
    let opening = &sealed.opening;
    change.count(opening.accepting, opening.kind, &durations(progress.as_ref()), 1);
    Ok(outcomes(reported, &fresh, &all, progress.as_ref()))
}

/// Adds milestones to a known application and folds all of them anew.
async fn add_to(
    write: &mut Write<'_>,
    application: &Application,
    reported: &[Reported],
    change: &mut history::Change,
) -> Result<Vec<Outcome>> {
    let fresh = add(write, application.id, application.subject, reported).await?;
    if !fresh.contains(&true) {
        return Ok(vec![Outcome::Repeated; reported.len()]);
    }
    let all = milestone::of_changing(write, application.id, application.subject).await?;
    let progress = Progress::replay(&all);
    application::set_progress(write, application, progress.as_ref()).await?;
    let (organ, kind) = (application.accepting, application.kind);
    change.count(organ, kind, &durations(application.progress.as_ref()), -1);
    change.count(organ, kind, &durations(progress.as_ref()), 1);
    Ok(outcomes(reported, &fresh, &all, progress.as_ref()))
}

async fn add(
    write: &mut Write<'_>,
    id: application::ApplicationId,
    subject: Subject,
    reported: &[Reported],
) -> Result<Vec<bool>> {
    let mut fresh = Vec::with_capacity(reported.len());
    for each in reported {
        fresh.push(milestone::insert(write, id, subject, &each.milestone).await?);
    }
    Ok(fresh)
}

fn durations(progress: Option<&Progress>) -> Vec<(domain::stage::Stage, u16)> {
    progress.map(Progress::durations).unwrap_or_default()
}

fn outcomes(
    reported: &[Reported],
    fresh: &[bool],
    all: &[Milestone],
    progress: Option<&Progress>,
) -> Vec<Outcome> {
    let outcome = |(each, fresh): (&Reported, &bool)| {
        let milestone = &each.milestone;
        let why = match progress {
            _ if !fresh => return Outcome::Repeated,
            Some(progress) => progress
                .held
                .iter()
                .find(|held| (held.feed, held.event) == (milestone.feed, milestone.event))
                .map(|held| held.why),
            None => before_any_stage(milestone, all),
        };
        why.map_or(Outcome::Recorded, Outcome::Held)
    };
    reported.iter().zip(fresh).map(outcome).collect()
}

/// Why a milestone is held while the application has reached no stage, and so has no progress to say it.
fn before_any_stage(milestone: &Milestone, all: &[Milestone]) -> Option<Impossible> {
    let names = |other: &Milestone, event| {
        other.feed == milestone.feed && other.event == event && !matches!(other.step, Step::Withdraws(_))
    };
    match milestone.step {
        Step::Reached(_) => None,
        Step::Paused(_) | Step::Resumed | Step::Extended(_) => Some(Impossible::BeforeSubmission),
        Step::Withdraws(event) if all.iter().any(|other| names(other, event)) => None,
        Step::Withdraws(_) => Some(Impossible::UnknownCorrection),
    }
}
