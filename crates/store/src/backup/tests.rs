//! What a backup promises: all of it comes back, and nothing that is not whole is taken for a backup.

use super::*;
use crate::fresh::FreshDatabase;
use crate::inquiry_log::{Channel, InquiryEntry, InquiryLog, Outcome, recorded};
use crate::keys::Subject;
use crate::setting::Purpose;
use crate::testing::{Fresh, at, entry, key_file};
use crate::{Database, Store};
use domain::moment::Moment;
use domain::stage::Stage;
use std::path::Path;

/// A store with a little of everything, and its backup.
async fn taken(fresh: &Fresh) -> Vec<u8> {
    fresh.record(vec![fresh.accepted(), fresh.reached(Stage::Signed, 8), fresh.accepted_of(2)]).await;
    // What waits for its application is held.
    let unknown = crate::record::Report { opening: None, ..fresh.accepted_of(9) };
    fresh.record_by(fresh.feed, vec![unknown], crate::record::Unknown::Kept).await;
    let log = InquiryLog::open(&fresh.store).unwrap();
    for n in 0..3 {
        log.record(&inquiry(n)).await.unwrap();
    }
    bytes_of(&fresh.store).await
}

fn inquiry(n: u8) -> InquiryEntry {
    InquiryEntry {
        at: Moment::from_millis(i64::from(n)),
        subject: Subject([n; 16]),
        channel: Channel::Page,
        outcome: Outcome::Basic,
    }
}

async fn bytes_of(store: &Store) -> Vec<u8> {
    take(store, at(31, 9), Vec::new(), |_| ()).await.unwrap().0
}

fn keys(folder: &Path) -> Keys {
    Keys::load(&key_file(folder)).unwrap()
}

async fn put_into(folder: &Path, database: &Database, keys: Keys, bytes: Vec<u8>) -> Result<()> {
    let reader = Reader::begin(std::io::Cursor::new(bytes))?;
    restore(Place { folder, database, keys }, reader, entry("restore"), |_| ()).await
}

/// Reads to the end.
fn read(bytes: &[u8]) -> Result<Closing> {
    let mut reader = Reader::begin(bytes)?;
    loop {
        if let Part::End(closing) = reader.part()? {
            return Ok(closing);
        }
    }
}

