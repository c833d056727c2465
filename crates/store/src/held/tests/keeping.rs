//! How long what was settled is kept, and that the numbers of what is held are right.

use super::*;
use crate::record::record;

async fn forgotten(fresh: &Fresh, days: i64) -> usize {
    forget(&fresh.store, "upkeep", days_later(days)).await.unwrap()
}

/// The kept numbers are those that counting gives.
fn prove_counts(fresh: &Fresh) {
    let counted =
        "SELECT feed, CASE WHEN application IS NULL AND why IN ('unknown_application', 'feed_inactive')
            THEN 1 ELSE 0 END, count(*)
        FROM held WHERE closed IS NULL GROUP BY 1, 2";
    let kept = "SELECT feed, waiting, items FROM held_count WHERE items <> 0";
    let differ = format!(
        "SELECT * FROM (SELECT * FROM ({counted}) AS counted EXCEPT {kept}) AS lacking
        UNION ALL SELECT * FROM (SELECT * FROM ({kept}) AS kept EXCEPT {counted}) AS beyond"
    );
    assert_eq!(fresh.behind().rows(&differ), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn what_was_settled_is_forgotten_after_ninety_days_and_what_is_open_never() {
    let (fresh, id) = remade_after_collection().await;
    wait(&fresh, vec![Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Signed, 8) }]).await;
    fresh.record(vec![fresh.accepted_of(2), fresh.report("on", Step::Resumed, at(8, 9))]).await;
    let (why, actor) = said();
    assert_eq!(discard(&fresh.store, id, why, actor, at(31, 9)).await.unwrap(), Decided::Done);
    prove_counts(&fresh);
    assert_eq!(how(&fresh).await, [Some(Closed::Discarded), Some(Closed::Recorded), None]);
    let audited = fresh.count("audit");
    assert_eq!((forgotten(&fresh, 89).await, fresh.count("audit")), (0, audited));
    assert_eq!(forgotten(&fresh, 90).await, 2);
    assert_eq!((how(&fresh).await, forgotten(&fresh, 1000).await), (vec![None], 0));
    // That it was decided is known for good.
    let decided = "SELECT count(*) FROM audit WHERE action = 'discard_held'";
    assert_eq!((fresh.behind().int(decided), fresh.count("audit")), (1, audited + 1));
    prove_counts(&fresh);
    // What was discarded is in the list of milestones, withdrawn: told again, nothing happens.
    assert_eq!(fresh.record(vec![fresh.reached(Stage::Remake, 12)]).await, [Outcome::Repeated]);
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Collected, vec![None]));
}

#[tokio::test]
async fn what_a_person_settled_while_it_waited_never_comes_back_however_long_ago() {
    let fresh = Fresh::new().await;
    let (signed, mistyped) = (fresh.reached(Stage::Signed, 8), fresh.reached(Stage::Produced, 9));
    wait(&fresh, vec![signed.clone(), mistyped.clone()]).await;
    fresh.record(vec![fresh.accepted_of(2)]).await;
    let (why, actor) = said();
    let done = discard(&fresh.store, HeldId(1), why.clone(), actor.clone(), at(31, 9)).await.unwrap();
    assert_eq!(done, Decided::Done);
    let right = Correction { receipt: Some(receipt(2, 7)), ..correction(Step::Reached(Stage::Produced), 9) };
    let done = correct(&fresh.store, HeldId(2), right, why, actor, at(31, 9)).await.unwrap();
    assert_eq!(done, Decided::Done);
    assert_eq!(forgotten(&fresh, 1000).await, 0);
    let kept = fresh.behind().int("SELECT count(report) FROM held");
    assert_eq!((kept, wait(&fresh, vec![signed.clone()]).await), (0, vec![Outcome::Repeated]));
    let again = fresh.record(vec![fresh.accepted(), signed, mistyped]).await;
    assert_eq!(again, [Outcome::Recorded, Outcome::Repeated, Outcome::Repeated]);
    assert_eq!(stage(&fresh).await, Stage::Accepted);
    prove_counts(&fresh);
}

