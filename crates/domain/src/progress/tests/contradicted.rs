//! Two feeds contradict each other: the one of higher precedence counts, and nothing is lost.

use super::*;

/// What the same feed says when it has this number and rank.
fn by(feed: u32, rank: u8, milestone: Milestone) -> Milestone {
    Milestone { feed: FeedId(feed), rank: Rank(rank), ..milestone }
}

fn held(progress: &Progress) -> Vec<(u32, Impossible)> {
    progress.held.iter().map(|held| (held.feed.0, held.why)).collect()
}

#[test]
fn the_office_goes_before_the_carrier_that_calls_a_card_collected() {
    let progress = replay(&[
        by(1, 50, reached(Stage::InDistribution, 9, 9)),
        by(1, 50, reached(Stage::Collected, 10, 9)),
        by(2, 20, reached(Stage::ReadyForCollection, 11, 9)),
    ]);
    assert_eq!(progress.stage, Stage::ReadyForCollection);
    assert_eq!(held(&progress), [(1, Impossible::Contradicted)]);
    assert_eq!(stages(&progress), [Stage::InDistribution, Stage::ReadyForCollection]);
}

#[test]
fn a_feed_of_lower_or_equal_precedence_contradicts_nobody() {
    for rank in [50, 60] {
        let progress = replay(&[
            by(1, 50, reached(Stage::Collected, 10, 9)),
            by(2, rank, reached(Stage::ReadyForCollection, 11, 9)),
        ]);
        assert_eq!((progress.stage, held(&progress)), (Stage::Collected, vec![(2, Impossible::AfterFinal)]));
    }
}

/// Who stands against what is held: feed and step.
fn against_held(all: &[Milestone]) -> Vec<Vec<(u32, Step)>> {
    let held = super::super::held(all);
    let by = |held: &Held| against(all, held.feed, held.event);
    held.iter().map(|held| by(held).into_iter().map(|by| (by.feed.0, by.step)).collect()).collect()
}

#[test]
fn between_feeds_of_one_rank_what_happened_first_counts_and_stands_against_the_other() {
    for (first, second) in [(1, 2), (2, 1)] {
        let all = [
            by(second, 50, reached(Stage::ReadyForCollection, 11, 9)),
            by(first, 50, reached(Stage::Collected, 10, 9)),
            by(first, 50, reached(Stage::Collected, 10, 12)),
        ];
        let progress = replay(&all);
        assert_eq!(
            (progress.stage, held(&progress)),
            (Stage::Collected, vec![(second, Impossible::AfterFinal)])
        );
        assert_eq!(against_held(&all), [[(first, Step::Reached(Stage::Collected))]]);
    }
}

#[test]
fn whoever_is_contradicted_is_shown_by_whom() {
    let all = [
        by(1, 50, reached(Stage::Produced, 9, 9)),
        by(1, 50, reached(Stage::InDistribution, 10, 9)),
        by(2, 20, reached(Stage::DataCheck, 11, 9)),
    ];
    assert_eq!(against_held(&all), vec![vec![(2, Step::Reached(Stage::DataCheck))]; 2]);
    let counts = &all[2];
    assert_eq!(against(&all, counts.feed, counts.event), Vec::<&Milestone>::new());
}

#[test]
fn a_feed_does_not_contradict_itself_when_its_rank_changed() {
    let progress = replay(&[
        by(1, 50, reached(Stage::Collected, 10, 9)),
        by(1, 20, reached(Stage::ReadyForCollection, 11, 9)),
    ]);
    assert_eq!((progress.stage, held(&progress)), (Stage::Collected, vec![(1, Impossible::AfterFinal)]));
}

#[test]
fn what_somebody_of_equal_precedence_confirms_stands() {
    let progress = replay(&[
        by(1, 50, reached(Stage::Collected, 10, 9)),
        by(2, 20, reached(Stage::Collected, 10, 12)),
        by(3, 20, reached(Stage::ReadyForCollection, 11, 9)),
    ]);
    assert_eq!((progress.stage, held(&progress)), (Stage::Collected, vec![(3, Impossible::AfterFinal)]));
}

#[test]
fn who_is_contradicted_contradicts_nobody() {
    let progress = replay(&[
        by(1, 60, reached(Stage::InDistribution, 9, 9)),
        by(2, 50, reached(Stage::Signed, 10, 9)),
        by(3, 10, reached(Stage::UnderReview, 11, 9)),
    ]);
    // Under review goes before signed; with signed gone, distribution still comes too early for the review.
    assert_eq!(progress.stage, Stage::UnderReview);
    assert_eq!(held(&progress), [(1, Impossible::Contradicted), (2, Impossible::Contradicted)]);
    let progress = replay(&[
        by(1, 60, reached(Stage::Signed, 12, 9)),
        by(2, 50, reached(Stage::Cancelled, 10, 9)),
        by(3, 10, reached(Stage::UnderReview, 11, 9)),
    ]);
    assert_eq!(stages(&progress), [Stage::UnderReview, Stage::Signed]);
    assert_eq!(held(&progress), [(2, Impossible::Contradicted)]);
}

