//! The stories of feeds: a file comes in, every line gets its word, and nothing is counted twice.

mod checks;
mod damaged;
mod drop;
mod files;
mod formats;
mod sample;
mod stops;

use super::cli::{self, Asked, Imported, Tally};
use super::report::ReportFile;
use crate::app::{Failed, open_store};
use crate::clock::Clock;
use crate::config::Config;
use crate::testing::Folder;
use domain::moment::Moment;
use domain::stage::Stage;
use std::path::{Path, PathBuf};
use store::application::{Application, ApplicationId, page};
use store::audit::Entry;
use store::{Store, Work, feed, milestone};

const HEADER: &str = "receipt_number,step,organ,happened_at,event_id,citizen_number,name,applied_on,reason";
/// What opens the application that most stories are about; its number is invented, of region 119900.
const ACCEPTED: &str = "1199000012026010500001,00,119900001,2026-01-05 09:00,E-1,119900198001010016,王小明,\
                        2026-01-05,expired";
const SIGNED: &str = "1199000012026010500001,13,119900900,2026-01-08 09:00,E-2,,,,";

/// A line of the report: its number, the outcome, the reason.
type Word = (u64, String, String);

/// A data folder for feeds, at noon of the last day of October 2026.
struct Place {
    folder: Folder,
    config: Config,
}

impl Place {
    fn new(demonstration: bool) -> Self {
        let folder = Folder::new();
        let config = Config { demonstration, ..Config::load(None, Some(folder.path())).unwrap() };
        store::fresh::init_keys(&config.key_file());
        Self { folder, config }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let file = self.folder.path().join("milestones.csv");
        std::fs::write(&file, bytes).unwrap();
        file
    }

    async fn try_import(&self, bytes: &[u8]) -> Result<(Tally, Vec<Word>), Failed> {
        let file = self.file(bytes);
        let (tally, report) = import(&self.config, clock(), &file, "county", &Asked::default()).await?;
        assert_eq!(report, self.folder.path().join("milestones.csv.report.csv"));
        Ok((tally, words(&std::fs::read_to_string(report).unwrap())))
    }

    async fn import(&self, bytes: &[u8]) -> (Tally, Vec<Word>) {
        self.try_import(bytes).await.unwrap()
    }

    /// Imports lines below the usual header; gives the outcome and reason of each line.
    async fn lines(&self, lines: &[&str]) -> Vec<String> {
        let (_, words) = self.import(format!("{HEADER}\n{}\n", lines.join("\n")).as_bytes()).await;
        words.into_iter().map(|(number, outcome, reason)| format!("{number} {outcome} {reason}")).collect()
    }

    async fn store(&self) -> Store {
        open_store(&self.config, None).await.unwrap()
    }

