//! What a feed may send: messages in a minute, files at a time, and each message once at a time; and what may be sent in
//! the name of feeds before it is known who sends it.

mod seen;

pub use seen::{Meeting, Print};

use crate::config::Config;
use crate::source::SourceLimit;
use axum::http::HeaderMap;
use domain::milestone::FeedId;
use domain::moment::Moment;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use seen::Seen;
use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are received at a time; each is held in memory until it is imported.
const FILES: usize = 4;
/// Bytes of messages that are held at a time before their signature is known.
const UNVERIFIED: usize = 64 << 20;
/// Messages of one source that may fail in a minute, because nobody signed them or they did not come whole.
const FAILURES: u32 = 30;

/// The budget of each feed, in this process.
pub struct FeedBudget {
    limiter: DefaultKeyedRateLimiter<FeedId>,
    failures: SourceLimit,
    seen: Seen,
    files: Arc<Semaphore>,
    unverified: Arc<Semaphore>,
    under_way: Mutex<HashSet<UnderWayKey>>,
}

/// A feed and the key under which it wants an answer once.
type UnderWayKey = (FeedId, String);

/// A message under way; nothing else with its key is taken until it is dropped.
pub struct UnderWay<'b> {
    budget: &'b FeedBudget,
    key: UnderWayKey,
}

impl FeedBudget {
    /// The budget that the configuration sets.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let per_minute = NonZeroU32::new(config.limits.feed_messages_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute)),
            failures: SourceLimit::of(config, FAILURES),
            seen: Seen::default(),
            files: Arc::new(Semaphore::new(FILES)),
            unverified: Arc::new(Semaphore::new(UNVERIFIED)),
            under_way: Mutex::default(),
        }
    }

    /// Counts a message whose signature fits.
    ///
    /// # Errors
    /// The seconds until the next message is taken.
    pub fn admit(&self, feed: FeedId) -> Result<(), u64> {
        self.limiter
            .check_key(&feed)
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }

    /// A place for a file, held until its import has ended; none while all are taken.
    pub fn file(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.files).try_acquire_owned().ok()
    }

    /// Whether a source may send something whose signature is not known yet; one that failed too often waits. Where no
    /// socket is involved there is no source.
    ///
    /// # Errors
    /// The seconds until it may.
    pub fn may_try(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), u64> {
        peer.map_or(Ok(()), |peer| self.failures.may_try(peer, headers))
    }

    /// Counts a message that nobody signed, or that did not come whole, against its source.
    pub fn blame(&self, peer: Option<IpAddr>, headers: &HeaderMap) {
        peer.into_iter().for_each(|peer| self.failures.blame(peer, headers));
    }

    /// Room for so many bytes of a message, held until its signature is known; none while too many are.
    pub fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.unverified).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }

    /// Remembers what stands behind a message's name, until no signature of it is good any more.
    pub fn meet(&self, feed: FeedId, name: Print, print: Print, until: Moment, now: Moment) -> Meeting {
        self.seen.meet(feed, name, print, until, now)
    }

    /// Forgets a message of which nothing was taken: its sender may put it right under the same name.
    pub fn forget(&self, feed: FeedId, name: Print) {
        self.seen.forget(feed, name);
    }

    /// Marks a message as under way; none where one with the same key is.
    pub fn begin(&self, feed: FeedId, key: &str) -> Option<UnderWay<'_>> {
        let key = (feed, key.to_owned());
        let is_first = self.keys().insert(key.clone());
        is_first.then_some(UnderWay { budget: self, key })
    }

    /// Forgets the feeds that have been quiet; called now and then, never by a request.
    pub fn tidy(&self) {
        self.failures.tidy();
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, HashSet<UnderWayKey>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.budget.keys().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(per_minute: u32) -> FeedBudget {
        let mut config = Config::default();
        config.limits.feed_messages_per_minute = per_minute;
        FeedBudget::new(&config)
    }

    #[test]
    fn each_feed_has_its_own_budget() {
        let budget = budget(2);
        assert_eq!([budget.admit(FeedId(1)), budget.admit(FeedId(1))], [Ok(()), Ok(())]);
        assert!(budget.admit(FeedId(1)).is_err_and(|seconds| (1..=31).contains(&seconds)));
        assert_eq!(budget.admit(FeedId(2)), Ok(()));
    }

    #[test]
    fn a_key_is_under_way_once_at_a_time() {
        let budget = budget(2);
        let first = budget.begin(FeedId(1), "a").unwrap();
        assert!(budget.begin(FeedId(1), "a").is_none());
        assert!(budget.begin(FeedId(1), "b").is_some() && budget.begin(FeedId(2), "a").is_some());
        drop(first);
        assert!(budget.begin(FeedId(1), "a").is_some());
    }

    #[test]
    fn unverified_bytes_are_held_up_to_a_limit() {
        let budget = budget(2);
        let taken: Vec<_> = std::iter::from_fn(|| budget.room(1 << 20)).collect();
        assert_eq!(taken.len(), UNVERIFIED >> 20);
        assert!(budget.room(1).is_none());
        drop(taken);
        assert!(budget.room(1).is_some());
    }

    #[test]
    fn files_are_received_a_few_at_a_time() {
        let budget = budget(2);
        let taken: Vec<_> = std::iter::from_fn(|| budget.file()).collect();
        assert_eq!(taken.len(), FILES);
        drop(taken);
        assert!(budget.file().is_some());
    }
}
