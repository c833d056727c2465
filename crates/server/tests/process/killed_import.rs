//! kill -9 while files are imported: what was reported is there, and importing again completes it.
//!
//! One folder lives on through all kills. An import records 50,000 lines at a time; between the lines that count
//! stand lines that say nothing, so that a file has several such batches and is short nevertheless.

use crate::asking::empty;
use crate::folder::Folder;
use crate::kept::Kept;
use crate::kills::{KILLS, Moments, STORIES, chance};
use crate::running::{Running, ended, jindu};
use crate::telling::{Line, STAGES, csv, lines};
use rand::RngExt as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Kills during each file.
const A_FILE: u32 = 2;
/// Applications of a file.
const APPLICATIONS: u32 = 120;
/// Lines that the product records at a time.
const BATCH: usize = 50_000;
/// Such batches of a file.
const BATCHES: usize = 6;
/// Every so many lines stands one that counts.
const STRIDE: usize = BATCH * BATCHES / (APPLICATIONS as usize * STAGES);

#[test]
fn killed_at_fifty_moments_an_import_loses_and_doubles_nothing() {
    killed();
}

mod long {
    #[test]
    fn killed_at_five_hundred_moments_an_import_loses_and_doubles_nothing() {
        (0..super::STORIES).for_each(|_| super::killed());
    }
}

fn killed() {
    let (mut chance, files) = (chance(), tempfile::tempdir().unwrap());
    let lines = lines(KILLS / A_FILE * APPLICATIONS);
    let own = |file: u32| file * APPLICATIONS + 1..(file + 1) * APPLICATIONS + 1;
    let files: Vec<Told> =
        (0..KILLS / A_FILE).map(|file| Told::new(files.path(), &lines, own(file))).collect();
    let place = Place::new();
    let pace = Pace::of(&place.like(), &files[0]);
    let mut moments = Moments::default();
    for kill in 0..KILLS {
        let file = &files[(kill / A_FILE) as usize];
        let mut import = Running::start(&mut place.import(&file.path));
        pace.wait_for(&place.report(), chance.random_range(0.0..BATCHES as f64 - 0.5));
        let at_work = import.kill();
        let told = place.told(file);
        moments.count(!told.is_empty(), !at_work || told.len() == file.lines.len());
        assert_eq!(Kept::of(place.data.path()).lacks(&told), 0, "after kill {kill}");
    }
    moments.are_mostly_amid();
    for file in &files {
        assert!(ended(&mut place.import(&file.path)).status.success());
        assert_eq!(place.told(file).len(), file.lines.len(), "every line has its word");
    }
    let expected = place.like().whole(&lines);
    let kept = Kept::of(place.data.path());
    assert_eq!(expected.milestones(), lines.len());
    assert!(kept == expected, "{} milestones instead of {}", kept.milestones(), lines.len());
    // The control: the same comparison after an import that lost one line.
    assert!(place.like().whole(&lines[..lines.len() - 1]) != expected);
}

/// A file, and what it tells.
struct Told<'l> {
    path: PathBuf,
    lines: Vec<&'l Line>,
}

impl<'l> Told<'l> {
    /// Of these people, with lines between that say nothing.
    fn new(folder: &Path, lines: &'l [Line], of: Range<u32>) -> Self {
        let own = || lines.iter().enumerate().filter(|(_, line)| of.contains(&line.person));
        let path = folder.join(format!("{}.csv", of.start));
        fs::write(&path, csv(own(), &"-\n".repeat(STRIDE - 1))).unwrap();
        Self { path, lines: own().map(|(_, line)| line).collect() }
    }
}

/// How an import goes that nobody kills: how long a batch takes, and where in the report each ends.
struct Pace {
    batch: Duration,
    ends: Vec<u64>,
}

impl Pace {
    fn of(place: &Place, file: &Told<'_>) -> Self {
        let started = Instant::now();
        assert!(ended(&mut place.import(&file.path)).status.success());
        let batch = started.elapsed() / u32::try_from(BATCHES).unwrap();
        let report = fs::read(place.report()).unwrap();
        let breaks: Vec<usize> = (0..report.len()).filter(|at| report[*at] == b'\n').collect();
        let ends = (0..BATCHES).map(|batches| breaks[batches * BATCH] as u64 + 1).collect();
        Self { batch, ends }
    }

    /// Waits until so many batches are reported, and for what is left of one more.
    fn wait_for(&self, report: &Path, batches: f64) {
        let started = Instant::now();
        let told = || fs::metadata(report).map_or(0, |report| report.len());
        while batches >= 1.0 && told() < self.ends[batches as usize] {
            assert!(started.elapsed() < Duration::from_secs(60), "the import does not get on");
            sleep(Duration::from_millis(1));
        }
        sleep(self.batch.mul_f64(batches.fract()));
    }
}

/// A data folder.
struct Place {
    data: Folder,
}

impl Place {
    fn new() -> Self {
        let data = Folder::new();
        drop(empty(data.path()));
        Self { data }
    }

    /// Another one with the same keys, so that the same events have the same hashes.
    fn like(&self) -> Self {
        let data = Folder::new();
        fs::copy(self.data.path().join("keys.toml"), data.path().join("keys.toml")).unwrap();
        Self { data }
    }

    fn report(&self) -> PathBuf {
        self.data.path().join("report.csv")
    }

    fn import(&self, file: &Path) -> Command {
        // The report of another import is not this one's.
        let _ = fs::remove_file(self.report());
        let mut import = jindu();
        import.args(["feed", "import", "--feed", "county", "--data"]).arg(self.data.path());
        import.arg("--report").arg(self.report()).arg(file).env("JINDU_DEMONSTRATION", "true");
        import
    }

    /// The lines that the report says are recorded, now or before.
    fn told<'l>(&self, file: &Told<'l>) -> Vec<&'l Line> {
        let report = fs::read_to_string(self.report()).unwrap_or_default();
        let rows = report.lines().skip(1).filter_map(|row| row.split_once(','));
        let rows = rows.filter(|(_, told)| told.starts_with("recorded,") || told.starts_with("repeated,"));
        rows.map(|(line, _)| file.lines[(line.parse::<usize>().unwrap() - 2) / STRIDE]).collect()
    }

    /// What is there when all lines are imported in one go.
    fn whole(&self, lines: &[Line]) -> Kept {
        let file = self.data.path().join("whole.csv");
        fs::write(&file, csv(lines.iter().enumerate(), "")).unwrap();
        assert!(ended(&mut self.import(&file)).status.success());
        Kept::of(self.data.path())
    }
}