#[test]
fn a_return_that_makes_sense_of_both_contradicts_neither() {
    let progress = replay(&[
        by(1, 50, reached(Stage::Produced, 9, 9)),
        by(1, 50, reached(Stage::Remake, 10, 9)),
        by(2, 20, reached(Stage::InProduction, 11, 9)),
    ]);
    assert_eq!((progress.stage, held(&progress)), (Stage::InProduction, vec![]));
}

#[test]
fn the_pause_of_the_desk_goes_before_another_pause_but_not_before_a_stage() {
    let paused = |why, day| milestone(Step::Paused(why), at(day, 9));
    let progress = replay(&[
        by(1, 50, reached(Stage::UnderReview, 5, 9)),
        by(1, 50, paused(Pause::Other, 6)),
        by(2, 0, paused(Pause::AwaitingOtherOrgan, 7)),
    ]);
    assert_eq!(progress.pauses.last().map(|pause| pause.why), Some(Pause::AwaitingOtherOrgan));
    assert_eq!(held(&progress), [(1, Impossible::Contradicted)]);
    let progress = replay(&[
        by(1, 50, reached(Stage::CorrectionRequired, 6, 9)),
        by(2, 0, paused(Pause::AwaitingOtherOrgan, 7)),
    ]);
    assert_eq!(held(&progress), [(2, Impossible::AlreadyPaused)]);
}

#[test]
fn the_desk_takes_away_a_correction_and_what_it_took_away_is_back() {
    let collected = reached(Stage::Collected, 10, 9);
    let correction = milestone(Step::Withdraws(collected.event), at(11, 9));
    let undone = by(1, 0, milestone(Step::Withdraws(correction.event), at(12, 9)));
    let first = reached(Stage::Accepted, 5, 9);
    let progress = replay(&[first, collected, correction, undone]);
    assert_eq!((progress.stage, held(&progress)), (Stage::Collected, vec![]));
}

#[test]
fn what_is_held_is_known_before_any_stage_is() {
    let pause = milestone(Step::Paused(Pause::Other), at(6, 9));
    let correction = milestone(Step::Withdraws(EventKey([9; 16])), at(7, 9));
    let before = [pause, correction];
    assert_eq!(Progress::replay(&before), None);
    let mut why: Vec<Impossible> = super::super::held(&before).iter().map(|held| held.why).collect();
    why.sort_unstable();
    assert_eq!(why, [Impossible::BeforeSubmission, Impossible::UnknownCorrection]);
}

#[test]
fn a_card_that_did_not_arrive_is_flagged_until_it_is_at_hand() {
    let flags = |stage, beside| {
        let progress = replay(&[reached(stage, 6, 9)]);
        let today = date(2026, 1, 20);
        let clock = progress.clock(date(2026, 1, 5), today, &Holidays::built_in().unwrap());
        progress.flags(&clock, today, &Thresholds::default(), beside)
    };
    let missing = Beside { missing: true, silent: false };
    assert_eq!(flags(Stage::Produced, missing), [Flag::Missing]);
    assert_eq!(flags(Stage::ReadyForCollection, missing), []);
    let silent = Beside { silent: true, missing: false };
    assert_eq!(flags(Stage::Produced, silent), [Flag::DataDelayed]);
    assert_eq!(flags(Stage::Collected, silent), []);
}

#[test]
fn what_would_be_impossible_all_the_same_takes_nobody_away() {
    let progress = replay(&[
        by(1, 5, reached(Stage::InDistribution, 9, 9)),
        by(2, 60, reached(Stage::ReadyForCollection, 10, 9)),
        by(3, 20, reached(Stage::Signed, 11, 9)),
    ]);
    assert_eq!(
        (progress.stage, held(&progress)),
        (Stage::ReadyForCollection, vec![(3, Impossible::Backwards)])
    );
}

#[test]
fn every_milestone_in_the_way_is_contradicted() {
    let progress = replay(&[
        by(1, 50, reached(Stage::Produced, 9, 9)),
        by(1, 50, reached(Stage::InDistribution, 10, 9)),
        by(2, 20, reached(Stage::DataCheck, 11, 9)),
    ]);
    assert_eq!((progress.stage, held(&progress)), (Stage::DataCheck, vec![(1, Impossible::Contradicted); 2]));
}

#[test]
fn feeds_that_went_wild_are_folded_all_the_same() {
    let wild = |feed: u32, rank, stage, day| {
        let first = by(feed, rank, reached(stage, day, 9));
        (0..2_000_u32).map(move |n| Milestone {
            event: EventKey(u128::from(n).to_be_bytes()),
            happened: Moment::from_millis(first.happened.millis() + i64::from(n)),
            ..first.clone()
        })
    };
    let ended = wild(1, 50, Stage::Cancelled, 10).chain(wild(3, 5, Stage::Cancelled, 9));
    let all: Vec<Milestone> = ended.chain(wild(2, 20, Stage::Remake, 11)).collect();
    assert_eq!(replay(&all).stage, Stage::Cancelled);
    let all: Vec<Milestone> =
        wild(1, 50, Stage::Collected, 10).chain(wild(2, 20, Stage::Remake, 11)).collect();
    assert_eq!(replay(&all).stage, Stage::Remake);
}
