//! A name stands for one message while its signature is good.

use super::*;
use crate::testing::Fresh;

fn at(seconds: i64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn print(of: usize) -> Print {
    u128::try_from(of).unwrap().to_be_bytes()
}

fn sent(feed: u32, name: usize, said: usize, now: i64) -> Sent {
    Sent::new(FeedId(feed), print(name), print(said), at(now + 300)).unwrap()
}

#[tokio::test]
async fn a_name_stands_for_one_message_of_one_feed_while_its_signature_is_good() {
    let fresh = Fresh::new().await;
    let meets =
        async |feed, name, said, now| meet(&fresh.store, sent(feed, name, said, now), at(now)).await.unwrap();
    assert_eq!(meets(1, 7, 1, 0).await, Meeting::New);
    assert_eq!(
        [meets(1, 7, 1, 100).await, meets(1, 7, 2, 100).await],
        [Meeting::Unanswered, Meeting::Another]
    );
    answered(&fresh.store, sent(1, 7, 1, 100)).await.unwrap();
    assert_eq!(meets(1, 7, 1, 100).await, Meeting::Again);
    let given = sent(1, 8, 2, 100);
    assert_eq!(
        [meets(2, 7, 2, 100).await, meet(&fresh.store, given, at(100)).await.unwrap()],
        [Meeting::New; 2]
    );
    // Signed again, it is good for longer.
    assert_eq!([meets(1, 7, 2, 400).await, meets(1, 7, 2, 401).await], [Meeting::Another, Meeting::New]);
    give_back(&fresh.store, given).await.unwrap();
    assert_eq!(meets(1, 8, 3, 101).await, Meeting::New);
}

#[tokio::test]
async fn the_same_is_sent_again_a_few_times_and_no_more() {
    let fresh = Fresh::new().await;
    let meets = async |now| meet(&fresh.store, sent(1, 7, 1, 0), at(now)).await.unwrap();
    assert_eq!(meets(0).await, Meeting::New);
    for now in 0..REPEATS {
        assert_eq!(meets(now).await, Meeting::Unanswered);
    }
    assert_eq!(
        [meets(9).await, meets(10).await, meets(301).await],
        [Meeting::TooOften, Meeting::TooOften, Meeting::New]
    );
}

#[tokio::test]
async fn a_name_is_given_back_only_while_nothing_of_its_message_was_taken() {
    let fresh = Fresh::new().await;
    let store = &fresh.store;
    let meets = async |sent| meet(store, sent, at(0)).await.unwrap();
    let (one, same, other) = (sent(1, 7, 1, 0), sent(1, 7, 1, 0), sent(1, 7, 2, 0));
    // Of two that are equal, the second is answered and then the first fails; or the other way round.
    assert_eq!([meets(one).await, meets(same).await], [Meeting::New, Meeting::Unanswered]);
    answered(store, same).await.unwrap();
    give_back(store, one).await.unwrap();
    assert_eq!(meets(other).await, Meeting::Another);
    let (one, same, other) = (sent(1, 8, 1, 0), sent(1, 8, 1, 0), sent(1, 8, 2, 0));
    assert_eq!([meets(one).await, meets(same).await], [Meeting::New, Meeting::Unanswered]);
    give_back(store, one).await.unwrap();
    // The second is under way still: nobody else gets the name.
    assert_eq!(meets(other).await, Meeting::Another);
    answered(store, same).await.unwrap();
    assert_eq!(meets(other).await, Meeting::Another);
    // Where both fail the last one gives it back.
    let (one, same, third) = (sent(1, 9, 1, 0), sent(1, 9, 1, 0), sent(1, 9, 2, 0));
    assert_eq!([meets(one).await, meets(same).await], [Meeting::New, Meeting::Unanswered]);
    give_back(store, one).await.unwrap();
    give_back(store, same).await.unwrap();
    assert_eq!(meets(third).await, Meeting::New);
    // What another message has under that name is not its to give back.
    give_back(store, other).await.unwrap();
    answered(store, other).await.unwrap();
    assert_eq!(meets(other).await, Meeting::Another);
}

#[tokio::test]
async fn a_server_that_starts_again_knows_the_names_that_are_still_good() {
    let fresh = Fresh::new().await;
    meet(&fresh.store, sent(1, 7, 1, 0), at(0)).await.unwrap();
    let again = fresh.folder.open().await;
    assert_eq!(meet(&again, sent(1, 7, 2, 0), at(1)).await.unwrap(), Meeting::Another);
}

#[tokio::test]
async fn what_is_over_is_forgotten_and_counted_no_more() {
    let fresh = Fresh::new().await;
    for (name, now) in [(1, 0), (2, 0), (3, 100)] {
        meet(&fresh.store, sent(1, name, 1, now), at(now)).await.unwrap();
    }
    let read = fresh.store.read();
    assert_eq!(count(&read, FeedId(1), at(300)).await.unwrap(), 3);
    assert_eq!(count(&read, FeedId(1), at(301)).await.unwrap(), 1);
    assert_eq!(forget(&fresh.store, at(301)).await.unwrap(), 2);
    assert_eq!(fresh.count("seen"), 1);
}
