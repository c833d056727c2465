//! A database becomes what another one is, whatever was there before and whatever came in between.

use super::super::*;
use crate::dead_letter::{self, DeadLetter};
use crate::inquiry_log::{Channel, InquiryEntry, InquiryLog, Outcome, recorded};
use crate::keys::{Keys, Subject};
use crate::manifest::{Declaration, declare};
use crate::record::{Report, Unknown};
use crate::setting::Purpose;
use crate::testing::{Fresh, Proven, at, entry, key_file, organ, receipt};
use crate::{Store, StoreError, feed, log};
use domain::batch::BatchNumber;
use domain::feed::FeedKind;
use domain::stage::Stage;

/// Where from and where to: from the embedded engine to that of the tests, and back.
async fn directions() -> [(Fresh, Proven); 2] {
    let both = [(Fresh::embedded().await, Proven::new()), (Fresh::new().await, Proven::embedded())];
    for (from, to) in &both {
        std::fs::copy(key_file(from.folder.path()), key_file(to.path())).unwrap();
    }
    both
}

fn keys(folder: &Proven) -> Keys {
    Keys::load(&key_file(folder.path())).unwrap()
}

async fn target(to: &Proven) -> Target {
    opened(to, Purpose::Demonstration).await.unwrap()
}

async fn opened(to: &Proven, purpose: Purpose) -> crate::Result<Target> {
    // Those who fell, or have closed their store, may not have hung up yet.
    for _ in 0..100 {
        match Target::open(to.path(), &to.database().database(), keys(to), purpose, Errand::Copy).await {
            Err(StoreError::InUse(_)) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            opened => return opened,
        }
    }
    panic!("it stays in use");
}

async fn differing(from: &Source, to: &Target) -> Vec<String> {
    let differences = compare(from, to.source(), None, |_, _| ()).await.unwrap();
    differences.into_iter().map(|difference| difference.table).collect()
}

/// Copies once.
async fn brought(from: &Fresh, to: &Target) -> Brought {
    bring(&Source::of(&from.store), to, |_, _| ()).await.unwrap()
}

/// Copies to the end.
async fn copied(from: &Fresh, to: &Proven) -> Store {
    let target = target(to).await;
    brought(from, &target).await;
    assert_eq!(differing(&Source::of(&from.store), &target).await, Vec::<String>::new());
    target.finish(entry("copied")).await.unwrap()
}

/// Rows in every table.
async fn fill(fresh: &Fresh) {
    for n in 1..=60 {
        fresh.record(vec![fresh.accepted_of(n)]).await;
    }
    fresh.record(vec![fresh.reached(Stage::Signed, 6), fresh.reached(Stage::Produced, 8)]).await;
    fresh
        .record(vec![fresh.reached(Stage::ReadyForCollection, 9), fresh.reached(Stage::Collected, 10)])
        .await;
    // One that cannot be true is held, one of nobody waits.
    fresh.record(vec![fresh.reached(Stage::Remake, 12)]).await;
    let unknown = Report { receipt: receipt(999, 7), ..fresh.reached(Stage::Signed, 8) };
    fresh.record_by(fresh.feed, vec![unknown], Unknown::Kept).await;
    let batch = BatchNumber::parse("ZZ-2026-0007").unwrap();
    let centre = fresh.another_feed("centre", FeedKind::Production, 50).await;
    let declaration = Declaration {
        feed: centre,
        batch: batch.clone(),
        due: at(20, 18),
        count: 3,
        receipts: (1..=3).map(|n| receipt(n, 7)).collect(),
        removed: Vec::new(),
    };
    declare(&fresh.store, entry("batch"), declaration).await.unwrap().unwrap();
    let arrived = Report { batch: Some(batch), ..fresh.reached(Stage::InDistribution, 9) };
    fresh.record(vec![arrived]).await;
    let letter = |origin: &str| DeadLetter {
        origin: origin.to_owned(),
        why: "no JSON".to_owned(),
        content: vec![0, 1, 255],
    };
    let letters = vec![letter("one"), letter("two")];
    dead_letter::keep(&fresh.store, fresh.feed, entry("letters"), letters).await.unwrap();
    let blob = fresh.behind().blob("00112233445566778899aabbccddeeff");
    fresh.behind().execute(&format!(
        "INSERT INTO office (organ, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en)
            VALUES (119900007, '办事处', 'Office', '路', 'Road', '1', '早', 'Mornings');
        INSERT INTO outbox_consumer VALUES ('bell', 0);
        INSERT INTO dead_letter_settled VALUES ({blob});
        INSERT INTO feed_secret (feed, secret) VALUES (1, {blob});
        INSERT INTO idempotency VALUES (1, {blob}, {blob}, 207, {blob}, 5);
        INSERT INTO mismatch VALUES ({blob}, 1, 1, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0);
        INSERT INTO seen VALUES (1, {blob}, {blob}, {blob}, 5, 0, 0);
        INSERT INTO manifest VALUES (1, '', 9223372036854775807, -9223372036854775807, 0)"
    ));
    crate::staff::tests::enrolled(fresh, "clerk").await;
    ask(fresh, 0..300).await;
    while log::take_in(&fresh.store).await.unwrap().is_behind {}
    log::sign(&fresh.store).await.unwrap();
}

