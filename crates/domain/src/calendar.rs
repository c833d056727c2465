//! Working days: weekends, public holidays and the make-up working days around them.

use jiff::civil::Date;

use crate::day::{days_after, days_between};

/// Public holidays and make-up working days of the mainland, as the State Council announces them each year.
/// In years before the first announcement only weekends are free; in the years after the last one also the
/// days that the holiday regulation fixes by date (全国年节及纪念日放假办法: 1 January, 1–2 May, 1–3 October).
#[derive(Clone, Debug)]
pub struct Holidays {
    /// Sorted by day, each day once; `true` is a make-up working day.
    exceptions: Vec<(DayNumber, bool)>,
    /// The day after the last year that was announced.
    announced_until: DayNumber,
}

/// Days since 1970-01-01: every inquiry counts working days, and whole numbers count fast.
type DayNumber = i32;

const EPOCH: Date = Date::constant(1970, 1, 1);
const LAST: DayNumber = 2_932_896;
/// Month and day of the holidays that need no announcement.
const FIXED: [(i8, i8); 6] = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)];
/// How many years after the last announcement they are known.
const YEARS_AHEAD: i16 = 10;

/// What the calendar says of a day.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub enum DaySort {
    /// A day of the week like any other.
    Usual,
    /// A public holiday.
    Holiday,
    /// A day of a weekend on which people work, for a holiday nearby (调休).
    MakeUp,
}

/// What is wrong with a table of holidays.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
pub enum HolidayTableError {
    /// The first line is not `date,kind,name`.
    #[error("the table of holidays must start with date,kind,name")]
    Header,
    /// A line (counted from 1) is not a date, `holiday` or `workday`, and a name.
    #[error("line {0} of the table of holidays is not a date, holiday or workday, and a name")]
    Line(usize),
    /// A date stands there twice.
    #[error("{0} is twice in the table of holidays")]
    Twice(Date),
}

impl Holidays {
    /// The table that comes with the product, `data/holidays.csv`: 2024 to 2026.
    ///
    /// # Errors
    /// When the file in the source tree was damaged; a test proves that it is not.
    pub fn built_in() -> Result<Self, HolidayTableError> {
        Self::parse(include_str!("../../../data/holidays.csv"))
    }

