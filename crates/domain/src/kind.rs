//! Why a card is applied for, how it shall reach the citizen, and what it costs.

use crate::word::words;

words! {
    /// What is applied for (Resident Identity Card Law, arts 10 and 11).
    pub enum Kind {
        /// 申领: the first card (art. 10).
        FirstApplication = 1 "first_application",
        /// 换领: a new card for one that expired, changed or was damaged (art. 11).
        Renewal = 2 "renewal",
        /// 补领: a new card for a lost one (art. 11).
        Replacement = 3 "replacement",
        /// 换发: a new card because the organ made an error.
        Reissue = 4 "reissue",
    }
}

words! {
    /// The reason behind an application (Resident Identity Card Law, arts 10 and 11).
    pub enum Reason {
        /// The first card.
        First = 1 "first",
        /// The validity ended or is about to.
        Expired = 2 "expired",
        /// The name was changed.
        NameChanged = 3 "name_changed",
        /// The card is damaged.
        Damaged = 4 "damaged",
        /// The card is of an older generation.
        NewGeneration = 5 "new_generation",
        /// The card was lost.
        Lost = 6 "lost",
        /// The organ printed or recorded something wrong.
        OrganError = 7 "organ_error",
    }
}

words! {
    /// How the card shall reach the citizen.
    pub enum Delivery {
        /// Handed over at the counter.
        Counter = 1 "counter",
        /// Sent by post (EMS).
        Mail = 2 "mail",
    }
}

impl Reason {
    /// The kind of application that this reason leads to.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::First => Kind::FirstApplication,
            Self::Expired | Self::NameChanged | Self::Damaged | Self::NewGeneration => Kind::Renewal,
            Self::Lost => Kind::Replacement,
            Self::OrganError => Kind::Reissue,
        }
    }
}

/// The table of fees, in fen. The price authority sets the amounts (Resident Identity Card Law, art. 21), so a
/// region may keep its own.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Fees(Vec<(Reason, u32)>);

const STANDARD_FEES: [(Reason, u32); 7] = [
    (Reason::First, 0),
    (Reason::Expired, 2_000),
    (Reason::NameChanged, 2_000),
    (Reason::Damaged, 4_000),
    (Reason::NewGeneration, 2_000),
    (Reason::Lost, 4_000),
    (Reason::OrganError, 0),
];

impl Fees {
    /// The national table: 20 yuan for a renewal, 40 yuan for a damaged or lost card.
    #[must_use]
    pub fn standard() -> Self {
        Self(STANDARD_FEES.to_vec())
    }

    /// This table with another fee, in fen, for one reason.
    #[must_use]
    pub fn with(mut self, reason: Reason, fen: u32) -> Self {
        self.0.retain(|(other, _)| *other != reason);
        self.0.push((reason, fen));
        self
    }

    /// The fee in fen.
    #[must_use]
    pub fn fen(&self, reason: Reason) -> u32 {
        self.0.iter().find(|(listed, _)| *listed == reason).map_or(0, |(_, fen)| *fen)
    }

    /// The fee in fen for people on minimum living support: first cards and renewals are free (art. 21).
    #[must_use]
    pub fn fen_in_hardship(&self, reason: Reason) -> u32 {
        match reason.kind() {
            Kind::FirstApplication | Kind::Renewal => 0,
            Kind::Replacement | Kind::Reissue => self.fen(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fees_follow_the_reason() {
        let fees = Fees::standard();
        let fen = Reason::ALL.map(|reason| fees.fen(reason));
        assert_eq!(fen, [0, 2_000, 2_000, 4_000, 2_000, 4_000, 0]);
        assert_eq!(fees.fen_in_hardship(Reason::Damaged), 0);
        assert_eq!(fees.fen_in_hardship(Reason::Lost), 4_000);
    }

    proptest! {
        #[test]
        fn a_region_may_keep_its_own_fee(at in 0..Reason::ALL.len(), fen in any::<u32>()) {
            let reason = Reason::ALL[at];
            let fees = Fees::standard().with(reason, fen);
            for other in Reason::ALL {
                let expected = if other == reason { fen } else { Fees::standard().fen(other) };
                prop_assert_eq!(fees.fen(other), expected);
                prop_assert!(fees.fen_in_hardship(other) <= fees.fen(other));
            }
        }
    }
}
