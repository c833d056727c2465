//! How often somebody may try facts on one person: whoever guesses more often gets no answer, right or wrong.
//!
//! The two ways have a budget each. What strangers try with names, which many know, never closes the way of whoever holds
//! the receipt.

use crate::moment::Moment;
use crate::word::words;

words! {
    /// By which fact, beside number and day, an inquiry proves whom it comes from.
    pub enum Way {
        /// By the name.
        Name = 1 "name",
        /// By the receipt number, with or without the name.
        Receipt = 2 "receipt",
    }
}

impl Way {
    /// The way of an inquiry that has a receipt number or has none.
    #[must_use]
    pub const fn of(has_receipt: bool) -> Self {
        if has_receipt { Self::Receipt } else { Self::Name }
    }
}

/// Mismatches of one person on one way in a day.
pub const A_DAY: usize = 5;
/// Mismatches of one person on one way in thirty days.
pub const A_MONTH: usize = 10;
/// After so many in thirty days, on all ways together, the holder is told of it.
pub const TOLD_AFTER: usize = 3;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Since when mismatches count, seen from a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Those of a day.
    pub day: Moment,
    /// Those of thirty days.
    pub month: Moment,
}

impl Since {
    /// Seen from now.
    #[must_use]
    pub fn before(now: Moment) -> Self {
        let ago = |days: i64| Moment::from_millis(now.millis().saturating_sub(days * DAY_MILLIS));
        Self { day: ago(1), month: ago(30) }
    }

    /// Whether these moments, the newest first, are all that is allowed.
    #[must_use]
    pub fn is_spent(&self, latest: &[Moment]) -> bool {
        let is_since = |count: usize, since: Moment| latest.get(count - 1).is_some_and(|at| *at > since);
        is_since(A_DAY, self.day) || is_since(A_MONTH, self.month)
    }

    /// How many of these moments lie within thirty days, where the holder is told of it.
    #[must_use]
    pub fn told(&self, moments: impl Iterator<Item = Moment>) -> Option<usize> {
        let count = moments.filter(|at| *at > self.month).count();
        (count >= TOLD_AFTER).then_some(count)
    }
}

words! {
    /// How much a source is suspected of guessing: so much work it does before facts are compared that many know.
    pub enum Suspicion {
        /// It asked in vain a few times in an hour.
        Some = 1 "some",
        /// It did so more often.
        More = 2 "more",
        /// It is about to be refused.
        Most = 3 "most",
    }
}

impl Suspicion {
    /// Inquiries of a source in an hour whose facts may fit nothing until it is suspected so much, where after so many
    /// it is refused.
    #[must_use]
    pub const fn begins_after(self, refused_after: u32) -> u32 {
        match self {
            Self::Some => refused_after / 6,
            Self::More => refused_after / 3,
            Self::Most => refused_after / 3 * 2,
        }
    }

    /// Tries that the work takes at the most; half as many on average.
    #[must_use]
    pub const fn tries(self) -> u32 {
        match self {
            Self::Some => 100,
            Self::More => 300,
            Self::Most => 900,
        }
    }
}

/// For how long after it was asked for the work may be done.
pub const WORK_MILLIS: i64 = 10 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_a_day_and_ten_in_thirty_days_are_all() {
        let now = Moment::parse("2026-11-30T12:00:00+08:00").unwrap();
        let hours_ago = |hours: i64| Moment::from_millis(now.millis() - hours * 60 * 60 * 1000);
        let is_spent = |hours: &[i64]| {
            Since::before(now).is_spent(&hours.iter().map(|hours| hours_ago(*hours)).collect::<Vec<_>>())
        };
        assert!(!is_spent(&[]) && !is_spent(&[0, 1, 2, 3]));
        assert!(is_spent(&[0, 1, 2, 3, 23]));
        // After a day the fifth counts no more.
        assert!(!is_spent(&[0, 1, 2, 3, 24]));
        assert!(!is_spent(&[30, 60, 90, 120, 150, 180, 210, 240, 270]));
        assert!(is_spent(&[30, 60, 90, 120, 150, 180, 210, 240, 270, 719]));
        assert!(!is_spent(&[30, 60, 90, 120, 150, 180, 210, 240, 270, 720]));
    }

    #[test]
    fn suspicion_grows_until_a_source_is_refused() {
        assert_eq!(Suspicion::ALL.map(|suspicion| suspicion.begins_after(60)), [10, 20, 40]);
        assert!(Suspicion::ALL.map(Suspicion::tries).is_sorted());
    }

    #[test]
    fn whoever_has_the_receipt_goes_another_way() {
        assert_eq!([Way::of(true), Way::of(false)], [Way::Receipt, Way::Name]);
    }
}
