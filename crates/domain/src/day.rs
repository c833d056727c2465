//! Whole days: the distance between two dates, and the date so many days later.

use jiff::SignedDuration;
use jiff::civil::Date;

/// Days from `from` to `until`; negative when `until` is earlier.
#[must_use]
pub fn days_between(from: Date, until: Date) -> i32 {
    i32::try_from(from.duration_until(until).as_hours() / 24).unwrap_or(i32::MAX)
}

/// The date `days` days after `date` (before it, when negative); stays at the ends of the calendar.
#[must_use]
pub fn days_after(date: Date, days: i32) -> Date {
    date.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

/// Days from `from` to `until` that a clock may count: never negative.
pub(crate) fn days_elapsed(from: Date, until: Date) -> u32 {
    u32::try_from(days_between(from, until)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn leap_days_count() {
        assert_eq!(days_between(date(2024, 2, 28), date(2024, 3, 1)), 2);
        assert_eq!(days_after(date(2024, 2, 28), 2), date(2024, 3, 1));
        assert_eq!(days_elapsed(date(2024, 3, 1), date(2024, 2, 28)), 0);
    }

    #[test]
    fn the_calendar_has_ends() {
        assert_eq!(days_after(Date::MAX, i32::MAX), Date::MAX);
        assert_eq!(days_after(Date::MIN, i32::MIN), Date::MIN);
    }

    proptest! {
        #[test]
        fn after_and_between_agree(days in -400_000_i32..400_000) {
            let start = date(2026, 1, 5);
            prop_assert_eq!(days_between(start, days_after(start, days)), days);
        }
    }
}
