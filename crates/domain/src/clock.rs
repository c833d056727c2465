//! Clocks: the statutory one (Resident Identity Card Law, art. 12), the promised one, and the flags that
//! people see beside the stage.

#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::calendar::Holidays;
use crate::day::{days_after, days_elapsed};
use crate::stage::{Ground, Pause};
use crate::word::words;

/// Days within which a card must be issued (art. 12).
pub const STATUTORY_DAYS: u32 = 60;
/// Days more where transport is inconvenient (art. 12).
pub const EXTENSION_DAYS: u32 = 30;
/// From so many days before the last day a case is due soon.
pub const DUE_SOON_DAYS: u32 = 7;

/// How the statutory clock stands.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct StatutoryClock {
    /// The day the application form was submitted; it is not counted.
    pub submitted_on: Date,
    /// The day the clock is at: 0 on the day of submission, paused days left out.
    pub day: u32,
    /// 60, or 90 with a recorded ground (art. 12).
    pub limit_days: u32,
    /// The last day, paused days added, moved to a working day.
    pub due_on: Date,
    /// Whether the last day passed before the card was issued or the case closed.
    pub overdue: bool,
    /// Days since the last day, 0 when not overdue.
    pub overdue_days: u32,
    /// Why the clock stands still now.
    pub paused: Option<Pause>,
    /// Days it stood still so far.
    pub paused_days: u32,
    /// The ground for more time.
    pub extension: Option<Ground>,
    /// The day the card was ready, mailed or collected, or the case closed: the clock stopped.
    pub ended_on: Option<Date>,
}

/// A time in which the clock stood still: from the day it was paused, to the day it ran again.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Pausing {
    /// The first day that does not count.
    pub from: Date,
    /// The first day that counts again; `None` while it is paused.
    pub until: Option<Date>,
    /// Why.
    pub why: Pause,
}

words! {
    /// What people see beside the stage.
    pub enum Flag {
        /// 临期: the last day is near.
        DueSoon = 1 "due_soon",
        /// 超期: the last day has passed.
        Overdue = 2 "overdue",
        /// 暂停: the clock stands still.
        Paused = 3 "paused",
        /// 数据延迟: nothing was heard for long, or the feed that it waits for is silent.
        DataDelayed = 4 "data_delayed",
        /// 逾期未领: ready for long, and nobody came.
        Uncollected = 5 "uncollected",
        /// 未按批到达: the card was announced in a batch and did not arrive.
        Missing = 6 "missing",
    }
}

/// When a flag is raised; a region sets its own.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Thresholds {
    /// Days before the last day from which a case is due soon.
    pub due_soon_days: u32,
    /// Days without any milestone after which the data is delayed.
    pub silent_days: u32,
    /// Days in the drawer after which a card is uncollected.
    pub uncollected_days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { due_soon_days: DUE_SOON_DAYS, silent_days: 30, uncollected_days: 90 }
    }
}

/// The statutory clock (art. 12): 60 calendar days from the day after submission, 30 more with a recorded
/// ground, paused days added; a last day on which nobody works moves to the next working day. Whether it
/// was kept is judged on the day it ended, or today.
#[must_use]
pub fn statutory(
    submitted: Date,
    extension: Option<Ground>,
    pauses: &[Pausing],
    ended: Option<Date>,
    today: Date,
    holidays: &Holidays,
) -> StatutoryClock {
    let ended = ended.filter(|end| *end <= today);
    let judged = ended.unwrap_or(today);
    let limit_days = STATUTORY_DAYS + if extension.is_some() { EXTENSION_DAYS } else { 0 };
    let stood_still = standstill(submitted, pauses, judged);
    let due_on = due(submitted, limit_days, &stood_still, holidays);
    let paused_days = stood_still.iter().map(|(from, until)| days_elapsed(*from, *until)).sum();
    let open =
        pauses.iter().find(|pause| pause.until.is_none_or(|until| until > today) && pause.from <= today);
    StatutoryClock {
        submitted_on: submitted,
        day: days_elapsed(submitted, judged).saturating_sub(paused_days),
        limit_days,
        due_on,
        overdue: judged > due_on,
        overdue_days: days_elapsed(due_on, judged),
        paused: open.filter(|_| ended.is_none()).map(|pause| pause.why),
        paused_days,
        extension,
        ended_on: ended,
    }
}

/// The promised date (承诺时限): so many working days after submission, and as many more as fell into
/// pauses that are over.
#[must_use]
pub fn promised(submitted: Date, working_days: u16, pauses: &[Pausing], holidays: &Holidays) -> Date {
    let mut promised = holidays.add_working_days(submitted, working_days);
    let over = pauses.iter().filter_map(|pause| pause.until).max().unwrap_or(submitted);
    let closed: Vec<Pausing> = pauses.iter().filter(|pause| pause.until.is_some()).cloned().collect();
    for (from, until) in standstill(submitted, &closed, over) {
        if from <= promised {
            let more = holidays.working_days_between(from, until);
            promised = holidays.add_working_days(promised, u16::try_from(more).unwrap_or(u16::MAX));
        }
    }
    promised
}

/// The last day: a standstill that begins after it, holidays included, comes too late to move it.
fn due(submitted: Date, limit_days: u32, stood_still: &[(Date, Date)], holidays: &Holidays) -> Date {
    let later = |date, days: u32| days_after(date, i32::try_from(days).unwrap_or(i32::MAX));
    let last = stood_still.iter().fold(later(submitted, limit_days), |last, (from, until)| {
        let in_time = *from <= holidays.next_working_day_on_or_after(last);
        if in_time { later(last.max(*from), days_elapsed(*from, *until)) } else { last }
    });
    holidays.next_working_day_on_or_after(last)
}

/// The days that do not count, as ranges without overlap, in order, between submission and `end`.
fn standstill(submitted: Date, pauses: &[Pausing], end: Date) -> Vec<(Date, Date)> {
    let mut ranges: Vec<_> = pauses.iter().map(|pause| (pause.from, pause.until.unwrap_or(end))).collect();
    ranges.sort_unstable();
    let mut free_from = submitted;
    ranges.retain_mut(|(from, until)| {
        *from = free_from.max(*from);
        *until = end.min(*until);
        free_from = free_from.max(*until);
        from < until
    });
    ranges
}
