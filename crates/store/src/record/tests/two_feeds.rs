//! Two feeds of different precedence, told in any order, twice and before the application is known: one state,
//! and it is what a naive reading of the rules says.

use super::*;
use crate::record::record;
use crate::testing::entry;
use domain::feed::FeedKind;
use domain::progress::{Verdict, verdict};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

const CASES: u32 = 20;
const APPLICATIONS: usize = 25;
const MILESTONES: usize = 20;

/// What happened to an application of the case, and whether the centre, which goes first, told it.
#[derive(Clone, Copy, Debug)]
struct Fact {
    application: usize,
    stage: Stage,
    by_centre: bool,
}

/// Mostly down the road, sometimes anywhere.
fn stage() -> impl Strategy<Value = Stage> {
    prop_oneof![3 => select(&domain::stage::MAIN_ROAD[..]), 1 => select(&Stage::ALL[..])]
}

fn case() -> impl Strategy<Value = Vec<Fact>> {
    let told = proptest::collection::vec((stage(), proptest::bool::weighted(0.3)), APPLICATIONS * MILESTONES);
    told.prop_map(|told| {
        let fact = |(at, (stage, by_centre)): (usize, (Stage, bool))| match at % MILESTONES {
            // The county opens every application.
            0 => Fact { application: at / MILESTONES, stage: Stage::Accepted, by_centre: false },
            _ => Fact { application: at / MILESTONES, stage, by_centre },
        };
        told.into_iter().enumerate().map(fact).collect()
    })
}

/// A case, and three shuffled deliveries of it in which a third comes twice.
fn deliveries() -> impl Strategy<Value = (Vec<Fact>, [Vec<usize>; 3], usize)> {
    let all = APPLICATIONS * MILESTONES;
    let order = || Just((0..all + all / 3).map(|at| at % all).collect::<Vec<_>>()).prop_shuffle();
    (case(), [order(), order(), order()], 40_usize..400)
}

/// Milestones of one application happen an hour after the other, in the order of their places.
fn happened(place: usize) -> Moment {
    at(5 + (place % MILESTONES / 10) as i8, 9 + (place % 10) as i8)
}

fn event(place: usize, first: u16) -> EventKey {
    EventKey((u128::from(first) << 64 | place as u128).to_be_bytes())
}

fn report(facts: &[Fact], place: usize, first: u16) -> Report {
    let fact = facts[place];
    let n = first + fact.application as u16;
    Report {
        receipt: receipt(n, 7),
        step: Step::Reached(fact.stage),
        organ: crate::testing::organ(7),
        happened: happened(place),
        cause: None,
        event: event(place, first),
        batch: None,
        opening: place.is_multiple_of(MILESTONES).then(|| opening(n, 7)),
    }
}

/// Tells one delivery in batches; each batch goes feed by feed.
async fn deliver(fresh: &Fresh, centre: FeedId, facts: &[Fact], order: &[usize], batch: usize, first: u16) {
    for places in order.chunks(batch) {
        for (feed, by_centre) in [(fresh.feed, false), (centre, true)] {
            let own = places.iter().filter(|place| facts[**place].by_centre == by_centre);
            let reports = own.map(|place| report(facts, *place, first)).collect();
            record(&fresh.store, feed, at(31, 9), reports, entry("batch"), Unknown::Kept).await.unwrap();
        }
    }
}

/// Who was told of, and for each milestone that is held why and by whom.
type Read = (Vec<Stage>, Vec<(usize, Impossible, Vec<usize>)>);

/// Reads the milestones of one application that are not left out, one after the other.
fn read(facts: &[Fact], left_out: &BTreeSet<usize>) -> Read {
    let (mut timeline, mut held, mut told_by) = (Vec::new(), Vec::new(), Vec::new());
    for place in (0..facts.len()).filter(|place| !left_out.contains(place)) {
        match verdict(timeline.last().copied(), facts[place].stage) {
            Verdict::Stays => told_by.push(place),
            Verdict::Impossible(why) => held.push((place, why, told_by.clone())),
            Verdict::Moves => {
                timeline.push(facts[place].stage);
                told_by = vec![place];
            }
        }
    }
    (timeline, held)
}

