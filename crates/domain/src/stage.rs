//! The stages of a card as people see them, who holds it in each, and the road ahead.

use crate::kind::Delivery;
use crate::word::words;

words! {
    /// How far a card has come. The numbers are kept in records and never reused.
    pub enum Stage {
        /// 已提交: sent in online, not yet accepted.
        Submitted = 1 "submitted",
        /// 已受理: taken in at the counter.
        Accepted = 2 "accepted",
        /// 审核中: checked by the organ of the household registration.
        UnderReview = 3 "under_review",
        /// 已签发: issued by the county-level organ (Resident Identity Card Law, art. 8).
        Signed = 4 "signed",
        /// 制证数据核验: the province checks the data for production.
        DataCheck = 5 "data_check",
        /// 制证中: being produced.
        InProduction = 6 "in_production",
        /// 质检: being checked after production.
        QualityCheck = 7 "quality_check",
        /// 已制证: produced.
        Produced = 8 "produced",
        /// 分发中: on its way to the office that hands it out.
        InDistribution = 9 "in_distribution",
        /// 已寄出: on its way to the citizen by post.
        Mailed = 10 "mailed",
        /// 待领取: scanned into the drawer at the counter; never implied by "sent".
        ReadyForCollection = 11 "ready_for_collection",
        /// 已领取: in the citizen's hands.
        Collected = 12 "collected",
        /// 不予受理: not accepted.
        NotAccepted = 21 "not_accepted",
        /// 需补正: the applicant must correct or add something.
        CorrectionRequired = 22 "correction_required",
        /// 审核退回: sent back by the review.
        Returned = 23 "returned",
        /// 重新制作: to be made again.
        Remake = 24 "remake",
        /// 邮件退回: the post brought it back.
        MailReturned = 25 "mail_returned",
        /// 逾期未领: ready, and nobody came.
        Uncollected = 26 "uncollected",
        /// 撤回: the applicant withdrew.
        Withdrawn = 27 "withdrawn",
        /// 作废: cancelled by the organ.
        Cancelled = 28 "cancelled",
    }
}

words! {
    /// Who holds an application or a card; four separate organs, a carrier, and the citizen.
    pub enum HolderRole {
        /// 受理: the organ that took the application in.
        Accepting = 1 "accepting",
        /// 签发: the county-level organ of the household registration (art. 8).
        Signing = 2 "signing",
        /// The provincial centre that checks the data for production.
        ProvincialCentre = 3 "provincial_centre",
        /// 制证: the centre that produces the card.
        ProductionCentre = 4 "production_centre",
        /// The distributing organ or the post.
        Carrier = 5 "carrier",
        /// 发放: the office that hands the card out.
        HandingOut = 6 "handing_out",
        /// The holder of the card.
        Citizen = 7 "citizen",
    }
}

words! {
    /// Why a card is late, sent back or made again: causes people are told in plain words.
    pub enum Cause {
        /// The photograph cannot be used.
        Photo = 1 "photo",
        /// The fingerprints cannot be used.
        Fingerprint = 2 "fingerprint",
        /// Another person has the same number.
        DuplicateNumber = 3 "duplicate_number",
        /// The household register says something else.
        HukouDiffers = 4 "hukou_differs",
        /// A character of the name or address needs a font made for it.
        RareCharacter = 5 "rare_character",
        /// The address is incomplete or wrong.
        Address = 6 "address",
        /// The print was faulty.
        PrintDefect = 7 "print_defect",
        /// The card went to the wrong office.
        WrongDistribution = 8 "wrong_distribution",
        /// More applications than usual, before or after a holiday.
        HolidayPeak = 9 "holiday_peak",
        /// Anything else.
        Other = 10 "other",
    }
}

words! {
    /// Why the clock stands still.
    pub enum Pause {
        /// The applicant has to do something first.
        AwaitingApplicant = 1 "awaiting_applicant",
        /// Another organ has to answer first.
        AwaitingOtherOrgan = 2 "awaiting_other_organ",
        /// A natural disaster stopped the work.
        NaturalDisaster = 3 "natural_disaster",
        /// Anything else that was recorded.
        Other = 4 "other",
    }
}

words! {
    /// The only ground for more time (Resident Identity Card Law, art. 12).
    pub enum Ground {
        /// Transport is inconvenient: up to 30 days more.
        RemoteTransport = 1 "remote_transport",
    }
}

/// The ordinary road of a card that is collected at the counter.
pub const MAIN_ROAD: [Stage; 10] = [
    Stage::Accepted,
    Stage::UnderReview,
    Stage::Signed,
    Stage::DataCheck,
    Stage::InProduction,
    Stage::QualityCheck,
    Stage::Produced,
    Stage::InDistribution,
    Stage::ReadyForCollection,
    Stage::Collected,
];

