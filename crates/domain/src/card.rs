//! How long a card is valid (Resident Identity Card Law, art. 5).

use jiff::civil::Date;

/// How long a card is valid from the day it is signed.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum Validity {
    /// So many years: 5, 10 or 20.
    Years(u8),
    /// 长期: for life.
    LongTerm,
}

/// The validity of a card by its holder's age on the day of signing (art. 5): under 16 five years, 16 to 25
/// ten, 26 to 45 twenty, from 46 for life.
#[must_use]
pub fn validity(birth: Date, signed: Date) -> Validity {
    match age_on(birth, signed) {
        0..=15 => Validity::Years(5),
        16..=25 => Validity::Years(10),
        26..=45 => Validity::Years(20),
        46.. => Validity::LongTerm,
    }
}

/// Completed years of life on a day; 0 before birth. Who is born on 29 February is a year older on 1 March
/// of a common year.
#[must_use]
pub fn age_on(birth: Date, day: Date) -> u16 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    let years = i32::from(day.year()) - i32::from(birth.year()) - i32::from(!had_birthday);
    u16::try_from(years).unwrap_or(0)
}

/// The last day of validity: the same month and day so many years later, and 1 March where there is no
/// 29 February; `None` means 长期.
#[must_use]
pub fn expires_on(birth: Date, signed: Date) -> Option<Date> {
    match validity(birth, signed) {
        Validity::Years(years) => Some(years_after(signed, years)),
        Validity::LongTerm => None,
    }
}

fn years_after(date: Date, years: u8) -> Date {
    let year = date.year().saturating_add(i16::from(years));
    Date::new(year, date.month(), date.day()).or_else(|_| Date::new(year, 3, 1)).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::day::days_after;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn validity_grows_with_age() {
        let signed = date(2026, 1, 5);
        let at = |years: i16| validity(date(2026 - years, 1, 5), signed);
        assert_eq!([at(0), at(15)], [Validity::Years(5); 2]);
        assert_eq!([at(16), at(25)], [Validity::Years(10); 2]);
        assert_eq!([at(26), at(45)], [Validity::Years(20); 2]);
        assert_eq!([at(46), at(100)], [Validity::LongTerm; 2]);
        assert_eq!(validity(date(2010, 1, 6), signed), Validity::Years(5), "sixteen tomorrow");
    }

    #[test]
    fn a_leap_day_becomes_the_first_of_march() {
        let birth = date(2008, 2, 29);
        assert_eq!(age_on(birth, date(2026, 2, 28)), 17);
        assert_eq!(age_on(birth, date(2026, 3, 1)), 18);
        assert_eq!(age_on(birth, date(2024, 2, 29)), 16);
        assert_eq!(expires_on(birth, date(2024, 2, 29)), Some(date(2034, 3, 1)));
        assert_eq!(expires_on(date(1990, 1, 1), date(2024, 2, 29)), Some(date(2044, 2, 29)));
        assert_eq!(expires_on(date(2020, 1, 1), date(2024, 2, 29)), Some(date(2029, 3, 1)));
        assert_eq!(expires_on(date(1949, 12, 31), date(2026, 1, 5)), None);
    }

    #[test]
    fn the_calendar_has_an_end() {
        assert_eq!(expires_on(date(9990, 1, 1), date(9999, 12, 31)), Some(Date::MAX));
        assert_eq!(age_on(Date::MAX, Date::MIN), 0);
    }

    proptest! {
        #[test]
        fn age_never_falls(birth in 0_i32..60_000, day in 0_i32..60_000) {
            let birth = days_after(date(1900, 1, 1), birth);
            let day = days_after(date(1900, 1, 1), day);
            prop_assert!(age_on(birth, day) <= age_on(birth, days_after(day, 1)));
        }

        #[test]
        fn a_card_ends_on_the_day_it_was_signed(birth in 0_i32..30_000, signed in 0_i32..60_000) {
            let birth = days_after(date(1930, 1, 1), birth);
            let signed = days_after(date(2000, 1, 1), signed);
            if let Some(end) = expires_on(birth, signed) {
                prop_assert!(end > signed);
                let leap = (signed.month(), signed.day()) == (2, 29) && (end.month(), end.day()) == (3, 1);
                prop_assert!(leap || (end.month(), end.day()) == (signed.month(), signed.day()));
            }
        }
    }
}
