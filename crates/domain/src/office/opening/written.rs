//! Opening hours as they are written: a part of the grammar of OpenStreetMap's `opening_hours`, such as
//! `Mo-Fr 09:00-12:00,13:30-17:00; Sa 09:00-12:00; PH off`.

use super::{DAY, Minute, Opening, Span};
use crate::text::narrow;
use std::fmt;

const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const HOLIDAYS: &str = "PH";
const OFF: &str = "off";
const ALWAYS: &str = "24/7";

/// What is wrong with written hours.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpeningError {
    /// A part names no days, `Mo` to `Su` or `PH`.
    #[error("{0:?} names no days such as Mo-Fr, Sa or PH")]
    Days(String),
    /// A part names no spans of time.
    #[error("{0:?} is no time such as 09:00-12:00,13:30-17:00, and not off")]
    Times(String),
    /// Spans of one day overlap or stand in no order.
    #[error("the times {0:?} overlap or are not in order")]
    Order(String),
    /// No day has any hours.
    #[error("no day has hours")]
    Never,
}

impl Opening {
    /// The hours that a text says: rules apart by `;`, each with days and spans of time or `off`; a later rule replaces what
    /// an earlier one said of its days. `24/7` is every day, holidays too.
    ///
    /// # Errors
    /// Names the first part that is not understood.
    pub fn parse(text: &str) -> Result<Self, OpeningError> {
        let text = narrow(text);
        let mut opening = Self { week: Default::default(), holidays: Vec::new() };
        for rule in text.split(';').filter(|rule| !rule.trim().is_empty()) {
            let rule: String = rule.chars().filter(|c| !c.is_whitespace()).map(hyphen).collect();
            if rule == ALWAYS {
                let whole = Span { from: Minute(0), until: Minute(DAY) };
                opening = Self { week: std::array::from_fn(|_| vec![whole]), holidays: vec![whole] };
                continue;
            }
            let (days, times) = parted(&rule);
            let spans = spans(times)?;
            for days in days.split(',') {
                opening.set(days, &spans)?;
            }
        }
        if opening.week.iter().all(Vec::is_empty) { Err(OpeningError::Never) } else { Ok(opening) }
    }

    fn set(&mut self, days: &str, spans: &[Span]) -> Result<(), OpeningError> {
        if days.eq_ignore_ascii_case(HOLIDAYS) {
            spans.clone_into(&mut self.holidays);
            return Ok(());
        }
        let wrong = || OpeningError::Days(days.to_owned());
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first).ok_or_else(wrong)?, day(last).ok_or_else(wrong)?);
        // `Sa-Mo` goes over the end of the week.
        let count = (last + DAYS.len() - first) % DAYS.len() + 1;
        for day in (first..first + count).map(|day| day % DAYS.len()) {
            self.week.get_mut(day).into_iter().for_each(|of_day| spans.clone_into(of_day));
        }
        Ok(())
    }
}

/// The same text that the hours were read from, in one form for the same hours.
impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |day: usize| DAYS.get(day).copied().unwrap_or_default();
        for (place, (days, spans)) in self.week().into_iter().enumerate() {
            let apart = if place == 0 { "" } else { "; " };
            write!(f, "{apart}{}", named(days.first))?;
            if days.last > days.first {
                write!(f, "-{}", named(days.last))?;
            }
            write!(f, " {}", Times(spans))?;
        }
        if self.holidays.is_empty() { Ok(()) } else { write!(f, "; {HOLIDAYS} {}", Times(&self.holidays)) }
    }
}

/// Spans as they are written.
struct Times<'a>(&'a [Span]);

impl fmt::Display for Times<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = |minute: Minute| (minute.0 / 60, minute.0 % 60);
        for (place, span) in self.0.iter().enumerate() {
            let ((from, from_minute), (until, until_minute)) = (minute(span.from), minute(span.until));
            let apart = if place == 0 { "" } else { "," };
            write!(f, "{apart}{from:02}:{from_minute:02}-{until:02}:{until_minute:02}")?;
        }
        Ok(())
    }
}

const fn hyphen(c: char) -> char {
    match c {
        '–' | '—' | '~' => '-',
        c => c,
    }
}

/// Days and times of a rule without spaces: the times begin with the first digit, or are `off`.
fn parted(rule: &str) -> (&str, &str) {
    let off = rule
        .len()
        .checked_sub(OFF.len())
        .filter(|at| rule.get(*at..).is_some_and(|end| end.eq_ignore_ascii_case(OFF)));
    let times = off.or_else(|| rule.find(|c: char| c.is_ascii_digit())).unwrap_or(rule.len());
    rule.split_at_checked(times).unwrap_or((rule, ""))
}

fn day(word: &str) -> Option<usize> {
    DAYS.iter().position(|day| day.eq_ignore_ascii_case(word))
}

fn spans(times: &str) -> Result<Vec<Span>, OpeningError> {
    if times.eq_ignore_ascii_case(OFF) {
        return Ok(Vec::new());
    }
    let read: Option<Vec<Span>> = times.split(',').map(span).collect();
    let spans = read.ok_or_else(|| OpeningError::Times(times.to_owned()))?;
    let in_order = spans.iter().zip(spans.iter().skip(1)).all(|(one, next)| one.until <= next.from);
    if in_order { Ok(spans) } else { Err(OpeningError::Order(times.to_owned())) }
}

fn span(text: &str) -> Option<Span> {
    let (from, until) = text.split_once('-')?;
    Span::new(minute(from)?, minute(until)?)
}

fn minute(text: &str) -> Option<Minute> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str, most: usize| {
        let fits = (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    (minute.len() == 2).then(|| Minute::new(digits(hour, 2)?, digits(minute, 2)?)).flatten()
}
