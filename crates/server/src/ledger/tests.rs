//! Budgets come back while nobody spends, also those that others have spent.

use super::*;
use store::lease::Run;

const WHO: Key = [7; 16];

fn row(second: i64, kind: Kind, count: u32) -> Spent {
    let spendings = vec![spending((kind, WHO, count))];
    Spent { run: Run([1; 16]), number: 0, at: Moment::from_millis(second * 1_000), spendings }
}

fn still(rows: &[Spent], second: i64) -> Vec<(u32, Option<u64>)> {
    let due = still_spent(&Config::default(), rows, Moment::from_millis(second * 1_000));
    due.iter().map(|due| (due.count, due.over.map(|over| over.as_secs()))).collect()
}

#[test]
fn what_was_spent_comes_back_while_nobody_spends() {
    // 60 inquiries a minute: one comes back each second.
    let rows = [row(0, Kind::Inquiries, 30), row(10, Kind::Inquiries, 20)];
    assert_eq!(still(&rows, 10), [(40, None)]);
    assert_eq!(still(&rows, 30), [(20, None)]);
    assert_eq!(still(&rows, 50), []);
    // A clock that is ahead spends nothing later than now.
    assert_eq!(still(&rows, 5), [(45, None)]);
}

#[test]
fn who_was_over_waits_from_then_on() {
    let rows = [row(0, Kind::Guesses, 60), row(30, Kind::Guesses, 60), row(600, Kind::Messages, 5)];
    let mut found = still(&rows, 1_830);
    found.sort_unstable();
    assert_eq!(found, [(30, Some(1_800))]);
}

#[test]
fn what_others_have_spent_just_now_counts_in_full_and_what_is_long_ago_no_more() {
    let rows = [row(0, Kind::Inquiries, 500), row(200, Kind::Inquiries, 2), row(201, Kind::Inquiries, 3)];
    let due = just_spent(&rows, Moment::from_millis(202_000));
    assert_eq!(due, [Due { kind: Kind::Inquiries, key: WHO, count: 5, over: None }]);
}

#[test]
fn a_kind_that_only_a_later_version_has_is_left_alone() {
    let spendings = vec![Spending { kind: 99, key: WHO, count: 5 }];
    let rows = [Spent { spendings, ..row(0, Kind::Inquiries, 1) }];
    assert!(just_spent(&rows, Moment::from_millis(0)).is_empty() && still(&rows, 0).is_empty());
    assert_eq!(Kind::ALL.map(|kind| Kind::of(kind.number())), Kind::ALL.map(Some));
}

#[test]
fn as_much_is_taken_as_there_is() {
    let most = NonZeroU32::new(100).unwrap();
    let limiter = DefaultKeyedRateLimiter::keyed(governor::Quota::per_hour(most));
    assert!(charge(&limiter, &WHO, 70) && !charge(&limiter, &WHO, 70));
    assert!(limiter.check_key(&WHO).is_err() && charge(&limiter, &[8; 16], 100));
}

#[test]
fn who_shares_with_nobody_notes_nothing() {
    let (alone, shared) = (Ledger::new(false), Ledger::new(true));
    for ledger in [&alone, &shared] {
        ledger.note(Kind::Events, WHO, 2);
        ledger.note(Kind::Events, WHO, 3);
    }
    assert_eq!((alone.take(), shared.take()), (vec![], vec![(Kind::Events, WHO, 5)]));
}
