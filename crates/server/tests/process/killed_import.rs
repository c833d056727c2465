//! kill -9 while a file is imported: what was reported is there, and importing again completes it.

use crate::asking::{empty, person};
use crate::kept::Kept;
use crate::running::{Running, ended, jindu};
use crate::telling::{Line, applied_on, lines, organ};
use domain::milestone::Step;
use domain::stage::Stage;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Instant;

#[test]
fn killed_at_twenty_moments_an_import_loses_and_doubles_nothing() {
    killed(2_500, 20, 4);
}

mod long {
    #[test]
    fn killed_at_a_hundred_moments_an_import_loses_and_doubles_nothing() {
        super::killed(2_500, 100, 4);
    }
}

/// Imports a file of so many applications, killed so many times, on a fresh folder after each `a_folder`.
fn killed(applications: u32, times: u32, a_folder: u32) {
    let home = tempfile::tempdir().unwrap();
    let lines = lines(applications);
    let file = home.path().join("milestones.csv");
    fs::write(&file, csv(&lines)).unwrap();
    let whole = Place::fresh(home.path(), "whole", &file);
    let started = Instant::now();
    assert!(ended(&mut whole.import()).status.success());
    let takes = started.elapsed();
    let expected = Kept::of(&whole.data);
    assert_eq!(expected.milestones(), lines.len());
    assert_eq!(whole.reported("recorded").len(), lines.len());

    let mut rng = StdRng::seed_from_u64(119_900);
    for folder in 0..times / a_folder {
        let place = Place::fresh(home.path(), &format!("killed-{folder}"), &file);
        fs::copy(whole.data.join("keys.toml"), place.data.join("keys.toml")).unwrap();
        for _ in 0..a_folder {
            let mut import = Running::start(&mut place.import());
            sleep(takes.mul_f64(rng.random_range(0.0..1.0)));
            import.kill();
            place.holds_what_it_reported(&lines);
        }
        assert!(ended(&mut place.import()).status.success());
        let kept = Kept::of(&place.data);
        assert!(kept == expected, "{} milestones instead of {}", kept.milestones(), lines.len());
        // Every line has its word, and a last time changes nothing.
        assert_eq!(place.reported("recorded").len() + place.reported("repeated").len(), lines.len());
    }
    a_lost_line_is_noticed(home.path(), &lines, &whole, &expected);
}

/// The control: the same comparison after an import that lost one line.
fn a_lost_line_is_noticed(home: &Path, lines: &[Line], whole: &Place, expected: &Kept) {
    let file = home.join("shorter.csv");
    fs::write(&file, csv(&lines[..lines.len() - 1])).unwrap();
    let place = Place::fresh(home, "shorter", &file);
    fs::copy(whole.data.join("keys.toml"), place.data.join("keys.toml")).unwrap();
    assert!(ended(&mut place.import()).status.success());
    assert!(Kept::of(&place.data) != *expected);
}

fn csv(lines: &[Line]) -> String {
    let mut csv =
        "receipt_number,step,organ,happened_at,event_id,citizen_number,name,applied_on,reason\n".to_owned();
    for (number, Line { person: of, receipt, stage, happened }) in lines.iter().enumerate() {
        let opening = match stage {
            Stage::Accepted => format!("{},无名,{},expired", person(*of).as_str(), applied_on()),
            _ => ",,,".to_owned(),
        };
        csv += &format!("{receipt},{stage},{},{},E{number},{opening}\n", organ(), happened.to_rfc3339());
    }
    csv
}

/// A data folder and the file that is imported into it.
struct Place {
    data: PathBuf,
    file: PathBuf,
    report: PathBuf,
}

impl Place {
    fn fresh(home: &Path, name: &str, file: &Path) -> Self {
        let data = home.join(name);
        fs::create_dir(&data).unwrap();
        drop(empty(&data));
        Self { report: data.join("report.csv"), data, file: file.to_owned() }
    }

    fn import(&self) -> Command {
        let mut import = jindu();
        import.args(["feed", "import", "--feed", "county", "--data"]).arg(&self.data);
        import.arg("--report").arg(&self.report).arg(&self.file).env("JINDU_DEMONSTRATION", "true");
        import
    }

    /// The lines of the file that the report gives this outcome, counted from 0 without the header.
    fn reported(&self, outcome: &str) -> Vec<usize> {
        let report = fs::read_to_string(&self.report).unwrap_or_default();
        let rows = report.lines().skip(1).filter_map(|row| row.split_once(','));
        let rows = rows.filter(|(_, told)| told.split(',').next() == Some(outcome));
        rows.map(|(line, _)| line.parse::<usize>().unwrap() - 2).collect()
    }

    fn holds_what_it_reported(&self, lines: &[Line]) {
        let recorded = self.reported("recorded");
        if recorded.is_empty() {
            return;
        }
        let kept = Kept::of(&self.data);
        for line in recorded.into_iter().map(|at| &lines[at]) {
            let known = kept.applications.get(&line.receipt).unwrap();
            let step = Step::Reached(line.stage);
            assert!(
                known.milestones.iter().any(|(happened, is, ..)| *is == step && *happened == line.happened)
            );
        }
    }
}
