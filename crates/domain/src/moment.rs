//! A moment in time, kept in UTC milliseconds and read on China Standard Time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, offset};

use crate::day;
use crate::text;

/// A moment: milliseconds since 1970-01-01T00:00:00 UTC.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Moment(i64);

const CHINA: Offset = offset(8);
const CHINA_MILLIS: i64 = 8 * HOUR;
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const EPOCH: Date = Date::constant(1970, 1, 1);

impl Moment {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00 UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The day on China Standard Time (UTC+8, no daylight saving); the ends of the calendar beyond it.
    #[must_use]
    pub fn date(self) -> Date {
        CHINA.to_datetime(self.timestamp()).date()
    }

    /// The day and the time of day on China Standard Time.
    #[must_use]
    pub fn date_time(self) -> DateTime {
        CHINA.to_datetime(self.timestamp())
    }

    /// The moment of this hour and minute of the day on China Standard Time; clamped to 00:00–23:59.
    #[must_use]
    pub fn at(date: Date, hour: i8, minute: i8) -> Self {
        let (hour, minute) = (i64::from(hour.clamp(0, 23)), i64::from(minute.clamp(0, 59)));
        Self(midnight(date) + hour * HOUR + minute * MINUTE - CHINA_MILLIS)
    }

    /// The moment written as RFC 3339, `2026-01-05T09:30:00`, `2026-01-05 09:30[:00]`, `20260105T093000`
    /// (GB/T 39046-2020), `20260105093000`, `2026-01-05` or `20260105`; without an offset it is China
    /// Standard Time, and a day alone means its first moment.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text::narrow(text);
        let mut rest = Rest(text.as_bytes());
        let date = rest.date()?;
        if rest.is_empty() {
            return Some(Self(midnight(date) - CHINA_MILLIS));
        }
        let (time, offset) = (rest.time()?, rest.offset()?);
        rest.is_empty().then(|| Self(midnight(date) + time - offset))
    }

    /// RFC 3339 on China Standard Time, to the second: `2026-01-05T09:30:00+08:00`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let here = self.date_time();
        let (date, time) = (here.date(), here.time());
        format!("{date}T{:02}:{:02}:{:02}+08:00", time.hour(), time.minute(), time.second())
    }

    /// Whether this is the first moment of a day on China Standard Time: all that a bare date says.
    #[must_use]
    pub const fn is_midnight(self) -> bool {
        self.0.rem_euclid(DAY) == DAY - CHINA_MILLIS
    }

    fn timestamp(self) -> Timestamp {
        let end = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_millisecond(self.0).unwrap_or(end)
    }
}

/// Milliseconds from the epoch to the start of the day, as if the day were UTC's.
fn midnight(date: Date) -> i64 {
    i64::from(day::days_between(EPOCH, date)) * DAY
}

