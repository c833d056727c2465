//! The statutory clock as people read it: how long, until when, paused, more time, too late.

use super::ordinary;
use crate::testing::{Answered, Case, Server};
use domain::milestone::Step;
use domain::stage::{Ground, Pause, Stage};
use serde_json::{Value, json};

/// What the program, the Chinese page and the English page say about a case.
async fn said(case: &Case) -> (Value, String, String) {
    let server = Server::start().await;
    server.record([case]).await;
    let pages = [server.page("zh", &case.by_name()).await, server.page("en", &case.by_name()).await];
    let [zh, en] = pages.map(|page| page.words());
    (server.api("en", &case.by_name()).await.json(), zh, en)
}

fn contains_all(words: &str, lines: &[&str]) {
    for line in lines {
        assert!(words.contains(line), "{line:?} is missing in:\n{words}");
    }
}

#[tokio::test]
async fn the_day_of_submission_is_not_counted_and_a_holiday_moves_the_last_day() {
    let (answer, zh, en) = said(&ordinary()).await;
    // 2 March + 60 days is 1 May, Labour Day; people work again on the 6th.
    let clock = json!({
        "submitted_on": "2026-03-02", "day": 23, "limit_days": 60, "due_on": "2026-05-06",
        "overdue": false, "overdue_days": 0, "paused": false, "paused_because": null, "paused_days": 0,
        "extension": null, "ended_on": null,
    });
    assert_eq!(answer["clock"], clock);
    assert_eq!(answer["flags"], json!([]));
    contains_all(&zh, &["第23天，共60天", "最迟应在2026年5月6日发证。"]);
    contains_all(&en, &["Day 23 of 60", "Due 6 May 2026 at the latest."]);
}

#[tokio::test]
async fn a_paused_clock_says_why_and_does_not_count() {
    let case = Case::of(1, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted);
    let case = case.happened("2026-03-12 09:00", Step::Paused(Pause::AwaitingOtherOrgan));
    let (answer, zh, en) = said(&case).await;
    let clock = &answer["clock"];
    assert_eq!(clock["paused"], true);
    // Ten days ran before the pause; the thirteen since stand still and move the last day by as much.
    assert_eq!(
        (&clock["day"], &clock["paused_days"], &clock["due_on"]),
        (&json!(10), &json!(13), &json!("2026-05-14"))
    );
    assert_eq!(answer["flags"], json!(["paused"]));
    let why = clock["paused_because"].as_str().unwrap();
    contains_all(&en, &["Day 10 of 60", &format!("The clock stands still: {why}.")]);
    contains_all(&zh, &["第10天，共60天", "现在暂停计时："]);
}

#[tokio::test]
async fn a_pause_that_is_over_is_told_and_added() {
    let case = Case::of(1, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted);
    let case = case
        .happened("2026-03-05 09:00", Step::Paused(Pause::NaturalDisaster))
        .happened("2026-03-10 09:00", Step::Resumed)
        .reached("2026-03-11 09:00", Stage::UnderReview);
    let (answer, zh, en) = said(&case).await;
    let clock = &answer["clock"];
    assert_eq!(
        (&clock["paused"], &clock["paused_days"], &clock["day"]),
        (&json!(false), &json!(5), &json!(18))
    );
    // 1 May and five days: 6 May.
    assert_eq!(clock["due_on"], "2026-05-06");
    contains_all(&en, &["Not counted, because the clock stood still: 5 days."]);
    contains_all(&zh, &["累计暂停5天，不算在法定时限内。"]);
}

#[tokio::test]
async fn a_correction_pauses_the_clock_for_the_applicant() {
    let case = Case::of(1, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted);
    let case =
        case.reached("2026-03-04 09:00", Stage::CorrectionRequired).caused(domain::stage::Cause::Photo);
    let (answer, _, en) = said(&case).await;
    assert_eq!((&answer["clock"]["paused"], &answer["clock"]["day"]), (&json!(true), &json!(2)));
    // Why it has to be corrected is for the full level.
    assert_eq!(answer["cause"], Value::Null);
    assert!(!en.contains("photo"), "{en}");
    let server = Server::start().await;
    server.record([&case]).await;
    let full = server.page("en", &case.by_receipt()).await.words();
    contains_all(&full, &["Reason: The photo does not meet the rules."]);
}

