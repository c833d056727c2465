//! The one way in: whatever a feed reports, in a file or a message, is taken here, batch by batch.

use super::codes::{Codes, TableError};
use super::fields::{Fields, Item};
use super::line::{Reading, parse};
use super::report::Fate;
use crate::app::demonstration;
use domain::milestone::{FeedId, Step};
use domain::moment::Moment;
use domain::number::Demonstration;
use domain::receipt::ReceiptFormat;
use store::audit::Entry;
use store::feed::{self, Feed, State};
use store::record::{Outcome, Report, Unknown, record};
use store::{Store, StoreError};

/// Why nothing of a feed is taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closed {
    /// Nobody added it.
    #[error("there is no feed {0:?}; add it with `jindu feed add`")]
    Unknown(String),
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
    #[error("the feed cannot be looked up")]
    Store(#[from] StoreError),
}

/// A feed that may report now, and what understanding it needs.
pub(super) struct Intake<'a> {
    store: &'a Store,
    feed: Feed,
    codes: Codes,
    receipts: &'a ReceiptFormat,
    demonstration: Demonstration,
    now: Moment,
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
        now: Moment,
    ) -> Result<Self, Closed> {
        let found = feed::by_name(&store.read(), name).await?;
        Self::of(store, receipts, found.ok_or_else(|| Closed::Unknown(name.to_owned()))?, now)
    }

    /// The intake of a feed that was looked up already.
    ///
    /// # Errors
    /// Says why nothing of the feed is taken.
    pub(super) fn of(
        store: &'a Store,
        receipts: &'a ReceiptFormat,
        feed: Feed,
        now: Moment,
    ) -> Result<Self, Closed> {
        match feed.state {
            State::Active => {}
            State::Paused => return Err(Closed::Paused(feed.name)),
            State::Removed => return Err(Closed::Removed(feed.name)),
        }
        let codes = match &feed.codes {
            Some(own) => Codes::parse(own.as_bytes())?,
            None => Codes::built_in()?,
        };
        Ok(Self { store, feed, codes, receipts, demonstration: demonstration(store), now })
    }

    /// The feed's number within this database.
    pub(super) fn feed(&self) -> FeedId {
        self.feed.id
    }

    /// Takes items in one transaction; gives what became of each, in order. Returns when it is durable.
    ///
    /// # Errors
    /// Fails when the database does; then nothing of them is recorded.
    pub(super) async fn take(&self, items: &[Item], unknown: Unknown) -> Result<Vec<Fate>, StoreError> {
        let mut batch = Batch::default();
        items.iter().for_each(|item| batch.add(self.understand(item)));
        self.record(batch, unknown).await
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
            now: self.now,
        };
        parse(&reading, fields)
    }

    /// What becomes of a batch as far as can be said where nothing is recorded.
    pub(super) fn foretell(&self, batch: Batch) -> Vec<Fate> {
        let mut reports = batch.reports.into_iter().map(|report| match report.step {
            Step::Reached(stage) if !self.feed.stages.contains(&stage) => Fate::Told(Outcome::NotItsStage),
            _ => Fate::Understood,
        });
        batch.fates.into_iter().filter_map(|fate| fate.or_else(|| reports.next())).collect()
    }

    /// Records a batch in one transaction; gives what became of each of its items, in order.
    ///
    /// # Errors
    /// Fails when the database does; then nothing of the batch is recorded.
    pub(super) async fn record(&self, batch: Batch, unknown: Unknown) -> Result<Vec<Fate>, StoreError> {
        let Batch { reports, fates } = batch;
        let outcomes = if reports.is_empty() {
            Vec::new()
        } else {
            let detail = format!("{} reports", reports.len());
            let actor = format!("feed:{}", self.feed.name);
            let entry = Entry { at: self.now, actor, action: "record", detail };
            record(self.store, self.feed.id, self.now, reports, entry, unknown).await?
        };
        let mut told = outcomes.into_iter().map(Fate::Told);
        Ok(fates.into_iter().filter_map(|fate| fate.or_else(|| told.next())).collect())
    }
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
