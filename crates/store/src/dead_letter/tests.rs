//! Letters are kept once, read back by their keys alone, and forgotten when somebody has decided.

use super::*;
use crate::DATABASE_FILE;
use crate::error::StoreError;
use crate::testing::{Fresh, at, entry};

fn letter(origin: &str) -> DeadLetter {
    DeadLetter {
        origin: origin.to_owned(),
        why: "malformed".to_owned(),
        content: "金丝雀".as_bytes().to_vec(),
    }
}

async fn count(fresh: &Fresh) -> u64 {
    queues(&fresh.store.read()).await.unwrap().iter().map(|queue| queue.letters).sum()
}

async fn opened(fresh: &Fresh, id: i64) -> Option<Vec<u8>> {
    content(&fresh.store.read(), fresh.store.keys(), id).await.unwrap()
}

#[tokio::test]
async fn a_letter_that_comes_again_is_the_same_letter() {
    let fresh = Fresh::new().await;
    let (store, feed) = (&fresh.store, fresh.feed);
    keep(store, feed, entry("letters"), vec![letter("M 1"), letter("M 2"), letter("M 1")]).await.unwrap();
    keep(store, feed, entry("letters"), vec![letter("M 2")]).await.unwrap();
    keep(store, FeedId(77), entry("letters"), vec![letter("M 2")]).await.unwrap();
    let waiting = list(&store.read(), 0, 10).await.unwrap();
    let origin = |kept: &Kept| kept.origin.rsplit_once(' ').unwrap().0.to_owned();
    let origins: Vec<_> = waiting.iter().map(|kept| (kept.feed, origin(kept))).collect();
    assert_eq!(origins, [(feed, "M 1".into()), (feed, "M 2".into()), (FeedId(77), "M 2".into())]);
    assert_eq!(count(&fresh).await, 3);
    assert_eq!(list(&store.read(), waiting[0].id, 1).await.unwrap(), waiting[1..2]);
    assert_eq!(opened(&fresh, waiting[1].id).await.unwrap(), "金丝雀".as_bytes());
}

#[tokio::test]
async fn another_message_from_the_same_place_is_another_letter() {
    let fresh = Fresh::new().await;
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 1")]).await.unwrap();
    // The stream was made anew and counts from 1 again.
    let other = DeadLetter { content: b"another".to_vec(), ..letter("M 1") };
    keep(&fresh.store, fresh.feed, entry("letters"), vec![other]).await.unwrap();
    assert_eq!(count(&fresh).await, 2);
    assert_eq!(opened(&fresh, 2).await.unwrap(), b"another");
}

#[tokio::test]
async fn what_a_letter_says_stands_nowhere_in_the_clear_and_is_gone_when_it_is_closed() {
    let fresh = Fresh::embedded().await;
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 1")]).await.unwrap();
    let id = list(&fresh.store.read(), 0, 10).await.unwrap()[0].id;
    for file in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        let bytes = std::fs::read(fresh.folder.path().join(file)).unwrap();
        assert!(!bytes.windows(9).any(|nine| nine == "金丝雀".as_bytes()));
    }
    assert!(close(&fresh.store, entry("set aside"), id, Closed::Discarded).await.unwrap());
    assert!(!close(&fresh.store, entry("set aside"), id, Closed::Released).await.unwrap());
    assert_eq!((opened(&fresh, id).await, one(&fresh.store.read(), id).await.unwrap()), (None, None));
    // The same message again is known, and stays closed.
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 1")]).await.unwrap();
    assert_eq!(count(&fresh).await, 0);
}

#[tokio::test]
async fn a_letter_that_was_moved_to_another_feed_does_not_open() {
    let fresh = Fresh::new().await;
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 1")]).await.unwrap();
    fresh.change_behind("UPDATE dead_letter SET feed = feed + 1");
    let read = content(&fresh.store.read(), fresh.store.keys(), 1).await;
    assert!(matches!(read, Err(StoreError::Unsealed)));
}

