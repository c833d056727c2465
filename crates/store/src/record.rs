//! Recording: the one way in for every milestone, whoever reports it.
//!
//! A batch is one transaction: each milestone is added once, the application's progress is folded anew
//! from all its milestones, what follows from it is written, and every report has an outcome.

mod batch;
mod course;
mod follow;
mod quota;
#[cfg(test)]
mod tests;
mod written;

use crate::application::Opening;
use crate::audit::Entry;
use crate::error::{Result, StoreError};
use crate::{Store, Work, feed};
use batch::Batch;
pub(crate) use batch::{Claim, MOST_OWNERS};
pub(crate) use course::{Course, gathered};
use domain::batch::BatchNumber;
use domain::milestone::{EventKey, FeedId, Milestone, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::{Held, Impossible, Progress};
use domain::receipt::ReceiptNumber;
use domain::stage::Cause;
pub use quota::MOST_OF_ONE_FEED;
use std::borrow::Cow;

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
    /// The batch with which the card arrived, where the feed knows it.
    pub batch: Option<BatchNumber>,
    /// The facts that open the application, where the feed knows them.
    pub opening: Option<Opening>,
}

/// What becomes of a report of an application that nobody has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is told to be unknown, and nothing is kept: whoever reads a file asks again at its end.
    Told,
    /// It is kept for some days ([`held::set_days`](crate::held::set_days)), and recorded by itself when the
    /// application is opened.
    Kept,
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
    /// It is kept until somebody opens the application.
    Waiting,
    /// No application has this receipt number, and the report does not open one.
    UnknownApplication,
    /// The receipt number belongs to another person or day.
    OtherApplication,
    /// The feed may not report this stage.
    NotItsStage,
    /// The feed has told more of this application, or has more reports that wait, than are kept of one feed.
    TooMany,
}

impl Outcome {
    /// Whether what was told is kept, now or since it was told before.
    const fn is_kept(self) -> bool {
        matches!(self, Self::Recorded | Self::Repeated | Self::Held(_) | Self::Waiting)
    }
}

/// Records a batch; returns when it is durable, with an outcome for each report in order. A batch of nothing says that
/// the feed was heard.
///
/// # Errors
/// Refuses a feed that is paused or removed, and the desk; fails when the database does. Then nothing of the batch is
/// recorded.
pub async fn record(
    store: &Store,
    feed: FeedId,
    learned: Moment,
    reports: &[Report],
    entry: Entry,
    unknown: Unknown,
) -> Result<Vec<Outcome>> {
    let speaker = feed::by_id(&store.read(), feed).await?.ok_or(StoreError::Corrupt("feed"))?;
    let keys = store.shared_keys();
    let Batch { groups, outcomes } = Batch::of(&keys, &speaker, learned, reports)?;
    let happened: Vec<Moment> = reports.iter().map(|report| report.happened).collect();
    store
        .write(entry, move |write| -> Work<'_, Vec<Outcome>> {
            Box::pin(async move {
                // A pause holds from the moment on at which it was acknowledged: for what waited for the writer too.
                feed::may_report(write, feed).await?;
                let course = Course::new(keys, learned, unknown);
                let outcomes = course.record(write, groups, outcomes).await?;
                let kept = outcomes.iter().zip(happened).filter(|(outcome, _)| outcome.is_kept());
                feed::heard(write, feed, learned, kept.map(|(_, happened)| happened).max()).await?;
                Ok(outcomes)
            })
        })
        .await
}

/// What is held of an application's milestones; while it has reached no stage, it has no progress to say it.
pub(crate) fn held<'a>(progress: Option<&'a Progress>, all: &[Milestone]) -> Cow<'a, [Held]> {
    match progress {
        Some(progress) => Cow::Borrowed(&progress.held),
        None => Cow::Owned(domain::progress::held(all)),
    }
}
