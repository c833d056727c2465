//! Feeds as things: added, paused, removed, and their keys changed.

use super::*;
use crate::keys::Keys;
use crate::testing::{Fresh, at, entry, organ};

fn centre() -> NewFeed {
    NewFeed {
        name: "centre".to_owned(),
        kind: FeedKind::Production,
        owner: organ(1),
        stages: FeedKind::Production.stages().to_vec(),
        rank: Rank(30),
        rhythm: Some(Rhythm::WorkingDays(1)),
        codes: Some("version = \"1\"".to_owned()),
        secret: Some(b"first key".to_vec()),
    }
}

async fn added(fresh: &Fresh) -> FeedId {
    add(&fresh.store, entry("add"), centre()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_feed_is_what_was_said_when_it_was_added() {
    let fresh = Fresh::new().await;
    let id = added(&fresh).await;
    let feed = by_name(&fresh.store.read(), "centre").await.unwrap().unwrap();
    let new = centre();
    assert_eq!((feed.id, feed.kind, feed.owner, feed.stages), (id, new.kind, new.owner, new.stages));
    assert_eq!((feed.rank, feed.rhythm, feed.codes), (new.rank, new.rhythm, new.codes));
    assert_eq!((feed.state, feed.added_at, feed.last_heard), (State::Active, at(31, 9), None));
    assert_eq!(by_name(&fresh.store.read(), "nobody").await.unwrap(), None);
}

#[tokio::test]
async fn a_name_belongs_to_one_feed_for_ever() {
    let fresh = Fresh::new().await;
    let id = added(&fresh).await;
    assert!(set_state(&fresh.store, entry("centre"), id, State::Removed).await.unwrap());
    assert_eq!(add(&fresh.store, entry("centre"), centre()).await.unwrap(), None);
    let names: Vec<_> = all(&fresh.store.read()).await.unwrap().into_iter().map(|feed| feed.name).collect();
    assert_eq!(names, ["centre", "county"]);
}

#[tokio::test]
async fn a_removed_feed_comes_back_in_no_way() {
    let fresh = Fresh::new().await;
    let (id, store) = (added(&fresh).await, &fresh.store);
    assert!(set_state(store, entry("pause"), id, State::Paused).await.unwrap());
    assert!(set_codes(store, entry("codes"), id, None).await.unwrap());
    assert!(set_state(store, entry("remove"), id, State::Removed).await.unwrap());
    assert!(!set_state(store, entry("back"), id, State::Active).await.unwrap());
    assert!(!set_codes(store, entry("codes"), id, None).await.unwrap());
    assert_eq!(rotated(&fresh, id, b"another", at(31, 9)).await, Rotated::Unknown);
    let moved = set(store, entry("set"), id, |terms| terms.rank = Rank(9)).await.unwrap();
    assert_eq!(moved, None);
    let feed = by_id(&store.read(), id).await.unwrap().unwrap();
    assert_eq!((feed.state, feed.codes), (State::Removed, None));
    // What was refused is not in the log of changes.
    assert_eq!(audited(&fresh), ["add", "pause", "codes", "remove"]);
}

/// The log of changes since the feed was added.
fn audited(fresh: &Fresh) -> Vec<String> {
    fresh.behind().rows("SELECT detail FROM audit WHERE id > 1 ORDER BY id").concat()
}

#[tokio::test]
async fn what_is_settled_otherwise_is_said_in_words_and_stands_in_the_log() {
    let fresh = Fresh::new().await;
    let (id, store) = (added(&fresh).await, &fresh.store);
    let changed = set(store, entry("centre"), id, |terms| {
        terms.owner = organ(2);
        terms.stages = vec![Stage::Produced];
        terms.rank = Rank(20);
        terms.rhythm = None;
    });
    let words = [
        "organ from 119900001 to 119900002",
        "stages from data_check in_production quality_check produced in_distribution returned remake to produced",
        "rank from 30 to 20",
        "rhythm from 1d to none",
    ];
    assert_eq!(changed.await.unwrap().unwrap(), words);
    let feed = by_id(&store.read(), id).await.unwrap().unwrap();
    assert_eq!(
        (feed.owner, feed.stages, feed.rank, feed.rhythm),
        (organ(2), vec![Stage::Produced], Rank(20), None)
    );
    assert_eq!((feed.kind, feed.codes), (FeedKind::Production, centre().codes));
    assert_eq!(set(store, entry("centre"), id, |terms| terms.rank = Rank(20)).await.unwrap(), Some(vec![]));
    assert_eq!(audited(&fresh), ["add".to_owned(), format!("centre: {}", words.join("; "))]);
}

#[tokio::test]
async fn no_system_has_the_name_or_the_rank_of_the_desk() {
    let fresh = Fresh::new().await;
    let (id, store) = (added(&fresh).await, &fresh.store);
    let as_desk = [
        NewFeed { name: "another".to_owned(), rank: Rank::DESK, ..centre() },
        NewFeed { name: DESK_NAME.to_owned(), ..centre() },
    ];
    for new in as_desk {
        assert!(matches!(add(store, entry("add"), new).await, Err(StoreError::Desk)));
    }
    let named = store.write(entry("named"), |write| -> Work<'_, FeedId> {
        Box::pin(async move { named(write, DESK_NAME, at(1, 0)).await })
    });
    assert!(matches!(named.await, Err(StoreError::Desk)));
    let ranked = set(store, entry("set"), id, |terms| terms.rank = Rank::DESK).await;
    assert!(matches!(ranked, Err(StoreError::Desk)));
    assert_eq!(by_id(&store.read(), id).await.unwrap().unwrap().rank, Rank(30));
    // The desk itself is changed by nobody.
    let made = store.write(entry("desk"), |write| -> Work<'_, FeedId> {
        Box::pin(async move { desk(write, at(1, 0)).await })
    });
    let desk = made.await.unwrap();
    assert!(!set_state(store, entry("remove"), desk, State::Removed).await.unwrap());
    assert!(!set_codes(store, entry("codes"), desk, centre().codes).await.unwrap());
    assert_eq!(set(store, entry("set"), desk, |terms| terms.rank = Rank(9)).await.unwrap(), None);
    assert_eq!(rotated(&fresh, desk, b"another", at(31, 9)).await, Rotated::Unknown);
    assert_eq!(audited(&fresh), ["add", "desk"]);
}

