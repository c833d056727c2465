//! Imports a file: reports are read in batches, each batch is one transaction, every line gets its word.
//!
//! While a batch is recorded the next one is read and understood, unless people are answered beside it.

mod stopped;

use super::fields::Fields;
use super::formats::{self, Expansion, Format, Items, Mapping, Numbered, Shape, unpacked};
use super::intake::{Batch, Intake};
use super::report::{Fate, Rejected, ReportFile, Tally};
use super::steady::Steady;
use crate::app::Failed;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
pub(super) use stopped::Stopped;
use store::record::{Outcome, Unknown};

/// Lines in one transaction: large enough that neighbours on disk are written together, small enough that
/// others get a turn and the memory stays flat.
const BATCH: usize = 32_000;
/// Bytes of cells in one transaction, however few lines have them.
const BATCH_BYTES: usize = 1 << 24;
/// Batches of lines that wait for their application to be opened further below, at the most.
const WAITING: usize = 2;
/// Bytes of their cells.
const WAITING_BYTES: usize = 2 * BATCH_BYTES;

/// What is asked of an import besides its file.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `csv`, `jsonl`, `xml` or `xlsx`; without it what the file's name tells.
    pub format: Option<String>,
    /// The file that says which element of an XML file is which cell.
    pub mapping: Option<PathBuf>,
    /// The sheet of a spreadsheet; without it the first.
    pub sheet: Option<String>,
    /// Parses and checks everything and records nothing.
    pub dry_run: bool,
    /// Where to write what became of each line; without it beside the file.
    pub report: Option<PathBuf>,
}

impl Asked {
    /// How a file of this name is written.
    ///
    /// # Errors
    /// Refuses a format that is not read here and a mapping that does not read.
    pub(super) fn shape(&self, file: &Path) -> Result<Shape, Failed> {
        let unknown =
            |word: &String| format!("format {word:?} is not read here; use csv, jsonl, xml or xlsx");
        let told = self.format.as_ref().map(|word| Format::parse(word).ok_or_else(|| unknown(word)));
        let format = told.transpose()?.unwrap_or_else(|| Format::of_name(file));
        let mapping = self.mapping.as_ref().map(|path| {
            let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            Mapping::parse(&text).map_err(Failed::from)
        });
        Ok(Shape { format, mapping: mapping.transpose()?, sheet: self.sheet.clone() })
    }
}

/// A file that is open, and the path that it has.
pub(super) struct Importing<'a> {
    pub(super) file: File,
    pub(super) path: &'a Path,
}

impl<'a> Importing<'a> {
    /// Opens a file.
    ///
    /// # Errors
    /// Fails when it cannot be read or is a folder.
    pub(super) fn open(path: &'a Path) -> Result<Self, Failed> {
        let at = |error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(at)?;
        match file.metadata().map_err(at)?.is_dir() {
            true => Err(format!("{} is a folder, not a file of milestones", path.display()).into()),
            false => Ok(Self { file, path }),
        }
    }
}

/// Imports a file and writes a report; `bar` gets the bytes of the file, packed as it is.
///
/// # Errors
/// Says what is wrong with the file or its beginning; once lines are recorded, up to which.
pub(super) async fn import_file(
    intake: &Intake<'_>,
    importing: Importing<'_>,
    asked: &Asked,
    bar: impl FnOnce(u64) -> ProgressBar,
) -> Result<(Tally, PathBuf), Failed> {
    let ((tally, _), report) = Ready::of(importing, asked)?.import(intake, bar).await?;
    Ok((tally, report))
}

/// A file that can be imported: it is open, and so is its report.
pub(super) struct Ready {
    file: File,
    shape: Shape,
    dry_run: bool,
    report: PathBuf,
    reporting: ReportFile,
}

/// How an import went, and which lines were rejected.
pub(super) type Told = (Tally, Rejected);

impl Ready {
    /// Opens the report of a file.
    ///
    /// # Errors
    /// Says what is wrong with what was asked, or why the report cannot be written.
    pub(super) fn of(Importing { file, path }: Importing<'_>, asked: &Asked) -> Result<Self, Failed> {
        let shape = asked.shape(path)?;
        let report = asked.report.clone().unwrap_or_else(|| beside(path));
        if report.canonicalize().is_ok_and(|report| path.canonicalize().is_ok_and(|path| path == report)) {
            return Err("the report would replace the file that is imported".into());
        }
        let reporting = ReportFile::create(&report)?;
        Ok(Self { file, shape, dry_run: asked.dry_run, report, reporting })
    }

