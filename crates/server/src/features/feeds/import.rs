//! Imports a file: lines are read in batches, each batch is one transaction, every line gets its word.

use super::codes::Codes;
use super::line::{Columns, Reading, parse};
use super::lines::{Broken, Line, Lines};
use super::report::{Fate, ReportFile, Tally};
use crate::app::Failed;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::number::Demonstration;
use domain::receipt::ReceiptFormat;
use std::io::Read;
use store::audit::Entry;
use store::feed;
use store::record::{Outcome, Report, record};
use store::{Store, Work};

/// Lines in one transaction: large enough that the sync costs nothing, small enough that others get a turn.
const BATCH: usize = 10_000;
/// Lines that wait for their application to be opened further below, at the most.
const WAITING: usize = 200_000;

/// What an import needs.
pub(super) struct Import<'a> {
    pub(super) store: &'a Store,
    pub(super) receipts: &'a ReceiptFormat,
    pub(super) demonstration: Demonstration,
    pub(super) feed: &'a str,
    pub(super) now: Moment,
}

/// An import that ended before its file did.
#[derive(Debug, thiserror::Error)]
#[error(
    "the import stopped: of the lines up to {settled} all is done ({} recorded, {} repeated, {} held, {} \
     rejected, {waiting} waiting for their application), of those after it nothing is recorded; import the \
     file again when the cause is gone, nothing is recorded twice",
    tally.recorded, tally.repeated, tally.held, tally.rejected
)]
pub(super) struct Stopped {
    settled: u64,
    waiting: usize,
    tally: Tally,
    source: Failed,
}

/// Lines on their way into the database, and what each says or why it says nothing.
#[derive(Default)]
struct Batch {
    reports: Vec<Report>,
    lines: Vec<(u64, Option<Fate>)>,
}

/// An import under way.
struct Course<'a> {
    import: &'a Import<'a>,
    feed: FeedId,
    report: ReportFile,
    tally: Tally,
    /// The last line of the last batch that was committed.
    settled: u64,
    /// Milestones of applications that no line before them has opened.
    waiting: Batch,
    /// How many of them have no outcome yet.
    unsettled: usize,
}

impl Import<'_> {
    /// Imports all lines; `progress` hears how many bytes are done.
    pub(super) async fn run(
        &self,
        file: impl Read,
        report: ReportFile,
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
        let mut lines = Lines::new(file);
        let columns = columns(lines.next()?)?;
        let feed = self.feed_id().await?;
        let mut course = Course::new(self, feed, report);
        match course.follow(&mut lines, &reading, &columns, progress).await {
            Ok(()) => Ok(course.tally),
            Err(source) => Err(Box::new(Stopped {
                settled: course.settled,
                waiting: course.unsettled,
                tally: course.tally,
                source,
            })),
        }
    }

    async fn feed_id(&self) -> Result<FeedId, Failed> {
        let (name, now) = (self.feed.to_owned(), self.now);
        let entry = self.entry("name_feed", name.clone());
        let named = self.store.write(entry, move |write| -> Work<'_, FeedId> {
            Box::pin(async move { feed::named(write, &name, now).await })
        });
        Ok(named.await?)
    }

    fn entry(&self, action: &'static str, detail: String) -> Entry {
        Entry { at: self.now, actor: format!("feed:{}", self.feed), action, detail }
    }
}

impl<'a> Course<'a> {
    fn new(import: &'a Import<'a>, feed: FeedId, report: ReportFile) -> Self {
        let (tally, waiting) = (Tally::default(), Batch::default());
        Self { import, feed, report, tally, settled: 0, waiting, unsettled: 0 }
    }

    async fn follow(
        &mut self,
        lines: &mut Lines<impl Read>,
        reading: &Reading<'_>,
        columns: &Columns,
        progress: impl Fn(u64),
    ) -> Result<(), Failed> {
        let mut batch = Batch::default();
        while let Some(line) = lines.next()? {
            if !batch.understands(line, reading, columns) {
                lines.reread();
            }
            if batch.lines.len() >= BATCH {
                self.record(std::mem::take(&mut batch), true).await?;
                progress(lines.bytes());
            }
            if self.waiting.lines.len() >= WAITING {
                self.record_waiting().await?;
            }
        }
        self.record(batch, false).await?;
        self.record_waiting().await?;
        progress(lines.bytes());
        Ok(())
    }

    async fn record_waiting(&mut self) -> Result<(), Failed> {
        let waiting = std::mem::take(&mut self.waiting);
        self.record(waiting, false).await?;
        self.unsettled = 0;
        Ok(())
    }

    /// Records a batch and says what became of its lines; those that may wait for their application do.
    async fn record(&mut self, batch: Batch, may_wait: bool) -> Result<(), Failed> {
        let Batch { reports, lines } = batch;
        let Some((last, _)) = lines.last().copied() else { return Ok(()) };
        let kept: Vec<_> = reports.iter().map(|report| may_wait.then(|| report.clone())).collect();
        let mut outcomes = self.outcomes(reports).await?.into_iter().zip(kept);
        let mut fates = Vec::with_capacity(lines.len());
        for (number, rejected) in lines {
            match rejected.map_or_else(|| outcomes.next(), |_| None) {
                Some((Outcome::UnknownApplication, Some(report))) => self.wait(number, report),
                Some((outcome, _)) => fates.push((number, Fate::Told(outcome))),
                None => fates.extend(rejected.map(|fate| (number, fate))),
            }
        }
        self.settled = self.settled.max(last);
        fates.iter().for_each(|(_, fate)| self.tally.count(*fate));
        Ok(self.report.tell(&fates)?)
    }

    async fn outcomes(&self, reports: Vec<Report>) -> Result<Vec<Outcome>, Failed> {
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let entry = self.import.entry("record", format!("{} reports", reports.len()));
        Ok(record(self.import.store, self.feed, self.import.now, reports, entry).await?)
    }

    fn wait(&mut self, number: u64, report: Report) {
        self.waiting.reports.push(report);
        self.waiting.lines.push((number, None));
        self.unsettled += 1;
    }
}

impl Batch {
    /// Adds a line; false where it does not say anything.
    fn understands(&mut self, line: Line, reading: &Reading<'_>, columns: &Columns) -> bool {
        let fate = match line.cells.map(|cells| (columns.fit(&cells), parse(reading, columns, &cells))) {
            Err(broken) => Some(Fate::Broken(broken)),
            Ok((false, _)) => Some(Fate::Broken(Broken::NumberOfColumns)),
            Ok((true, Err(rejection))) => Some(Fate::Rejected(rejection)),
            Ok((true, Ok(report))) => {
                self.reports.push(report);
                None
            }
        };
        self.lines.push((line.number, fate));
        fate.is_none()
    }
}

/// The columns that the first line names.
fn columns(first: Option<Line>) -> Result<Columns, String> {
    let first = first.ok_or("the file is empty; its first line names the columns")?;
    let columns = match first.cells {
        Ok(cells) => Columns::parse(&cells),
        Err(broken) => Err(broken.as_str().to_owned()),
    };
    columns.map_err(|why| format!("line {}, which names the columns: {why}", first.number))
}