/// Which of the county's milestones must go for the centre's to count; none where that does not help.
fn room_for(place: usize, facts: &[Fact], mut left_out: BTreeSet<usize>) -> Option<BTreeSet<usize>> {
    loop {
        let (_, held) = read(facts, &left_out);
        let Some((_, _, by)) = held.into_iter().find(|held| held.0 == place) else { return Some(left_out) };
        let before = left_out.len();
        left_out.extend(by.into_iter().filter(|by| !facts[*by].by_centre));
        if left_out.len() == before {
            return None;
        }
    }
}

fn naive(facts: &[Fact]) -> (Vec<Stage>, Vec<(usize, Impossible)>) {
    let mut left_out = BTreeSet::new();
    loop {
        let (timeline, held) = read(facts, &left_out);
        let of_centre = held.iter().filter(|held| facts[held.0].by_centre);
        let more = of_centre.map(|held| room_for(held.0, facts, left_out.clone())).find(Option::is_some);
        match more.flatten() {
            Some(more) => left_out = more,
            None => {
                let mut all: Vec<_> = held.into_iter().map(|(place, why, _)| (place, why)).collect();
                all.extend(left_out.into_iter().map(|place| (place, Impossible::Contradicted)));
                all.sort_unstable();
                return (timeline, all);
            }
        }
    }
}

#[test]
fn three_deliveries_of_ten_thousand_milestones_over_two_feeds_give_one_state() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stores = [0; 3].map(|_| runtime.block_on(Fresh::new()));
    let centres = [0, 1, 2].map(|at: usize| {
        let fresh: &Fresh = &stores[at];
        runtime.block_on(fresh.another_feed("centre", FeedKind::Desk, 20))
    });
    let contradicted = std::sync::atomic::AtomicUsize::new(0);
    let next = std::sync::atomic::AtomicU16::new(1);
    let config = ProptestConfig { max_shrink_iters: 20, ..ProptestConfig::with_cases(CASES) };
    proptest!(config, |((facts, orders, batch) in deliveries())| {
        let first = next.fetch_add(APPLICATIONS as u16, std::sync::atomic::Ordering::Relaxed);
        for ((fresh, centre), order) in stores.iter().zip(centres).zip(&orders) {
            runtime.block_on(deliver(fresh, centre, &facts, order, batch, first));
        }
        for (n, own) in facts.chunks(MILESTONES).enumerate() {
            let of = |fresh: &Fresh| {
                runtime.block_on(fresh.application(first + n as u16, 7)).unwrap().progress.unwrap()
            };
            let progress = of(&stores[0]);
            prop_assert_eq!(&progress, &of(&stores[1]));
            prop_assert_eq!(&progress, &of(&stores[2]));
            let (timeline, mut held) = naive(own);
            prop_assert_eq!(stages(&progress), timeline);
            held.iter_mut().for_each(|(place, _)| *place += n * MILESTONES);
            let mut found: Vec<_> = progress.held.iter().map(|held| (held.event, held.why)).collect();
            found.sort_unstable();
            let by_centre = found.iter().filter(|(_, why)| *why == Impossible::Contradicted).count();
            contradicted.fetch_add(by_centre, std::sync::atomic::Ordering::Relaxed);
            let held: Vec<_> = held.into_iter().map(|(place, why)| (event(place, first), why)).collect();
            prop_assert_eq!(found, held);
        }
    });
    assert!(contradicted.into_inner() > 100, "the case has to be met");
    for fresh in &stores {
        runtime.block_on(fresh.prove_all());
        assert_eq!(fresh.count("milestone"), i64::from(CASES) * (APPLICATIONS * MILESTONES) as i64);
    }
}