    /// Imports it; `bar` gets the bytes of the file, packed as it is.
    ///
    /// # Errors
    /// Says what is wrong with the file or its beginning; once lines are recorded, up to which.
    pub(super) async fn import(
        self,
        intake: &Intake<'_>,
        bar: impl FnOnce(u64) -> ProgressBar,
    ) -> Result<(Told, PathBuf), Failed> {
        let Self { file, shape, dry_run, report, reporting } = self;
        let bar = bar(file.metadata()?.len());
        let import = Import { intake, shape: &shape, dry_run, batch: BATCH, most: Most::LAID };
        let told = import.tell(Steady::of(file)?, reporting, |bytes| bar.set_position(bytes)).await;
        bar.finish_and_clear();
        Ok((told?, report))
    }
}

/// The report's place where none is told.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".report.csv");
    PathBuf::from(name)
}

/// How much a file may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) expansion: Expansion,
    pub(super) lines: u64,
    /// Bytes of cells that wait for their application before they are asked for again, beside those of two batches.
    pub(super) waiting: usize,
}

impl Most {
    /// A file that the operator lays down.
    pub(super) const LAID: Self =
        Self { expansion: Expansion::USUAL, lines: u64::MAX, waiting: WAITING_BYTES };
    /// A file that is sent in a message: a million lines.
    pub(super) const SENT: Self =
        Self { expansion: Expansion::SENT, lines: 1_000_000, waiting: WAITING_BYTES };
}

/// The reports of a file, so many at the most.
struct AtMost<'r> {
    items: Box<dyn Items + 'r>,
    most: u64,
    read: u64,
}

impl Items for AtMost<'_> {
    fn next(&mut self) -> Result<Option<Numbered>, Failed> {
        let next = self.items.next()?;
        self.read += u64::from(next.is_some());
        if self.read > self.most {
            return Err(format!("the file has more than {} lines; send it in parts", self.most).into());
        }
        Ok(next)
    }

    fn reread(&mut self) {
        self.items.reread();
    }
}

/// What an import needs.
pub(super) struct Import<'a> {
    pub(super) intake: &'a Intake<'a>,
    pub(super) shape: &'a Shape,
    /// Parses and checks everything and records nothing.
    pub(super) dry_run: bool,
    /// Lines in one transaction.
    pub(super) batch: usize,
    pub(super) most: Most,
}

/// Lines that are read and understood. Beside each stands what it takes to ask again, where it may have to.
#[derive(Default)]
struct Gathered {
    batch: Batch,
    lines: Vec<(u64, Option<Fields>)>,
    /// Why no more of the file can be read.
    ended: Option<Failed>,
}

/// An import under way.
struct UnderWay<'a> {
    import: &'a Import<'a>,
    report: ReportFile,
    tally: Tally,
    rejected: Rejected,
    /// Whether anything was handed to the database.
    begun: bool,
    /// The last line of the last batch that was committed.
    settled: u64,
    /// Milestones of applications that no line before them has opened.
    waiting: Vec<(u64, Fields)>,
    /// Bytes of their cells.
    waiting_bytes: usize,
    /// How many lines wait, those that are asked for just now too.
    unsettled: u64,
}

impl Import<'_> {
    /// Imports all lines; `progress` hears how many bytes of the file are done.
    pub(super) async fn run(
        &self,
        file: impl Read + Send,
        report: ReportFile,
        progress: impl Fn(u64),
    ) -> Result<Tally, Failed> {
        Ok(self.tell(file, report, progress).await?.0)
    }

    /// The same; says which lines were rejected, too.
    async fn tell(
        &self,
        file: impl Read + Send,
        report: ReportFile,
        progress: impl Fn(u64),
    ) -> Result<Told, Failed> {
        let bytes = Arc::new(AtomicU64::new(0));
        let file = unpacked(file, &bytes, self.most.expansion)?;
        let items = formats::open(file, self.shape)?;
        let mut items = AtMost { items, most: self.most.lines, read: 0 };
        let mut way = UnderWay {
            import: self,
            report,
            tally: Tally::default(),
            rejected: Rejected::default(),
            begun: false,
            settled: 0,
            waiting: Vec::new(),
            waiting_bytes: 0,
            unsettled: 0,
        };
        let heard = || progress(bytes.load(Ordering::Relaxed));
        match way.follow(&mut items, heard).await {
            Ok(()) => Ok((way.tally, way.rejected)),
            Err(source) => Err(Box::new(Stopped {
                begun: way.begun,
                settled: way.settled,
                unsettled: way.unsettled,
                tally: way.tally,
                source,
            })),
        }
    }
}

