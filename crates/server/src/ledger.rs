//! What was spent of the budgets that all servers of a database share.

#[cfg(test)]
mod tests;

use crate::config::Config;
use domain::milestone::FeedId;
use domain::moment::Moment;
use governor::DefaultKeyedRateLimiter;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::spent::{Spending, Spent};

/// Whose budget: the hash of a source, or a feed's number.
pub(crate) type Key = [u8; 16];
/// Entries that wait to be told to the others at the most; beyond that a server goes by its own counts.
const MOST: usize = 200_000;
/// Microseconds that a row's moment may be off: it tells of a second.
const INEXACT: i64 = 1_000_000;

/// Which budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Inquiries of a source.
    Inquiries,
    /// Messages of a feed.
    Messages,
    /// Events of a feed.
    Events,
    /// Kilobytes of answers that are kept of a feed.
    Answers,
    /// Reports of a feed that named the wrong person or day.
    Guesses,
    /// Messages of a source that nobody signed.
    Strangers,
    /// Inquiries of a source whose facts fitted nothing.
    Mismatches,
    /// Names tried in vain on a person; no budget, but heard in time.
    TriedByName,
    /// Receipt numbers, just so.
    TriedByReceipt,
    /// Inquiries of all sources together whose facts fitted nothing.
    MismatchesOfAll,
}

/// How much of a budget there is, and in which time it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) most: NonZeroU32,
    pub(crate) period: Duration,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Inquiries,
        Self::Messages,
        Self::Events,
        Self::Answers,
        Self::Guesses,
        Self::Strangers,
        Self::Mismatches,
        Self::TriedByName,
        Self::TriedByReceipt,
        Self::MismatchesOfAll,
    ];

    /// Its number in the database, from 1.
    const fn number(self) -> u8 {
        self as u8 + 1
    }

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its measure, as the configuration sets it or as it is.
    pub(crate) fn measure(self, config: &Config) -> Measure {
        const MINUTE: Duration = Duration::from_secs(60);
        const HOUR: Duration = Duration::from_secs(60 * 60);
        let limits = &config.limits;
        let (most, period) = match self {
            Self::Inquiries => (limits.inquiries_per_minute, MINUTE),
            Self::Messages => (limits.feed_messages_per_minute, MINUTE),
            Self::Events => (limits.feed_events_per_minute, MINUTE),
            Self::Answers => (100_000, 24 * HOUR),
            Self::Guesses => (60, HOUR),
            Self::Strangers => (30, MINUTE),
            Self::Mismatches => (limits.mismatches_per_hour, HOUR),
            Self::MismatchesOfAll => (limits.mismatches_per_minute_of_all, MINUTE),
            Self::TriedByName | Self::TriedByReceipt => (1, HOUR),
        };
        Measure { most: NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN), period }
    }

    /// For how long what was spent of it matters; twice the time in which it comes back, for whoever has to wait.
    pub(crate) const fn matters(self) -> Duration {
        match self {
            Self::Answers | Self::Guesses => Duration::from_secs(25 * 60 * 60),
            Self::Mismatches | Self::TriedByName | Self::TriedByReceipt => Duration::from_secs(2 * 60 * 60),
            _ => Duration::from_secs(2 * 60),
        }
    }
}

/// The budget of a feed.
pub(crate) fn of_feed(feed: FeedId) -> Key {
    u128::from(feed.0).to_be_bytes()
}

/// Takes as much of a budget as there is of what was spent; whether all of it was there.
pub(crate) fn charge(limiter: &DefaultKeyedRateLimiter<Key>, key: &Key, count: u32) -> bool {
    let (mut left, mut part) = (count, count);
    while let Some(some) = NonZeroU32::new(part) {
        if matches!(limiter.check_key_n(key, some), Ok(Ok(()))) {
            left -= part;
            part = part.min(left);
        } else {
            part /= 2;
        }
    }
    left == 0
}

/// What this server has spent and not told the others yet.
pub struct Ledger(Option<Mutex<HashMap<(Kind, Key), u32>>>);

