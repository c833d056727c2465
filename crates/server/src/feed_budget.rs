//! What a feed may send: messages and events in a minute, a few at a time, each message once at a time; and what may be
//! sent in the name of feeds before it is known who sends it.

mod places;
mod seen;
mod strangers;

pub use places::Place;
pub use strangers::Stranger;

use crate::blame::Blame;
use crate::config::Config;
use crate::ledger::{self, Due, Key, Kind, Ledger, of_feed};
use axum::http::HeaderMap;
use domain::milestone::FeedId;
use domain::moment::Moment;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use places::Places;
use seen::Seen;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use store::keys::Keys;
use store::seen::{Meeting, Sent};
use store::{Result as Kept, Store};
use strangers::Strangers;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files that are received at a time; each is held in memory until it is imported.
const FILES: usize = 4;
/// Of these, files of one feed.
const FILES_OF_ONE: usize = 1;
/// Messages of one feed that are taken at a time.
const MESSAGES_OF_ONE: usize = 16;

/// The budget of each feed: what this process counted, and what it heard of others. Places are its own.
pub struct FeedBudget {
    messages: DefaultKeyedRateLimiter<Key>,
    events: DefaultKeyedRateLimiter<Key>,
    /// Events in a minute, all of which a feed may send at once.
    most_events: NonZeroU32,
    answers: Option<DefaultKeyedRateLimiter<Key>>,
    guesses: Blame,
    strangers: Strangers,
    seen: Seen,
    files: Arc<Semaphore>,
    files_of: Arc<Places<FeedId>>,
    messages_of: Arc<Places<FeedId>>,
    under_way: Arc<Places<(FeedId, String)>>,
    ledger: Arc<Ledger>,
}

impl FeedBudget {
    /// The budget that the configuration sets.
    #[must_use]
    pub fn new(config: &Config, keys: Arc<Keys>, ledger: Arc<Ledger>) -> Self {
        let per_minute = |kind: Kind| Quota::per_minute(kind.measure(config).most);
        let most_events = Kind::Events.measure(config).most;
        let (kept, guesses) = (Kind::Answers.measure(config), Kind::Guesses.measure(config));
        let a_day =
            Quota::with_period(kept.period / kept.most.get()).map(|quota| quota.allow_burst(kept.most));
        Self {
            messages: DefaultKeyedRateLimiter::keyed(per_minute(Kind::Messages)),
            events: DefaultKeyedRateLimiter::keyed(per_minute(Kind::Events)),
            most_events,
            answers: a_day.map(DefaultKeyedRateLimiter::keyed),
            guesses: Blame::new(Kind::Guesses, guesses, Arc::clone(&ledger)),
            strangers: Strangers::new(config, keys, Arc::clone(&ledger)),
            seen: Seen::new(),
            files: Arc::new(Semaphore::new(FILES)),
            files_of: Places::new(FILES_OF_ONE),
            messages_of: Places::new(MESSAGES_OF_ONE),
            under_way: Places::new(1),
            ledger,
        }
    }

    /// Counts what was sent to other servers.
    pub(crate) fn charge(&self, due: &Due) {
        let Due { kind, key, count, over } = due;
        match kind {
            Kind::Messages => drop(ledger::charge(&self.messages, key, *count)),
            Kind::Events => drop(ledger::charge(&self.events, key, *count)),
            Kind::Answers => drop(self.answers.as_ref().map(|limiter| ledger::charge(limiter, key, *count))),
            Kind::Guesses => self.guesses.charge(key, *count, *over),
            Kind::Strangers => self.strangers.charge(key, *count, *over),
            Kind::Inquiries
            | Kind::Mismatches
            | Kind::MismatchesOfAll
            | Kind::TriedByName
            | Kind::TriedByReceipt => {}
        }
    }

    /// Counts a message whose signature fits.
    ///
    /// # Errors
    /// The seconds until the next message is taken.
    pub fn admit(&self, feed: FeedId) -> Result<(), u64> {
        self.messages
            .check_key(&of_feed(feed))
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1)?;
        self.ledger.note(Kind::Messages, of_feed(feed), 1);
        Ok(())
    }

    /// Counts the events of a message.
    ///
    /// # Errors
    /// The seconds until so many are taken.
    pub fn admit_events(&self, feed: FeedId, count: usize) -> Result<(), u64> {
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(self.most_events.get());
        let Some(count) = NonZeroU32::new(count) else { return Ok(()) };
        if let Ok(Err(refused)) = self.events.check_key_n(&of_feed(feed), count) {
            return Err(refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1);
        }
        // As many as fit into a minute always fit.
        self.ledger.note(Kind::Events, of_feed(feed), count.get());
        Ok(())
    }

    /// Whether an answer of so many bytes is kept: a feed's disk is not its own.
    pub fn keeps(&self, feed: FeedId, bytes: usize) -> bool {
        let kilobytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).saturating_add(1);
        let kilobytes = NonZeroU32::new(kilobytes).unwrap_or(NonZeroU32::MAX);
        let fits = |limiter: &DefaultKeyedRateLimiter<Key>| limiter.check_key_n(&of_feed(feed), kilobytes);
        let is_kept = self.answers.as_ref().is_some_and(|limiter| matches!(fits(limiter), Ok(Ok(()))));
        if is_kept {
            self.ledger.note(Kind::Answers, of_feed(feed), kilobytes.get());
        }
        is_kept
    }

    /// Whether a feed may report, after it has named the wrong person or day for applications.
    ///
    /// # Errors
    /// The seconds until it may.
    pub fn may_guess(&self, feed: FeedId) -> Result<(), u64> {
        self.guesses.may_try(&of_feed(feed))
    }

    /// Counts reports of another person than the application's, or another day; true where the feed has to wait.
    pub fn guessed(&self, feed: FeedId, count: usize) -> bool {
        (0..count).any(|_| !self.guesses.count(&of_feed(feed)))
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
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn meet(&self, store: &Store, sent: Sent, now: Moment) -> Kept<Meeting> {
        self.seen.meet(store, sent, now).await
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
    use crate::testing::fresh_keys;

    fn of(config: &Config) -> FeedBudget {
        FeedBudget::new(config, fresh_keys(), Arc::new(Ledger::new(true)))
    }

    fn budget(per_minute: u32) -> FeedBudget {
        let mut config = Config::default();
        config.limits.feed_messages_per_minute = per_minute;
        of(&config)
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
        let budget = of(&config);
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

    #[test]
    fn what_a_feed_sent_to_another_server_counts_here() {
        let mut config = Config::default();
        (config.limits.feed_messages_per_minute, config.limits.feed_events_per_minute) = (10, 100);
        let (here, there) = (of(&config), of(&config));
        let feed = FeedId(1);
        assert!((0..9).all(|_| there.admit(feed).is_ok()) && there.admit_events(feed, 90).is_ok());
        assert!(there.keeps(feed, 99_990 << 10) && !there.guessed(feed, 60) && there.guessed(feed, 1));
        for (kind, key, count) in there.ledger.take() {
            here.charge(&Due { kind, key, count, over: None });
        }
        assert!(here.admit(feed).is_ok() && here.admit(feed).is_err());
        assert!(here.admit_events(feed, 10).is_ok() && here.admit_events(feed, 10).is_err());
        assert!(here.keeps(feed, 1 << 10) && !here.keeps(feed, 50 << 10));
        assert!(here.may_guess(feed).is_err() && here.may_guess(FeedId(2)).is_ok());
        assert!(here.ledger.take().iter().all(|(_, _, count)| *count <= 11), "nothing is told on");
    }
}
