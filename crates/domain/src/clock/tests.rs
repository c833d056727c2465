//! What article 12 means for real dates.

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

static HOLIDAYS: LazyLock<Holidays> = LazyLock::new(|| Holidays::built_in().unwrap());

fn pausing(from: Date, until: Option<Date>) -> Pausing {
    Pausing { from, until, why: Pause::AwaitingApplicant }
}

fn clock(submitted: Date, pauses: &[Pausing], ended: Option<Date>, today: Date) -> StatutoryClock {
    statutory(submitted, None, pauses, ended, today, &HOLIDAYS)
}

#[test]
fn sixty_days_from_the_day_after_submission() {
    let clock = clock(date(2025, 11, 5), &[], None, date(2025, 11, 28));
    assert_eq!((clock.day, clock.limit_days), (23, 60));
    // The sixtieth day, 4 January 2026, is a Sunday on which people work.
    assert_eq!(clock.due_on, date(2026, 1, 4));
    assert!(!clock.overdue);
}

#[test]
fn a_last_day_in_the_spring_festival_moves_behind_it() {
    let clock = clock(date(2025, 12, 20), &[], None, date(2026, 2, 24));
    assert_eq!((clock.due_on, clock.day), (date(2026, 2, 24), 66));
    assert!(!clock.overdue, "the moved day is still in time");
    let next = statutory(date(2025, 12, 20), None, &[], None, date(2026, 2, 25), &HOLIDAYS);
    assert_eq!((next.overdue, next.overdue_days), (true, 1));
}

#[test]
fn remote_places_have_thirty_days_more() {
    let clock =
        statutory(date(2026, 3, 2), Some(Ground::RemoteTransport), &[], None, date(2026, 3, 2), &HOLIDAYS);
    assert_eq!((clock.limit_days, clock.due_on, clock.day), (90, date(2026, 6, 1), 0));
}

#[test]
fn days_of_standstill_do_not_count() {
    let pause = pausing(date(2026, 3, 10), Some(date(2026, 3, 20)));
    let clock = clock(date(2026, 3, 2), &[pause.clone(), pause], None, date(2026, 4, 1));
    assert_eq!((clock.paused_days, clock.day, clock.paused), (10, 20, None));
    assert_eq!(clock.due_on, date(2026, 5, 11));
}

#[test]
fn a_clock_that_stands_still_moves_its_last_day() {
    let pauses = [pausing(date(2026, 3, 10), None)];
    let first = clock(date(2026, 3, 2), &pauses, None, date(2026, 3, 20));
    let later = clock(date(2026, 3, 2), &pauses, None, date(2026, 3, 30));
    assert_eq!((first.day, later.day), (8, 8));
    assert_eq!(first.paused, Some(Pause::AwaitingApplicant));
    assert!(first.due_on < later.due_on);
}

#[test]
fn a_pause_after_the_last_day_excuses_nothing() {
    let pauses = [pausing(date(2026, 6, 1), None)];
    let clock = clock(date(2026, 3, 2), &pauses, None, date(2026, 6, 20));
    assert_eq!(clock.due_on, date(2026, 5, 6));
    assert!(clock.overdue);
}

#[test]
fn a_pause_on_a_last_day_that_a_holiday_moved_is_in_time() {
    // The sixtieth day is 1 October 2025; the holidays move it to the 9th, and on the 9th the clock stops.
    let pauses = [pausing(date(2025, 10, 9), None)];
    let clock = clock(date(2025, 8, 2), &pauses, None, date(2025, 10, 20));
    assert!(!clock.overdue);
    assert!(clock.due_on > date(2025, 10, 9));
}

#[test]
fn what_was_ready_in_time_stays_in_time() {
    let clock = clock(date(2026, 1, 5), &[], Some(date(2026, 2, 1)), date(2027, 1, 1));
    assert_eq!((clock.overdue, clock.day, clock.ended_on), (false, 27, Some(date(2026, 2, 1))));
}

#[test]
fn a_promise_counts_working_days() {
    let submitted = date(2026, 1, 30);
    assert_eq!(promised(submitted, 20, &[], &HOLIDAYS), date(2026, 3, 5));
    let paused = [pausing(date(2026, 2, 2), Some(date(2026, 2, 4))), pausing(date(2026, 2, 10), None)];
    assert_eq!(promised(submitted, 20, &paused, &HOLIDAYS), date(2026, 3, 9));
    assert_eq!(promised(submitted, 0, &[], &HOLIDAYS), submitted);
}

prop_compose! {
    fn any_pauses()(parts in proptest::collection::vec((-30_i32..200, proptest::option::of(-5_i32..60)), 0..4)) -> Vec<Pausing> {
        parts.into_iter().map(|(from, length)| {
            let from = days_after(SUBMITTED, from);
            pausing(from, length.map(|days| days_after(from, days)))
        }).collect()
    }
}

const SUBMITTED: Date = Date::constant(2025, 12, 1);

proptest! {
    #[test]
    fn the_last_day_is_a_working_day(start in 0_i32..1_000, pauses in any_pauses(), today in 0_i32..400, remote in any::<bool>()) {
        let submitted = days_after(date(2024, 1, 1), start);
        let ground = remote.then_some(Ground::RemoteTransport);
        let clock = statutory(submitted, ground, &pauses, None, days_after(submitted, today), &HOLIDAYS);
        prop_assert!(HOLIDAYS.is_working_day(clock.due_on));
        prop_assert!(days_elapsed(submitted, clock.due_on) >= clock.limit_days);
        prop_assert_eq!(clock.overdue, clock.overdue_days > 0);
    }

    #[test]
    fn the_count_of_days_never_falls(pauses in any_pauses(), today in -10_i32..300) {
        let at = |days| clock(SUBMITTED, &pauses, None, days_after(SUBMITTED, days));
        let (now, next) = (at(today), at(today + 1));
        prop_assert!(now.day <= next.day && next.day <= now.day + 1);
        prop_assert!(now.due_on <= next.due_on && now.paused_days <= next.paused_days);
        prop_assert!(next.overdue || !now.overdue, "what is late stays late");
    }

    #[test]
    fn after_the_end_the_clock_rests(pauses in any_pauses(), end in 0_i32..200, later in 0_i32..200) {
        let ended = Some(days_after(SUBMITTED, end));
        let at = |days| clock(SUBMITTED, &pauses, ended, days_after(SUBMITTED, end + days));
        prop_assert_eq!(at(0), at(later));
    }

    #[test]
    fn a_pause_never_brings_the_promise_nearer(pauses in any_pauses(), days in 0_u16..60) {
            let promise = promised(SUBMITTED, days, &pauses, &HOLIDAYS);
        prop_assert!(promise >= promised(SUBMITTED, days, &[], &HOLIDAYS));
    }

    #[test]
    fn any_dates_have_a_clock(dates in any::<[i64; 4]>(), open in any::<bool>()) {
        let [submitted, from, until, today] = dates.map(|millis| crate::Moment::from_millis(millis).date());
        let pauses = [pausing(from, (!open).then_some(until))];
        let _ = clock(submitted, &pauses, None, today);
        let _ = promised(submitted, 20, &pauses, &HOLIDAYS);
    }
}