impl UnderWay<'_> {
    /// Reads and records to the end of the file. What was read of a file that breaks is recorded all the same.
    async fn follow(&mut self, items: &mut dyn Items, progress: impl Fn()) -> Result<(), Failed> {
        let import = self.import;
        let mut before = Gathered::default();
        loop {
            let gathered = self.step(before, items).await?;
            progress();
            if self.waiting.len() >= WAITING * import.batch || self.waiting_bytes >= import.most.waiting {
                self.settle_waiting().await?;
            }
            before = gathered;
            let ended = before.ended.take();
            if before.lines.is_empty() || ended.is_some() {
                self.record(before, Unknown::Told).await?;
                self.settle_waiting().await?;
                if self.settled == 0 && ended.is_none() && !import.dry_run {
                    // A file that says nothing is a word of the feed all the same.
                    import.intake.record(Batch::default(), Unknown::Told).await?;
                }
                return ended.map_or(Ok(()), Err);
            }
        }
    }

    /// Records a batch and reads the next one meanwhile. While a server answers, one comes after the other, and the
    /// import rests as long as it wrote: whoever asks finds a processor and the disk.
    async fn step(&mut self, before: Gathered, items: &mut dyn Items) -> Result<Gathered, Failed> {
        let import = self.import;
        if import.intake.leaves_room() {
            let begun = Instant::now();
            self.record(before, Unknown::Told).await?;
            tokio::time::sleep(begun.elapsed()).await;
            return Ok(import.gather(items));
        }
        // The batch is handed to the store before the next one is read: the store writes meanwhile.
        let (recorded, gathered) = tokio::join!(
            biased;
            self.record(before, Unknown::Told),
            async { import.gather(items) }
        );
        recorded.map(|()| gathered)
    }

    /// Asks again for the lines that waited; what is still unknown is kept until its application appears.
    async fn settle_waiting(&mut self) -> Result<(), Failed> {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        self.waiting_bytes = 0;
        let at_once = self.import.intake.at_once(self.import.batch);
        loop {
            let mut gathered = Gathered::default();
            for (number, fields) in waiting.by_ref().take(at_once) {
                let item = Ok(fields);
                gathered.batch.add(self.import.intake.understand(&item));
                gathered.lines.push((number, None));
            }
            let asked = gathered.lines.len() as u64;
            if asked == 0 {
                return Ok(());
            }
            self.record(gathered, Unknown::Kept).await?;
            self.unsettled -= asked;
        }
    }

    /// Records a batch and says what became of its lines; those that may wait for their application do.
    async fn record(&mut self, gathered: Gathered, unknown: Unknown) -> Result<(), Failed> {
        let Gathered { batch, lines, .. } = gathered;
        let Some((last, _)) = lines.last() else { return Ok(()) };
        let last = *last;
        let told = if self.import.dry_run {
            self.import.intake.foretell(batch)
        } else {
            self.begun = true;
            self.import.intake.record(batch, unknown).await?
        };
        let mut fates = Vec::with_capacity(lines.len());
        for ((number, again), fate) in lines.into_iter().zip(told) {
            match again {
                Some(mut fields) if fate == Fate::Told(Outcome::UnknownApplication) => {
                    fields.shrink();
                    self.waiting_bytes += fields.bytes();
                    self.waiting.push((number, fields));
                    self.unsettled += 1;
                }
                _ => fates.push((number, fate)),
            }
        }
        self.settled = self.settled.max(last);
        for (number, fate) in &fates {
            self.tally.count(*fate);
            self.rejected.count(*number, *fate);
        }
        Ok(self.report.tell(&fates)?)
    }
}

impl Import<'_> {
    /// The next batch of the file; an empty one at its end.
    fn gather(&self, items: &mut dyn Items) -> Gathered {
        let (mut gathered, mut bytes) = (Gathered::default(), 0);
        let lines = self.intake.at_once(self.batch);
        while gathered.lines.len() < lines && bytes < BATCH_BYTES {
            let Numbered { number, item } = match items.next() {
                Ok(Some(numbered)) => numbered,
                Ok(None) => break,
                Err(broken) => {
                    gathered.ended = Some(broken);
                    break;
                }
            };
            bytes += item.as_ref().map_or(0, Fields::bytes);
            let understood = self.intake.understand(&item);
            if understood.is_err() {
                items.reread();
            }
            gathered.batch.add(understood);
            gathered.lines.push((number, item.ok().filter(|fields| self.intake.may_wait(fields))));
        }
        gathered
    }
}
