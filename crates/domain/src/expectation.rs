//! When a card can be expected, told from how long earlier cards took.

use jiff::civil::Date;

use crate::day::{days_after, days_elapsed};

/// Fewer cards than this tell nothing.
pub const FEWEST_CARDS: u32 = 30;

/// Durations beyond this many days are counted as this many.
const LONGEST_DAYS: u16 = 1_000;

/// Histogram of one kind, organ and stage: how many cards took how many days from entering the stage to
/// being ready.
#[derive(Clone, Eq, PartialEq, Debug, Default)]
pub struct History {
    counts: Vec<u32>,
}

/// The range of days in which a card can be expected.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Expectation {
    /// Half of the comparable cards were ready by this day.
    pub earliest: Date,
    /// Nine of ten comparable cards were ready by this day.
    pub latest: Date,
    /// How many cards this rests on.
    pub cards: u32,
}

impl History {
    /// The histogram of these durations, in days, with the number of cards that took so long.
    pub fn from_counts(durations: impl IntoIterator<Item = (u16, u32)>) -> Self {
        let mut counts: Vec<u32> = Vec::new();
        for (days, cards) in durations {
            let at = usize::from(days.min(LONGEST_DAYS));
            if counts.len() <= at {
                counts.resize(at + 1, 0);
            }
            if let Some(count) = counts.get_mut(at) {
                *count = count.saturating_add(cards);
            }
        }
        Self { counts }
    }

    /// The 50th to 90th percentile among the cards that took at least as long as this one already has;
    /// `None` when there are fewer than [`FEWEST_CARDS`] of them.
    #[must_use]
    pub fn expect(&self, since: Date, today: Date) -> Option<Expectation> {
        let elapsed = usize::try_from(days_elapsed(since, today)).ok()?;
        let comparable = self.counts.get(elapsed..)?;
        let cards = comparable.iter().map(|count| u64::from(*count)).sum::<u64>();
        if cards < u64::from(FEWEST_CARDS) {
            return None;
        }
        let ready_by = |percent: u64| {
            let days = elapsed + days_until(comparable, (cards * percent).div_ceil(100));
            days_after(since, i32::try_from(days).unwrap_or(i32::MAX))
        };
        let cards = u32::try_from(cards).unwrap_or(u32::MAX);
        Some(Expectation { earliest: ready_by(50).max(today), latest: ready_by(90).max(today), cards })
    }
}

/// The first day by which `wanted` cards were ready.
fn days_until(counts: &[u32], wanted: u64) -> usize {
    let mut ready = 0;
    let reached = counts.iter().position(|count| {
        ready += u64::from(*count);
        ready >= wanted
    });
    reached.unwrap_or(counts.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const SINCE: Date = Date::constant(2026, 1, 5);

    #[test]
    fn a_new_card_is_expected_like_the_others() {
        let history = History::from_counts((1..=100).map(|days| (days, 1)));
        let expected = history.expect(SINCE, SINCE).unwrap();
        assert_eq!(
            (expected.earliest, expected.latest, expected.cards),
            (days_after(SINCE, 50), days_after(SINCE, 90), 100)
        );
    }

    #[test]
    fn a_card_that_waits_is_compared_with_those_that_waited_as_long() {
        let history = History::from_counts((1..=100).map(|days| (days, 1)));
        let today = days_after(SINCE, 61);
        let expected = history.expect(SINCE, today).unwrap();
        assert_eq!(
            (expected.earliest, expected.latest, expected.cards),
            (days_after(SINCE, 80), days_after(SINCE, 96), 40)
        );
        assert_eq!(history.expect(SINCE, days_after(SINCE, 72)), None, "29 cards are too few");
        assert_eq!(history.expect(SINCE, date(2030, 1, 1)), None);
    }

    #[test]
    fn nothing_is_expected_from_too_few_cards() {
        assert_eq!(History::default().expect(SINCE, SINCE), None);
        assert_eq!(History::from_counts([(9, 29)]).expect(SINCE, SINCE), None);
        assert!(History::from_counts([(9, 29), (u16::MAX, 1)]).expect(SINCE, SINCE).is_some());
        assert!(History::from_counts([(9, u32::MAX), (9, u32::MAX)]).expect(SINCE, SINCE).is_some());
    }

    proptest! {
        #[test]
        fn an_expectation_is_never_in_the_past(
            durations in proptest::collection::vec((0_u16..2_000, 0_u32..50), 0..60), elapsed in -10_i32..1_500,
        ) {
            let today = days_after(SINCE, elapsed);
            if let Some(expected) = History::from_counts(durations).expect(SINCE, today) {
                prop_assert!(today <= expected.earliest && expected.earliest <= expected.latest);
                prop_assert!(expected.cards >= FEWEST_CARDS);
            }
        }
    }
}
