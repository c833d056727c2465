//! Feeds as things: added, paused, removed, and their keys changed.

use super::*;
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
    add(&fresh.store, entry("centre"), centre()).await.unwrap().unwrap()
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
    assert!(!rotate(store, entry("key"), id, b"another", at(31, 9)).await.unwrap());
    let feed = by_id(&store.read(), id).await.unwrap().unwrap();
    assert_eq!((feed.state, feed.codes), (State::Removed, None));
}

#[tokio::test]
async fn the_key_before_is_valid_for_a_day_after_the_change() {
    let fresh = Fresh::new().await;
    let (id, store) = (added(&fresh).await, &fresh.store);
    let valid = async |day, hour| {
        let secrets = secrets(&store.read(), store.keys(), id, at(day, hour)).await.unwrap();
        secrets.into_iter().map(|key| String::from_utf8(key).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(valid(5, 9).await, ["first key"]);
    assert!(rotate(store, entry("key"), id, b"second key", at(6, 9)).await.unwrap());
    assert_eq!(valid(6, 9).await, ["second key", "first key"]);
    assert_eq!(valid(7, 8).await, ["second key", "first key"]);
    assert_eq!(valid(7, 9).await, ["second key"]);
    assert_eq!(
        secrets(&store.read(), store.keys(), fresh.feed, at(7, 9)).await.unwrap(),
        Vec::<Vec<u8>>::new()
    );
}

#[tokio::test]
async fn a_key_that_was_moved_to_another_feed_does_not_open() {
    let fresh = Fresh::new().await;
    added(&fresh).await;
    fresh.change_behind("UPDATE feed SET secret = (SELECT secret FROM feed WHERE name = 'centre')");
    let read = secrets(&fresh.store.read(), fresh.store.keys(), fresh.feed, at(7, 9)).await;
    assert!(matches!(read, Err(StoreError::Unsealed)));
}
