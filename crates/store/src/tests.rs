//! What the store as a whole promises: its keys, its purpose, its audit, and changes that stand alone.

mod migrations;
mod on_postgres;
mod statements;

use super::*;
use crate::testing::{Fresh, Proven, at, entry, key_file};
use domain::stage::Stage;
use std::sync::atomic::{AtomicBool, Ordering};

fn loaded(folder: &Path) -> Keys {
    Keys::load(&key_file(folder)).unwrap()
}

async fn opened(folder: &Proven, wanted: Option<Purpose>) -> Result<Store> {
    let (path, database) = (folder.path(), folder.database().database());
    Store::open(path, &database, loaded(path), wanted, Purpose::Service).await
}

/// Opens it with the keys of another folder, and is refused.
async fn refused_strange_keys(folder: &Proven) -> StoreError {
    let strange = tempfile::tempdir().unwrap();
    crate::fresh::init_keys(&key_file(strange.path()));
    let (path, database) = (folder.path(), folder.database().database());
    let opened = Store::open(path, &database, loaded(strange.path()), None, Purpose::Demonstration);
    opened.await.err().unwrap()
}

/// Names a feed, and then ends as told.
async fn name_feed(store: &Store, name: String, end: fn() -> Result<()>) -> Result<()> {
    store
        .write(entry("name"), move |write| -> Work<'_, ()> {
            Box::pin(async move {
                feed::named(write, &name, at(1, 0)).await?;
                end()
            })
        })
        .await
}

#[tokio::test]
async fn what_was_recorded_is_there_after_a_restart() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Signed, 8)]).await;
    let Fresh { store, folder, .. } = fresh;
    drop(store);
    let store = opened(&folder, None).await.unwrap();
    assert_eq!(application::count(&store.read()).await.unwrap(), 1);
    assert!(application::any(&store.read()).await.unwrap());
}

#[tokio::test]
async fn a_database_of_other_keys_is_refused() {
    let fresh = Fresh::new().await;
    let said = refused_strange_keys(&fresh.folder).await.to_string();
    assert!(said.contains("other keys"), "{said}");
    assert!(opened(&fresh.folder, None).await.is_ok());
}

#[tokio::test]
async fn a_database_keeps_its_purpose_and_refuses_the_other() {
    let fresh = Fresh::new().await;
    let folder = &fresh.folder;
    assert_eq!(fresh.store.purpose(), Purpose::Demonstration);
    // Without a wish the database says itself what it is for, whatever a fresh one would become.
    assert_eq!(opened(folder, None).await.unwrap().purpose(), Purpose::Demonstration);
    assert!(opened(folder, Some(Purpose::Demonstration)).await.is_ok());
    let refused = opened(folder, Some(Purpose::Service)).await.err().unwrap();
    assert!(matches!(refused, StoreError::Purpose { found: "demonstration", wanted: "service", .. }));
}

#[tokio::test]
async fn a_fresh_database_takes_the_purpose_that_is_wanted() {
    let folder = Proven::new();
    crate::fresh::init_keys(&key_file(folder.path()));
    let store = opened(&folder, Some(Purpose::Demonstration)).await.unwrap();
    assert_eq!(store.purpose(), Purpose::Demonstration);
    drop(store);
    assert!(opened(&folder, Some(Purpose::Service)).await.is_err());
}

#[tokio::test]
async fn every_change_leaves_one_audit_entry_in_its_own_transaction() {
    let fresh = Fresh::new().await;
    let before = fresh.count("audit");
    fresh.record(vec![fresh.accepted()]).await;
    name_feed(&fresh.store, "post".into(), || Ok(())).await.unwrap();
    assert_eq!(fresh.count("audit"), before + 2);
    let last = "SELECT at, actor, action, detail FROM audit ORDER BY id DESC LIMIT 1";
    let moment = at(31, 9).millis().to_string();
    assert_eq!(fresh.behind().rows(last), [[moment.as_str(), "feed:county", "record", "name"]]);
}