#[tokio::test]
async fn what_expired_is_forgotten_and_may_come_again() {
    let fresh = Fresh::new().await;
    let signed = fresh.reached(Stage::Signed, 8);
    wait(&fresh, vec![signed.clone()]).await;
    assert_eq!(expire(&fresh.store, "upkeep", days_later(30)).await.unwrap(), 1);
    prove_counts(&fresh);
    assert_eq!((forgotten(&fresh, 119).await, forgotten(&fresh, 120).await), (0, 1));
    assert_eq!(wait(&fresh, vec![signed]).await, [Outcome::Waiting]);
    // Its number is another one: the log of changes names the first.
    assert_eq!(open(&fresh).await[0].id, HeldId(2));
    prove_counts(&fresh);
}

#[tokio::test]
async fn what_is_told_again_after_its_day_waits_anew_though_nobody_noticed_yet() {
    let fresh = Fresh::new().await;
    let signed = vec![fresh.reached(Stage::Signed, 8)];
    let tell = async |learned| {
        record(&fresh.store, fresh.feed, learned, &signed, entry("told"), Unknown::Kept).await.unwrap()
    };
    assert_eq!(tell(at(31, 9)).await, [Outcome::Waiting]);
    assert_eq!(tell(days_later(29)).await, [Outcome::Repeated]);
    assert_eq!(tell(days_later(30)).await, [Outcome::Waiting]);
    prove_counts(&fresh);
    assert_eq!(expire(&fresh.store, "upkeep", days_later(59)).await.unwrap(), 0);
    fresh.record(vec![fresh.accepted()]).await;
    assert_eq!((stage(&fresh).await, how(&fresh).await), (Stage::Signed, vec![Some(Closed::Recorded)]));
    prove_counts(&fresh);
}

#[tokio::test]
async fn where_there_is_no_room_what_is_past_its_day_is_refused_and_not_called_known() {
    let fresh = Fresh::new().await;
    set_most(&fresh.store, entry("one"), 1).await.unwrap();
    let signed = vec![fresh.reached(Stage::Signed, 8)];
    let tell = async |learned| {
        record(&fresh.store, fresh.feed, learned, &signed, entry("told"), Unknown::Kept).await.unwrap()
    };
    assert_eq!(tell(at(31, 9)).await, [Outcome::Waiting]);
    assert_eq!(tell(days_later(29)).await, [Outcome::Repeated]);
    assert_eq!(tell(days_later(30)).await, [Outcome::TooMany]);
}

#[tokio::test]
async fn what_an_earlier_schema_kept_of_the_queue_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let key_file = crate::testing::key_file(folder.path());
    crate::fresh::init_keys(&key_file);
    let mut raw = rusqlite::Connection::open(folder.path().join(crate::DATABASE_FILE)).unwrap();
    crate::migrations::up_to(&mut raw, 9);
    raw.execute_batch(
        "INSERT INTO held (id, receipt, feed, event, why, since, until, report, application) VALUES
            (3, zeroblob(16), 7, randomblob(16), 'unknown_application', 1, 2, x'01', NULL),
            (4, zeroblob(16), 7, randomblob(16), 'unknown_application', 1, NULL, x'01', NULL),
            (9, zeroblob(16), 7, randomblob(16), 'backwards', 1, NULL, NULL, 1);
        INSERT INTO dead_letter (id, feed, origin, why, since, content, closed) VALUES
            (5, 7, 'M 1', 'malformed', 1, x'01', NULL), (6, 7, 'M 2', 'malformed', 1, NULL, 'discarded');",
    )
    .unwrap();
    drop(raw);
    let keys = crate::keys::Keys::load(&key_file).unwrap();
    let store = crate::Store::open(
        folder.path(),
        &crate::Database::Folder,
        keys,
        None,
        crate::setting::Purpose::Demonstration,
    );
    let store = store.await.unwrap();
    let items = list(&store.read(), &Filter::default(), HeldId(0), 10).await.unwrap();
    let all: Vec<_> = items.iter().map(|item| (item.id.0, item.why)).collect();
    let backwards = Why::Impossible(Impossible::Backwards);
    assert_eq!(all, [(3, Why::UnknownApplication), (4, Why::UnreadableReport), (9, backwards)]);
    let queue = |waiting, items| Queue { feed: FeedId(7), waiting, items };
    assert_eq!(queues(&store.read()).await.unwrap(), [queue(false, 2), queue(true, 1)]);
    let raw = rusqlite::Connection::open(folder.path().join(crate::DATABASE_FILE)).unwrap();
    let one = |sql: &str| raw.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT items FROM dead_letter_count WHERE feed = 7"), 1);
    assert_eq!(one("SELECT seq FROM sqlite_sequence WHERE name = 'held'"), 9);
    assert_eq!(one("SELECT seq FROM sqlite_sequence WHERE name = 'dead_letter'"), 6);
}

