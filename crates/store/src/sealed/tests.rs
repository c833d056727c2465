//! Everything that is sealed is sealed anew, beside others who write, and after a kill.

use super::*;
use crate::dead_letter::DeadLetter;
use crate::keys::{Purpose as For, Wrapping};
use crate::manifest::Declaration;
use crate::record::Unknown;
use crate::setting::Purpose;
use crate::testing::{Fresh, at, entry, key_file, receipt};
use domain::batch::BatchNumber;
use domain::feed::FeedKind;
use domain::stage::Stage;

/// A store with something in every column that is sealed, and so many applications.
async fn filled(applications: u16) -> Fresh {
    let fresh = Fresh::new().await;
    fresh.record((1..=applications).map(|n| fresh.accepted_of(n)).collect()).await;
    // Of an application that nobody has opened.
    let waits = crate::record::Report { receipt: receipt(900, 7), ..fresh.reached(Stage::InProduction, 6) };
    fresh.record_by(fresh.feed, vec![waits], Unknown::Kept).await;
    let declaration = Declaration {
        feed: fresh.feed,
        batch: BatchNumber::parse("ZZ-2026-0007").unwrap(),
        due: at(20, 18),
        receipts: vec![receipt(1, 7), receipt(2, 7)],
        removed: Vec::new(),
        count: 2,
    };
    manifest::declare(&fresh.store, entry("batch"), declaration).await.unwrap().unwrap();
    let letter =
        DeadLetter { origin: "stream 1".to_owned(), why: "no_json".to_owned(), content: b"{}".to_vec() };
    dead_letter::keep(&fresh.store, fresh.feed, entry("letter"), vec![letter]).await.unwrap();
    let secret = Some(b"a secret of a feed".to_vec());
    fresh.feed_with("signs", FeedKind::Production, 50, secret).await;
    crate::staff::tests::enrolled(&fresh, "clerk").await;
    fresh
}

/// Another key takes over.
fn next_key(fresh: &Fresh) -> u8 {
    let file = key_file(fresh.folder.path());
    let id = Keys::prepare(&file, For::Seal).unwrap();
    Keys::activate(&file, id).unwrap();
    id
}