/// What is still to be read of a written moment.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn date(&mut self) -> Option<Date> {
        let year = self.number(4)?;
        let dashed = self.skip(b"-");
        let month = self.number(2)?;
        if dashed != self.skip(b"-") {
            return None;
        }
        let day = self.number(2)?;
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    fn time(&mut self) -> Option<i64> {
        self.skip(b"Tt ");
        let hour = self.number(2)?;
        let colons = self.skip(b":");
        let minute = self.number(2)?;
        let has_seconds = if colons { self.skip(b":") } else { self.next_is_digit() };
        let second = if has_seconds { self.number(2)? } else { 0 };
        let fraction = if has_seconds && self.skip(b".,") { self.fraction()? } else { 0 };
        // RFC 3339 allows a leap second; it is kept as the second before it.
        (hour < 24 && minute < 60 && second <= 60)
            .then(|| hour * HOUR + minute * MINUTE + second.min(59) * SECOND + fraction)
    }

    /// Milliseconds that the written time is ahead of UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.is_empty() {
            return Some(CHINA_MILLIS);
        }
        if self.skip(b"Zz") {
            return Some(0);
        }
        let sign = if self.skip(b"+") { 1 } else { self.skip(b"-").then_some(-1)? };
        let hours = self.number(2)?;
        self.skip(b":");
        let minutes = self.number(2)?;
        (hours < 24 && minutes < 60).then(|| sign * (hours * HOUR + minutes * MINUTE))
    }

    fn fraction(&mut self) -> Option<i64> {
        let mut millis = self.number(1)? * 100;
        for unit in [10, 1] {
            if self.next_is_digit() {
                millis += self.number(1)? * unit;
            }
        }
        while self.next_is_digit() {
            self.number(1)?;
        }
        Some(millis)
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (read, rest) = self.0.split_at_checked(digits)?;
        let number = read.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })?;
        self.0 = rest;
        Some(number)
    }

    fn skip(&mut self, any: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if any.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn next_is_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn the_day_is_chinas_not_greenwichs() {
        let evening = Moment::parse("2026-01-05T16:00:00Z").unwrap();
        assert_eq!(evening.date(), date(2026, 1, 6));
        assert!(evening.is_midnight());
        assert_eq!(Moment::parse("2026-01-05T15:59:59.999Z").unwrap().date(), date(2026, 1, 5));
    }

    #[test]
    fn feeds_write_moments_in_many_ways() {
        let half_past_nine = Moment::at(date(2026, 1, 5), 9, 30);
        let ways = [
            "2026-01-05T09:30:00",
            "2026-01-05 09:30",
            "2026-01-05 09:30:00",
            "20260105T093000",
            "20260105093000",
            "2026-01-05T09:30:00+08:00",
            "2026-01-05T01:30:00Z",
            "2026-01-05T01:30:00.000000001+00:00",
            "2026-01-04T20:30:00-0500",
            "２０２６-01-05 09:30",
            " 2026-01-05T09:30 ",
        ];
        for text in ways {
            assert_eq!(Moment::parse(text), Some(half_past_nine), "{text}");
        }
        let day = Moment::at(date(2026, 1, 5), 0, 0);
        assert_eq!(Moment::parse("2026-01-05"), Some(day));
        assert_eq!(Moment::parse("20260105"), Some(day));
        assert_eq!(half_past_nine.to_rfc3339(), "2026-01-05T09:30:00+08:00");
        assert_eq!(Moment::parse("2026-01-05T09:30:00.25").unwrap().millis(), half_past_nine.millis() + 250);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        let wrong = [
            "",
            "2026",
            "2026-01",
            "2026-0105",
            "202601-05",
            "2026-13-01",
            "2026-02-29",
            "2026-01-05T",
            "2026-01-05T9:30",
            "2026-01-05T24:00",
            "2026-01-05T09:60",
            "2026-01-05T09:30:61",
            "2026-01-05T09:30:00+8",
            "2026-01-05T09:30:00x",
            "2026-01-05T09:30:",
            "2026-01-05T09:30:00.",
            "中文",
            "-026-01-05",
        ];
        for text in wrong {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_millisecond_has_a_day(millis in any::<i64>()) {
            let moment = Moment::from_millis(millis);
            let _ = (moment.date(), moment.to_rfc3339(), moment.is_midnight());
        }

        #[test]
        fn any_text_is_a_moment_or_none(text in any::<String>()) {
            let _ = Moment::parse(&text);
        }

        #[test]
        fn a_written_moment_is_read_back(second in -62_000_000_000_i64..250_000_000_000) {
            let moment = Moment::from_millis(second * 1000);
            prop_assert_eq!(Moment::parse(&moment.to_rfc3339()), Some(moment));
        }

        #[test]
        fn a_day_begins_at_its_midnight(days in -700_000_i32..2_900_000, hour in 0_i8..24, minute in 0_i8..60) {
            let day = day::days_after(EPOCH, days);
            prop_assert_eq!(Moment::at(day, hour, minute).date(), day);
            prop_assert_eq!(Moment::at(day, hour, minute).is_midnight(), (hour, minute) == (0, 0));
        }
    }
}
