//! The total table: which stage may follow which.

use super::Impossible;
use crate::stage::Stage;

/// What a stage means for an application that is in another.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum Verdict {
    /// The application moves there.
    Moves,
    /// It is there already; harmless.
    Stays,
    /// It cannot be.
    Impossible(Impossible),
}

/// May `next` follow the stage the application is in (`None`: nothing was heard of it yet)?
///
/// Feeds skip stages, so every way forward is open. Ways back need a stage that sends back: a correction,
/// a return, a remake, the post. After the end nothing follows.
#[must_use]
pub const fn verdict(now: Option<Stage>, next: Stage) -> Verdict {
    let Some(now) = now else { return Verdict::Moves };
    if now.code() == next.code() {
        return Verdict::Stays;
    }
    if now.is_final() {
        return Verdict::Impossible(Impossible::AfterFinal);
    }
    if may_follow(now, next) { Verdict::Moves } else { Verdict::Impossible(Impossible::Backwards) }
}

const fn may_follow(now: Stage, next: Stage) -> bool {
    match next {
        Stage::NotAccepted => {
            matches!(now, Stage::Submitted | Stage::CorrectionRequired | Stage::Returned)
        }
        // A card that has left the production centre can no longer be corrected or withdrawn.
        Stage::CorrectionRequired | Stage::Returned | Stage::Withdrawn => goes_on_from(now) < LEAVES,
        Stage::Remake | Stage::MailReturned | Stage::Uncollected | Stage::Cancelled => true,
        _ => goes_on_from(now) <= goes_on_from(next),
    }
}

const LEAVES: u8 = goes_on_from(Stage::InDistribution);

/// The place on the road from which a card goes on; a stage that sends back goes on from an earlier place.
const fn goes_on_from(stage: Stage) -> u8 {
    match stage {
        Stage::Submitted | Stage::CorrectionRequired | Stage::Returned => 0,
        Stage::Accepted => 1,
        Stage::UnderReview => 2,
        Stage::Signed => 3,
        Stage::DataCheck | Stage::Remake => 4,
        Stage::InProduction => 5,
        Stage::QualityCheck => 6,
        Stage::Produced => 7,
        Stage::InDistribution | Stage::MailReturned | Stage::Uncollected => 8,
        // From the drawer to the post and back: either may follow the other.
        Stage::Mailed | Stage::ReadyForCollection => 9,
        Stage::Collected | Stage::NotAccepted | Stage::Withdrawn | Stage::Cancelled => 10,
    }
}
