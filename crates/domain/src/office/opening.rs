//! When an office is open: hours of the week, and what they say of a moment.

mod written;

#[cfg(test)]
mod tests;

use crate::calendar::{DaySort, Holidays};
use crate::day::days_after;
use jiff::civil::{Date, DateTime};
use std::fmt;

pub use written::OpeningError;

/// A minute of the day, 0 to 1440: the last one is the end of the day.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Minute(u16);

/// From one minute of a day until a later one of the same day.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Span {
    from: Minute,
    until: Minute,
}

/// Opening hours: spans for each day of the week and for public holidays, in order and apart from each other. At least one
/// day has some.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// Monday first.
    week: [Vec<Span>; 7],
    /// On public holidays; mostly none.
    holidays: Vec<Span>,
}

/// Days of the week that have the same hours: from one to another, Monday is 0.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Weekdays {
    /// The first.
    pub first: usize,
    /// The last; the first itself for a single day.
    pub last: usize,
}

/// What the hours say of a moment.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Today {
    /// Open, until this minute of today.
    Open(Minute),
    /// Not open yet, or not again yet; it is from this minute of today on.
    Later(Minute),
    /// Not open any more today.
    Closed {
        /// Whether today is a public holiday.
        holiday: bool,
        /// The next day it is open and from when; none within the days that are looked at.
        next: Option<(Date, Minute)>,
    },
}

/// How many days are looked at for the next one with hours: more than the longest holiday and a week.
const DAYS_AHEAD: i32 = 21;
/// Minutes in a day.
const DAY: u16 = 24 * 60;

impl Minute {
    /// The minute of an hour, 0:00 to 24:00.
    #[must_use]
    pub const fn new(hour: u16, minute: u16) -> Option<Self> {
        if hour <= 24 && minute < 60 && hour * 60 + minute <= DAY {
            Some(Self(hour * 60 + minute))
        } else {
            None
        }
    }

    /// The hour of the day, 0 to 24.
    #[must_use]
    pub const fn hour(self) -> u16 {
        self.0 / 60
    }

    fn of(now: DateTime) -> Self {
        Self(u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs()))
    }
}

/// As people write it: `9:00`.
impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:02}", self.hour(), self.0 % 60)
    }
}

impl Span {
    /// From one minute until a later one.
    #[must_use]
    pub fn new(from: Minute, until: Minute) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    /// The first minute.
    #[must_use]
    pub const fn from(self) -> Minute {
        self.from
    }

    /// The minute in which it is over.
    #[must_use]
    pub const fn until(self) -> Minute {
        self.until
    }
}

impl Opening {
    /// Whether it is open at a moment, and what comes next.
    #[must_use]
    pub fn today(&self, now: DateTime, holidays: &Holidays) -> Today {
        let (today, minute) = (now.date(), Minute::of(now));
        match self.on(today, holidays).iter().find(|span| minute < span.until) {
            Some(span) if span.from <= minute => Today::Open(span.until),
            Some(span) => Today::Later(span.from),
            None => Today::Closed {
                holiday: holidays.sort_of(today) == DaySort::Holiday,
                next: self.next(today, holidays),
            },
        }
    }

    /// The spans of a day. A make-up working day is like the first of the working days that has hours.
    #[must_use]
    pub fn on(&self, date: Date, holidays: &Holidays) -> &[Span] {
        let usual = self.week.get(weekday(date)).map_or(&[][..], Vec::as_slice);
        match holidays.sort_of(date) {
            DaySort::Holiday => &self.holidays,
            DaySort::MakeUp => {
                let working = self.week.iter().take(5).find(|spans| !spans.is_empty());
                working.map_or(usual, Vec::as_slice)
            }
            DaySort::Usual => usual,
        }
    }

    /// The days of the week that have hours, those of the same hours together.
    #[must_use]
    pub fn week(&self) -> Vec<(Weekdays, &[Span])> {
        let mut groups: Vec<(Weekdays, &[Span])> = Vec::new();
        for (day, spans) in self.week.iter().enumerate().filter(|(_, spans)| !spans.is_empty()) {
            match groups.last_mut() {
                Some((days, same)) if days.last + 1 == day && *same == spans.as_slice() => days.last = day,
                _ => groups.push((Weekdays { first: day, last: day }, spans)),
            }
        }
        groups
    }

    /// The hours on public holidays; mostly none.
    #[must_use]
    pub fn on_holidays(&self) -> &[Span] {
        &self.holidays
    }

    fn next(&self, today: Date, holidays: &Holidays) -> Option<(Date, Minute)> {
        (1..=DAYS_AHEAD).find_map(|ahead| {
            let date = days_after(today, ahead);
            self.on(date, holidays).first().map(|span| (date, span.from))
        })
    }
}

fn weekday(date: Date) -> usize {
    date.weekday().to_monday_zero_offset().unsigned_abs().into()
}