/// Everything in a backup but the log of changes, which grows with backups and restores.
fn tables(bytes: &[u8]) -> Vec<Counted> {
    read(bytes).unwrap().tables.into_iter().filter(|counted| counted.table != "audit").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_on_both_engines() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    let counts = tables(&bytes);
    let rows = |table: &str| counts.iter().find(|counted| counted.table == table).unwrap().sum.rows;
    assert_eq!((rows("application"), rows("milestone"), rows("held"), rows("feed")), (2, 3, 1, 1));
    for embedded in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let made = if embedded { FreshDatabase::embedded } else { FreshDatabase::new };
        let made = made(folder.path());
        let (database, keys) = (made.database(), || keys(fresh.folder.path()));
        put_into(folder.path(), &database, keys(), bytes.clone()).await.unwrap();
        let opened = Store::open(folder.path(), &database, keys(), None, Purpose::Service);
        let store = opened.await.unwrap();
        assert_eq!(store.purpose(), fresh.store.purpose());
        assert_eq!(tables(&bytes_of(&store).await), counts);
        assert_eq!(recorded(&store).await.unwrap(), [0, 1, 2].map(inquiry));
        let restored = "SELECT count(*) FROM audit WHERE detail = 'restore'";
        assert_eq!(made.int(restored), 1);
        let waiting = made.int("SELECT CAST(sum(items) AS BIGINT) FROM held_count WHERE waiting = 1");
        assert_eq!(waiting, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_keys_and_a_place_that_holds_something_are_refused() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    let folder = tempfile::tempdir().unwrap();
    let database = FreshDatabase::new(folder.path());
    crate::fresh::init_keys(&key_file(folder.path()));
    let refused = put_into(folder.path(), &database.database(), keys(folder.path()), bytes.clone()).await;
    assert!(matches!(refused, Err(BackupError::Keys)), "{refused:?}");
    // Nothing was begun there.
    let its = || keys(fresh.folder.path());
    put_into(folder.path(), &database.database(), its(), bytes.clone()).await.unwrap();
    let refused = put_into(folder.path(), &database.database(), its(), bytes).await;
    assert!(matches!(refused, Err(BackupError::NotEmpty)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_broken_off_is_begun_anew_and_nobody_opens_it_meanwhile() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    let counts = tables(&bytes);
    let folder = tempfile::tempdir().unwrap();
    let database = FreshDatabase::new(folder.path());
    let its = || keys(fresh.folder.path());
    let mut cut = bytes.clone();
    cut.truncate(bytes.len() - 10);
    let broken = put_into(folder.path(), &database.database(), its(), cut).await;
    assert!(matches!(broken, Err(BackupError::Cut)), "{broken:?}");
    let open = || async {
        let database = database.database();
        Store::open(folder.path(), &database, its(), None, Purpose::Service).await
    };
    let said = open().await.err().unwrap().to_string();
    assert!(said.contains("jindu restore"), "{said}");
    put_into(folder.path(), &database.database(), its(), bytes).await.unwrap();
    assert_eq!(tables(&bytes_of(&open().await.unwrap()).await), counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_reads_back_otherwise_is_noticed() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    // The same stream, whole in itself, whose closing frame counts another sum for the offices.
    let mut reader = Reader::begin(bytes.as_slice()).unwrap();
    let mut out = frame::Out::begin(Vec::new()).unwrap();
    let text = |of: &Header| toml::to_string(of).unwrap();
    out.frame(frame::Kind::Header, text(reader.header()).as_bytes()).unwrap();
    let closing = loop {
        match reader.part().unwrap() {
            Part::End(closing) => break closing,
            Part::Table(shape) => {
                out.frame(frame::Kind::Table, toml::to_string(&shape).unwrap().as_bytes()).unwrap();
            }
            // The rows are left out, and the closing frame says so.
            Part::Rows(_) => {}
        }
    };
    let none = |counted: Counted| Counted { sum: Sum::default(), ..counted };
    let claimed = Closing { tables: closing.tables.into_iter().map(none).collect(), ..closing };
    out.frame(frame::Kind::Closing, toml::to_string(&claimed).unwrap().as_bytes()).unwrap();
    let mark = Mark::by(fresh.store.keys(), out.hash());
    out.frame(frame::Kind::Mark, mark.bytes()).unwrap();
    let emptied = out.end();
    assert_eq!(read(&emptied).unwrap().rows(), 0);
    let folder = tempfile::tempdir().unwrap();
    let database = FreshDatabase::new(folder.path());
    let refused = put_into(folder.path(), &database.database(), keys(fresh.folder.path()), emptied).await;
    // The settings that every database has are in it, and not in the backup.
    assert!(matches!(&refused, Err(BackupError::Differs(table)) if table == "setting"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_or_changed_anywhere_is_no_backup() {
    let bytes = taken(&Fresh::new().await).await;
    assert!(read(&bytes).is_ok());
    // Both ends, and some of what is between.
    let all = bytes.len();
    let places = || (0..all).filter(|place| *place < 100 || all - *place < 100 || *place % 31 == 0);
    for length in places() {
        assert!(matches!(read(&bytes[..length]), Err(BackupError::Cut)), "cut to {length}");
    }
    let mut changed = bytes.clone();
    for place in places() {
        changed[place] ^= 1;
        assert!(read(&changed).is_err(), "changed at {place}");
        changed[place] = bytes[place];
    }
    changed.push(0);
    assert!(matches!(read(&changed), Err(BackupError::Damaged(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_another_schema_or_form_says_what_to_do() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    let header = Reader::begin(bytes.as_slice()).unwrap().header().clone();
    let with = |header: Header| {
        Writer::begin(Vec::new(), &header).unwrap().end(Vec::new(), fresh.store.keys()).unwrap().0
    };
    let later = with(Header { format: FORMAT + 1, ..header.clone() });
    assert!(matches!(read(&later), Err(BackupError::Newer(_))));
    let refused = async |schema: i64| {
        let (folder, bytes) = (tempfile::tempdir().unwrap(), with(Header { schema, ..header.clone() }));
        let database = FreshDatabase::embedded(folder.path());
        let refused = put_into(folder.path(), &database.database(), keys(fresh.folder.path()), bytes).await;
        assert!(!database.is_used());
        refused.unwrap_err().to_string()
    };
    let older = refused(header.schema - 1).await;
    assert!(older.contains(&header.program) && older.contains("with that version"), "{older}");
    assert!(refused(header.schema + 1).await.contains("newer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_lacks_a_key_of_then_is_refused_before_anything_is_put_back() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    let file = key_file(fresh.folder.path());
    let of_then = keys(fresh.folder.path());
    let next = Keys::prepare(&file, crate::keys::Purpose::Seal).unwrap();
    Keys::activate(&file, next).unwrap();
    let former = Keys::retire(&file, 1).unwrap();
    let of_now = keys(fresh.folder.path());
    // Its own database still needs it.
    std::fs::rename(former, &file).unwrap();
    let closing = read(&bytes).unwrap();
    let refused = closing.opens_with(&of_now);
    assert!(matches!(refused, Err(BackupError::Store(StoreError::NoKey(1)))), "{refused:?}");
    closing.opens_with(&of_then).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = FreshDatabase::new(folder.path());
    let refused = put_into(folder.path(), &database.database(), of_now, bytes.clone()).await;
    assert!(matches!(refused, Err(BackupError::Store(StoreError::NoKey(1)))), "{refused:?}");
    put_into(folder.path(), &database.database(), of_then, bytes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_hold_the_keys_makes_no_backup_that_is_believed() {
    let fresh = Fresh::new().await;
    let bytes = taken(&fresh).await;
    assert!(read(&bytes).unwrap().is_by(fresh.store.keys()));
    // The same stream, whole in itself, by somebody who knows its recipient and the fingerprint, and has other keys.
    let strangers = tempfile::tempdir().unwrap();
    crate::fresh::init_keys(&key_file(strangers.path()));
    let header = Reader::begin(bytes.as_slice()).unwrap().header().clone();
    let writer = Writer::begin(Vec::new(), &header).unwrap();
    let forged = writer.end(Vec::new(), &keys(strangers.path())).unwrap().0;
    assert!(!read(&forged).unwrap().is_by(fresh.store.keys()));
    let folder = tempfile::tempdir().unwrap();
    let database = FreshDatabase::new(folder.path());
    let refused = put_into(folder.path(), &database.database(), keys(fresh.folder.path()), forged).await;
    assert!(matches!(refused, Err(BackupError::Forged)), "{refused:?}");
    let (database, its) = (database.database(), keys(fresh.folder.path()));
    assert!(Store::open(folder.path(), &database, its, None, Purpose::Service).await.is_err());
}

#[test]
fn narrow_rows_take_no_more_memory_than_others_and_headers_move_no_terminal() {
    let header = Header {
        format: FORMAT,
        program: "0.1.0".to_owned(),
        schema: 1,
        engine: "sqlite".to_owned(),
        purpose: "service".to_owned(),
        keys: "00".to_owned(),
        at: "2026-11-30T19:00:00+08:00".to_owned(),
    };
    let begun = |header: &Header| {
        let mut out = frame::Out::begin(Vec::new()).unwrap();
        out.frame(frame::Kind::Header, toml::to_string(header).unwrap().as_bytes()).unwrap();
        out
    };
    let mut out = begun(&header);
    let columns = vec![ShapeColumn { name: "n".to_owned(), kind: "int".to_owned() }];
    let shape = Shape { name: "narrow".to_owned(), columns };
    out.frame(frame::Kind::Table, toml::to_string(&shape).unwrap().as_bytes()).unwrap();
    let nothings = 1_000_000_u32;
    let content = [nothings.to_le_bytes().as_slice(), &vec![0; 1_000_000]].concat();
    out.frame(frame::Kind::Rows, &content).unwrap();
    let stream = out.end();
    let mut reader = Reader::begin(stream.as_slice()).unwrap();
    assert!(matches!(reader.part(), Ok(Part::Table(_))));
    let mut rows = 0;
    while rows < nothings as usize {
        let Ok(Part::Rows(some)) = reader.part() else { panic!("rows are missing") };
        assert!((1..=2_000).contains(&some.len()));
        rows += some.len();
    }
    assert!(matches!(reader.part(), Err(BackupError::Cut)));
    let moves = Header { program: "0.1\u{1b}[2J".to_owned(), ..header };
    let refused = Reader::begin(begun(&moves).end().as_slice()).err();
    assert!(matches!(refused, Some(BackupError::Damaged("its header"))));
}
