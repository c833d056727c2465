//! Whoever takes the data folder or the database learns no number, no name, no receipt and no event id.

use super::*;
use crate::inquiry_log::{Channel, InquiryEntry, InquiryLog};
use domain::name::Name;
use std::path::Path;

const NAME: &str = "金丝雀·阿依努尔";
const GUARDIAN: &str = "守护人甲乙丙";
const EVENT: &str = "canary-event-0042";

/// The files of a folder and its folders, without the zeros that fill up their ends.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.is_dir() {
            found.extend(files(&file));
            continue;
        }
        let mut bytes = std::fs::read(&file).unwrap();
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        found.push((file.file_name().unwrap().to_string_lossy().into_owned(), bytes));
    }
    found
}

/// The names of the files in which some text stands.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    let files = files(folder).into_iter();
    files.filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
}

fn form() -> Opening {
    Opening {
        name: Name::parse(NAME).unwrap(),
        guardian: Some(Name::parse(GUARDIAN).unwrap()),
        ..opening(1, 7)
    }
}

/// What stands nowhere. Halves too: a value split over a page would hide from a scan for the whole of it.
fn secrets(form: &Opening) -> [String; 9] {
    let (number, receipt) = (form.number.as_str(), form.receipt.as_str());
    [number, &number[..14], receipt, &receipt[9..], NAME, "金丝雀", GUARDIAN, "守护人", EVENT]
        .map(str::to_owned)
}

/// Leaves in two stores what should stand nowhere: recorded and asked about, and waiting.
async fn leave(fresh: &Fresh, unknown: &Fresh, form: &Opening) {
    let mut accepted = fresh.report(EVENT, Step::Reached(Stage::Accepted), at(5, 9));
    accepted.opening = Some(form.clone());
    fresh.record(vec![accepted, fresh.reached(Stage::Signed, 8)]).await;
    let waiting = Report {
        receipt: form.receipt.clone(),
        ..fresh.report(EVENT, Step::Reached(Stage::Signed), at(9, 9))
    };
    unknown.record_by(unknown.feed, vec![waiting], Unknown::Kept).await;
    let log = InquiryLog::open(&fresh.store).unwrap();
    let asked = InquiryEntry {
        at: at(9, 9),
        subject: fresh.store.keys().subject(&form.number),
        channel: Channel::Page,
        outcome: crate::inquiry_log::Outcome::Full,
    };
    log.record(&asked).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_the_data_folder_names_anybody() {
    let (fresh, unknown) = (Fresh::embedded().await, Fresh::embedded().await);
    let form = form();
    leave(&fresh, &unknown, &form).await;

    let folder = fresh.folder.path();
    assert!(folder.join("jindu.db-wal").exists(), "the scan must see the write-ahead log");
    for secret in &secrets(&form) {
        assert_eq!(holding(folder, secret), Vec::<String>::new(), "{secret}");
        assert_eq!(holding(unknown.folder.path(), secret), Vec::<String>::new(), "{secret}");
    }

    // The control: what is written in the clear is found, in the log and in the database.
    let raw = fresh.file();
    raw.execute("INSERT INTO setting VALUES ('canary', ?1)", [NAME]).unwrap();
    assert_eq!(holding(folder, NAME), ["jindu.db-wal"]);
    raw.execute_batch("PRAGMA wal_checkpoint(FULL)").unwrap();
    assert!(holding(folder, NAME).contains(&"jindu.db".to_owned()));
    std::fs::write(folder.join("inquiries/planted"), form.receipt.as_str()).unwrap();
    assert_eq!(holding(folder, form.receipt.as_str()), ["planted"]);
}

mod on_postgres {
    use super::*;

    /// The tables in which some text stands, in the clear or as bytes.
    fn naming(fresh: &Fresh, text: &str) -> Vec<String> {
        let tables = "SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1";
        let tables = fresh.behind().rows(tables).concat();
        assert!(tables.len() > 20, "{tables:?}");
        let hidden = hex::encode(text);
        let holds = |table: &String| {
            let rows = fresh.behind().rows(&format!("SELECT t::TEXT FROM {table} AS t")).concat();
            rows.iter().any(|row| row.contains(text) || row.contains(&hidden))
        };
        tables.into_iter().filter(holds).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_row_of_the_database_names_anybody() {
        let (fresh, unknown) = (Fresh::new().await, Fresh::new().await);
        assert!(fresh.behind().address().is_some(), "TEST_POSTGRES names no server");
        let form = form();
        leave(&fresh, &unknown, &form).await;
        for left in [(&fresh, "inquiry_frame"), (&unknown, "held")] {
            assert_eq!(left.0.count(left.1), 1, "the scan must see what was left");
        }
        for secret in &secrets(&form) {
            assert_eq!(naming(&fresh, secret), Vec::<String>::new(), "{secret}");
            assert_eq!(naming(&unknown, secret), Vec::<String>::new(), "{secret}");
        }

        // The control: what is written in the clear is found, as text and as bytes.
        fresh.behind().execute(&format!("INSERT INTO setting VALUES ('canary', '{NAME}')"));
        let bytes = fresh.behind().blob(&hex::encode(NAME));
        fresh.behind().execute(&format!("INSERT INTO feed_secret (feed, secret) VALUES (1, {bytes})"));
        assert_eq!(naming(&fresh, NAME), ["feed_secret", "setting"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_server_says_of_a_row_quotes_nothing_of_it() {
        let fresh = Fresh::new().await;
        assert!(fresh.behind().address().is_some(), "TEST_POSTGRES names no server");
        let refused = fresh.store.write(crate::testing::entry("office"), |write| -> crate::Work<'_, ()> {
            Box::pin(async move {
                let sql = "INSERT INTO office (organ, name_zh) VALUES ($1, $2)";
                let values = [crate::engine::Value::Int(1), crate::engine::Value::Text(NAME)];
                write.execute(sql, &values).await.map(drop)
            })
        });
        let refused = refused.await.unwrap_err();
        let (mut said, mut cause) = (format!("{refused} {refused:?}"), std::error::Error::source(&refused));
        while let Some(deeper) = cause {
            said += &format!(" {deeper} {deeper:?}");
            cause = deeper.source();
        }
        assert!(said.contains("SQLSTATE 23502") && said.contains("office"), "{said}");
        assert!(!said.contains(NAME) && !refused.is_passing(), "{said}");
    }
}