#[tokio::test]
async fn everything_is_sealed_anew_and_a_former_key_may_go() {
    let fresh = filled(3).await;
    let before = counted(&fresh.store).await.unwrap();
    assert_eq!(before.keys().collect::<Vec<_>>(), [&1]);
    let all: u64 = before.values().sum();
    assert_eq!(all, 3 + 1 + 2 + 1 + 1 + 1, "one of every column at least");
    let id = next_key(&fresh);
    // The database learns of the key when somebody opens it.
    let store = fresh.folder.open().await;
    let mut heard = 0;
    let done = anew(&store, "command:keys", at(31, 10), |done| heard = done).await.unwrap();
    assert_eq!(done, Anew { sealed: all, unopened: 0 });
    assert_eq!(heard, all);
    assert_eq!(counted(&store).await.unwrap(), BTreeMap::from([(id, all)]));
    // A server that read the file before opens and seals with the new key, a second later at the latest.
    tokio::time::sleep(crate::keys::TAKEN_UP_AFTER).await;
    fresh.record(vec![fresh.accepted_of(4)]).await;
    assert_eq!(counted(&store).await.unwrap().get(&1), None);
    // What is sealed anew is what it was.
    let person = fresh.application(1, 7).await.unwrap().person(store.keys()).unwrap();
    assert_eq!(person.receipt, receipt(1, 7).as_str());
    let file = key_file(fresh.folder.path());
    let with_old = std::fs::read_to_string(&file).unwrap();
    forget_key(&store, entry("retired"), (For::Seal, 1)).await.unwrap();
    Keys::retire(&file, 1).unwrap();
    fresh.folder.open().await;
    // A file of another machine that has the key as old still brings it not back.
    let without = std::fs::read_to_string(&file).unwrap();
    for text in [with_old, without] {
        std::fs::write(&file, text).unwrap();
        fresh.folder.open().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_broken_off_goes_on() {
    let fresh = filled(3_000).await;
    next_key(&fresh);
    let store = std::sync::Arc::new(fresh.folder.open().await);
    let beside = std::sync::Arc::clone(&store);
    let running = tokio::spawn(async move { anew(&beside, "command:keys", at(31, 10), |_| ()).await });
    // Dropped after its first page, wherever it is then.
    while !counted(&store).await.unwrap().contains_key(&4) {
        tokio::task::yield_now().await;
    }
    running.abort();
    assert!(running.await.is_err(), "it had come to its end");
    let half = counted(&store).await.unwrap();
    assert!(half.contains_key(&1) && half.contains_key(&4), "{half:?}");
    let refused = forget_key(&store, entry("retired"), (For::Seal, 1)).await;
    assert!(matches!(refused, Err(StoreError::StillSealed { id: 1, .. })));
    anew(&store, "command:keys", at(31, 11), |_| ()).await.unwrap();
    assert_eq!(counted(&store).await.unwrap().get(&1), None);
}

#[tokio::test]
async fn another_key_under_a_number_and_a_missing_one_are_refused_at_the_start() {
    let fresh = filled(1).await;
    let (folder, database) = (fresh.folder.path(), fresh.behind().database());
    let open =
        async |keys: Keys| Store::open(folder, &database, keys, None, Purpose::Demonstration).await.map(drop);
    let file = key_file(folder);
    let text = std::fs::read_to_string(&file).unwrap();
    // The same key that hashes, and another one that seals: made by hand, as no command of ours does.
    Keys::prepare(&file, For::Seal).unwrap();
    let prepared = std::fs::read_to_string(&file).unwrap();
    crate::keys::tests::swap(&file, 1, 4);
    let other = open(Keys::load(&file).unwrap()).await;
    assert!(matches!(other, Err(StoreError::OtherKey(1))), "{other:?}");
    // A key that the database knows, in a file that was copied before it was made.
    std::fs::write(&file, &prepared).unwrap();
    open(Keys::load(&file).unwrap()).await.unwrap();
    std::fs::write(&file, text).unwrap();
    let missing = open(Keys::load(&file).unwrap()).await;
    assert!(matches!(missing, Err(StoreError::NoKey(4))), "{missing:?}");
    std::fs::write(&file, prepared).unwrap();
}

#[tokio::test]
async fn a_file_from_before_another_key_took_over_signing_is_refused_at_the_start() {
    let fresh = Fresh::new().await;
    let (folder, database) = (fresh.folder.path(), fresh.behind().database());
    let file = key_file(folder);
    let open = async || {
        let keys = Keys::load(&file).unwrap();
        Store::open(folder, &database, keys, None, Purpose::Demonstration).await.map(drop)
    };
    let before = std::fs::read_to_string(&file).unwrap();
    let (first, newest) = (3, Keys::prepare(&file, For::Sign).unwrap());
    open().await.unwrap();
    Keys::activate(&file, newest).unwrap();
    let after = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, before).unwrap();
    let former = open().await;
    assert!(matches!(former, Err(StoreError::NoKey(id)) if id == newest), "{former:?}");
    // The former one itself may go.
    std::fs::write(&file, after).unwrap();
    forget_key(&fresh.store, entry("retired"), (For::Sign, first)).await.unwrap();
    Keys::retire(&file, first).unwrap();
    open().await.unwrap();
}

#[tokio::test]
async fn what_does_not_open_is_told_and_left_and_keeps_nothing_up() {
    let fresh = filled(3).await;
    next_key(&fresh);
    let changed =
        "UPDATE application SET person = (SELECT person FROM application WHERE id = 1) WHERE id = 2";
    fresh.change_behind(changed);
    let store = fresh.folder.open().await;
    let done = anew(&store, "command:keys", at(31, 10), |_| ()).await.unwrap();
    assert_eq!((done.sealed, done.unopened), (3 + 1 + 2 + 1 + 1 + 1 - 1, 1));
}

#[tokio::test]
async fn another_wrapping_key_wraps_the_same_keys() {
    let fresh = filled(1).await;
    let file = key_file(fresh.folder.path());
    let apart = fresh.folder.path().join("apart/wrapping.key");
    Keys::rewrap(&file, &Wrapping::Apart(apart.clone())).unwrap();
    assert!(fresh.folder.open().await.keys().sealing().is_ok());
    std::fs::rename(&apart, apart.with_extension("away")).unwrap();
    let refused = Keys::load(&file).err().unwrap().to_string();
    assert!(refused.contains("wrapping.key"), "{refused}");
    std::fs::rename(apart.with_extension("away"), &apart).unwrap();
}