    /// The store, with a feed of this name that may report anything.
    async fn with_feed(&self, name: &'static str) -> Store {
        let (store, now) = (self.store().await, clock().now());
        let entry = Entry { at: now, actor: "test".into(), action: "name_feed", detail: name.into() };
        let named =
            store.write(entry, move |write| -> Work<'_, _> { Box::pin(feed::named(write, name, now)) });
        named.await.unwrap();
        store
    }

    async fn applications(&self) -> Vec<Application> {
        page(&self.store().await.read(), ApplicationId(0), 1000).await.unwrap()
    }

    async fn stage(&self) -> Option<Stage> {
        self.applications().await.first().and_then(|first| first.progress.as_ref()).map(|now| now.stage)
    }

    /// Everything that an import may change: each application, its person, progress and milestones.
    async fn everything(&self) -> Vec<String> {
        let store = self.store().await;
        let mut all = Vec::new();
        for each in page(&store.read(), ApplicationId(0), 1000).await.unwrap() {
            let person = each.person(store.keys()).unwrap();
            let count = milestone::of(&store.read(), &each).await.unwrap().len();
            let (number, name) = (person.number, person.name.as_str().to_owned());
            all.push(format!("{number} {name} {:?} {count} {:?}", each.applied_on, each.progress));
        }
        all
    }
}

fn clock() -> Clock {
    Clock::Frozen(Moment::parse("2026-10-31 12:00").unwrap())
}

/// Imports a file as the command does; gives the counts and where the report is.
async fn import(
    config: &Config,
    clock: Clock,
    file: &Path,
    feed: &str,
    asked: &Asked,
) -> Result<(Tally, PathBuf), Failed> {
    let Imported { tally, report, .. } = cli::import(config, clock, file, feed, asked).await?;
    Ok((tally, report))
}

fn words(report: &str) -> Vec<Word> {
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["line", "outcome", "reason"]);
    reader.deserialize().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_file_opens_applications_and_moves_them() {
    let place = Place::new(true);
    assert_eq!(place.lines(&[ACCEPTED, SIGNED]).await, ["2 recorded ", "3 recorded "]);
    assert_eq!(place.stage().await, Some(Stage::Signed));
    let store = place.store().await;
    let application = &place.applications().await[0];
    let person = application.person(store.keys()).unwrap();
    assert_eq!((person.number.as_str(), person.name.as_str()), ("119900198001010016", "王小明"));
    assert_eq!(person.receipt, "1199000012026010500001");
}

#[tokio::test]
async fn importing_a_file_twice_changes_nothing() {
    let place = Place::new(true);
    let broken = "1199000012026010500001,13,,,,,,,";
    let lines = [ACCEPTED, SIGNED, broken];
    assert_eq!(place.lines(&lines).await, ["2 recorded ", "3 recorded ", "4 rejected happened_at: empty"]);
    let once = place.everything().await;
    assert_eq!(place.lines(&lines).await, ["2 repeated ", "3 repeated ", "4 rejected happened_at: empty"]);
    assert_eq!(place.everything().await, once);
}

#[tokio::test]
async fn a_line_without_an_event_id_is_known_by_what_it_says() {
    let place = Place::new(true);
    let said = "1199000012026010500001,13,119900900,2026-01-08,,,,,";
    let otherwise = "\"1199000012026010500001\",\"１３\",119900900 ,20260108T000000, ,,,,";
    assert_eq!(place.lines(&[ACCEPTED, said]).await, ["2 recorded ", "3 recorded "]);
    assert_eq!(place.lines(&[otherwise]).await, ["2 repeated "]);
    let another_day = "1199000012026010500001,13,119900900,2026-01-09,,,,,";
    let another_organ = "1199000012026010500001,13,119900901,2026-01-08,,,,,";
    let another_code = "1199000012026010500001,05,119900900,2026-01-08,,,,,";
    let told = place.lines(&[another_day, another_organ, another_code]).await;
    assert_eq!(told, ["2 recorded ", "3 recorded ", "4 recorded "]);
    let pause = |written: &str| format!("1199000012026010500001,{written},119900900,2026-01-10,,,,,");
    let told = place.lines(&[&pause("paused:other"), &pause("paused: other ")]).await;
    assert_eq!(told, ["2 recorded ", "3 repeated "]);
    // Nor does the order of the columns matter.
    let (_, words) = place
        .import(b"organ,happened_at,step,receipt_number\n119900900,2026-01-08,13,1199000012026010500001")
        .await;
    assert_eq!(words[0].1, "repeated");
}

#[tokio::test]
async fn the_event_id_is_the_same_however_the_feed_quotes_it() {
    let place = Place::new(true);
    let line = |id: &str| format!("1199000012026010500001,13,119900900,2026-01-08 09:00,{id},,,,");
    assert_eq!(place.lines(&[ACCEPTED, &line("E-2")]).await[1], "3 recorded ");
    assert_eq!(place.lines(&[&line("\"E-2\""), &line(" E-2 ")]).await, ["2 repeated ", "3 repeated "]);
    let told = place.lines(&[&line("\"E,2\""), &line("\"E \"\"2\"\"\""), &line("e-2")]).await;
    assert_eq!(told, ["2 recorded ", "3 recorded ", "4 recorded "]);
    assert_eq!(place.lines(&[&line("\"E\n2\"")]).await[0], "2 rejected event_id: unreadable");
}

#[tokio::test]
async fn two_feeds_may_use_the_same_event_ids() {
    let place = Place::new(true);
    place.lines(&[ACCEPTED, SIGNED]).await;
    let file = place.file(format!("{HEADER}\n{SIGNED}\n").as_bytes());
    let (tally, _) = import(&place.config, clock(), &file, "centre", &Asked::default()).await.unwrap();
    assert_eq!(tally, Tally { recorded: 1, ..Tally::default() });
}

#[tokio::test]
async fn a_correction_takes_back_the_event_it_names() {
    let place = Place::new(true);
    let collected = "1199000012026010500001,93,119900001,2026-01-20 09:00,\"E,3\",,,,";
    place.lines(&[ACCEPTED, SIGNED, collected]).await;
    assert_eq!(place.stage().await, Some(Stage::Collected));
    let correction = "1199000012026010500001,\"withdraws: E,3\",119900001,2026-01-20 10:00,E-4,,,,";
    assert_eq!(place.lines(&[correction]).await, ["2 recorded "]);
    assert_eq!(place.stage().await, Some(Stage::Signed));
    let of_nothing = "1199000012026010500001,withdraws:E-77,119900001,2026-01-20 10:00,E-5,,,,";
    assert_eq!(place.lines(&[of_nothing]).await, ["2 held unknown_correction"]);
}

#[tokio::test]
async fn a_line_without_an_id_is_taken_back_by_the_same_cells() {
    let place = Place::new(true);
    let line = |step: &str, day: &str| format!("1199000012026010500001,{step},119900001,{day},,,,,");
    place.lines(&[ACCEPTED, SIGNED, &line("93", "2026-01-20")]).await;
    assert_eq!(place.stage().await, Some(Stage::Collected));
    // Another day is another line, and an id names none.
    let others = [line("withdraws:=93", "2026-01-21"), line("withdraws:93", "2026-01-20")];
    let held = ["2 held unknown_correction", "3 held unknown_correction"];
    assert_eq!(place.lines(&others.each_ref().map(String::as_str)).await, held);
    let (wrong, right) = (line("withdraws: = ９３", "2026/1/20"), line("withdraws:=flown", "2026-01-20"));
    let told = place.lines(&[&wrong, &wrong, &right]).await;
    assert_eq!(told, ["2 recorded ", "3 repeated ", "4 rejected step: unknown"]);
    assert_eq!(place.stage().await, Some(Stage::Signed));
}

#[tokio::test]
async fn a_file_that_says_nothing_is_a_word_of_its_feed() {
    let place = Place::new(true);
    let heard = async || {
        let feed = feed::by_name(&place.store().await.read(), "county").await.unwrap().unwrap();
        (feed.last_heard, feed.last_happened)
    };
    drop(place.with_feed("county").await);
    assert_eq!(heard().await, (None, None));
    place.lines(&[]).await;
    assert_eq!(heard().await, (Some(clock().now()), None));
    let place = Place::new(true);
    place.lines(&["?,,,,,,,,"]).await;
    let feed = feed::by_name(&place.store().await.read(), "county").await.unwrap().unwrap();
    assert_eq!((feed.last_heard, feed.last_happened), (Some(clock().now()), None));
}

#[tokio::test]
async fn a_spreadsheet_may_have_rewritten_codes_and_times() {
    let place = Place::new(true);
    let review = "1199000012026010500001,3,119900900,2026/1/6 9:05,E-3,,,,";
    let signed = "1199000012026010500001,13,119900900,2026年1月8日,E-4,,,,";
    assert_eq!(place.lines(&[ACCEPTED, review, signed]).await[1..], ["3 recorded ", "4 recorded "]);
    let progress = place.applications().await[0].progress.clone().unwrap();
    let happened: Vec<Moment> = progress.timeline.iter().map(|passed| passed.happened).collect();
    let expected = ["2026-01-05 09:00", "2026-01-06 09:05", "2026-01-08 00:00"];
    assert_eq!(happened, expected.map(|text| Moment::parse(text).unwrap()));
}

#[tokio::test]
async fn numbers_with_something_dropped_are_not_guessed_at() {
    let place = Place::new(true);
    for code in ["-13", "1-3", "1 3", "+13", "013", "1.3", "x", "１３中"] {
        let line = format!("1199000012026010500001,{code},119900900,2026-01-08 09:00,,,,,");
        assert_eq!(place.lines(&[&line]).await, ["2 rejected step: unknown"], "{code}");
    }
    for days in ["-5", "2 0", "367", "99999", "twenty"] {
        let file = format!("{HEADER},promised_days\n{ACCEPTED},{days}\n");
        let (_, words) = place.import(file.as_bytes()).await;
        assert_eq!(words[0].2, "promised_days: unreadable", "{days}");
    }
    let (tally, _) = place.import(format!("{HEADER},promised_days\n{ACCEPTED},２０\n").as_bytes()).await;
    assert_eq!((tally.recorded, place.applications().await[0].promised_days), (1, 20));
}

#[tokio::test]
async fn invented_people_are_refused_where_real_ones_are_served() {
    let place = Place::new(false);
    drop(place.with_feed("county").await);
    assert_eq!(place.lines(&[ACCEPTED]).await, ["2 rejected citizen_number: demonstration"]);
}

#[tokio::test]
async fn a_clock_may_be_a_little_ahead_but_the_future_is_refused() {
    let place = Place::new(true);
    let line = |at: &str| format!("1199000012026010500001,13,119900900,{at},,,,,");
    let told = place.lines(&[ACCEPTED, &line("2026-10-31 12:10"), &line("2026-10-31 12:11")]).await;
    assert_eq!(told[1..], ["3 recorded ", "4 rejected happened_at: future"]);
}

#[tokio::test]
async fn the_report_repeats_nothing_that_could_name_a_person() {
    let place = Place::new(true);
    let stranger = "1199000012026010599999,13,119900900,2026-01-08 09:00,金丝雀,119900198001010018,金丝雀,,";
    place.lines(&[ACCEPTED, SIGNED, stranger]).await;
    let report = std::fs::read_to_string(place.folder.path().join("milestones.csv.report.csv")).unwrap();
    for secret in ["119900", "王小明", "金丝雀", "E-1"] {
        assert!(!report.contains(secret), "{secret} in {report}");
    }
}
