//! What a feed may send: messages and events in a minute, a few at a time, each message once at a time; and what may be
//! sent in the name of feeds before it is known who sends it.

mod blame;
mod places;
mod seen;
mod strangers;

pub use places::Place;
pub use seen::{Meeting, Print, Sent};
pub use strangers::Stranger;

use crate::config::Config;
use axum::http::HeaderMap;
use blame::Blame;
use domain::milestone::FeedId;
use domain::moment::Moment;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use places::Places;
use seen::Seen;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use strangers::Strangers;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are received at a time; each is held in memory until it is imported.
const FILES: usize = 4;
/// Of these, files of one feed.
const FILES_OF_ONE: usize = 1;
/// Messages of one feed that are taken at a time.
const MESSAGES_OF_ONE: usize = 16;
/// Reports of another person than the application's, or another day, that a feed may send in an hour.
const GUESSES: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
/// How long a feed waits that has guessed more often.
const GUESSED: Duration = Duration::from_secs(60 * 60);
/// Kilobytes of answers that are kept of one feed in a day.
const ANSWERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(100_000 - 1);
/// How long it takes to forget as much.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The budget of each feed, in this process.
pub struct FeedBudget {
    messages: DefaultKeyedRateLimiter<FeedId>,
    events: DefaultKeyedRateLimiter<FeedId>,
    /// Events in a minute, all of which a feed may send at once.
    most_events: NonZeroU32,
    answers: Option<DefaultKeyedRateLimiter<FeedId>>,
    guesses: Blame<FeedId>,
    strangers: Strangers,
    seen: Seen,
    files: Arc<Semaphore>,
    files_of: Arc<Places<FeedId>>,
    messages_of: Arc<Places<FeedId>>,
    under_way: Arc<Places<(FeedId, String)>>,
}

