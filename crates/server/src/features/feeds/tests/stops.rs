//! Large files: batches, lines that wait for their application, and an import that ends before its file.

use super::*;
use crate::features::feeds::formats::{Format, Shape};
use crate::features::feeds::import::{Import, Most};
use crate::features::feeds::intake::Intake;
use std::io::{Error, Read, Result as IoResult};

/// Small, for a feed may tell a thousand milestones of one application.
const BATCH: usize = 400;

/// A disk that fails here.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> IoResult<usize> {
        Err(Error::other("the disk failed"))
    }
}

/// As many lines as told, each another event of one application.
fn file(lines: usize) -> String {
    let mut file = format!("{HEADER}\n{ACCEPTED}\n");
    for n in 1..lines {
        file.push_str(&format!("1199000012026010500001,13,119900900,2026-01-08 09:00,N-{n},,,,\n"));
    }
    file
}

async fn run(place: &Place, bytes: &[u8], then: impl Read + Send) -> Result<Tally, Failed> {
    run_at_most(place, bytes, then, Most::LAID).await
}

async fn run_at_most(
    place: &Place,
    bytes: &[u8],
    then: impl Read + Send,
    most: Most,
) -> Result<Tally, Failed> {
    let store = place.with_feed("county").await;
    let receipts = place.config.receipt_format().unwrap();
    let intake = Intake::open(&store, &receipts, "county", clock()).await.unwrap();
    let shape = Shape::of(Format::Csv);
    let import = Import { intake: &intake, shape: &shape, dry_run: false, batch: BATCH, most };
    let report = ReportFile::create(&place.folder.path().join("report.csv")).unwrap();
    import.run(bytes.chain(then), report, |_| ()).await
}

fn reported(place: &Place) -> Vec<Word> {
    words(&std::fs::read_to_string(place.folder.path().join("report.csv")).unwrap())
}

#[tokio::test]
async fn an_import_that_stops_says_what_is_recorded_and_goes_on_another_time() {
    let place = Place::new(true);
    let all = file(BATCH + 500);
    let cut = all.len() - 2_000;
    // All that was read is recorded, but the line that was cut: it may go on.
    let whole = all[..cut].matches('\n').count() - 1;
    assert!(whole > BATCH && !all[..cut].ends_with('\n'));
    let stopped = run(&place, &all.as_bytes()[..cut], Failing).await.err().unwrap();
    let said = stopped.to_string();
    let told = format!("up to {} all is done ({whole} recorded, 0 repeated, 0 held, 0 waiting", whole + 1);
    assert!(said.contains(&told), "{said}");
    assert!(stopped.source().unwrap().to_string().contains("the disk failed"));
    assert_eq!(reported(&place).len(), whole);
    let again = run(&place, all.as_bytes(), std::io::empty()).await.unwrap();
    let (recorded, repeated) = ((BATCH + 500 - whole) as u64, whole as u64);
    assert_eq!(again, Tally { recorded, repeated, ..Tally::default() });
}

#[tokio::test]
async fn a_report_that_cannot_be_written_stops_the_import_and_says_what_is_recorded() {
    let place = Place::new(true);
    let file = place.file(format!("{HEADER}\n{ACCEPTED}\n{SIGNED}\n").as_bytes());
    let full = Asked { report: Some(PathBuf::from("/dev/full")), ..Asked::default() };
    let stopped = import(&place.config, clock(), &file, "county", &full).await.err().unwrap().to_string();
    assert!(stopped.contains("up to 3 all is done (2 recorded"), "{stopped}");
    assert_eq!(place.stage().await, Some(Stage::Signed));
}

#[tokio::test]
async fn a_milestone_waits_for_its_application_to_be_opened_a_batch_later() {
    let place = Place::new(true);
    let mut early = format!("{HEADER}\n{SIGNED}\n{}\n", SIGNED.replace("00001,13", "00002,13"));
    // Lines that say nothing fill the batch.
    early.push_str(&"?,,,,,,,,\n".repeat(BATCH));
    early.push_str(ACCEPTED);
    let tally = run(&place, early.as_bytes(), std::io::empty()).await.unwrap();
    assert_eq!(tally, Tally { recorded: 2, waiting: 1, rejected: BATCH as u64, ..Tally::default() });
    assert_eq!(place.stage().await, Some(Stage::Signed));
    let words = reported(&place);
    assert_eq!(words.len(), BATCH + 3);
    let unknown = "receipt_number: unknown_application".to_owned();
    assert_eq!(words[BATCH + 1..], [(2, "recorded".into(), String::new()), (3, "waiting".into(), unknown)]);
    let again = run(&place, early.as_bytes(), std::io::empty()).await.unwrap();
    assert_eq!(again, Tally { repeated: 3, rejected: BATCH as u64, ..Tally::default() });
}

#[tokio::test]
async fn lines_that_wait_fill_no_memory() {
    let fillers = "?,,,,,,,,\n".repeat(2 * BATCH);
    let early = format!("{HEADER}\n{SIGNED}\n{fillers}{ACCEPTED}\n");
    for (waiting, outcome) in [(Most::LAID.waiting, "recorded"), (10, "waiting")] {
        let place = Place::new(true);
        let most = Most { waiting, ..Most::LAID };
        let tally = run_at_most(&place, early.as_bytes(), std::io::empty(), most).await.unwrap();
        assert_eq!(tally.recorded + tally.waiting, 2);
        let words = reported(&place);
        assert_eq!(words.iter().find(|(line, ..)| *line == 2).unwrap().1, outcome);
        assert_eq!(place.stage().await, Some(Stage::Signed));
    }
}

#[tokio::test]
async fn a_file_that_breaks_at_once_says_that_nothing_was_recorded() {
    let place = Place::new(true);
    let stopped = run(&place, format!("{HEADER}\n").as_bytes(), Failing).await.err().unwrap();
    assert_eq!(stopped.to_string(), "the import stopped: nothing was recorded");
}

#[tokio::test]
async fn lines_that_wait_are_kept_when_the_file_breaks() {
    let place = Place::new(true);
    let mut early = format!("{HEADER}\n{SIGNED}\n");
    early.push_str(&"?,,,,,,,,\n".repeat(BATCH));
    let stopped = run(&place, early.as_bytes(), Failing).await.err().unwrap().to_string();
    let told = format!("1 waiting for their application, {BATCH} rejected) but of 0 that waited");
    assert!(stopped.contains(&told), "{stopped}");
    run(&place, format!("{HEADER}\n{ACCEPTED}\n").as_bytes(), std::io::empty()).await.unwrap();
    assert_eq!(place.stage().await, Some(Stage::Signed));
}

#[tokio::test]
async fn a_file_of_too_many_lines_stops_and_says_so() {
    let place = Place::new(true);
    let all = file(BATCH + 500);
    let most = Most { lines: BATCH as u64 + 499, ..Most::SENT };
    let stopped = run_at_most(&place, all.as_bytes(), &b""[..], most).await.err().unwrap();
    assert!(stopped.to_string().contains(&format!("({} recorded", BATCH + 499)), "{stopped}");
    let cause = stopped.source().unwrap().to_string();
    assert_eq!(cause, format!("the file has more than {} lines; send it in parts", BATCH + 499));
    let place = Place::new(true);
    let most = Most { lines: BATCH as u64 + 500, ..Most::SENT };
    let tally = run_at_most(&place, all.as_bytes(), &b""[..], most).await.unwrap();
    assert_eq!(tally.recorded, BATCH as u64 + 500);
}
