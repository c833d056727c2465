//! Hours as they are written, and what they say of moments around weekends and holidays.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const USUAL: &str = "Mo-Fr 09:00-12:00,13:30-17:00; Sa 09:00-12:00";

fn minute(hour: u16, minute: u16) -> Minute {
    Minute::new(hour, minute).unwrap()
}

fn said(hours: &str, (month, day): (i8, i8), (hour, minute): (i8, i8)) -> Today {
    let now = date(2026, month, day).at(hour, minute, 0, 0);
    Opening::parse(hours).unwrap().today(now, &Holidays::built_in().unwrap())
}

#[test]
fn a_day_has_a_morning_a_pause_and_an_end() {
    // A Wednesday, and the day after it.
    let (wednesday, thursday) = ((3, 25), date(2026, 3, 26));
    assert_eq!(said(USUAL, wednesday, (8, 59)), Today::Later(minute(9, 0)));
    assert_eq!(said(USUAL, wednesday, (9, 0)), Today::Open(minute(12, 0)));
    assert_eq!(said(USUAL, wednesday, (12, 0)), Today::Later(minute(13, 30)));
    assert_eq!(said(USUAL, wednesday, (16, 59)), Today::Open(minute(17, 0)));
    let next = Some((thursday, minute(9, 0)));
    assert_eq!(said(USUAL, wednesday, (17, 0)), Today::Closed { holiday: false, next });
}

#[test]
fn a_weekend_and_a_holiday_are_stepped_over() {
    let monday = Some((date(2026, 3, 30), minute(9, 0)));
    assert_eq!(said(USUAL, (3, 28), (12, 30)), Today::Closed { holiday: false, next: monday });
    assert_eq!(said(USUAL, (3, 29), (10, 0)), Today::Closed { holiday: false, next: monday });
    // The Spring Festival of 2026 is from 15 to 23 February, a Monday.
    let after = Some((date(2026, 2, 24), minute(9, 0)));
    assert_eq!(said(USUAL, (2, 17), (10, 0)), Today::Closed { holiday: true, next: after });
}

#[test]
fn a_make_up_working_day_is_like_a_working_day() {
    // A Sunday and a Saturday on which people work.
    assert_eq!(said(USUAL, (1, 4), (14, 0)), Today::Open(minute(17, 0)));
    assert_eq!(said(USUAL, (2, 28), (14, 0)), Today::Open(minute(17, 0)));
    assert_eq!(said("Sa-Su 09:00-10:00", (1, 4), (9, 0)), Today::Open(minute(10, 0)));
}

#[test]
fn holidays_may_have_hours_of_their_own() {
    let hours = "Mo-Fr 09:00-17:00; PH 10:00-11:00";
    assert_eq!(said(hours, (2, 17), (10, 30)), Today::Open(minute(11, 0)));
    assert_eq!(said("24/7", (2, 17), (23, 59)), Today::Open(minute(24, 0)));
}

#[test]
fn the_same_hours_have_one_form() {
    let written = |text: &str| Opening::parse(text).unwrap().to_string();
    assert_eq!(written("mo-fr 9:00–12:00, 13:30-17:00;PH OFF"), "Mo-Fr 09:00-12:00,13:30-17:00");
    assert_eq!(written("Ｍｏ，Ｗｅ ０９：００－１２：００"), "Mo 09:00-12:00; We 09:00-12:00");
    assert_eq!(written("Sa-Mo 09:00-10:00; Su off"), "Mo 09:00-10:00; Sa 09:00-10:00");
    assert_eq!(written("24/7"), "Mo-Su 00:00-24:00; PH 00:00-24:00");
}

#[test]
fn what_is_not_understood_is_named() {
    let wrong = |text: &str| Opening::parse(text).unwrap_err();
    assert_eq!(wrong(""), OpeningError::Never);
    assert_eq!(wrong("Mo off"), OpeningError::Never);
    assert_eq!(wrong("周一 09:00-12:00"), OpeningError::Days("周一".to_owned()));
    assert_eq!(wrong("09:00-12:00"), OpeningError::Days(String::new()));
    assert_eq!(wrong("Mo"), OpeningError::Times(String::new()));
    let times = [
        "9-12",
        "09:00",
        "12:00-09:00",
        "09:00-09:00",
        "09:00-24:01",
        "22:00-02:00",
        "9:0-10:00",
        "09:00-12:00,",
    ];
    for times in times {
        assert_eq!(wrong(&format!("Mo {times}")), OpeningError::Times(times.to_owned()));
    }
    let order = "13:00-14:00,09:00-10:00";
    assert_eq!(wrong(&format!("Mo {order}")), OpeningError::Order(order.to_owned()));
}

fn any_spans() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::btree_set(0_u16..=DAY, 0..6).prop_map(|edges| {
        let edges: Vec<_> = edges.into_iter().map(Minute).collect();
        edges.chunks_exact(2).filter_map(|pair| Span::new(pair[0], pair[1])).collect()
    })
}

fn any_opening() -> impl Strategy<Value = Opening> {
    (prop::array::uniform7(any_spans()), any_spans())
        .prop_map(|(week, holidays)| Opening { week, holidays })
        .prop_filter("some day has hours", |opening| opening.week.iter().any(|spans| !spans.is_empty()))
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(opening in any_opening()) {
        prop_assert_eq!(Opening::parse(&opening.to_string()), Ok(opening));
    }

    #[test]
    fn what_is_promised_is_kept(opening in any_opening(), day in 0..400_i32, minute in 0..DAY) {
        let holidays = Holidays::built_in().unwrap();
        let today = days_after(date(2025, 12, 1), day);
        let at = |date: Date, minute: u16| date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        match opening.today(at(today, minute), &holidays) {
            Today::Open(until) => {
                prop_assert!(minute < until.0);
                prop_assert_eq!(opening.today(at(today, until.0 - 1), &holidays), Today::Open(until));
            }
            Today::Later(from) => {
                prop_assert!(minute < from.0);
                prop_assert!(matches!(opening.today(at(today, from.0), &holidays), Today::Open(_)));
            }
            Today::Closed { next: Some((date, from)), .. } => {
                prop_assert!(date > today);
                prop_assert!(matches!(opening.today(at(date, from.0), &holidays), Today::Open(_)));
                if from.0 > 0 {
                    prop_assert_eq!(opening.today(at(date, 0), &holidays), Today::Later(from));
                }
            }
            Today::Closed { next: None, .. } => {
                prop_assert!((1..=DAYS_AHEAD).all(|n| opening.on(days_after(today, n), &holidays).is_empty()));
            }
        }
    }

    #[test]
    fn any_text_is_hours_or_an_error(text in any::<String>()) {
        let _ = Opening::parse(&text);
    }

    #[test]
    fn anything_like_hours_is_hours_or_an_error(text in "(Mo|PH|Sa-Su|,|;| |-|:|[0-9]{1,2}|off)*") {
        let _ = Opening::parse(&text);
    }
}