impl FeedBudget {
    /// The budget that the configuration sets.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let most_events = at_least_one(config.limits.feed_events_per_minute);
        let per_minute = |count| DefaultKeyedRateLimiter::keyed(Quota::per_minute(count));
        let a_day = Quota::with_period(DAY / ANSWERS.get()).map(|quota| quota.allow_burst(ANSWERS));
        Self {
            messages: per_minute(at_least_one(config.limits.feed_messages_per_minute)),
            events: per_minute(most_events),
            most_events,
            answers: a_day.map(DefaultKeyedRateLimiter::keyed),
            guesses: Blame::new(Quota::per_hour(GUESSES), GUESSED),
            strangers: Strangers::new(config),
            seen: Seen::default(),
            files: Arc::new(Semaphore::new(FILES)),
            files_of: Places::new(FILES_OF_ONE),
            messages_of: Places::new(MESSAGES_OF_ONE),
            under_way: Places::new(1),
        }
    }

    /// Counts a message whose signature fits.
    ///
    /// # Errors
    /// The seconds until the next message is taken.
    pub fn admit(&self, feed: FeedId) -> Result<(), u64> {
        self.messages
            .check_key(&feed)
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    }

    /// Counts the events of a message.
    ///
    /// # Errors
    /// The seconds until so many are taken.
    pub fn admit_events(&self, feed: FeedId, count: usize) -> Result<(), u64> {
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(self.most_events.get());
        let Some(count) = NonZeroU32::new(count) else { return Ok(()) };
        match self.events.check_key_n(&feed, count) {
            Ok(Err(refused)) => Err(refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1),
            // As many as fit into a minute always fit.
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// Whether an answer of so many bytes is kept: a feed's disk is not its own.
    pub fn keeps(&self, feed: FeedId, bytes: usize) -> bool {
        let kilobytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).saturating_add(1);
        let kilobytes = NonZeroU32::new(kilobytes).unwrap_or(NonZeroU32::MAX);
        let fits = |limiter: &DefaultKeyedRateLimiter<FeedId>| limiter.check_key_n(&feed, kilobytes);
        self.answers.as_ref().is_some_and(|limiter| matches!(fits(limiter), Ok(Ok(()))))
    }

    /// Whether a feed may report, after it has named the wrong person or day for applications.
    ///
    /// # Errors
    /// The seconds until it may.
    pub fn may_guess(&self, feed: FeedId) -> Result<(), u64> {
        self.guesses.may_try(&feed)
    }

    /// Counts reports of another person than the application's, or another day; true where the feed has to wait.
    pub fn guessed(&self, feed: FeedId, count: usize) -> bool {
        (0..count).any(|_| !self.guesses.count(&feed))
    }

    /// A place for a file, held until its import has ended; none while all are taken.
    pub fn file(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.files).try_acquire_owned().ok()
    }

    /// A place among the files of a feed whose signature fits, or among its messages; none while all are taken.
    pub fn place(&self, feed: FeedId, is_file: bool) -> Option<Place<FeedId>> {
        if is_file { self.files_of.take(feed, 1) } else { self.messages_of.take(feed, 1) }
    }

    /// Whether a source may send something whose signature is not known yet; one that failed too often waits. Where no
    /// socket is involved there is no source.
    ///
    /// # Errors
    /// The seconds until it may.
    pub fn may_try(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), u64> {
        self.strangers.may_try(peer, headers)
    }

    /// Lets a message in whose signature is not known, or a file; none where its source has as many under way as it may.
    pub fn enter(&self, peer: Option<IpAddr>, headers: &HeaderMap, is_file: bool) -> Option<Stranger> {
        self.strangers.enter(peer, headers, is_file)
    }

    /// Counts a message that nobody signed, or that did not come whole, against its source.
    pub fn blame(&self, peer: Option<IpAddr>, headers: &HeaderMap) {
        self.strangers.blame(peer, headers);
    }

    /// Remembers what stands behind a message's name, until no signature of it is good any more.
    pub fn meet(&self, sent: Sent, now: Moment) -> Meeting {
        self.seen.meet(sent, now)
    }

    /// From now on a message's name is its own: something of it was taken, or its question answered.
    pub fn answered(&self, sent: Sent) {
        self.seen.answered(sent);
    }

    /// Forgets a message of which nothing was taken: its sender may put it right under the same name.
    pub fn forget(&self, sent: Sent) {
        self.seen.forget(sent);
    }

    /// Marks a message as under way; none where one with the same key is.
    pub fn begin(&self, feed: FeedId, key: &str) -> Option<Place<(FeedId, String)>> {
        self.under_way.take((feed, key.to_owned()), 1)
    }

    /// Forgets the feeds that have been quiet; called now and then, never by a request.
    pub fn tidy(&self) {
        self.strangers.tidy();
        self.guesses.tidy();
        for limiter in [&self.messages, &self.events].into_iter().chain(&self.answers) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
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
    fn files_are_received_a_few_at_a_time() {
        let budget = budget(2);
        let taken: Vec<_> = std::iter::from_fn(|| budget.file()).collect();
        assert_eq!(taken.len(), FILES);
        drop(taken);
        assert!(budget.file().is_some());
    }

    #[test]
    fn events_have_a_budget_of_their_own_and_no_message_is_larger_than_it() {
        let mut config = Config::default();
        config.limits.feed_events_per_minute = 100;
        let budget = FeedBudget::new(&config);
        assert_eq!(
            [budget.admit_events(FeedId(1), 0), budget.admit_events(FeedId(1), 1_000)],
            [Ok(()), Ok(())]
        );
        assert!(budget.admit_events(FeedId(1), 50).is_err_and(|seconds| (29..=31).contains(&seconds)));
        assert_eq!(budget.admit_events(FeedId(2), 50), Ok(()));
    }

    #[test]
    fn answers_are_kept_up_to_a_limit_of_each_feed() {
        let budget = budget(2);
        assert!(budget.keeps(FeedId(1), 90_000 << 10) && !budget.keeps(FeedId(1), 20_000 << 10));
        assert!(budget.keeps(FeedId(1), 100) && budget.keeps(FeedId(2), 20_000 << 10));
    }

    #[test]
    fn one_file_and_a_few_messages_of_a_feed_are_taken_at_a_time() {
        let budget = budget(2);
        let taken: Vec<_> = std::iter::from_fn(|| budget.place(FeedId(1), false)).collect();
        let file = budget.place(FeedId(1), true);
        assert_eq!(taken.len(), MESSAGES_OF_ONE);
        assert!(file.is_some() && budget.place(FeedId(1), true).is_none());
        assert!(budget.place(FeedId(2), true).is_some() && budget.place(FeedId(2), false).is_some());
    }
}
