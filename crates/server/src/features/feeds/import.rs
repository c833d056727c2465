//! Imports a file: lines are read in batches, each batch is one transaction, every line gets its word.

use super::codes::Codes;
use super::line::{Columns, Reading, parse};
use super::report::{Fate, ReportFile, Tally};
use crate::app::Failed;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::number::Demonstration;
use domain::receipt::ReceiptFormat;
use std::io::Read;
use std::path::Path;
use store::audit::Entry;
use store::feed;
use store::record::{Report, record};
use store::{Store, Work};

/// Lines in one transaction: large enough that the sync costs nothing, small enough that others get a turn.
const BATCH: usize = 10_000;

/// What an import needs.
pub(super) struct Import<'a> {
    pub(super) store: &'a Store,
    pub(super) receipts: &'a ReceiptFormat,
    pub(super) demonstration: Demonstration,
    pub(super) feed: &'a str,
    pub(super) now: Moment,
}

/// A batch of lines: their numbers, and what each says or why it says nothing.
#[derive(Default)]
struct Batch {
    reports: Vec<Report>,
    lines: Vec<(u64, Option<Fate>)>,
}

impl Import<'_> {
    /// Imports all lines; `progress` hears of every byte read.
    pub(super) async fn run(
        &self,
        file: impl Read,
        report: &Path,
        progress: impl Fn(u64),
    ) -> Result<Tally, Failed> {
        let codes = Codes::built_in()?;
        let reading = Reading {
            codes: &codes,
            keys: self.store.keys(),
            receipts: self.receipts,
            demonstration: self.demonstration,
            now: self.now,
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let columns = Columns::parse(reader.headers()?)?;
        let width = reader.headers()?.len();
        let feed = self.feed_id().await?;
        let mut report = ReportFile::create(report)?;
        let mut record = csv::ByteRecord::new();
        let mut batch = Batch::default();
        while reader.read_byte_record(&mut record)? {
            let number = record.position().map_or(0, csv::Position::line);
            batch.add(number, &reading, &columns, width, std::mem::take(&mut record));
            if batch.lines.len() >= BATCH {
                self.write(feed, std::mem::take(&mut batch), &mut report).await?;
                progress(reader.position().byte());
            }
        }
        self.write(feed, batch, &mut report).await?;
        progress(reader.position().byte());
        Ok(report.finish()?)
    }

    async fn feed_id(&self) -> Result<FeedId, Failed> {
        let (name, now) = (self.feed.to_owned(), self.now);
        let entry = self.entry("name_feed", name.clone());
        let named =
            self.store.write(entry, move |write| -> Work<'_, FeedId> { Box::pin(async move { feed::named(write, &name, now).await }) });
        Ok(named.await?)
    }

    async fn write(&self, feed: FeedId, batch: Batch, report: &mut ReportFile) -> Result<(), Failed> {
        let entry = self.entry("record", format!("{} reports", batch.reports.len()));
        let outcomes = record(self.store, feed, self.now, batch.reports, entry).await?;
        let mut outcomes = outcomes.into_iter();
        for (number, fate) in batch.lines {
            let fate = fate.or_else(|| outcomes.next().map(Fate::Told));
            report.line(number, fate.unwrap_or(Fate::Broken("lost")))?;
        }
        Ok(())
    }

    fn entry(&self, action: &'static str, detail: String) -> Entry {
        Entry { at: self.now, actor: format!("feed:{}", self.feed), action, detail }
    }
}

impl Batch {
    fn add(
        &mut self,
        number: u64,
        reading: &Reading<'_>,
        columns: &Columns,
        width: usize,
        record: csv::ByteRecord,
    ) {
        let fate = match csv::StringRecord::from_byte_record(record) {
            Err(_) => Some(Fate::Broken("not_utf8")),
            Ok(record) if record.len() != width => Some(Fate::Broken("number_of_columns")),
            Ok(record) => match parse(reading, columns, &record) {
                Ok(report) => {
                    self.reports.push(report);
                    None
                }
                Err(rejection) => Some(Fate::Rejected(rejection)),
            },
        };
        self.lines.push((number, fate));
    }
}
