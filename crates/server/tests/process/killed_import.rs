//! kill -9 while a file is imported: what was reported is there, and importing again completes it.

use crate::asking::{empty, person};
use crate::running::{Running, ended, jindu};
use domain::Date;
use domain::milestone::Step;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use domain::stage::{MAIN_ROAD, Stage};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Instant;
use store::application::{self, ApplicationId};
use store::keys::Keys;
use store::setting::Purpose;
use store::{Store, history, milestone};

const STAGES: usize = 8;

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
    let expected = whole.kept();
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
        let kept = place.kept();
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
    assert!(place.kept() != *expected);
}

/// A line of the file: which application reached which stage.
struct Line {
    person: u32,
    receipt: String,
    stage: Stage,
    happened: Moment,
}

/// First every application is opened, then all of them move on, stage by stage.
fn lines(applications: u32) -> Vec<Line> {
    let format = ReceiptFormat::parse_pattern("RRRRRRSSSYYYYMMDDNNNNN").unwrap();
    let day = applied_on();
    let line = |(at, stage): (i8, Stage), person: u32| Line {
        person,
        receipt: ReceiptNumber::from_parts(&format, organ(), day, person).unwrap().as_str().to_owned(),
        stage,
        happened: Moment::at(Date::new(2026, 1, 5 + at).unwrap(), 9, i8::try_from(person % 60).unwrap()),
    };
    let stages = (0..).zip(MAIN_ROAD).take(STAGES);
    stages
        .flat_map(|stage| (1..=applications).map(move |person| (stage, person)))
        .map(|(stage, person)| line(stage, person))
        .collect()
}

fn applied_on() -> Date {
    Date::new(2026, 1, 5).unwrap()
}

fn organ() -> OrganCode {
    OrganCode::parse("119900001").unwrap()
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

/// What the database holds of one application, but for when we learned of it.
#[derive(PartialEq)]
struct Known {
    number: String,
    progress: Progress,
    milestones: Vec<(Moment, Step, OrganCode, [u8; 16])>,
}

#[derive(PartialEq)]
struct Kept {
    applications: BTreeMap<String, Known>,
    histories: Vec<(Stage, u16, u32)>,
}

impl Kept {
    fn milestones(&self) -> usize {
        self.applications.values().map(|known| known.milestones.len()).sum()
    }
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
        let kept = self.kept();
        for line in recorded.into_iter().map(|at| &lines[at]) {
            let known = kept.applications.get(&line.receipt).unwrap();
            let step = Step::Reached(line.stage);
            assert!(
                known.milestones.iter().any(|(happened, is, ..)| *is == step && *happened == line.happened)
            );
        }
    }

    /// Everything that the database holds.
    fn kept(&self) -> Kept {
        let keys = Keys::load(&self.data.join("keys.toml")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&self.data, keys, None, Purpose::Demonstration).await.unwrap();
            let (mut applications, mut after) = (BTreeMap::new(), ApplicationId(0));
            loop {
                let page = application::page(&store.read(), after, 1_000).await.unwrap();
                let Some(last) = page.last() else { break };
                after = last.id;
                for application in page {
                    let person = application.person(store.keys()).unwrap();
                    let milestones = milestone::of(&store.read(), &application).await.unwrap();
                    assert_eq!(application.progress, Progress::replay(&milestones));
                    let progress = application.progress.unwrap();
                    let told = milestones.iter().map(|is| (is.happened, is.step, is.organ, is.event.0));
                    let mut milestones: Vec<_> = told.collect();
                    milestones.sort_unstable();
                    let progress = Progress { heard: progress.since, ..progress };
                    let known = Known { number: person.number, progress, milestones };
                    assert!(
                        applications.insert(person.receipt, known).is_none(),
                        "an application is there twice"
                    );
                }
            }
            let took = history::of(&store.read(), organ(), domain::kind::Kind::Renewal).await.unwrap();
            Kept {
                applications,
                histories: took.iter().map(|took| (took.stage, took.days, took.cards)).collect(),
            }
        })
    }
}
