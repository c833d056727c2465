//! What may be shown to whom: facts proved on one side, a level of the answer on the other.

use crate::word::words;

words! {
    /// How much of an answer is shown (minimum necessary, Personal Information Protection Law, art. 6).
    pub enum Level {
        /// Stage, dates, clock and expectation; no office, no name, no reason and no cause.
        Basic = 1 "basic",
        /// The whole timeline with its offices, reason and causes, and the masked name.
        Full = 2 "full",
    }
}

/// Which of the facts an inquirer stated were compared with the record and found right.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
pub struct Proof {
    /// The citizen number.
    pub number: bool,
    /// The date of the application.
    pub date: bool,
    /// The name.
    pub name: bool,
    /// The receipt number, or the slip's code.
    pub receipt: bool,
}

/// The level that was proved; `None` shows nothing at all.
///
/// A receipt number is a daily counter and a name is known to many: neither is ever the only secret.
#[must_use]
pub const fn level(proved: Proof) -> Option<Level> {
    match proved {
        Proof { number: true, date: true, receipt: true, .. } => Some(Level::Full),
        Proof { number: true, date: true, name: true, .. } => Some(Level::Basic),
        _ => None,
    }
}

impl Level {
    /// Whether the answer says who holds the card now.
    #[must_use]
    pub const fn shows_holder(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the answer names the offices to call or go to.
    #[must_use]
    pub const fn shows_offices(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether each entry of the timeline names its office.
    #[must_use]
    pub const fn shows_timeline_offices(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the answer says why somebody applied: expired, lost, name changed.
    #[must_use]
    pub const fn shows_reason(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the answer says why something went wrong: it may tell of register and body.
    #[must_use]
    pub const fn shows_cause(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the answer tells how often facts about the holder fitted nothing lately. Who guesses is told nothing.
    #[must_use]
    pub const fn shows_tries(self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the answer shows the masked name.
    #[must_use]
    pub const fn shows_masked_name(self) -> bool {
        matches!(self, Self::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn proof(number: bool, date: bool, name: bool, receipt: bool) -> Proof {
        Proof { number, date, name, receipt }
    }

    #[test]
    fn two_ways_lead_to_an_answer() {
        assert_eq!(level(proof(true, true, true, false)), Some(Level::Basic));
        assert_eq!(level(proof(true, true, false, true)), Some(Level::Full));
        assert_eq!(level(proof(false, false, false, true)), None);
        assert_eq!(level(proof(true, false, true, false)), None);
        assert_eq!(level(proof(true, false, false, true)), None);
        assert_eq!(level(proof(true, true, false, false)), None);
    }

    proptest! {
        #[test]
        fn nothing_is_shown_without_number_and_date(name in any::<bool>(), receipt in any::<bool>()) {
            for (number, date) in [(false, false), (true, false), (false, true)] {
                prop_assert_eq!(level(proof(number, date, name, receipt)), None);
            }
        }

        #[test]
        fn one_more_fact_never_shows_less(facts in any::<[bool; 4]>(), more in 0_usize..4) {
            let [number, date, name, receipt] = facts;
            let before = level(proof(number, date, name, receipt));
            let mut facts = facts;
            facts[more] = true;
            let [number, date, name, receipt] = facts;
            prop_assert!(level(proof(number, date, name, receipt)) >= before);
        }
    }
}
