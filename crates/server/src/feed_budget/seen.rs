//! How many names of messages are remembered of a feed; the names themselves are in the store.

use domain::milestone::FeedId;
use domain::moment::Moment;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::seen::{self, Meeting, Sent};
use store::{Result, Store};

/// How many names there may be, and how often they are counted.
#[derive(Clone, Copy)]
struct Bounds {
    /// Names of one feed at the most. Only who signs rightly leaves one, and by the usual budget 60,000 are good at a
    /// time, and a key with each in its first minute.
    most: u64,
    /// After so many new ones they are counted again.
    few: u64,
}

const BOUNDS: Bounds = Bounds { most: 100_000, few: 1_000 };
/// How often those of a feed that has too many are counted.
const AGAIN_MILLIS: u64 = 1_000;

/// The counts of each feed.
pub(super) struct Seen {
    bounds: Bounds,
    counts: Mutex<HashMap<FeedId, Count>>,
}

/// Names of a feed as they were counted, and those that were new here since.
#[derive(Clone, Copy)]
struct Count {
    names: u64,
    new: u64,
    at: Moment,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { bounds: BOUNDS, counts: Mutex::default() }
    }

    pub(super) async fn meet(&self, store: &Store, sent: Sent, now: Moment) -> Result<Meeting> {
        let is_full = self.is_full(store, sent.feed, now).await?;
        let meeting = seen::meet(store, sent, now).await?;
        if meeting == Meeting::New {
            if is_full {
                seen::give_back(store, sent).await?;
                return Ok(Meeting::Full);
            }
            if let Some(count) = self.counts().get_mut(&sent.feed) {
                count.new += 1;
            }
        }
        Ok(meeting)
    }

    /// Whether a feed has too many. They are counted now and then, by each server: a few more may come in between.
    async fn is_full(&self, store: &Store, feed: FeedId, now: Moment) -> Result<bool> {
        if !self.is_due(feed, now) {
            return Ok(self.counts().get(&feed).is_some_and(|count| self.has_too_many(*count)));
        }
        // What is over is deleted seldom, and then by nobody who is in a hurry.
        let names = seen::count(&store.read(), feed, now).await?;
        let count = Count { names, new: 0, at: now };
        self.counts().insert(feed, count);
        Ok(self.has_too_many(count))
    }

    fn is_due(&self, feed: FeedId, now: Moment) -> bool {
        self.counts().get(&feed).is_none_or(|count| {
            let is_long_ago = now.millis().abs_diff(count.at.millis()) >= AGAIN_MILLIS;
            count.new >= self.bounds.few || (self.has_too_many(*count) && is_long_ago)
        })
    }

    fn has_too_many(&self, count: Count) -> bool {
        count.names + count.new >= self.bounds.most
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<FeedId, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;

    #[tokio::test]
    async fn names_are_bounded_of_each_feed_until_they_are_over() {
        let server = Server::start().await;
        let store = &server.app.store;
        let seen = Seen { bounds: Bounds { most: 5, few: 2 }, counts: Mutex::default() };
        let meet = async |feed, name: u8, now: i64| {
            let [now, until] = [now, now + 300].map(|seconds| Moment::from_millis(seconds * 1_000));
            let sent = Sent::new(FeedId(feed), [name; 16], [0; 16], until).unwrap();
            seen.meet(store, sent, now).await.unwrap()
        };
        for name in 0..5 {
            assert_eq!(meet(1, name, 0).await, Meeting::New);
        }
        assert_eq!([meet(1, 5, 0).await, meet(1, 5, 2).await], [Meeting::Full; 2]);
        // What is known is known, and others have their own.
        assert_eq!([meet(1, 0, 3).await, meet(2, 5, 3).await], [Meeting::Unanswered, Meeting::New]);
        assert_eq!(meet(1, 5, 301).await, Meeting::New);
    }
}
