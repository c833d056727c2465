//! Working days: offices hand in, check and scan on no other.

use super::stories::Story;
use domain::Date;
use domain::calendar::Holidays;
use jiff::ToSpan as _;
use rand::RngExt as _;
use rand::rngs::StdRng;

/// No run of days off is longer.
const LONGEST_HOLIDAY: i64 = 30;

/// The working days up to today.
#[derive(Clone, Copy)]
pub(super) struct WorkingDays<'h> {
    pub(super) holidays: &'h Holidays,
    pub(super) today: Date,
}

impl WorkingDays<'_> {
    /// This day, or the first working day after it.
    pub(super) fn next(self, day: Date) -> Date {
        self.holidays.next_working_day_on_or_after(day)
    }

    /// Today, or the last working day before it.
    pub(super) fn last(self) -> Date {
        self.days_ago(0..LONGEST_HOLIDAY).unwrap_or(self.today)
    }

    /// The day a story began: of all days on which it may have begun, the next working day after one by chance.
    pub(super) fn first(self, story: Story, rng: &mut StdRng) -> Date {
        let ages = story.ages();
        let wanted = rng.random_range(ages.clone());
        let first = self.days_ago((ages.start..=wanted).rev().chain(wanted + 1..ages.end));
        // A holiday as long as the story leaves the last working day before it.
        first.or_else(|| self.days_ago(ages.end..ages.end + LONGEST_HOLIDAY)).unwrap_or(self.today)
    }

    /// The first of these days that is a working day.
    fn days_ago(self, ages: impl IntoIterator<Item = i64>) -> Option<Date> {
        let days = ages.into_iter().filter_map(|age| self.today.checked_sub(age.days()).ok());
        days.into_iter().find(|day| self.holidays.is_working_day(*day))
    }
}
