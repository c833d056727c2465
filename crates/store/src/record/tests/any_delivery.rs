//! Whatever order, however often, in whatever batches: one stored progress, and it is the fold.

use super::*;
use crate::history;
use crate::testing::organ;
use domain::stage::Cause;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::atomic::{AtomicU16, Ordering};

/// What a case says, before it is told to anybody: step, day, hour, cause.
type Told = (Step, i8, i8, Option<Cause>);

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => select(&Stage::ALL[..]).prop_map(Step::Reached),
        1 => select(&Pause::ALL[..]).prop_map(Step::Paused),
        1 => Just(Step::Resumed),
        1 => Just(Step::Extended(Ground::RemoteTransport)),
    ]
}

fn case() -> impl Strategy<Value = Vec<Told>> {
    let told =
        (step(), 5_i8..28, prop_oneof![Just(0_i8), 1_i8..24], proptest::option::of(select(&Cause::ALL[..])));
    proptest::collection::vec(told, 1..14)
}

/// The case, and three deliveries of it, each in another order, cut into batches.
fn deliveries() -> impl Strategy<Value = (Vec<Told>, Vec<usize>, usize)> {
    case().prop_flat_map(|case| {
        let thrice: Vec<usize> = (0..3).flat_map(|_| 0..case.len()).collect();
        let count = case.len();
        // Shuffled within each delivery: the last two alone hold every milestone.
        let shuffled = Just(thrice).prop_shuffle();
        let whole = Just((0..count).rev().collect::<Vec<usize>>());
        let order = (shuffled, whole).prop_map(|(mut order, whole)| {
            order.extend(whole);
            order
        });
        (Just(case), order, 1_usize..20)
    })
}

/// The reports of a case for one person; every fourth corrects the one before it, the first opens.
fn reports(fresh: &Fresh, case: &[Told], n: u16, station: u16) -> Vec<Report> {
    let event = |at: usize| fresh.store.keys().event(format!("E-{at}").as_bytes());
    let report = |(index, (step, day, hour, cause)): (usize, &Told)| Report {
        receipt: receipt(n, station),
        step: if index % 4 == 3 { Step::Withdraws(event(index - 1)) } else { *step },
        organ: organ(7),
        happened: at(*day, *hour),
        cause: *cause,
        event: event(index),
        batch: None,
        opening: (index == 0).then(|| opening(n, station)),
    };
    case.iter().enumerate().map(report).collect()
}

#[test]
fn three_shuffled_deliveries_of_any_case_give_one_state() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fresh = runtime.block_on(Fresh::new());
    let next = AtomicU16::new(0);
    let cases = ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(96) };
    proptest!(cases, |((case, order, batch) in deliveries())| {
        // Two people with the same case at two stations: one told in order and once, one in any way.
        let n = next.fetch_add(2, Ordering::Relaxed) % 990;
        let (in_order, any_way) = (reports(&fresh, &case, n, n), reports(&fresh, &case, n + 1, n + 1));
        runtime.block_on(async {
            fresh.record(in_order).await;
            for places in order.chunks(batch) {
                fresh.record(places.iter().map(|place| any_way[*place].clone()).collect()).await;
            }
        });
        let one = runtime.block_on(fresh.application(n, n)).unwrap();
        let other = runtime.block_on(fresh.application(n + 1, n + 1)).unwrap();
        prop_assert_eq!(&one.progress, &other.progress);
        let kind = one.kind;
        let read = fresh.store.read();
        let history = |station| runtime.block_on(history::of(&read, organ(station), kind)).unwrap();
        prop_assert_eq!(history(n), history(n + 1));
    });
    runtime.block_on(fresh.prove_all());
}

#[tokio::test]
async fn ten_thousand_milestones_delivered_three_times_give_one_state() {
    let fresh = Fresh::new().await;
    let road = domain::stage::MAIN_ROAD;
    let case: Vec<Told> =
        (5_i8..).zip(road).map(|(day, stage)| (Step::Reached(stage), day, 9, None)).collect();
    let all: Vec<Report> = (0..1000).flat_map(|n| reports(&fresh, &case, n, 7)).collect();
    // Strides without a factor in common with ten thousand visit each milestone once.
    for (stride, batch) in [(7_919, 700), (3_331, 10_000), (9_973, 2_500)] {
        let order: Vec<usize> = (0..all.len()).map(|at| at * stride % all.len()).collect();
        for places in order.chunks(batch) {
            fresh.record(places.iter().map(|place| all[*place].clone()).collect()).await;
        }
    }
    assert_eq!((fresh.count("application"), fresh.count("milestone")), (1_000, 10_000));
    let applications = fresh.every_application().await;
    let first = applications[0].progress.clone().unwrap();
    assert_eq!(stages(&first).last(), Some(&Stage::Collected));
    assert!(applications.iter().all(|application| application.progress.as_ref() == Some(&first)));
    fresh.prove_all().await;
}