/// Records inquiries.
async fn ask(fresh: &Fresh, moments: std::ops::Range<i64>) {
    let log = InquiryLog::open(&fresh.store).unwrap();
    for n in moments {
        let subject = Subject([n as u8; 16]);
        let at = domain::moment::Moment::from_millis(1_768_000_000_000 + n);
        let asked = InquiryEntry { at, subject, channel: Channel::Page, outcome: Outcome::Basic };
        log.record(&asked).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_holds_every_row_and_says_so() {
    for (from, to) in directions().await {
        fill(&from).await;
        let mut snapshot = Snapshot::of(&Source::of(&from.store)).await.unwrap();
        for table in snapshot.tables().iter() {
            assert!(snapshot.count(table).await.unwrap() > 0, "nothing of {} is tried out", table.name);
        }
        let copy = copied(&from, &to).await;
        assert_eq!(recorded(&copy).await.unwrap(), recorded(&from.store).await.unwrap());
        assert_eq!(recorded(&copy).await.unwrap().len(), 300);
        for counts in ["held_count", "dead_letter_count", "manifest_count"] {
            let sql = format!(
                "SELECT feed, sum(items) FROM {counts} GROUP BY feed HAVING sum(items) > 0 ORDER BY 1"
            );
            let counted = from.behind().rows(&sql);
            assert!(!counted.is_empty(), "{counts}");
            assert_eq!(to.database().rows(&sql), counted, "{counts}");
        }
        let copies = "SELECT count(*) FROM audit WHERE detail = 'copied'";
        assert_eq!((to.database().int(copies), from.behind().int(copies)), (1, 0));
        assert_eq!(to.database().int("SELECT count(*) FROM setting WHERE name = 'unfinished'"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_numbered_after_a_copy_gets_numbers_that_were_never_given() {
    for (from, to) in directions().await {
        fill(&from).await;
        // The highest letter was forgotten; its number stays given.
        let highest = from.behind().int("SELECT max(id) FROM dead_letter");
        from.behind().execute(&format!("DELETE FROM dead_letter WHERE id = {highest}"));
        let highest_of = |table: &str| to.database().int(&format!("SELECT max(id) FROM {table}"));
        let copy = copied(&from, &to).await;
        let tables = ["feed", "held", "outbox", "audit", "application"];
        let before = tables.map(highest_of);
        let letter = DeadLetter { origin: "new".to_owned(), why: "no JSON".to_owned(), content: vec![1] };
        dead_letter::keep(&copy, from.feed, entry("letters"), vec![letter]).await.unwrap();
        assert_eq!(highest_of("dead_letter"), highest + 1);
        feed::add(
            &copy,
            entry("new"),
            feed::NewFeed {
                name: "new".to_owned(),
                kind: FeedKind::Production,
                owner: organ(1),
                stages: FeedKind::Production.stages().to_vec(),
                rank: domain::milestone::Rank(50),
                rhythm: None,
                codes: None,
                secret: Some(vec![7; 32]),
            },
        )
        .await
        .unwrap()
        .unwrap();
        let opened = from.accepted_of(61);
        let lost = Report { receipt: receipt(998, 7), ..from.reached(Stage::Signed, 8) };
        crate::record::record(&copy, from.feed, at(31, 9), &[opened, lost], entry("new"), Unknown::Kept)
            .await
            .unwrap();
        for (table, before) in tables.into_iter().zip(before) {
            assert!(highest_of(table) > before, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_broke_off_is_opened_by_nobody_and_goes_on_where_it_stopped() {
    for (from, to) in directions().await {
        fill(&from).await;
        let (source, begun) = (Source::of(&from.store), target(&to).await);
        let breaks_off = tokio::spawn(async move {
            let mut pages = 0;
            bring(&source, &begun, move |_, _| {
                pages += 1;
                assert!(pages < 24, "the power goes");
            })
            .await
        });
        assert!(breaks_off.await.unwrap_err().is_panic());
        let database = to.database().database();
        let refused = Store::open(to.path(), &database, keys(&to), None, Purpose::Service);
        assert!(matches!(refused.await, Err(StoreError::Unfinished(command)) if command == "copy"));
        let target = target(&to).await;
        let rest = brought(&from, &target).await;
        assert!(0 < rest.added && rest.added < rest.rows && rest.removed == 0, "{rest:?}");
        assert_eq!(differing(&Source::of(&from.store), &target).await, Vec::<String>::new());
        let again = brought(&from, &target).await;
        assert_eq!(again, Brought { added: 0, removed: 0, ..rest });
        target.finish(entry("copied")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_added_or_took_out_is_found_and_put_right() {
    for (from, to) in directions().await {
        fill(&from).await;
        let target = target(&to).await;
        brought(&from, &target).await;
        let blob = to.database().blob("ffffffffffffffffffffffffffffffff");
        to.database().execute(&format!(
            "UPDATE milestone SET happened_at = happened_at + 1 WHERE application = 3;
            INSERT INTO milestone SELECT subject, application, feed, {blob}, step, organ, cause, happened_at,
                learned_at, rank FROM milestone WHERE application = 4;
            INSERT INTO office SELECT 119900009, name_zh, name_en, address_zh, address_en, phone, hours_zh, hours_en,
                opening, services, latitude, longitude, parent FROM office;
            UPDATE dead_letter SET closed = 'discarded', closed_at = 7, content = NULL;
            DELETE FROM receipt_case WHERE application = 5;
            DELETE FROM manifest_line"
        ));
        let source = Source::of(&from.store);
        let wrong = ["dead_letter", "manifest_line", "milestone", "office", "receipt_case"];
        assert_eq!(differing(&source, &target).await, wrong);
        let mended = brought(&from, &target).await;
        assert_eq!((mended.added, mended.removed), (7, 5), "{mended:?}");
        assert_eq!(differing(&source, &target).await, Vec::<String>::new());
        let letters = "SELECT sum(items) FROM dead_letter_count";
        assert_eq!(to.database().text(&format!("SELECT CAST(({letters}) AS TEXT)")), "2");
        target.finish(entry("copied")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_byte_that_differs_is_found() {
    for (from, to) in directions().await {
        fill(&from).await;
        let target = target(&to).await;
        brought(&from, &target).await;
        let source = Source::of(&from.store);
        let byte = |hex: &str| {
            let frame = to.database().blob(hex);
            format!("UPDATE dead_letter SET content = {frame} WHERE origin LIKE 'one %'")
        };
        let content =
            to.database().bytes("SELECT content FROM dead_letter WHERE origin LIKE 'one %'").unwrap();
        let mut other = content.clone();
        *other.last_mut().unwrap() ^= 1;
        to.database().execute(&byte(&hex::encode(other)));
        assert_eq!(differing(&source, &target).await, ["dead_letter"]);
        to.database().execute(&byte(&hex::encode(content)));
        assert_eq!(differing(&source, &target).await, Vec::<String>::new());
        target.finish(entry("copied")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_source_learned_meanwhile_comes_with_the_next_run() {
    for (from, to) in directions().await {
        fill(&from).await;
        let target = target(&to).await;
        brought(&from, &target).await;
        from.record(vec![from.accepted_of(61), from.reached(Stage::Uncollected, 14)]).await;
        ask(&from, 300..320).await;
        let source = Source::of(&from.store);
        assert!(differing(&source, &target).await.contains(&"milestone".to_owned()));
        let more = brought(&from, &target).await;
        assert!(more.added < more.rows / 2, "{more:?}");
        assert_eq!(differing(&source, &target).await, Vec::<String>::new());
        let copy = target.finish(entry("copied")).await.unwrap();
        assert_eq!(recorded(&copy).await.unwrap().len(), 320);
        // And it goes on where it is.
        let log = InquiryLog::open(&copy).unwrap();
        let one = recorded(&copy).await.unwrap()[0];
        log.record(&one).await.unwrap();
        assert_eq!(recorded(&copy).await.unwrap().len(), 321);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_database_of_the_same_keys_is_filled() {
    for (from, to) in directions().await {
        fill(&from).await;
        let copy = copied(&from, &to).await;
        drop(copy);
        // It is complete: it may be compared, and nothing is put there any more.
        let complete = target(&to).await;
        assert!(complete.holds_other_data());
        let source = Source::of(&from.store);
        let but_its_end = compare(&source, complete.source(), Some("record"), |_, _| ()).await.unwrap();
        assert_eq!(but_its_end, []);
        assert_eq!(differing(&source, &complete).await, ["audit"]);
        from.record(vec![from.accepted_of(61)]).await;
        assert!(matches!(bring(&source, &complete, |_, _| ()).await, Err(StoreError::Occupied)));
        drop(complete);

        let other_purpose = opened(&to, Purpose::Service).await.err().unwrap();
        assert!(matches!(other_purpose, StoreError::Purpose { .. }), "{other_purpose}");
        let place = to.database().database().place(to.path());
        assert!(other_purpose.to_string().contains(&place), "{other_purpose}");
        std::fs::remove_file(key_file(to.path())).unwrap();
        // Made elsewhere: none are made beside a database.
        let other = tempfile::tempdir().unwrap();
        crate::fresh::init_keys(&key_file(other.path()));
        std::fs::copy(key_file(other.path()), key_file(to.path())).unwrap();
        let other_keys = opened(&to, Purpose::Service).await.err().unwrap();
        assert!(matches!(&other_keys, StoreError::MadeWithOtherKeys(at) if *at == place), "{other_keys}");
        std::fs::copy(key_file(from.folder.path()), key_file(to.path())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_a_record_of_inquiries_is_not_empty() {
    let (from, to) = (Fresh::embedded().await, Proven::embedded());
    std::fs::copy(key_file(from.folder.path()), key_file(to.path())).unwrap();
    ask(&from, 0..3).await;
    let records = [from.folder.path(), to.path()].map(|folder| folder.join(crate::inquiry_log::FOLDER));
    std::fs::create_dir(&records[1]).unwrap();
    for file in std::fs::read_dir(&records[0]).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), records[1].join(file.file_name())).unwrap();
    }
    let refused = opened(&to, Purpose::Demonstration).await.err().unwrap();
    assert!(matches!(refused, StoreError::Occupied), "{refused}");
    assert!(!to.path().join(crate::DATABASE_FILE).exists(), "nothing was begun");
    // Nor beside a database that is there and empty.
    let empty = to.open().await;
    drop(empty);
    assert!(opened(&to, Purpose::Demonstration).await.unwrap().holds_other_data());
    // Nor where filling has begun.
    let aside = to.path().join("aside");
    std::fs::rename(&records[1], &aside).unwrap();
    assert!(!opened(&to, Purpose::Demonstration).await.unwrap().holds_other_data());
    std::fs::remove_dir_all(&records[1]).unwrap();
    std::fs::rename(&aside, &records[1]).unwrap();
    assert!(opened(&to, Purpose::Demonstration).await.unwrap().holds_other_data());
    to.is_changed_behind();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_longer_alone_with_a_copy_does_not_finish_it() {
    for (from, to) in directions().await {
        fill(&from).await;
        let blob = to.database().blob("00112233445566778899aabbccddeeff");
        let leased = |name: &str| format!("INSERT INTO lease VALUES ('{name}', {blob}, 1)");
        let first = target(&to).await;
        to.database().execute(&leased("serve:1"));
        brought(&from, &first).await;
        let refused = first.finish(entry("copied")).await.err().unwrap();
        assert!(matches!(refused, StoreError::InUse(_)), "{refused}");
        if to.database().address().is_some() {
            let second = target(&to).await;
            to.database().execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'jindu reading'",
            );
            assert!(second.finish(entry("copied")).await.is_err());
        }
        // A server that fell before it was begun is in nobody's way.
        target(&to).await.finish(entry("copied")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_neither_made_nor_migrated_nor_taken_half() {
    let folder = tempfile::tempdir().unwrap();
    crate::fresh::init_keys(&key_file(folder.path()));
    let open = async || {
        let keys = Keys::load(&key_file(folder.path())).unwrap();
        Source::open(folder.path(), &crate::Database::Folder, &keys).await.err().unwrap()
    };
    assert!(matches!(open().await, StoreError::File { .. }));
    assert!(!folder.path().join(crate::DATABASE_FILE).exists());
    let mut file = rusqlite::Connection::open(folder.path().join(crate::DATABASE_FILE)).unwrap();
    crate::migrations::up_to(&mut file, 14);
    drop(file);
    assert!(matches!(open().await, StoreError::Schema { found: 14, .. }));

    for (from, to) in directions().await {
        drop(target(&to).await);
        let found = Source::open(to.path(), &to.database().database(), &keys(&to)).await;
        assert!(matches!(found.err().unwrap(), StoreError::Unfinished(_)));
        drop(copied(&from, &to).await);
        let found = Source::open(to.path(), &to.database().database(), &keys(&to)).await.unwrap();
        assert_eq!(found.purpose(), Purpose::Demonstration);
    }
}
