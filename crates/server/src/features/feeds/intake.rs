//! The one way in: whatever a feed reports, in a file or a message, is taken here, batch by batch.

use super::codes::{Codes, TableError};
use super::fields::{Field, Fields, Item};
use super::line::{Reading, parse};
use super::report::Fate;
use crate::app::demonstration;
use crate::clock::Clock;
use domain::milestone::FeedId;
use domain::number::Demonstration;
use domain::receipt::ReceiptFormat;
use std::error::Error;
use store::audit::Entry;
use store::feed::{self, Feed, State};
use store::record::{Outcome, Report, Unknown, record};
use store::{Store, StoreError};

/// Reports in one transaction while a server answers from the same database: nobody waits long for the disk or a turn.
const BESIDE: usize = 5_000;
/// Reports in one transaction on a database server: nobody else writes meanwhile, and more of them take longer each.
const SHARED: usize = 10_000;

/// Why nothing of a feed is taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closed {
    /// Nobody added it.
    #[error("there is no feed {0:?}; add it with `jindu feed add`")]
    Unknown(String),
    /// People speak by it, with `jindu held`.
    #[error(
        "no system reports as the desk: people speak by it, with `jindu held`; add a feed of another name"
    )]
    Desk,
    /// The operator paused it.
    #[error("the feed {0:?} is paused; nothing of it is recorded until it is resumed")]
    Paused(String),
    /// The operator removed it.
    #[error("the feed {0:?} was removed; nothing of it is recorded any more")]
    Removed(String),
    /// Its table of codes does not read.
    #[error("the feed's table of codes cannot be used")]
    Codes(#[from] TableError),
    /// The database failed.
    #[error("nothing of the feed can be recorded")]
    Store(#[from] StoreError),
}

/// A feed that may report now, and what understanding it needs.
pub(super) struct Intake<'a> {
    store: &'a Store,
    feed: Feed,
    codes: Codes,
    receipts: &'a ReceiptFormat,
    demonstration: Demonstration,
    clock: Clock,
}

/// Reports that are understood, and what became of those that are not; one transaction's worth.
#[derive(Default)]
pub(super) struct Batch {
    reports: Vec<Report>,
    fates: Vec<Option<Fate>>,
}

impl<'a> Intake<'a> {
    /// The intake of the feed of a name.
    ///
    /// # Errors
    /// Says why nothing of the feed is taken.
    pub(super) async fn open(
        store: &'a Store,
        receipts: &'a ReceiptFormat,
        name: &str,
        clock: Clock,
    ) -> Result<Self, Closed> {
        if name == feed::DESK_NAME {
            return Err(Closed::Desk);
        }
        let found = feed::by_name(&store.read(), name).await?;
        Self::of(store, receipts, found.ok_or_else(|| Closed::Unknown(name.to_owned()))?, clock)
    }

    /// The intake of a feed that was looked up already.
    ///
    /// # Errors
    /// Says why nothing of the feed is taken.
    pub(super) fn of(
        store: &'a Store,
        receipts: &'a ReceiptFormat,
        feed: Feed,
        clock: Clock,
    ) -> Result<Self, Closed> {
        let feed = active(feed)?;
        let codes = Codes::of(feed.codes.as_deref())?;
        Ok(Self { store, feed, codes, receipts, demonstration: demonstration(store), clock })
    }

    /// Reports in one transaction, of `most` that there may be: fewer where others have to get a turn.
    pub(super) fn at_once(&self, most: usize) -> usize {
        match (self.leaves_room(), self.store.is_shared()) {
            (true, _) => most.min(BESIDE),
            (_, true) => most.min(SHARED),
            _ => most,
        }
    }

    /// Whether somebody answers from the database meanwhile.
    pub(super) fn leaves_room(&self) -> bool {
        self.store.is_answered_from()
    }

    /// The feed's number within this database.
    pub(super) fn feed(&self) -> FeedId {
        self.feed.id
    }

    /// Takes items as [`record`](Self::record) does; gives what became of each, in order.
    ///
    /// # Errors
    /// As `record`.
    pub(super) async fn take(&self, items: &[Item], unknown: Unknown) -> Result<Vec<Fate>, Closed> {
        let mut batch = Batch::default();
        items.iter().for_each(|item| batch.add(self.understand(item)));
        self.record(batch, unknown).await
    }

    fn opens(&self) -> bool {
        self.feed.kind.has_the_case()
    }

    /// Whether an item may wait for its application: one that opens none, while another may, further below.
    pub(super) fn may_wait(&self, fields: &Fields) -> bool {
        !self.opens() || fields.get(Field::CitizenNumber).is_none()
    }

    /// What an item says, or what becomes of it at once.
    ///
    /// # Errors
    /// Why it is rejected.
    pub(super) fn understand(&self, item: &Item) -> Result<Report, Fate> {
        let fields = item.as_ref().map_err(|broken| Fate::Broken(*broken))?;
        self.parse(fields).map_err(Fate::Rejected)
    }

    fn parse(&self, fields: &Fields) -> Result<Report, super::line::Rejection> {
        let reading = Reading {
            codes: &self.codes,
            keys: self.store.keys(),
            receipts: self.receipts,
            demonstration: self.demonstration,
            opens: self.opens(),
            now: self.clock.now(),
        };
        parse(&reading, fields)
    }

    /// What becomes of a batch as far as can be said where nothing is recorded.
    pub(super) fn foretell(&self, batch: Batch) -> Vec<Fate> {
        let mut reports = batch.reports.into_iter().map(|report| match report.step {
            step if !self.feed.may_say(step) => Fate::Told(Outcome::NotItsStage),
            _ => Fate::Understood,
        });
        batch.fates.into_iter().filter_map(|fate| fate.or_else(|| reports.next())).collect()
    }

