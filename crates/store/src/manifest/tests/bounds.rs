//! How much is kept of batches, for how long, and that nobody walks all of it.

use super::*;
use crate::upkeep;

async fn forgotten(fresh: &Fresh, days: i64) -> usize {
    let now = Moment::from_millis(at(25, 18).millis() + days * 24 * 60 * 60 * 1000);
    forget(&fresh.store, "upkeep", now).await.unwrap()
}

async fn counted(fresh: &Fresh, cards: RangeInclusive<u16>, count: u32) -> std::result::Result<(), Excess> {
    let feed = sender(fresh).await;
    let receipts = cards.map(|n| receipt(n, 7)).collect();
    let removed = Vec::new();
    let due = at(25, 18);
    announce(fresh, Declaration { feed, batch: batch(), due, count, receipts, removed }).await
}

/// As if the feed had announced as much as one may.
fn fill_up(fresh: &Fresh) {
    let most = i64::try_from(MOST_OF_A_FEED).unwrap();
    // On a server the number is kept in parts.
    fresh.change_behind(&match fresh.behind().address() {
        None => format!("UPDATE manifest_count SET items = {most}"),
        Some(_) => format!("UPDATE manifest_tally SET items = CASE slot WHEN 0 THEN {most} ELSE 0 END"),
    });
}

#[tokio::test]
async fn a_batch_that_lists_more_than_it_counts_or_is_too_much_changes_nothing() {
    let fresh = opened(1).await;
    assert_eq!(counted(&fresh, 1..=3, 1).await, Err(Excess::Listed));
    assert_eq!((fresh.count("manifest"), fresh.count("manifest_line")), (0, 0));
    assert_eq!(counted(&fresh, 1..=2, 3).await, Ok(()));
    // The list of earlier parts counts too.
    assert_eq!(counted(&fresh, 3..=4, 3).await, Err(Excess::Listed));
    assert_eq!(counted(&fresh, 2..=3, 3).await, Ok(()));
    assert_eq!(counted(&fresh, 1..=1, MOST_OF_A_BATCH + 1).await, Err(Excess::Batch));
    let kept = || fresh.behind().int("SELECT items FROM manifest_count");
    assert_eq!((kept(), compared(&fresh).await.listed), (4, 3));
    fill_up(&fresh);
    assert_eq!(counted(&fresh, 4..=4, 4).await, Err(Excess::Feed));
    // What it announced it may still change.
    assert_eq!(counted(&fresh, 1..=3, 5).await, Ok(()));
    assert_eq!(compared(&fresh).await.declared, 5);
}

#[tokio::test]
async fn batches_are_forgotten_ninety_days_after_they_were_due_with_all_that_came_of_them() {
    let fresh = in_production(3).await;
    let other = fresh.another_feed("other", FeedKind::Production, 50).await;
    declared(&fresh, 2, 25).await;
    declared_by(&fresh, other, 3..=3, 26).await;
    arrive(&fresh, 1).await;
    assert_eq!(forgotten(&fresh, 89).await, 0);
    // Another batch of this number still runs, and so its arrivals stay.
    assert_eq!(forgotten(&fresh, 90).await, 3);
    assert_eq!((fresh.count("manifest"), fresh.count("arrival")), (1, 1));
    assert_eq!((forgotten(&fresh, 91).await, forgotten(&fresh, 91).await), (3, 0));
    let left = fresh.behind().int("SELECT CAST(sum(items) AS BIGINT) FROM manifest_count");
    assert_eq!((fresh.count("manifest"), fresh.count("manifest_line"), left), (0, 0, 0));
    assert_eq!(fresh.count("arrival"), 0);
}

#[tokio::test]
async fn arrivals_that_nobody_announced_are_forgotten_too() {
    let fresh = opened(1).await;
    arrive(&fresh, 1).await;
    // It was told on the thirty-first.
    assert_eq!((forgotten(&fresh, 460).await, forgotten(&fresh, 463).await), (0, 1));
    assert_eq!(fresh.count("arrival"), 0);
}

#[tokio::test]
async fn few_rows_are_forgotten_at_a_time_and_few_flags_are_set() {
    let fresh = Fresh::new().await;
    let many = u16::try_from(i64::from(upkeep::AT_ONCE) + 5).unwrap();
    assert_eq!(counted(&fresh, 1..=many, many.into()).await, Ok(()));
    let steps = [forgotten(&fresh, 90).await, forgotten(&fresh, 90).await, forgotten(&fresh, 90).await];
    assert_eq!(steps, [upkeep::AT_ONCE.into(), 6, 0]);
}

#[tokio::test]
async fn an_application_that_does_not_read_keeps_no_other_from_its_flag() {
    let fresh = in_production(2).await;
    declared(&fresh, 2, 25).await;
    fresh.change_behind("UPDATE application SET accepting = -1 WHERE id = 1");
    assert_eq!(settled(&fresh, 26).await, 1);
}

/// The steps by which a statement is run.
fn plan(fresh: &Fresh, sql: &str) -> Vec<String> {
    let raw = fresh.file();
    let mut plan = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let values = vec![0; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
    steps.map(std::result::Result::unwrap).collect()
}

#[tokio::test]
async fn what_is_looked_for_is_found_without_looking_at_all_else() {
    let fresh = Fresh::embedded().await;
    for (sql, index) in [
        (settle::LACKING, "manifest_by_due"),
        (settle::LACKING, "manifest_line_open"),
        (settle::FOUND, "manifest_line_by_receipt"),
        (settle::SET_MISSING, "manifest_line_by_receipt"),
        (keep::ARRIVALS, "manifest_by_due"),
        (keep::CARDS, "manifest_by_due"),
        (keep::BATCHES, "manifest_by_due"),
        (keep::OLD_ARRIVALS, "arrival_by_age"),
        (WITHDRAW, "arrival_by_receipt"),
        (MARK, "manifest_line_by_receipt"),
        (SENDERS, "manifest_by_number"),
    ] {
        let steps = plan(&fresh, sql);
        assert!(steps.iter().any(|step| step.contains(index)), "{sql}: {steps:?}");
        let walks = |step: &String| {
            ["SCAN manifest", "SCAN arrival", "SCAN line"].iter().any(|walk| step.contains(walk))
        };
        assert!(!steps.iter().any(walks), "{sql}: {steps:?}");
    }
}