#[tokio::test]
async fn upkeep_takes_few_rows_at_a_time() {
    let fresh = Fresh::new().await;
    let many = i64::from(upkeep::AT_ONCE) + 5;
    let signed = |n| fresh.report(&format!("e{n}"), Step::Reached(Stage::Signed), at(8, 9));
    let of = |n: i64| Report { receipt: receipt(if n % 2 == 0 { 1 } else { 2 }, 7), ..signed(n) };
    wait(&fresh, (0..many).map(of).collect()).await;
    let counted = queues(&fresh.store.read()).await.unwrap();
    assert_eq!(counted, [Queue { feed: fresh.feed, waiting: true, items: many.unsigned_abs() }]);
    for left in [upkeep::AT_ONCE.into(), 5, 0] {
        assert_eq!(expire(&fresh.store, "upkeep", days_later(30)).await.unwrap(), left);
        prove_counts(&fresh);
    }
    for left in [upkeep::AT_ONCE.into(), 5, 0] {
        assert_eq!(forgotten(&fresh, 120).await, left);
    }
    assert_eq!(fresh.count("held"), 0);
}

#[tokio::test]
async fn what_an_earlier_schema_held_is_counted_and_goes_on() {
    let (fresh, id) = remade_in(Fresh::embedded().await).await;
    let of = |n| Report { receipt: receipt(n, 7), ..fresh.reached(Stage::Signed, 8) };
    wait(&fresh, vec![of(2), of(3)]).await;
    let before = queues(&fresh.store.read()).await.unwrap();
    assert_eq!(
        before.iter().map(|queue| (queue.waiting, queue.items)).collect::<Vec<_>>(),
        [(false, 1), (true, 2)]
    );
    fresh.change_behind(
        "DROP TRIGGER held_added; DROP TRIGGER held_changed; DROP TRIGGER held_removed;
        DROP INDEX held_settled; DROP INDEX IF EXISTS held_inactive; DROP INDEX dead_letter_closed;
        DROP TABLE held_count; DROP TABLE dead_letter_settled; DROP TABLE outbox_consumer;",
    );
    fresh.change_behind(include_str!("../../../migrations/sqlite/V0007__keeping.sql"));
    assert_eq!(queues(&fresh.store.read()).await.unwrap(), before);
    let (why, actor) = said();
    assert_eq!(discard(&fresh.store, id, why, actor, at(31, 9)).await.unwrap(), Decided::Done);
    assert_eq!(queues(&fresh.store.read()).await.unwrap(), before[1..]);
    prove_counts(&fresh);
}

#[test]
fn what_may_be_forgotten_is_found_without_looking_at_all_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fresh = runtime.block_on(Fresh::embedded());
    let statements = [
        (FORGET, "held_settled"),
        (super::super::waiting::EXPIRE, "held_waiting"),
        (super::super::inactive::RESUMED, "held_of_reason_open"),
        (super::super::inactive::END, "held_of_reason_open"),
    ];
    for (sql, index) in statements {
        let raw = fresh.file();
        let mut plan = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = plan.query_map([0, 0], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(std::result::Result::unwrap).collect();
        assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("SCAN held")), "{steps:?}");
    }
}

#[test]
fn what_is_held_of_a_feed_is_listed_without_looking_at_other_feeds() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fresh = runtime.block_on(Fresh::embedded());
    for (sql, index) in [
        (OPEN_OF_FEED, "held_of_feed_open"),
        (ALL_OF_FEED, "held_of_feed "),
        (OPEN_OF_REASON, "held_of_reason_open"),
        (ALL_OF_REASON, "held_of_reason "),
    ] {
        let raw = fresh.file();
        let mut plan = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let values = vec![0; plan.parameter_count()];
        let steps =
            plan.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(std::result::Result::unwrap).collect();
        // One search by the index, and nothing is sorted.
        assert!(matches!(&steps[..], [step] if step.contains(index)), "{index}: {steps:?}");
    }
}
