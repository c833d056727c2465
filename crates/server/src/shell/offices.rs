//! An office in words: when it is open, what it does, what to bring.

use super::words;
use crate::app::App;
use domain::Date;
use domain::office::{Opening, Service, Span, Today, Weekdays};
use i18n::Language;
use std::borrow::Cow;
use store::office::{Bilingual, Office};

/// What the hours of an office say of the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Whether it is open.
    pub is_open: bool,
    /// Until when, or when it is next.
    pub text: String,
}

/// A text in the language.
#[must_use]
pub fn said(l: Language, text: &Bilingual) -> &str {
    match l {
        Language::Zh => &text.zh,
        Language::En => &text.en,
    }
}

/// The hours in the office's own words, else in ours.
#[must_use]
pub fn hours(l: Language, office: &Office) -> Cow<'_, str> {
    match (said(l, &office.hours), &office.opening) {
        ("", Some(opening)) => of_the_week(l, opening).into(),
        (words, _) => words.into(),
    }
}

/// Whether it is open, and until or from when; nothing where the hours are known in words only.
#[must_use]
pub fn now(app: &App, l: Language, office: &Office) -> Option<Now> {
    let now = app.clock.now();
    let today = office.opening.as_ref()?.today(now.date_time(), &app.holidays);
    let text = match today {
        Today::Open(until) => l.offices_now_open(until),
        Today::Later(at) => l.offices_now_later(at),
        Today::Closed { holiday, next } => {
            let state = if holiday { l.offices_now_holiday() } else { l.offices_now_closed() };
            let next = next.map(|(date, at)| l.offices_now_next(day(l, app.clock.today(), date), state, at));
            next.unwrap_or_else(|| state.to_owned())
        }
    };
    Some(Now { is_open: matches!(today, Today::Open(_)), text })
}

/// What an office does.
#[must_use]
pub fn service(l: Language, service: Service) -> &'static str {
    match service {
        Service::Accept => l.offices_service_accept_name(),
        Service::HandOut => l.offices_service_hand_out_name(),
        Service::TemporaryCard => l.offices_service_temporary_card_name(),
        Service::CrossRegion => l.offices_service_cross_region_name(),
    }
}

/// What to bring for it.
#[must_use]
pub fn bring(l: Language, service: Service) -> &'static str {
    match service {
        Service::Accept => l.offices_service_accept_bring(),
        Service::HandOut => l.offices_service_hand_out_bring(),
        Service::TemporaryCard => l.offices_service_temporary_card_bring(),
        Service::CrossRegion => l.offices_service_cross_region_bring(),
    }
}

fn of_the_week(l: Language, opening: &Opening) -> String {
    let of_days = opening
        .week()
        .into_iter()
        .map(|(days, spans)| l.offices_weekly_line(weekdays(l, days), times(l, spans)));
    let holidays = match opening.on_holidays() {
        [] => l.offices_weekly_no_holidays().to_owned(),
        spans => l.offices_weekly_line(l.offices_weekly_holidays(), times(l, spans)),
    };
    of_days.chain([holidays]).collect::<Vec<_>>().join(l.offices_weekly_apart())
}

fn times(l: Language, spans: &[Span]) -> String {
    let times = spans.iter().map(|span| format!("{}–{}", span.from(), span.until()));
    times.collect::<Vec<_>>().join(l.offices_weekly_between())
}

fn weekdays(l: Language, days: Weekdays) -> String {
    match (days.first, days.last) {
        (0, 6) => l.offices_weekly_every_day().to_owned(),
        (first, last) if first == last => words::weekday(l, first).to_owned(),
        (first, last) => l.offices_weekly_days(words::weekday(l, first), words::weekday(l, last)),
    }
}

/// A day soon to come.
fn day(l: Language, today: Date, date: Date) -> String {
    if domain::day::days_between(today, date) == 1 {
        return l.offices_now_tomorrow().to_owned();
    }
    let weekday = date.weekday().to_monday_zero_offset().unsigned_abs().into();
    l.offices_now_day(words::date(l, date), words::weekday(l, weekday))
}
