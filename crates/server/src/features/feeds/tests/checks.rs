//! What is known before anything is recorded: dry runs, reports for programs, feeds that may not report, tables of
//! codes, and milestones that come before their application.

use super::*;
use domain::feed::FeedKind;
use domain::milestone::Rank;
use domain::organ::OrganCode;
use store::feed::{NewFeed, State};

impl Place {
    /// A feed as an operator adds it.
    async fn add(&self, name: &str, kind: FeedKind, codes: Option<&str>) {
        let store = self.store().await;
        let new = NewFeed {
            name: name.to_owned(),
            kind,
            owner: OrganCode::parse("119900900").unwrap(),
            stages: kind.stages().to_vec(),
            rank: Rank::default(),
            rhythm: None,
            codes: codes.map(str::to_owned),
            secret: None,
        };
        let entry =
            Entry { at: clock().now(), actor: "test".into(), action: "add_feed", detail: name.into() };
        feed::add(&store, entry, new).await.unwrap();
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_rejected_and_records_nothing() {
    let place = Place::new(true);
    let broken = "1199000012026010500001,nowhere,119900900,2026-01-08 09:00,E-3,,,,";
    let file = place.file(format!("{HEADER}\n{ACCEPTED}\n{SIGNED}\n{broken}\n").as_bytes());
    let asked = Asked { dry_run: true, ..Asked::default() };
    let (tally, report) = import(&place.config, clock(), &file, "county", &asked).await.unwrap();
    assert_eq!(tally, Tally { understood: 2, rejected: 1, ..Tally::default() });
    let words = words(&std::fs::read_to_string(report).unwrap());
    let outcomes: Vec<(&str, &str)> = words.iter().map(|word| (word.1.as_str(), word.2.as_str())).collect();
    assert_eq!(outcomes, [("understood", ""), ("understood", ""), ("rejected", "step: unknown")]);
    assert!(place.applications().await.is_empty());
    assert_eq!(feed::by_name(&place.store().await.read(), "county").await.unwrap(), None);
}

#[tokio::test]
async fn a_dry_run_knows_the_stages_of_its_feed() {
    let place = Place::new(true);
    place.add("centre", FeedKind::Production, None).await;
    let paused = SIGNED.replace(",13,", ",paused:other,");
    let file = place.file(format!("{HEADER}\n{SIGNED}\n{paused}\n").as_bytes());
    let asked = Asked { dry_run: true, ..Asked::default() };
    let (_, report) = import(&place.config, clock(), &file, "centre", &asked).await.unwrap();
    for (_, outcome, reason) in words(&std::fs::read_to_string(report).unwrap()) {
        assert_eq!((outcome.as_str(), reason.as_str()), ("rejected", "step: not_its_stage"));
    }
}

#[tokio::test]
async fn a_centres_rows_name_the_person_and_open_nothing() {
    let place = Place::new(true);
    place.add("centre", FeedKind::Production, None).await;
    let row = |event: &str, person: &str| {
        format!("1199000012026010500001,produced,119900911,2026-01-20 09:00,{event},{person}")
    };
    let rows = [
        row("C-1", "119900198001010016,王小明,2026-01-05,expired"),
        row("C-2", "119900198001010016,,,"),
        row("C-3", "119900199001010029,李小红,2026-01-05,expired"),
        row("C-4", "119900198001010017,,,"),
    ];
    let told = async |rows: &[String]| {
        let file = place.file(format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes());
        let (_, report) = import(&place.config, clock(), &file, "centre", &Asked::default()).await.unwrap();
        let words = words(&std::fs::read_to_string(report).unwrap());
        words.into_iter().map(|(_, outcome, reason)| format!("{outcome} {reason}")).collect::<Vec<_>>()
    };
    assert_eq!(told(&rows[..2]).await, ["waiting receipt_number: unknown_application"; 2]);
    assert!(place.applications().await.is_empty());
    place.lines(&[ACCEPTED]).await;
    assert_eq!(place.stage().await, Some(Stage::Produced));
    let again = [
        "repeated ",
        "repeated ",
        "rejected receipt_number: other_application",
        "rejected citizen_number: check",
    ];
    let mut said = told(&rows).await;
    said.sort_unstable();
    let mut again = again.map(str::to_owned);
    again.sort_unstable();
    assert_eq!(said, again);
}

#[tokio::test]
async fn in_a_demonstration_a_feed_is_made_only_when_its_file_can_be_imported() {
    let place = Place::new(true);
    crate::testing::log::listen();
    let file = place.file(format!("{HEADER}\n{ACCEPTED}\n").as_bytes());
    let feed = async || feed::by_name(&place.store().await.read(), "conuty").await.unwrap();
    let nowhere = Asked { report: Some(place.folder.path().join("none/report.csv")), ..Asked::default() };
    let said = import(&place.config, clock(), &file, "conuty", &nowhere).await.err().unwrap();
    assert!(
        said.to_string().contains("the folder that it would lie in is not there") && said.source().is_none()
    );
    let unread = Asked { format: Some("yaml".into()), ..Asked::default() };
    assert!(import(&place.config, clock(), &file, "conuty", &unread).await.is_err());
    assert_eq!(feed().await, None);
    let made = "The feed conuty was not there; it was made";
    assert!(!crate::testing::log::heard(made));
    import(&place.config, clock(), &file, "conuty", &Asked::default()).await.unwrap();
    assert!(feed().await.is_some() && crate::testing::log::heard(made));
}

#[tokio::test]
async fn why_lines_were_rejected_is_said_in_words_by_reason() {
    let place = Place::new(true);
    let wrong = [("nowhere", "E-3"), ("13,", "E-4"), ("elsewhere", "E-5")];
    let wrong = wrong.map(|(step, event)| SIGNED.replace(",13,", &format!(",{step},")).replace("E-2", event));
    let file = place.file(format!("{HEADER}\n{ACCEPTED}\n{}\n", wrong.join("\n")).as_bytes());
    let told = cli::import(&place.config, clock(), &file, "county", &Asked::default()).await.unwrap();
    assert_eq!(told.rejected.len(), 2);
    assert!(told.rejected[0].starts_with("Rejected: line 4, number_of_columns ("), "{:?}", told.rejected);
    let second = "Rejected: 2 lines, first line 3, step: unknown (";
    assert!(
        told.rejected[1].starts_with(second) && !told.rejected[1].contains("where"),
        "{:?}",
        told.rejected
    );
    assert!(!told.tally.is_all_rejected());
    let file = place.file(format!("{HEADER}\n{}\n", wrong.join("\n")).as_bytes());
    let told = cli::import(&place.config, clock(), &file, "county", &Asked::default()).await.unwrap();
    assert!(told.tally.is_all_rejected() && !Tally::default().is_all_rejected());
}

#[tokio::test]
async fn a_report_may_be_lines_of_json() {
    let place = Place::new(true);
    let file = place.file(format!("{HEADER}\n{ACCEPTED}\n,,,,,,,,\n").as_bytes());
    let report = place.folder.path().join("said.jsonl");
    let asked = Asked { report: Some(report.clone()), ..Asked::default() };
    for outcome in ["recorded", "repeated"] {
        import(&place.config, clock(), &file, "county", &asked).await.unwrap();
        let said = std::fs::read_to_string(&report).unwrap();
        let lines: Vec<serde_json::Value> =
            said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let rejected =
            serde_json::json!({"line": 3, "outcome": "rejected", "reason": "receipt_number: empty"});
        assert_eq!(lines, [serde_json::json!({"line": 2, "outcome": outcome}), rejected]);
    }
}

#[tokio::test]
async fn a_feed_that_nobody_added_or_that_is_paused_reports_nothing() {
    let place = Place::new(false);
    let file = place.file(format!("{HEADER}\n{SIGNED}\n").as_bytes());
    let refused = async || {
        import(&place.config, clock(), &file, "county", &Asked::default()).await.err().unwrap().to_string()
    };
    assert!(refused().await.contains("there is no feed \"county\""));
    place.add("county", FeedKind::Intake, None).await;
    assert!(import(&place.config, clock(), &file, "county", &Asked::default()).await.is_ok());
    for (state, why) in [(State::Paused, "is paused"), (State::Removed, "was removed")] {
        let store = place.store().await;
        let id = feed::by_name(&store.read(), "county").await.unwrap().unwrap().id;
        let entry =
            Entry { at: clock().now(), actor: "test".into(), action: "set_state", detail: String::new() };
        assert!(feed::set_state(&store, entry, id, state).await.unwrap());
        drop(store);
        assert!(refused().await.contains(why));
    }
}

#[tokio::test]
async fn a_feed_speaks_by_its_own_table_and_of_its_own_stages_only() {
    let place = Place::new(true);
    place.lines(&[ACCEPTED]).await;
    let codes =
        "version = \"1\"\n[steps]\nOK = \"produced\"\n\"31\" = \"quality_check\"\nBACK = \"collected\"";
    place.add("centre", FeedKind::Production, Some(codes)).await;
    let line = |step: &str| format!("1199000012026010500001,{step},119900911,2026-01-20 09:00,C-{step},,,,");
    let all = ["31", "OK", "BACK", "90", "data_check"].map(line).join("\n");
    let file = place.file(format!("{HEADER}\n{all}\n").as_bytes());
    let (_, report) = import(&place.config, clock(), &file, "centre", &Asked::default()).await.unwrap();
    let said = words(&std::fs::read_to_string(report).unwrap());
    let said: Vec<String> =
        said.into_iter().map(|(_, outcome, reason)| format!("{outcome} {reason}")).collect();
    assert_eq!(said[..2], ["recorded ", "recorded "]);
    assert_eq!(said[2..4], ["rejected step: not_its_stage", "rejected step: unknown"]);
    assert_eq!(place.stage().await, Some(Stage::Produced));
}

#[tokio::test]
async fn milestones_before_their_application_are_kept_and_count_when_it_is_opened() {
    let place = Place::new(true);
    assert_eq!(place.lines(&[SIGNED]).await, ["2 waiting receipt_number: unknown_application"]);
    assert!(place.applications().await.is_empty());
    assert_eq!(place.lines(&[ACCEPTED]).await, ["2 recorded "]);
    assert_eq!(place.stage().await, Some(Stage::Signed));
    assert_eq!(place.lines(&[SIGNED]).await, ["2 repeated "]);
}

#[tokio::test]
async fn a_batch_number_that_is_none_is_told_by_its_column() {
    let place = Place::new(true);
    let file = format!("{HEADER},batch\n{ACCEPTED},ZZ-1\n{SIGNED},{}\n", "x".repeat(51));
    let (_, words) = place.import(file.as_bytes()).await;
    assert_eq!((words[0].1.as_str(), words[1].2.as_str()), ("recorded", "batch: unreadable"));
}
