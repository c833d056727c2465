//! Recording: the one way in for every milestone, whoever reports it.
//!
//! A batch is one transaction: each milestone is added once, the application's progress is folded anew
//! from all its milestones, the history behind expected dates follows, and every report has an outcome.

#[cfg(test)]
mod tests;

use crate::application::{self, Application, Opening, Sealed};
use crate::audit::Entry;
use crate::error::Result;
use crate::keys::{Receipt, Subject};
use crate::{Store, Work, Write, feed, history, milestone};
use domain::milestone::{EventKey, FeedId, Milestone, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::{Impossible, Progress};
use domain::receipt::ReceiptNumber;
use domain::stage::Cause;
use std::collections::HashMap;

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

/// The reports of one application within a batch, and where each stands in the batch.
struct Group {
    receipt: Receipt,
    sealed: Option<Sealed>,
    milestones: Vec<(usize, Milestone)>,
}

/// Where a group goes.
enum Target {
    Known(Box<Application>),
    New(Sealed),
    Unknown,
    Other,
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
            groups.push(Group { receipt, sealed: None, milestones: Vec::new() });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(place) else { continue };
        if let (None, Some(opening)) = (&group.sealed, report.opening) {
            group.sealed = Some(Sealed::new(store.keys(), opening)?);
        }
        let Report { step, organ, happened, cause, event, .. } = report;
        group.milestones.push((index, Milestone { step, organ, happened, learned, feed, event, cause }));
    }
    Ok(groups)
}

async fn record_groups(
    write: &mut Write<'_>,
    mut groups: Vec<Group>,
    count: usize,
) -> Result<Vec<Outcome>> {
    let mut outcomes = vec![Outcome::UnknownApplication; count];
    let mut change = history::Change::default();
    // In the order of the index, so that neighbouring keys are looked up together.
    groups.sort_by_key(|group| group.receipt);
    let mut targets = Vec::with_capacity(groups.len());
    for mut group in groups {
        let target = target(write, &mut group).await?;
        targets.push((target, group.milestones));
    }
    // In the order of arrival: neighbours in a production batch are neighbours on disk.
    targets.sort_by_key(|(target, milestones)| (target.place(), milestones.first().map(|first| first.0)));
    for (target, milestones) in targets {
        let told = match target {
            Target::Known(application) => add_to(write, &application, &milestones, &mut change).await?,
            Target::New(sealed) => open(write, &sealed, &milestones, &mut change).await?,
            Target::Unknown => vec![Outcome::UnknownApplication; milestones.len()],
            Target::Other => vec![Outcome::OtherApplication; milestones.len()],
        };
        for ((index, _), outcome) in milestones.iter().zip(told) {
            if let Some(slot) = outcomes.get_mut(*index) {
                *slot = outcome;
            }
        }
    }
    change.apply(write).await?;
    Ok(outcomes)
}

impl Target {
    fn place(&self) -> i64 {
        match self {
            Self::Known(application) => application.id.0,
            Self::New(_) | Self::Unknown | Self::Other => i64::MAX,
        }
    }
}

async fn target(write: &mut Write<'_>, group: &mut Group) -> Result<Target> {
    let known = application::by_receipt(write, group.receipt).await?;
    Ok(match (known, group.sealed.take()) {
        (Some(known), Some(sealed))
            if known.subject != sealed.subject || known.applied_on != sealed.opening.applied_on =>
        {
            Target::Other
        }
        (Some(known), _) => Target::Known(Box::new(known)),
        (None, Some(sealed)) => Target::New(sealed),
        (None, None) => Target::Unknown,
    })
}

/// Opens an application with the milestones of the batch: its progress is folded before it is written.
async fn open(
    write: &mut Write<'_>,
    sealed: &Sealed,
    milestones: &[(usize, Milestone)],
    change: &mut history::Change,
) -> Result<Vec<Outcome>> {
    let all: Vec<Milestone> = milestones.iter().map(|(_, milestone)| milestone.clone()).collect();
    let progress = Progress::replay(&all);
    let id = application::insert(write, sealed, progress.as_ref()).await?;
    let fresh = add(write, id, sealed.subject, milestones).await?;
    let opening = &sealed.opening;
    change.count(opening.accepting, opening.kind, &durations(progress.as_ref()), 1);
    Ok(outcomes(milestones, &fresh, progress.as_ref()))
}

/// Adds milestones to a known application and folds all of them anew.
async fn add_to(
    write: &mut Write<'_>,
    application: &Application,
    milestones: &[(usize, Milestone)],
    change: &mut history::Change,
) -> Result<Vec<Outcome>> {
    let fresh = add(write, application.id, application.subject, milestones).await?;
    if !fresh.contains(&true) {
        return Ok(vec![Outcome::Repeated; milestones.len()]);
    }
    let all = milestone::of_changing(write, application.id, application.subject).await?;
    let progress = Progress::replay(&all);
    application::set_progress(write, application, progress.as_ref()).await?;
    let (organ, kind) = (application.accepting, application.kind);
    change.count(organ, kind, &durations(application.progress.as_ref()), -1);
    change.count(organ, kind, &durations(progress.as_ref()), 1);
    Ok(outcomes(milestones, &fresh, progress.as_ref()))
}

async fn add(
    write: &mut Write<'_>,
    id: application::ApplicationId,
    subject: Subject,
    milestones: &[(usize, Milestone)],
) -> Result<Vec<bool>> {
    let mut fresh = Vec::with_capacity(milestones.len());
    for (_, milestone) in milestones {
        fresh.push(milestone::insert(write, id, subject, milestone).await?);
    }
    Ok(fresh)
}

fn durations(progress: Option<&Progress>) -> Vec<(domain::stage::Stage, u16)> {
    progress.map(Progress::durations).unwrap_or_default()
}

fn outcomes(
    milestones: &[(usize, Milestone)],
    fresh: &[bool],
    progress: Option<&Progress>,
) -> Vec<Outcome> {
    let held = progress.map(|progress| progress.held.as_slice()).unwrap_or_default();
    let outcome = |((_, milestone), fresh): (&(usize, Milestone), &bool)| {
        if !fresh {
            return Outcome::Repeated;
        }
        held.iter()
            .find(|held| held.feed == milestone.feed && held.event == milestone.event)
            .map_or(Outcome::Recorded, |held| Outcome::Held(held.why))
    };
    milestones.iter().zip(fresh).map(outcome).collect()
}