#[tokio::test]
async fn a_failed_change_leaves_neither_itself_nor_an_audit_entry() {
    let fresh = Fresh::new().await;
    let before = (fresh.count("feed"), fresh.count("audit"));
    let failed = name_feed(&fresh.store, "post".into(), || Err(StoreError::Corrupt("test"))).await;
    assert!(matches!(failed, Err(StoreError::Corrupt("test"))));
    assert_eq!((fresh.count("feed"), fresh.count("audit")), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_or_failing_change_leaves_its_group_intact() {
    let fresh = Fresh::new().await;
    let before = (fresh.count("feed"), fresh.count("audit"));
    let Fresh { store, folder, .. } = fresh;
    let store = Arc::new(store);
    // Somebody else holds the write lock, so that all of these wait and then share a commit.
    let bar = folder.database().bar();
    let ends: [fn() -> Result<()>; 3] =
        [|| Ok(()), || panic!("on purpose"), || Err(StoreError::Corrupt("test"))];
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let (store, end) = (Arc::clone(&store), ends[n % 3]);
            tokio::spawn(async move { name_feed(&store, format!("feed-{n}"), end).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    drop(bar);
    for (n, task) in tasks.into_iter().enumerate() {
        match (n % 3, task.await.unwrap()) {
            (0, Ok(())) | (1, Err(StoreError::Panicked)) | (2, Err(StoreError::Corrupt("test"))) => {}
            (_, ended) => panic!("change {n} ended with {ended:?}"),
        }
    }
    let count = |table: &str| folder.database().int(&format!("SELECT count(*) FROM {table}"));
    assert_eq!((count("feed"), count("audit")), (before.0 + 20, before.1 + 20));
    assert!(name_feed(&store, "afterwards".into(), || Ok(())).await.is_ok());
}

#[tokio::test]
async fn work_that_waits_for_something_else_has_no_place_in_a_change_of_the_embedded_engine() {
    let fresh = Fresh::embedded().await;
    let waited = fresh
        .store
        .write(entry("wait"), |_| -> Work<'_, ()> { Box::pin(async { std::future::pending().await }) });
    assert!(matches!(waited.await, Err(StoreError::Panicked)));
}

#[tokio::test]
async fn a_sealed_person_moved_to_another_row_does_not_open() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted(), fresh.accepted_of(2)]).await;
    let people = || async {
        let all = fresh.every_application().await;
        all.iter().map(|application| application.person(fresh.store.keys()).is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(people().await, [true, true]);
    let swap = "CREATE TEMP TABLE was AS SELECT id, person FROM application;
        UPDATE application SET person = (SELECT person FROM was WHERE was.id <> application.id)";
    fresh.change_behind(swap);
    assert_eq!(people().await, [false, false]);
    fresh.change_behind(swap);
    assert_eq!(people().await, [true, true]);
    // Nor does a row that was given to another subject.
    let nobody = fresh.behind().blob(&"00".repeat(16));
    fresh.change_behind(&format!("UPDATE application SET subject = {nobody} WHERE id = 1"));
    assert_eq!(people().await, [false, true]);
}

#[tokio::test]
async fn a_row_that_no_code_of_ours_wrote_is_said_to_be_corrupt() {
    let fresh = Fresh::new().await;
    fresh.record(vec![fresh.accepted()]).await;
    let unpackable = format!("progress = {}", fresh.behind().blob("63"));
    for damage in [unpackable.as_str(), "kind = 'other'", "accepting = 7", "applied_on = '2026-02-30'"] {
        fresh.change_behind(&format!("UPDATE application SET {damage}"));
        let read = application::page(&fresh.store.read(), application::ApplicationId(0), 10).await;
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{damage}");
    }
}

#[tokio::test]
async fn a_change_is_seen_at_once_where_it_was_made_and_soon_where_another_process_made_it() {
    let fresh = Fresh::new().await;
    for n in 1..=200 {
        fresh.record(vec![fresh.accepted_of(n)]).await;
        assert_eq!(fresh.every_application().await.len(), n as usize);
    }
    fresh.change_behind("UPDATE application SET promised_days = 77");
    assert!(fresh.every_application().await.iter().all(|application| application.promised_days == 77));
}

#[tokio::test]
async fn idle_readers_do_not_keep_the_log_from_being_written_back() {
    let fresh = Fresh::embedded().await;
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!(fresh.every_application().await.len(), 1);
    fresh.record(vec![fresh.accepted_of(2)]).await;
    let written_back = || {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (log, moved) = fresh.file().query_row("PRAGMA wal_checkpoint(PASSIVE)", [], row).unwrap();
        log == moved
    };
    let rested = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        written_back()
    });
    assert!(rested);
}

#[tokio::test]
async fn the_log_begins_anew_although_others_read_all_the_time() {
    let fresh = Fresh::embedded().await;
    let stop = Arc::new(AtomicBool::new(false));
    let look = |raw: rusqlite::Connection, stop: Arc<AtomicBool>| {
        while !stop.load(Ordering::Relaxed) {
            raw.execute_batch("BEGIN; SELECT count(*) FROM application").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(3));
            raw.execute_batch("COMMIT").unwrap();
        }
    };
    let readers = [fresh.file(), fresh.file(), fresh.file()].map(|raw| {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || look(raw, stop))
    });
    for n in 1..=400 {
        fresh.record(vec![fresh.accepted_of(n)]).await;
    }
    stop.store(true, Ordering::Relaxed);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    // Each change takes some pages of 4 KB: without a new beginning the log would hold thousands.
    let log = fresh.folder.path().join(format!("{DATABASE_FILE}-wal"));
    let pages = std::fs::metadata(log).unwrap().len() / 4096;
    assert!((100..1_000).contains(&pages), "{pages}");
}