#[tokio::test]
async fn how_many_letters_of_each_feed_wait_and_how_long_is_known() {
    let fresh = Fresh::new().await;
    let later = Entry { at: at(31, 10), ..entry("letters") };
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 1")]).await.unwrap();
    keep(&fresh.store, fresh.feed, later.clone(), vec![letter("M 2")]).await.unwrap();
    keep(&fresh.store, FeedId(77), later, vec![letter("M 1")]).await.unwrap();
    let queue = |feed, letters, oldest| Queue { feed, letters, oldest };
    let all = [queue(fresh.feed, 2, at(31, 9)), queue(FeedId(77), 1, at(31, 10))];
    assert_eq!(queues(&fresh.store.read()).await.unwrap(), all);
}

#[tokio::test]
async fn so_many_letters_of_a_feed_wait_and_no_more() {
    let fresh = Fresh::new().await;
    let (store, feed) = (&fresh.store, fresh.feed);
    let settled = Entry { action: "settle", ..entry("two letters") };
    set_most(store, settled.clone(), 2).await.unwrap();
    let before = fresh.count("audit");
    set_most(store, settled, 2).await.unwrap();
    assert_eq!(fresh.count("audit"), before);
    keep(store, feed, entry("letters"), vec![letter("M 1"), letter("M 2")]).await.unwrap();
    let full = keep(store, feed, entry("letters"), vec![letter("M 3"), letter("M 4")]).await;
    assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
    assert_eq!(count(&fresh).await, 2);
    // What is kept already is known, and another feed has room of its own.
    keep(store, feed, entry("letters"), vec![letter("M 2")]).await.unwrap();
    keep(store, FeedId(77), entry("letters"), vec![letter("M 1")]).await.unwrap();
    assert!(close(store, entry("set aside"), 1, Closed::Discarded).await.unwrap());
    keep(store, feed, entry("letters"), vec![letter("M 3")]).await.unwrap();
    assert_eq!(count(&fresh).await, 3);
}

/// The letter is closed on the 31st of January; 90 days later is the first of May.
#[tokio::test]
async fn what_was_decided_long_ago_is_forgotten_and_the_same_message_stays_known() {
    let fresh = Fresh::new().await;
    let letters = vec![letter("M 1"), letter("M 2"), letter("M 3")];
    keep(&fresh.store, fresh.feed, entry("letters"), letters.clone()).await.unwrap();
    assert!(close(&fresh.store, entry("set aside"), 1, Closed::Discarded).await.unwrap());
    assert!(close(&fresh.store, entry("taken"), 2, Closed::Released).await.unwrap());
    let later = |days: i64| Moment::from_millis(at(31, 9).millis() + days * 24 * 60 * 60 * 1000);
    let audited = fresh.count("audit");
    assert_eq!(forget(&fresh.store, "upkeep", later(89)).await.unwrap(), 0);
    assert_eq!((fresh.count("dead_letter"), fresh.count("audit")), (3, audited));
    assert_eq!(forget(&fresh.store, "upkeep", later(90)).await.unwrap(), 2);
    // What nobody has decided about stays, however old it is.
    assert_eq!((fresh.count("dead_letter"), fresh.count("audit")), (1, audited + 1));
    keep(&fresh.store, fresh.feed, entry("letters"), letters).await.unwrap();
    assert_eq!((fresh.count("dead_letter"), count(&fresh).await), (1, 1));
    keep(&fresh.store, FeedId(77), entry("letters"), vec![letter("M 1")]).await.unwrap();
    assert_eq!(count(&fresh).await, 2);
}

#[tokio::test]
async fn a_number_is_never_given_to_another_letter() {
    let fresh = Fresh::new().await;
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 1")]).await.unwrap();
    assert!(close(&fresh.store, entry("set aside"), 1, Closed::Discarded).await.unwrap());
    let later = Moment::from_millis(at(31, 9).millis() + 90 * 24 * 60 * 60 * 1000);
    assert_eq!(forget(&fresh.store, "upkeep", later).await.unwrap(), 1);
    keep(&fresh.store, fresh.feed, entry("letters"), vec![letter("M 2")]).await.unwrap();
    assert_eq!(list(&fresh.store.read(), 0, 10).await.unwrap()[0].id, 2);
}