    /// Records a batch in one transaction; gives what became of each of its items, in order, when it is durable.
    /// The feed is heard, whatever can be taken.
    ///
    /// # Errors
    /// Says why nothing of the feed is taken any more, or that the database failed; then nothing of the batch is
    /// recorded, or, where it had to be taken apart, not all of it.
    pub(super) async fn record(&self, batch: Batch, unknown: Unknown) -> Result<Vec<Fate>, Closed> {
        let Batch { reports, fates } = batch;
        let mut told = self.record_all(reports, unknown).await?.into_iter();
        Ok(fates.into_iter().filter_map(|fate| fate.or_else(|| told.next())).collect())
    }

    async fn record_all(&self, reports: Vec<Report>, unknown: Unknown) -> Result<Vec<Fate>, Closed> {
        let told = match self.write(&reports, unknown).await {
            Ok(outcomes) => Ok(outcomes.into_iter().map(Fate::Told).collect()),
            Err(error) if !is_of_an_application(&error) => Err(error),
            Err(_) => self.record_apart(reports, unknown).await,
        };
        told.map_err(|error| self.closed(error))
    }

    /// A feed that was paused or removed since is no failure of the database.
    fn closed(&self, error: StoreError) -> Closed {
        match error {
            StoreError::Refused(State::Paused) => Closed::Paused(self.feed.name.clone()),
            StoreError::Refused(_) => Closed::Removed(self.feed.name.clone()),
            StoreError::Desk => Closed::Desk,
            error => error.into(),
        }
    }

    /// Records what can be of reports that cannot be recorded together, because what is stored of an application
    /// does not read: they are halved until its reports are alone. Where nothing but failures comes of that, no
    /// application is to blame.
    async fn record_apart(&self, reports: Vec<Report>, unknown: Unknown) -> Result<Vec<Fate>, StoreError> {
        let (mut taken, mut failed) = (false, Vec::new());
        let mut fates = vec![Fate::Unreadable; reports.len()];
        let mut all: Vec<(usize, Report)> = reports.into_iter().enumerate().collect();
        all.sort_by(|(_, one), (_, other)| one.receipt.as_str().cmp(other.receipt.as_str()));
        let mut parts = vec![all];
        while let Some(mut part) = parts.pop() {
            let reports: Vec<_> = part.iter().map(|(_, report)| report.clone()).collect();
            match self.write(&reports, unknown).await {
                Ok(outcomes) => {
                    taken = true;
                    for ((place, _), outcome) in part.iter().zip(outcomes) {
                        fates.get_mut(*place).into_iter().for_each(|fate| *fate = Fate::Told(outcome));
                    }
                }
                Err(error) if !is_of_an_application(&error) => return Err(error),
                Err(error) if is_of_one(&part) => {
                    failed.push(error);
                    if !taken && failed.len() == ENOUGH {
                        break;
                    }
                }
                Err(_) => {
                    let rest = part.split_off(middle(&part));
                    parts.extend([rest, part]);
                }
            }
        }
        let count = failed.len();
        let Some(first) = failed.into_iter().next() else { return Ok(fates) };
        if !taken && count == ENOUGH {
            return Err(first);
        }
        let (feed, error) = (&self.feed.name, &first as &dyn Error);
        tracing::error!(feed, error, "{count} applications cannot be read; their reports are rejected");
        Ok(fates)
    }

    async fn write(&self, reports: &[Report], unknown: Unknown) -> Result<Vec<Outcome>, StoreError> {
        let at = self.clock.now();
        let detail = format!("{} reports, codes {}", reports.len(), self.codes.version());
        let entry = Entry { at, actor: format!("feed:{}", self.feed.name), action: "record", detail };
        // Boxed: what is awaited in what is awaited is deeper than the compiler goes.
        Box::pin(record(self.store, self.feed.id, at, reports, entry, unknown)).await
    }
}

/// The feed, where it may report.
fn active(feed: Feed) -> Result<Feed, Closed> {
    match feed.state {
        _ if feed.name == feed::DESK_NAME => Err(Closed::Desk),
        State::Active => Ok(feed),
        State::Paused => Err(Closed::Paused(feed.name)),
        State::Removed => Err(Closed::Removed(feed.name)),
    }
}

/// So many applications that cannot be recorded, and none that can, say that something else is broken.
const ENOUGH: usize = 16;

/// Whether a failure may be one application's fault, so that others are worth a try without it.
fn is_of_an_application(error: &StoreError) -> bool {
    !error.is_passing() && !matches!(error, StoreError::Refused(_) | StoreError::Desk)
}

/// Whether reports that are sorted by their receipts are all of one application: they share its fate.
fn is_of_one(part: &[(usize, Report)]) -> bool {
    let receipt =
        |place: Option<&(usize, Report)>| place.map(|(_, report)| report.receipt.as_str().to_owned());
    receipt(part.first()) == receipt(part.last())
}

/// Where to halve reports that are sorted by their receipts and of several applications: between two of them.
fn middle(part: &[(usize, Report)]) -> usize {
    let half = part.len() / 2;
    let Some((_, pivot)) = part.get(half) else { return half };
    let pivot = pivot.receipt.as_str();
    let before = part.partition_point(|(_, report)| report.receipt.as_str() < pivot);
    let through = part.partition_point(|(_, report)| report.receipt.as_str() <= pivot);
    if before > 0 { before } else { through }
}

impl Batch {
    /// Adds an item, understood or not.
    pub(super) fn add(&mut self, understood: Result<Report, Fate>) {
        match understood {
            Ok(report) => {
                self.reports.push(report);
                self.fates.push(None);
            }
            Err(fate) => self.fates.push(Some(fate)),
        }
    }
}