#[tokio::test]
async fn a_database_of_other_keys_is_refused_before_it_is_migrated() {
    let Fresh { store, folder, .. } = Fresh::new().await;
    drop(store);
    folder.database().execute("DELETE FROM refinery_schema_history");
    folder.is_changed_behind();
    assert!(matches!(refused_strange_keys(&folder).await, StoreError::MadeWithOtherKeys(_)));
    assert_eq!(folder.database().int("SELECT count(*) FROM refinery_schema_history"), 0);
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_up_to_date_and_goes_on() {
    let folder = Proven::embedded();
    crate::fresh::init_keys(&key_file(folder.path()));
    let keys = loaded(folder.path());
    let (form, step) = (crate::testing::opening(1, 7), domain::milestone::Step::Reached(Stage::Accepted));
    let raw = folder.database().file();
    raw.execute_batch(include_str!("../migrations/sqlite/V0001__first.sql")).unwrap();
    raw.execute_batch(
        "CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255),
            checksum VARCHAR(255));
         INSERT INTO feed (id, name, added_at) VALUES (1, 'county', 0);",
    )
    .unwrap();
    let sealed = application::Sealed::new(&keys, form.clone()).unwrap();
    raw.execute(
        "INSERT INTO application (id, subject, receipt, applied_on, kind, reason, delivery, accepting, signing,
            handing_out, promised_days, person) VALUES (1, ?1, ?2, '2026-01-04', 'renewal', 'expired', 'counter',
            119900007, 119900007, 119900007, 20, x'01')",
        [sealed.subject.0, sealed.receipt.0],
    )
    .unwrap();
    raw.execute(
        "INSERT INTO milestone VALUES (?1, 1, 1, ?2, ?3, 119900007, NULL, 1767577200000, 1767577200000)",
        rusqlite::params![sealed.subject.0, [7_u8; 16], step.to_string()],
    )
    .unwrap();
    mark_first_migration(&raw);
    drop(raw);
    let store = opened(&folder, Some(Purpose::Demonstration)).await.unwrap();
    let feed = feed::by_name(&store.read(), "county").await.unwrap().unwrap();
    assert_eq!((feed.stages.len(), feed.rank), (Stage::ALL.len(), domain::milestone::Rank::default()));
    let report = record::Report {
        receipt: form.receipt.clone(),
        step: domain::milestone::Step::Reached(Stage::Signed),
        organ: crate::testing::organ(7),
        happened: at(9, 9),
        cause: None,
        event: domain::milestone::EventKey([8; 16]),
        batch: None,
        opening: None,
    };
    let told = record::record(&store, feed.id, at(31, 9), &[report], entry("1"), record::Unknown::Told).await;
    assert_eq!(told.unwrap(), [record::Outcome::Recorded]);
    let stored = application::of_receipt(&store.read(), sealed.receipt).await.unwrap().unwrap();
    let passed: Vec<Stage> = stored.progress.unwrap().timeline.iter().map(|passed| passed.stage).collect();
    assert_eq!(passed, [Stage::Accepted, Stage::Signed]);
}

/// As the program that knew only the first migration left it.
fn mark_first_migration(raw: &rusqlite::Connection) {
    let first = crate::migrations::first();
    raw.execute(
        "INSERT INTO refinery_schema_history VALUES (1, ?1, '2026-01-01T00:00:00Z', ?2)",
        [first.name().to_owned(), first.checksum().to_string()],
    )
    .unwrap();
}
