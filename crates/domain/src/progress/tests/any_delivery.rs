//! Whatever order, however often, however late: one state.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::stage::Pause;

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => select(&Stage::ALL[..]).prop_map(Step::Reached),
        1 => select(&Pause::ALL[..]).prop_map(Step::Paused),
        1 => Just(Step::Resumed),
        1 => Just(Step::Extended(Ground::RemoteTransport)),
        1 => (0_u8..12).prop_map(|event| Step::Withdraws(EventKey([event; 16]))),
    ]
}

prop_compose! {
    fn any_milestone()(
        step in any_step(), day in 1_i8..12, hour in prop_oneof![Just(0_i8), 0_i8..24], late in 0_i64..1_000_000_000,
        (feed, rank) in select(&[(1_u32, 50_u8), (2, 50), (3, 10), (4, 0)][..]), event in 0_u8..12, cause in proptest::option::of(select(&Cause::ALL[..])), station in 0_u16..3,
    ) -> Milestone {
        let happened = at(day, hour);
        let organ = OrganCode::new(crate::RegionCode::DEMONSTRATION, station).unwrap();
        let learned = Moment::from_millis(happened.millis() + late);
        let (feed, rank, event) = (FeedId(feed), Rank(rank), EventKey([event; 16]));
        Milestone { step, organ, happened, learned, feed, rank, event, cause }
    }
}

fn any_list() -> impl Strategy<Value = Vec<Milestone>> {
    proptest::collection::vec(any_milestone(), 0..24)
}

fn shuffled() -> impl Strategy<Value = (Vec<Milestone>, Vec<Milestone>)> {
    any_list().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn order_of_delivery_makes_no_difference((list, mixed) in shuffled()) {
        prop_assert_eq!(Progress::replay(&list), Progress::replay(&mixed));
    }

    #[test]
    fn who_stands_against_what_is_held_does_not_depend_on_the_order((list, mixed) in shuffled()) {
        let all = super::super::held(&list);
        for Held { feed, event, why } in all.iter().copied() {
            let by = against(&list, feed, event);
            prop_assert_eq!(&by, &against(&mixed, feed, event));
            let told = list.iter().filter(|told| (told.feed, told.event) == (feed, event));
            let rank = told.min_by_key(|told| (told.learned, told.happened)).unwrap().rank;
            let counts = |by: &&&Milestone| {
                let is_held = all.iter().any(|held| (held.feed, held.event) == (by.feed, by.event));
                !is_held || why == Impossible::Contradicted
            };
            prop_assert!(by.iter().all(|by| counts(&by)));
            match why {
                Impossible::AfterFinal | Impossible::Backwards => prop_assert!(!by.is_empty()),
                Impossible::Contradicted => {
                    prop_assert!(by.iter().all(|by| by.rank < rank && by.feed != feed) && !by.is_empty());
                }
                // A stage pauses the clock by itself.
                Impossible::AlreadyPaused => {}
                _ => prop_assert!(by.is_empty()),
            }
        }
    }

    #[test]
    fn repetition_makes_no_difference(list in any_list(), again in any::<prop::sample::Index>(), later in 0_i64..1_000_000) {
        let mut repeated = list.clone();
        if !list.is_empty() {
            let mut copy = again.get(&list).clone();
            copy.learned = Moment::from_millis(copy.learned.millis() + later);
            repeated.push(copy);
        }
        prop_assert_eq!(Progress::replay(&list), Progress::replay(&repeated));
    }

    #[test]
    fn the_fold_keeps_its_promises(list in any_list()) {
        let Some(progress) = Progress::replay(&list) else { return Ok(()) };
        let last = progress.timeline.last().unwrap();
        prop_assert_eq!((last.stage, last.happened), (progress.stage, progress.since));
        for (before, after) in progress.timeline.iter().zip(progress.timeline.iter().skip(1)) {
            prop_assert_eq!(verdict(Some(before.stage), after.stage), Verdict::Moves);
            prop_assert!(before.happened.date() <= after.happened.date());
        }
        prop_assert!(progress.pauses.iter().rev().skip(1).all(|pause| pause.until.is_some()));
        prop_assert!(progress.held.len() + progress.timeline.len() <= list.len());
        let today = date(2026, 4, 1);
        let clock = progress.clock(date(2026, 1, 1), today, &Holidays::built_in().unwrap());
        let _ = (progress.flags(&clock, today, &Thresholds::default(), Beside::default()), progress.durations());
    }

    #[test]
    fn what_is_possible_is_never_held(now in select(&Stage::ALL[..]), next in select(&Stage::ALL[..])) {
        let progress = replay(&[reached(now, 5, 9), reached(next, 6, 9)]);
        let held = match verdict(Some(now), next) {
            Verdict::Impossible(why) => vec![why],
            Verdict::Moves | Verdict::Stays => vec![],
        };
        prop_assert_eq!(progress.stage, if held.is_empty() { next } else { now });
        prop_assert_eq!(why_held(&progress), held);
    }
}
