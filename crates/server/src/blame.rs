//! Who fails too often waits: a source that nobody's signature stands behind or whose facts fit nothing, a feed that
//! guesses.

use crate::ledger::{self, Key, Kind, Ledger, Measure};
use governor::clock::{Clock as _, DefaultClock, Reference as _};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A moment of the limiter's clock.
type Instant = <DefaultClock as governor::clock::Clock>::Instant;

/// Failures by who failed. What does not fail costs nothing.
pub(crate) struct Blame {
    limiter: DefaultKeyedRateLimiter<Key>,
    kind: Kind,
    measure: Measure,
    /// How long who has failed too often waits.
    pause: Duration,
    waiting: Mutex<HashMap<Key, Instant>>,
    /// Whether anybody waits: nearly always nobody does, and who asks needs no lock.
    somebody_waits: AtomicBool,
    /// Made once: making it asks the processor what it can, which takes longer than an inquiry in a virtual machine.
    clock: DefaultClock,
    ledger: Arc<Ledger>,
}

impl Blame {
    /// Who has failed more often than the measure allows waits as long as the measure takes to come back.
    pub(crate) fn new(kind: Kind, measure: Measure, ledger: Arc<Ledger>) -> Self {
        let each = Quota::with_period(measure.period / measure.most.get());
        let quota = each.map_or(Quota::per_second(measure.most), |each| each.allow_burst(measure.most));
        let limiter = DefaultKeyedRateLimiter::keyed(quota);
        Self {
            limiter,
            kind,
            measure,
            pause: measure.period,
            waiting: Mutex::default(),
            somebody_waits: AtomicBool::new(false),
            clock: DefaultClock::default(),
            ledger,
        }
    }

    /// Counts a failure; false where it was one too many, and who failed has to wait.
    pub(crate) fn count(&self, key: &Key) -> bool {
        let is_spent = self.limiter.check_key(key).is_err();
        // What is one too many here shall be too much at every server.
        self.ledger.note(self.kind, *key, if is_spent { self.measure.most.get() } else { 1 });
        if is_spent {
            self.wait(key, Duration::ZERO);
        }
        !is_spent
    }

    /// Counts failures at other servers; where somebody was over a while ago, the pause has begun then.
    pub(crate) fn charge(&self, key: &Key, count: u32, over: Option<Duration>) {
        let fits = ledger::charge(&self.limiter, key, count);
        if let Some(ago) = over.or((!fits).then_some(Duration::ZERO)) {
            self.wait(key, ago);
        }
    }

    fn wait(&self, key: &Key, ago: Duration) {
        let until = self.clock.now() + self.pause.saturating_sub(ago).into();
        let mut waiting = self.waiting();
        waiting.insert(*key, until);
        self.somebody_waits.store(true, Ordering::Release);
    }

    /// Whether somebody may try, after what failed.
    ///
    /// # Errors
    /// The seconds until it may.
    pub(crate) fn may_try(&self, key: &Key) -> Result<(), u64> {
        if !self.somebody_waits.load(Ordering::Acquire) {
            return Ok(());
        }
        let now = self.clock.now();
        let until = self.waiting().get(key).copied().filter(|until| *until > now);
        until.map_or(Ok(()), |until| {
            let wait: Duration = until.duration_since(now).into();
            Err(wait.as_secs() + 1)
        })
    }

    /// Forgets who has been quiet.
    pub(crate) fn tidy(&self) {
        let now = self.clock.now();
        let mut waiting = self.waiting();
        waiting.retain(|_, until| *until > now);
        self.somebody_waits.store(!waiting.is_empty(), Ordering::Release);
        drop(waiting);
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Key, Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use std::num::NonZeroU32;

    const A: Key = [1; 16];
    const B: Key = [2; 16];

    fn blame() -> Blame {
        let most = NonZeroU32::new(2).unwrap();
        let measure = Measure { most, ..Kind::Strangers.measure(&Config::default()) };
        Blame::new(Kind::Strangers, measure, Arc::new(Ledger::new(true)))
    }

    #[test]
    fn who_failed_too_often_waits_and_nobody_else_does() {
        let blame = blame();
        assert_eq!([blame.count(&A), blame.count(&A)], [true; 2]);
        assert_eq!(blame.may_try(&A), Ok(()));
        assert!(!blame.count(&A));
        let wait = blame.may_try(&A).unwrap_err();
        assert!((59..=60).contains(&wait), "{wait}");
        blame.tidy();
        assert!(blame.may_try(&A).is_err());
        assert_eq!(blame.may_try(&B), Ok(()));
    }

    #[test]
    fn who_waits_at_one_server_waits_at_the_others_and_no_longer() {
        let (there, here) = (blame(), blame());
        assert_eq!([there.count(&A), there.count(&A), there.count(&B)], [true; 3]);
        let tell = |over| {
            for (_, key, count) in there.ledger.take() {
                here.charge(&key, count, over);
            }
        };
        tell(None);
        assert_eq!([here.may_try(&A), here.may_try(&B)], [Ok(()); 2]);
        assert!(!there.count(&A));
        tell(None);
        assert!(here.may_try(&A).is_err() && here.may_try(&B).is_ok());
        here.charge(&B, 0, Some(Duration::from_secs(50)));
        let wait = here.may_try(&B).unwrap_err();
        assert!((9..=11).contains(&wait), "{wait}");
    }
}
