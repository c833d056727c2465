//! Who fails too often waits: a source that nobody's signature stands behind, a feed that guesses.

use governor::clock::{Clock as _, DefaultClock, Reference as _};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A moment of the limiter's clock.
type Instant = <DefaultClock as governor::clock::Clock>::Instant;

/// Failures by who failed. What does not fail costs nothing.
pub(super) struct Blame<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    /// How long who has failed too often waits.
    pause: Duration,
    waiting: Mutex<HashMap<K, Instant>>,
}

impl<K: Clone + Eq + Hash> Blame<K> {
    pub(super) fn new(quota: Quota, pause: Duration) -> Self {
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), pause, waiting: Mutex::default() }
    }

    /// Counts a failure; false where it was one too many, and who failed has to wait.
    pub(super) fn count(&self, key: &K) -> bool {
        let is_spent = self.limiter.check_key(key).is_err();
        if is_spent {
            let until = DefaultClock::default().now() + self.pause.into();
            self.waiting().insert(key.clone(), until);
        }
        !is_spent
    }

    /// Whether somebody may try, after what failed.
    ///
    /// # Errors
    /// The seconds until it may.
    pub(super) fn may_try(&self, key: &K) -> Result<(), u64> {
        let now = DefaultClock::default().now();
        let until = self.waiting().get(key).copied().filter(|until| *until > now);
        until.map_or(Ok(()), |until| {
            let wait: Duration = until.duration_since(now).into();
            Err(wait.as_secs() + 1)
        })
    }

    /// Forgets who has been quiet.
    pub(super) fn tidy(&self) {
        let now = DefaultClock::default().now();
        self.waiting().retain(|_, until| *until > now);
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<K, Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn who_failed_too_often_waits_and_nobody_else_does() {
        let blame = Blame::new(Quota::per_minute(NonZeroU32::new(2).unwrap()), Duration::from_secs(60));
        assert_eq!([blame.count(&'a'), blame.count(&'a')], [true; 2]);
        assert_eq!(blame.may_try(&'a'), Ok(()));
        assert!(!blame.count(&'a'));
        let wait = blame.may_try(&'a').unwrap_err();
        assert!((59..=60).contains(&wait), "{wait}");
        blame.tidy();
        assert!(blame.may_try(&'a').is_err());
        assert_eq!(blame.may_try(&'b'), Ok(()));
    }
}