impl Ledger {
    /// A ledger; where nobody shares the database nothing is noted.
    #[must_use]
    pub fn new(is_shared: bool) -> Self {
        Self(is_shared.then(Mutex::default))
    }

    /// Notes what was spent.
    pub(crate) fn note(&self, kind: Kind, key: Key, count: u32) {
        let Some(mut noted) = self.noted() else { return };
        if noted.len() < MOST || noted.contains_key(&(kind, key)) {
            let all = noted.entry((kind, key)).or_default();
            *all = all.saturating_add(count);
        }
    }

    /// Takes what was noted since the last time.
    pub(crate) fn take(&self) -> Vec<(Kind, Key, u32)> {
        let noted = self.noted().map(|mut noted| std::mem::take(&mut *noted)).unwrap_or_default();
        noted.into_iter().map(|((kind, key), count)| (kind, key, count)).collect()
    }

    fn noted(&self) -> Option<MutexGuard<'_, HashMap<(Kind, Key), u32>>> {
        self.0.as_ref().map(|noted| noted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// As it stands in the database.
pub(crate) fn spending((kind, key, count): (Kind, Key, u32)) -> Spending {
    Spending { kind: kind.number(), key, count }
}

/// So much is to be taken of a budget, for what others spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    pub(crate) count: u32,
    /// How long ago somebody spent more than there was.
    pub(crate) over: Option<Duration>,
}

/// What others have spent just now.
pub(crate) fn just_spent(rows: &[Spent], now: Moment) -> Vec<Due> {
    let mut all: HashMap<(Kind, Key), u32> = HashMap::new();
    for row in rows {
        let ago = Duration::from_millis(now.millis().saturating_sub(row.at.millis()).max(0).unsigned_abs());
        for Spending { kind, key, count } in &row.spendings {
            // A kind that only a later version has is its own.
            if let Some(kind) = Kind::of(*kind).filter(|kind| ago < kind.matters()) {
                let sum = all.entry((kind, *key)).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
    }
    all.into_iter().map(|((kind, key), count)| Due { kind, key, count, over: None }).collect()
}

/// What is still spent of what was spent a while ago, for budgets come back meanwhile; the rows in the order of time.
pub(crate) fn still_spent(config: &Config, rows: &[Spent], now: Moment) -> Vec<Due> {
    let mut all: HashMap<(Kind, Key), Bucket> = HashMap::new();
    let now = micros(now);
    for row in rows {
        // Clocks differ a little: nothing was spent later than now.
        let at = micros(row.at).min(now);
        for Spending { kind, key, count } in &row.spendings {
            if let Some(kind) = Kind::of(*kind) {
                all.entry((kind, *key)).or_default().spend(kind.measure(config), at, *count);
            }
        }
    }
    let due = |((kind, key), Bucket { back, over }): ((Kind, Key), Bucket)| {
        let measure = kind.measure(config);
        let count = u32::try_from((back - now).max(0) / measure.cost()).unwrap_or(u32::MAX);
        let ago = |at: i64| Duration::from_micros(now.abs_diff(at));
        Due { kind, key, count: count.min(measure.most.get()), over: over.map(ago) }
    };
    all.into_iter().map(due).filter(|due| due.count > 0 || due.over.is_some()).collect()
}

/// A budget in microseconds.
#[derive(Clone, Copy, Default)]
struct Bucket {
    /// When all of it is back.
    back: i64,
    /// When somebody last spent more than there was.
    over: Option<i64>,
}

impl Bucket {
    fn spend(&mut self, measure: Measure, at: i64, count: u32) {
        let most = at.saturating_add(measure.micros());
        let back = self.back.max(at).saturating_add(measure.cost().saturating_mul(count.into()));
        if back > most.saturating_add(INEXACT) {
            self.over = Some(at);
        }
        self.back = back.min(most);
    }
}

impl Measure {
    fn micros(self) -> i64 {
        i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX)
    }

    /// In which time one of it comes back.
    fn cost(self) -> i64 {
        (self.micros() / i64::from(self.most.get())).max(1)
    }
}

fn micros(moment: Moment) -> i64 {
    moment.millis().saturating_mul(1_000)
}