/// The ordinary road of a card that is mailed.
pub const MAIL_ROAD: [Stage; 10] = [
    Stage::Accepted,
    Stage::UnderReview,
    Stage::Signed,
    Stage::DataCheck,
    Stage::InProduction,
    Stage::QualityCheck,
    Stage::Produced,
    Stage::InDistribution,
    Stage::Mailed,
    Stage::Collected,
];

/// The stages still to come on the ordinary road; none after the end of the case.
#[must_use]
pub fn ahead(stage: Stage, delivery: Delivery) -> &'static [Stage] {
    let road = match delivery {
        Delivery::Counter => &MAIN_ROAD,
        Delivery::Mail => &MAIL_ROAD,
    };
    road.get(passed_on_the_road(stage, delivery)..).unwrap_or_default()
}

/// How many stages of its road a card has behind it.
const fn passed_on_the_road(stage: Stage, delivery: Delivery) -> usize {
    match stage {
        Stage::Submitted => 0,
        Stage::Accepted | Stage::CorrectionRequired | Stage::Returned => 1,
        Stage::UnderReview => 2,
        Stage::Signed => 3,
        Stage::DataCheck | Stage::Remake => 4,
        Stage::InProduction => 5,
        Stage::QualityCheck => 6,
        Stage::Produced => 7,
        Stage::InDistribution | Stage::MailReturned => 8,
        // A card in the post is not in a drawer: an office that expects it still has to scan it in.
        Stage::Mailed => match delivery {
            Delivery::Counter => 8,
            Delivery::Mail => 9,
        },
        Stage::ReadyForCollection | Stage::Uncollected => 9,
        Stage::Collected | Stage::NotAccepted | Stage::Withdrawn | Stage::Cancelled => 10,
    }
}

impl Stage {
    /// Whether the stage lies beside the ordinary road.
    #[must_use]
    pub const fn is_side(self) -> bool {
        self.code() > 20
    }

    /// Whether the case ends here: collected, not accepted, withdrawn or cancelled.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Collected | Self::NotAccepted | Self::Withdrawn | Self::Cancelled)
    }

    /// Whether the card has come to the citizen's disposal: mailed, in the drawer, or handed over; what came
    /// back or was never fetched had been there too. Article 12 says by when the card is issued (发放) and not
    /// what counts as issued; this is how Jindu reads it.
    #[must_use]
    pub const fn is_issued(self) -> bool {
        matches!(
            self,
            Self::Mailed
                | Self::ReadyForCollection
                | Self::Collected
                | Self::MailReturned
                | Self::Uncollected
        )
    }

    /// Who holds the application or the card in this stage.
    #[must_use]
    pub const fn holder_role(self) -> HolderRole {
        match self {
            Self::Submitted
            | Self::Accepted
            | Self::NotAccepted
            | Self::CorrectionRequired
            | Self::Returned
            | Self::Withdrawn
            | Self::Cancelled => HolderRole::Accepting,
            Self::UnderReview | Self::Signed => HolderRole::Signing,
            Self::DataCheck => HolderRole::ProvincialCentre,
            Self::InProduction | Self::QualityCheck | Self::Produced | Self::Remake => {
                HolderRole::ProductionCentre
            }
            Self::InDistribution | Self::Mailed => HolderRole::Carrier,
            Self::ReadyForCollection | Self::MailReturned | Self::Uncollected => HolderRole::HandingOut,
            Self::Collected => HolderRole::Citizen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    #[test]
    fn the_numbers_of_stages_never_change() {
        let codes = Stage::ALL.map(Stage::code);
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 21, 22, 23, 24, 25, 26, 27, 28]);
    }

    #[test]
    fn sent_is_not_ready() {
        assert_eq!(ahead(Stage::Mailed, Delivery::Mail), [Stage::Collected]);
        assert_eq!(ahead(Stage::Mailed, Delivery::Counter), [Stage::ReadyForCollection, Stage::Collected]);
        assert!(!Stage::InDistribution.is_issued());
    }

    #[test]
    fn a_remake_goes_through_production_again() {
        assert_eq!(ahead(Stage::Remake, Delivery::Counter).first(), Some(&Stage::InProduction));
        assert_eq!(ahead(Stage::CorrectionRequired, Delivery::Counter).first(), Some(&Stage::UnderReview));
    }

    proptest! {
        #[test]
        fn the_road_ahead_ends_at_the_citizen(stage in select(&Stage::ALL[..]), mail in any::<bool>()) {
            let delivery = if mail { Delivery::Mail } else { Delivery::Counter };
            let road = ahead(stage, delivery);
            prop_assert_eq!(road.is_empty(), stage.is_final());
            prop_assert!(!road.contains(&stage));
            prop_assert!(road.is_empty() || road.last() == Some(&Stage::Collected));
            if let Some(next) = road.first().filter(|_| !stage.is_side()) {
                prop_assert_eq!(crate::verdict(Some(stage), *next), crate::Verdict::Moves);
            }
        }
    }
}
