//! Two feeds, of different precedence or of the same, told in any order, twice and before the application is known:
//! one state, and it is what a naive reading of the rules says, who stands against whom too.

use super::*;
use crate::record::record;
use crate::testing::entry;
use domain::feed::FeedKind;
use domain::milestone::Rank;
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
            let reports: Vec<_> = own.map(|place| report(facts, *place, first)).collect();
            record(&fresh.store, feed, at(31, 9), &reports, entry("batch"), Unknown::Kept).await.unwrap();
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

/// The timeline, and what is held with who stands against it, where the rules leave that to the order of happening.
fn naive(facts: &[Fact], centre_goes_first: bool) -> Read {
    let mut left_out = BTreeSet::new();
    loop {
        let (timeline, mut held) = read(facts, &left_out);
        let of_centre = held.iter().filter(|held| centre_goes_first && facts[held.0].by_centre);
        let more = of_centre.map(|held| room_for(held.0, facts, left_out.clone())).find(Option::is_some);
        match more.flatten() {
            Some(more) => left_out = more,
            None => {
                held.extend(left_out.into_iter().map(|place| (place, Impossible::Contradicted, Vec::new())));
                held.sort_unstable();
                return (timeline, held);
            }
        }
    }
}

/// The first that each feed told of these.
fn first_of_each(facts: &[Fact], by: &[usize]) -> Vec<usize> {
    let first = |by_centre| by.iter().find(|place| facts[**place].by_centre == by_centre).copied();
    let mut first: Vec<usize> = [true, false].into_iter().filter_map(first).collect();
    first.sort_unstable();
    first
}

/// Three stores, and in each the centre.
struct Told {
    stores: [Fresh; 3],
    centres: [FeedId; 3],
    rank: u8,
}

impl Told {
    /// Where the centre has this rank.
    fn new(runtime: &tokio::runtime::Runtime, rank: u8) -> Self {
        let stores = [0; 3].map(|_| runtime.block_on(Fresh::new()));
        let centre = |at: usize| runtime.block_on(stores[at].another_feed("centre", FeedKind::Desk, rank));
        let centres = [0, 1, 2].map(centre);
        Self { stores, centres, rank }
    }

    /// Tells each store one delivery, and compares what came of it with the naive reading; gives how many are
    /// contradicted.
    async fn tell(&self, facts: &[Fact], orders: &[Vec<usize>; 3], batch: usize, first: u16) -> usize {
        for ((fresh, centre), order) in self.stores.iter().zip(self.centres).zip(orders) {
            deliver(fresh, centre, facts, order, batch, first).await;
        }
        let mut contradicted = 0;
        for (at, own) in facts.chunks(MILESTONES).enumerate() {
            contradicted += self.compare(own, at, first).await;
        }
        contradicted
    }

    /// The same for one application.
    async fn compare(&self, own: &[Fact], at: usize, first: u16) -> usize {
        let [one, two, three] = &self.stores;
        let application = one.application(first + at as u16, 7).await.unwrap();
        let progress = application.progress.clone().unwrap();
        for other in [two, three] {
            let other = other.application(first + at as u16, 7).await.unwrap();
            assert_eq!(Some(&progress), other.progress.as_ref());
        }
        let (timeline, held) = naive(own, self.rank < Rank::default().0);
        assert_eq!(stages(&progress), timeline);
        let event = |place: usize| event(place + at * MILESTONES, first);
        let mut found: Vec<_> = progress.held.iter().map(|held| (held.event, held.why)).collect();
        found.sort_unstable();
        let expected: Vec<_> = held.iter().map(|(place, why, _)| (event(*place), *why)).collect();
        assert_eq!(found, expected);
        let all = milestone::of(&one.store.read(), &application).await.unwrap();
        for (place, why, by) in &held {
            let feed = if own[*place].by_centre { self.centres[0] } else { one.feed };
            let against = domain::progress::against(&all, feed, event(*place));
            if *why == Impossible::Contradicted {
                assert!(!against.is_empty() && against.iter().all(|by| by.feed == self.centres[0]));
            } else {
                let against: Vec<_> = against.into_iter().map(|by| by.event).collect();
                assert_eq!(against, first_of_each(own, by).into_iter().map(event).collect::<Vec<_>>());
            }
        }
        held.iter().filter(|(_, why, _)| *why == Impossible::Contradicted).count()
    }
}

/// Any cases, told where the centre has this rank; gives how many milestones were contradicted.
fn told(rank: u8) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let told = Told::new(&runtime, rank);
    let contradicted = std::sync::atomic::AtomicUsize::new(0);
    let next = std::sync::atomic::AtomicU16::new(1);
    let config = ProptestConfig { max_shrink_iters: 20, ..ProptestConfig::with_cases(CASES) };
    proptest!(config, |((facts, orders, batch) in deliveries())| {
        let first = next.fetch_add(APPLICATIONS as u16, std::sync::atomic::Ordering::Relaxed);
        let found = runtime.block_on(told.tell(&facts, &orders, batch, first));
        contradicted.fetch_add(found, std::sync::atomic::Ordering::Relaxed);
    });
    for fresh in &told.stores {
        runtime.block_on(fresh.prove_all());
        assert_eq!(fresh.count("milestone"), i64::from(CASES) * (APPLICATIONS * MILESTONES) as i64);
    }
    contradicted.into_inner()
}

#[test]
fn three_deliveries_of_ten_thousand_milestones_over_two_feeds_give_one_state() {
    assert!(told(20) > 100, "the case has to be met");
}

#[test]
fn over_two_feeds_of_one_rank_they_give_one_state_too_and_nobody_is_contradicted() {
    assert_eq!(told(Rank::default().0), 0);
}