#[tokio::test]
async fn thirty_more_days_are_told_with_their_ground() {
    let case = Case::of(1, "2026-01-19").reached("2026-01-19 09:00", Stage::Accepted);
    let case = case.happened("2026-01-20 09:00", Step::Extended(Ground::RemoteTransport));
    let (answer, zh, en) = said(&case.reached("2026-03-20 09:00", Stage::UnderReview)).await;
    let clock = &answer["clock"];
    // 19 January + 90 days is 19 April, a Sunday.
    assert_eq!((&clock["day"], &clock["limit_days"]), (&json!(65), &json!(90)));
    assert_eq!((&clock["due_on"], &clock["overdue"]), (&json!("2026-04-20"), &json!(false)));
    assert_eq!(clock["extension"], "remote_transport");
    contains_all(&en, &["Day 65 of 90", "+30 days apply because transport is inconvenient."]);
    contains_all(&zh, &["第65天，共90天", "因交通不便，依法延长30天。"]);
}

#[tokio::test]
async fn overdue_says_by_how_much_and_what_one_may_do() {
    let case = Case::of(1, "2026-01-12").reached("2026-01-12 09:00", Stage::Accepted);
    let (answer, zh, en) = said(&case.reached("2026-03-10 09:00", Stage::UnderReview)).await;
    let clock = &answer["clock"];
    // 12 January + 60 days is 13 March, a Friday; twelve days ago.
    assert_eq!((&clock["day"], &clock["due_on"]), (&json!(72), &json!("2026-03-13")));
    assert_eq!((&clock["overdue"], &clock["overdue_days"]), (&json!(true), &json!(12)));
    assert_eq!(answer["flags"], json!(["overdue"]));
    let advice: Vec<&str> = answer["advice"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(advice.len(), 4);
    contains_all(&en, &advice);
    let ways =
        ["12 days over the time set by law.", "What you may do", "12345", "reconsideration", "temporary"];
    contains_all(&en, &ways);
    contains_all(&zh, &["已超过法定时限12天。", "您可以这样做", "12345", "行政复议", "临时居民身份证"]);
}

#[tokio::test]
async fn the_last_week_is_due_soon() {
    let (first, _, _) =
        said(&Case::of(1, "2026-01-30").reached("2026-03-20 09:00", Stage::UnderReview)).await;
    // Due on 31 March: six days left.
    assert_eq!((&first["clock"]["due_on"], &first["flags"]), (&json!("2026-03-31"), &json!(["due_soon"])));
    let (eight, _, _) =
        said(&Case::of(1, "2026-02-01").reached("2026-03-20 09:00", Stage::UnderReview)).await;
    assert_eq!((&eight["clock"]["due_on"], &eight["flags"]), (&json!("2026-04-02"), &json!([])));
}

#[tokio::test]
async fn a_card_that_is_ready_stops_the_clock() {
    let case = ordinary().reached("2026-03-20 16:00", Stage::ReadyForCollection);
    let (answer, zh, en) = said(&case).await;
    let clock = &answer["clock"];
    assert_eq!((&clock["day"], &clock["ended_on"]), (&json!(18), &json!("2026-03-20")));
    assert_eq!(answer["expected"], Value::Null);
    contains_all(&en, &["The clock stopped on 20 March 2026."]);
    contains_all(&zh, &["2026年3月20日停止计时。"]);
}

#[tokio::test]
async fn a_card_that_was_late_says_so_and_offers_no_complaint() {
    let case = Case::of(1, "2025-11-03").reached("2026-03-02 09:00", Stage::ReadyForCollection);
    let (answer, _, en) = said(&case).await;
    // 3 November + 60 days is 2 January, a holiday; people worked on Sunday, the 4th.
    assert_eq!(
        (&answer["clock"]["due_on"], &answer["clock"]["overdue_days"]),
        (&json!("2026-01-04"), &json!(57))
    );
    contains_all(&en, &["It was 57 days over the time set by law."]);
    assert!(!en.contains("What you may do"));
    assert_eq!(answer["advice"], json!([]));
}

#[tokio::test]
async fn a_silent_feed_is_told() {
    let server = Server::start().await;
    // What we learned ten days later is as old as what happened.
    server.record_learned(crate::testing::moment("2026-02-20 09:00"), [&early()]).await;
    let answered: Answered = server.page("en", &early().by_name()).await;
    assert_eq!(answered.fact("flag"), "data_delayed");
    assert_eq!(answered.fact("as_of"), "2026-02-10T09:00:00+08:00");
    contains_all(&answered.words(), &["Data as of 10 February 2026, 09:00"]);
}

fn early() -> Case {
    Case::of(1, "2026-02-10").reached("2026-02-10 09:00", Stage::Accepted)
}