    /// A table with the columns `date,kind,name`; kind is `holiday` or `workday` (a weekend day on which
    /// people work).
    ///
    /// # Errors
    /// Names the first line that is not of this shape, or the first date that stands there twice.
    pub fn parse(csv: &str) -> Result<Self, HolidayTableError> {
        let mut lines = csv.trim_start_matches('\u{FEFF}').lines().enumerate();
        if lines.next().is_none_or(|(_, header)| header.trim() != "date,kind,name") {
            return Err(HolidayTableError::Header);
        }
        let mut exceptions = lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| exception(line).ok_or(HolidayTableError::Line(index + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        exceptions.sort_unstable();
        match exceptions.iter().zip(exceptions.iter().skip(1)).find(|(a, b)| a.0 == b.0) {
            Some((twice, _)) => Err(HolidayTableError::Twice(days_after(EPOCH, twice.0))),
            None => Ok(Self::with_fixed_days(exceptions)),
        }
    }

    /// Adds the fixed holidays of the years that are not announced yet.
    fn with_fixed_days(mut exceptions: Vec<(DayNumber, bool)>) -> Self {
        let Some((last, _)) = exceptions.last() else { return Self { exceptions, announced_until: 0 } };
        let year = days_after(EPOCH, *last).year();
        let unannounced = (year.saturating_add(1)..).take(YEARS_AHEAD.unsigned_abs().into());
        let fixed = unannounced.flat_map(|year| FIXED.map(|(month, day)| Date::new(year, month, day)));
        exceptions.extend(fixed.flatten().map(|date| (number(date), false)));
        let announced_until = Date::new(year.saturating_add(1), 1, 1).map_or(LAST, number);
        Self { exceptions, announced_until }
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        self.works_on(number(date))
    }

    /// Whether the day is a public holiday, a make-up working day, or like any other.
    #[must_use]
    pub fn sort_of(&self, date: Date) -> DaySort {
        match self.exception(number(date)) {
            None => DaySort::Usual,
            Some(false) => DaySort::Holiday,
            Some(true) => DaySort::MakeUp,
        }
    }

    /// This day, or the first working day after it.
    #[must_use]
    pub fn next_working_day_on_or_after(&self, date: Date) -> Date {
        days_after(EPOCH, self.first_working(number(date)))
    }

    /// The `n`th working day after this one; the day itself when `n` is 0.
    #[must_use]
    pub fn add_working_days(&self, date: Date, n: u16) -> Date {
        let last = (0..n).fold(number(date), |day, _| self.first_working(day + 1));
        days_after(EPOCH, last)
    }

    /// Working days from `from` up to, not including, `until`.
    #[must_use]
    pub fn working_days_between(&self, from: Date, until: Date) -> u32 {
        if until <= from {
            return 0;
        }
        let (from, until) = (number(from), number(until));
        let change = |&(day, works): &(DayNumber, bool)| i32::from(works) - i32::from(is_weekday(day));
        let changes: i32 = self.between(from, until).iter().map(change).sum();
        u32::try_from(weekdays_between(from, until) + changes).unwrap_or(0)
    }

    /// Whether the table has this year's announcement.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        let bounds = (Date::new(year, 1, 1), Date::new(year, 12, 31));
        let (Ok(first), Ok(last)) = bounds else { return false };
        number(last) < self.announced_until && !self.between(number(first), number(last) + 1).is_empty()
    }

    fn works_on(&self, day: DayNumber) -> bool {
        self.exception(day).unwrap_or_else(|| is_weekday(day))
    }

    /// Whether people work on a day that is an exception.
    fn exception(&self, day: DayNumber) -> Option<bool> {
        let at = self.exceptions.binary_search_by_key(&day, |(exception, _)| *exception).ok()?;
        self.exceptions.get(at).map(|(_, works)| *works)
    }

    fn first_working(&self, day: DayNumber) -> DayNumber {
        (day..LAST).find(|day| self.works_on(*day)).unwrap_or(LAST)
    }

    fn between(&self, from: DayNumber, until: DayNumber) -> &[(DayNumber, bool)] {
        let start = self.exceptions.partition_point(|(day, _)| *day < from);
        let end = self.exceptions.partition_point(|(day, _)| *day < until);
        self.exceptions.get(start..end).unwrap_or_default()
    }
}

fn exception(line: &str) -> Option<(DayNumber, bool)> {
    let mut fields = line.trim().split(',');
    let date = crate::text::parse_date(fields.next()?)?;
    let works = match fields.next()? {
        "holiday" => false,
        "workday" => true,
        _ => return None,
    };
    let named = fields.next().is_some_and(|name| !name.is_empty());
    (named && fields.next().is_none()).then_some((number(date), works))
}

fn number(date: Date) -> DayNumber {
    days_between(EPOCH, date)
}

/// Mondays to Fridays; 1970-01-01 was a Thursday.
const fn is_weekday(day: DayNumber) -> bool {
    (day + 3).rem_euclid(7) < 5
}

/// Mondays to Fridays from `from` up to, not including, a later `until`.
fn weekdays_between(from: DayNumber, until: DayNumber) -> i32 {
    let days = until - from;
    let rest = (from..from + days % 7).filter(|day| is_weekday(*day)).count();
    days / 7 * 5 + i32::try_from(rest).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    #[test]
    fn the_announced_days_are_kept() {
        let holidays = Holidays::built_in().unwrap();
        for working in
            [date(2024, 2, 18), date(2025, 1, 26), date(2025, 10, 11), date(2026, 1, 4), date(2026, 2, 28)]
        {
            assert!(holidays.is_working_day(working), "{working}");
        }
        for free in
            [date(2024, 2, 12), date(2025, 1, 28), date(2025, 10, 8), date(2026, 2, 23), date(2026, 5, 4)]
        {
            assert!(!holidays.is_working_day(free), "{free}");
        }
        assert!((2024..=2026).all(|year| holidays.covers(year)));
        assert!(!holidays.covers(2023) && !holidays.covers(2027));
    }

    #[test]
    fn a_day_is_of_one_sort() {
        let holidays = Holidays::built_in().unwrap();
        assert_eq!(holidays.sort_of(date(2026, 2, 14)), DaySort::MakeUp);
        assert_eq!(holidays.sort_of(date(2026, 2, 15)), DaySort::Holiday);
        assert_eq!(holidays.sort_of(date(2026, 3, 25)), DaySort::Usual);
        assert_eq!(holidays.sort_of(date(2026, 3, 28)), DaySort::Usual);
    }

    #[test]
    fn a_year_without_announcement_knows_weekends_and_the_fixed_days() {
        let holidays = Holidays::built_in().unwrap();
        assert!(!holidays.is_working_day(date(2027, 1, 1)));
        assert!(!holidays.is_working_day(date(2030, 10, 1)));
        assert!(holidays.is_working_day(date(2030, 10, 4)));
        assert!(!holidays.is_working_day(date(2030, 10, 5)));
        assert!(holidays.is_working_day(date(2020, 10, 1)), "nothing is known before the first announcement");
    }

    #[test]
    fn working_days_step_over_the_spring_festival() {
        let holidays = Holidays::built_in().unwrap();
        assert_eq!(holidays.add_working_days(date(2026, 2, 13), 1), date(2026, 2, 14));
        assert_eq!(holidays.add_working_days(date(2026, 2, 13), 2), date(2026, 2, 24));
        assert_eq!(holidays.next_working_day_on_or_after(date(2026, 2, 15)), date(2026, 2, 24));
        assert_eq!(holidays.add_working_days(date(2026, 2, 15), 0), date(2026, 2, 15));
        assert_eq!(holidays.working_days_between(date(2026, 2, 13), date(2026, 2, 24)), 2);
        assert_eq!(holidays.next_working_day_on_or_after(Date::MAX), Date::MAX);
        assert_eq!(holidays.add_working_days(Date::MAX, u16::MAX), Date::MAX);
    }

    #[test]
    fn a_damaged_table_names_its_line() {
        assert_eq!(Holidays::parse("").unwrap_err(), HolidayTableError::Header);
        for line in [
            "2026-02-30,holiday,x",
            "2026-01-01,closed,x",
            "2026-01-01,holiday,",
            "2026-01-01",
            "2026-01-01,holiday,x,y",
        ] {
            let table = format!("date,kind,name\n\n{line}\n");
            assert_eq!(Holidays::parse(&table).unwrap_err(), HolidayTableError::Line(3), "{line}");
        }
        let twice = "date,kind,name\n2026-01-01,holiday,x\n2026-01-01,workday,x\n";
        assert_eq!(Holidays::parse(twice).unwrap_err(), HolidayTableError::Twice(date(2026, 1, 1)));
    }

    proptest! {
        #[test]
        fn weekends_are_free_in_any_other_year(day in -700_000_i32..=LAST) {
            let date = days_after(EPOCH, day);
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            let nothing_announced = Holidays::parse("date,kind,name").unwrap();
            prop_assert_eq!(nothing_announced.is_working_day(date), !weekend);
        }

        #[test]
        fn adding_and_counting_agree(start in 0_i32..1_500, n in 0_u16..80) {
            let holidays = Holidays::built_in().unwrap();
            let from = holidays.next_working_day_on_or_after(days_after(date(2023, 11, 1), start));
            let until = holidays.add_working_days(from, n);
            prop_assert!(holidays.is_working_day(until));
            prop_assert_eq!(holidays.working_days_between(from, until), u32::from(n));
        }

        #[test]
        fn any_text_is_a_table_or_an_error(text in any::<String>()) {
            let _ = Holidays::parse(&format!("date,kind,name\n{text}"));
        }
    }
}