async fn rotated(fresh: &Fresh, id: FeedId, key: &[u8], now: Moment) -> Rotated {
    rotate(&fresh.store, Entry { at: now, ..entry("key") }, id, key, Former::StandADay).await.unwrap()
}

/// The keys that are valid then.
async fn valid(fresh: &Fresh, id: FeedId, day: i8, hour: i8) -> Vec<String> {
    let secrets = secrets(&fresh.store.read(), fresh.store.keys(), id, at(day, hour)).await.unwrap();
    secrets.into_iter().map(|key| String::from_utf8(key).unwrap()).collect()
}

#[tokio::test]
async fn every_key_before_is_valid_for_a_day_after_its_change() {
    let fresh = Fresh::new().await;
    let id = added(&fresh).await;
    assert_eq!(valid(&fresh, id, 5, 9).await, ["first key"]);
    assert_eq!(rotated(&fresh, id, b"second key", at(6, 9)).await, Rotated::Done(vec![at(7, 9)]));
    assert_eq!(rotated(&fresh, id, b"third key", at(6, 15)).await, Rotated::Done(vec![at(7, 15), at(7, 9)]));
    assert_eq!(valid(&fresh, id, 6, 15).await, ["third key", "second key", "first key"]);
    assert_eq!(valid(&fresh, id, 7, 8).await, ["third key", "second key", "first key"]);
    assert_eq!(valid(&fresh, id, 7, 9).await, ["third key", "second key"]);
    assert_eq!(valid(&fresh, id, 7, 15).await, ["third key"]);
    assert_eq!(rotated(&fresh, id, b"fourth key", at(9, 9)).await, Rotated::Done(vec![at(10, 9)]));
    assert_eq!(fresh.count("feed_secret"), 2, "what has ended is forgotten");
    assert_eq!(valid(&fresh, fresh.feed, 7, 9).await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_is_cut_off_by_too_many_changes_and_a_leak_ends_every_key_at_once() {
    let fresh = Fresh::new().await;
    let (id, store) = (added(&fresh).await, &fresh.store);
    for hour in 1..=4 {
        assert!(matches!(rotated(&fresh, id, b"next key", at(6, hour)).await, Rotated::Done(_)));
    }
    assert_eq!(rotated(&fresh, id, b"one too many", at(6, 5)).await, Rotated::TooMany(at(7, 1)));
    assert_eq!(valid(&fresh, id, 6, 5).await.len(), 1 + MOST_FORMER);
    let leaked = Entry { at: at(6, 6), ..entry("leaked") };
    let ended = rotate(store, leaked, id, b"only key", Former::EndNow).await.unwrap();
    assert_eq!(ended, Rotated::Done(vec![]));
    assert_eq!(valid(&fresh, id, 6, 6).await, ["only key"]);
    assert_eq!(audited(&fresh), ["add", "key", "key", "key", "key", "leaked"]);
}

#[tokio::test]
async fn keys_of_the_schema_before_are_valid_as_long_as_they_were_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = crate::testing::key_file(folder.path());
    crate::fresh::init_keys(&key_file);
    let keys = || Keys::load(&key_file).unwrap();
    let sealed = |key: &[u8]| secret::sealed(&keys(), "centre", key).unwrap();
    let mut raw = rusqlite::Connection::open(folder.path().join(crate::DATABASE_FILE)).unwrap();
    crate::migrations::up_to(&mut raw, 2);
    raw.execute(
        "INSERT INTO feed (id, name, added_at, secret, secret_before, before_until) VALUES (7, 'centre', 0, ?1, ?2, ?3)",
        rusqlite::params![sealed(b"present"), sealed(b"before"), at(7, 9).millis()],
    )
    .unwrap();
    drop(raw);
    let store = Store::open(
        folder.path(),
        &crate::Database::Folder,
        keys(),
        None,
        crate::setting::Purpose::Demonstration,
    )
    .await
    .unwrap();
    let valid =
        async |day, hour| secrets(&store.read(), store.keys(), FeedId(7), at(day, hour)).await.unwrap();
    assert_eq!(valid(7, 8).await, [&b"present"[..], b"before"]);
    assert_eq!(valid(7, 9).await, [b"present"]);
}

#[tokio::test]
async fn a_key_that_was_moved_to_another_feed_does_not_open() {
    let fresh = Fresh::new().await;
    added(&fresh).await;
    fresh.change_behind("UPDATE feed_secret SET feed = (SELECT id FROM feed WHERE name = 'county')");
    let read = secrets(&fresh.store.read(), fresh.store.keys(), fresh.feed, at(7, 9)).await;
    assert!(matches!(read, Err(StoreError::Unsealed)));
}
