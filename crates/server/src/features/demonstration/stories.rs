//! Plausible ways of an application, from the counter to the drawer, with everything that can happen.

use super::offices::{Organs, organ};
use super::working::WorkingDays;
use domain::Date;
use domain::milestone::Step;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::{Cause, Ground, Pause, Stage};
use jiff::ToSpan as _;
use rand::RngExt as _;
use rand::rngs::StdRng;
use std::ops::Range;

/// What happens on the way. Each story says how long ago it began, so that today falls where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Story {
    /// The ordinary way, wherever it stands today.
    Ordinary,
    /// By mail, wherever it stands today.
    ByMail,
    /// In the post.
    Mailed,
    /// Stuck with a duplicate number until the statutory time is over.
    Overdue,
    /// In the drawer since a few days.
    Ready,
    /// At the production centre.
    InProduction,
    /// The photo must be taken again.
    Correction,
    /// Handed in online, not accepted yet.
    Submitted,
    /// Sent back by the reviewing organ.
    Returned,
    /// A print defect: made again.
    Remake,
    /// Being checked for quality.
    Quality,
    /// Made, not yet on its way.
    Produced,
    /// The post brought it back.
    MailReturned,
    /// In the drawer for months.
    Uncollected,
    /// Not accepted.
    Refused,
    /// Taken back by the applicant.
    Withdrawn,
    /// Cancelled.
    Cancelled,
    /// The clock stands still for another organ's answer.
    Paused,
    /// Transport is inconvenient: thirty more days.
    Remote,
    /// Near the end of the statutory time.
    DueSoon,
    /// Wrongly distributed.
    Misrouted,
}

/// The rare stories, in turn; between them everything is ordinary.
const RARE: [Story; 20] = [
    Story::Overdue,
    Story::Ready,
    Story::InProduction,
    Story::Correction,
    Story::Submitted,
    Story::Returned,
    Story::Remake,
    Story::Quality,
    Story::Produced,
    Story::MailReturned,
    Story::Uncollected,
    Story::Refused,
    Story::Withdrawn,
    Story::Cancelled,
    Story::Paused,
    Story::Remote,
    Story::DueSoon,
    Story::Misrouted,
    Story::Mailed,
    Story::ByMail,
];
/// After the first round one application in eight has a rare story.
const BETWEEN: u64 = 8;

impl Story {
    /// The story of an index: first each rare one, so that even a small demonstration has them all.
    pub(super) fn of(index: u64) -> Self {
        let rare = RARE.len() as u64;
        let turn =
            if index < rare { Some(index) } else { index.is_multiple_of(BETWEEN).then_some(index / BETWEEN) };
        let place = turn.and_then(|turn| usize::try_from(turn % rare).ok());
        place.and_then(|place| RARE.get(place)).copied().unwrap_or(Self::Ordinary)
    }

    /// How many days ago it may have begun, so that it is where it says.
    pub(super) fn ages(self) -> Range<i64> {
        match self {
            Self::Ordinary | Self::ByMail => 0..150,
            Self::Overdue => 80..120,
            Self::Ready | Self::Mailed => 30..36,
            Self::InProduction => 12..18,
            Self::Correction | Self::Returned => 8..16,
            Self::Submitted => 0..2,
            Self::Remake | Self::Quality | Self::Produced => 16..22,
            Self::MailReturned | Self::Misrouted => 32..40,
            Self::Uncollected => 130..240,
            Self::Refused | Self::Withdrawn | Self::Cancelled => 6..90,
            Self::Paused => 20..40,
            Self::Remote => 65..75,
            // The last week before the sixtieth day.
            Self::DueSoon => 53..60,
        }
    }

    /// Whether it goes on after today; every other story has come to where it says.
    fn goes_on(self) -> bool {
        matches!(self, Self::Ordinary | Self::ByMail)
    }

    pub(super) fn by_mail(self) -> bool {
        matches!(self, Self::ByMail | Self::Mailed | Self::MailReturned)
    }
}

/// One milestone of a story.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) step: Step,
    pub(super) organ: OrganCode,
    pub(super) happened: Moment,
    pub(super) cause: Option<Cause>,
}

/// A story being told: the working days move on, what lies after today is not told.
pub(super) struct Telling<'r> {
    pub(super) story: Story,
    pub(super) rng: &'r mut StdRng,
    pub(super) working: WorkingDays<'r>,
    pub(super) organs: Organs,
    pub(super) station: OrganCode,
    pub(super) signing: OrganCode,
    pub(super) day: Date,
    pub(super) now: Moment,
    pub(super) told: Vec<Told>,
}

impl Telling<'_> {
    /// Tells the story to its end or to today.
    pub(super) fn tell(self) -> Vec<Told> {
        use Stage::{
            Accepted, Cancelled, Collected, CorrectionRequired, InDistribution, InProduction, MailReturned,
            Mailed, NotAccepted, Produced, QualityCheck, ReadyForCollection, Remake, Returned, Submitted,
            Uncollected, UnderReview, Withdrawn,
        };
        let story = self.story;
        let started = match story {
            Story::Submitted => return self.after(0, Submitted).told,
            Story::Refused => return self.after(0, Submitted).after(1, NotAccepted).told,
            _ => self.after(0, Accepted),
        };
        let told = match story {
            Story::Overdue | Story::DueSoon => started.after(1, UnderReview).caused(Cause::DuplicateNumber),
            Story::Correction => started.after(2, CorrectionRequired).caused(Cause::Photo),
            Story::Returned => started.after(1, UnderReview).after(2, Returned).caused(Cause::HukouDiffers),
            Story::Withdrawn => started.after(3, Withdrawn),
            Story::Cancelled => started.after(1, UnderReview).after(4, Cancelled),
            Story::Paused => started.after(2, UnderReview).step(3, Step::Paused(Pause::AwaitingOtherOrgan)),
            Story::Remote => started.step(1, Step::Extended(Ground::RemoteTransport)).after(2, UnderReview),
            Story::InProduction => started.checked().after(2, InProduction),
            Story::Quality => started.checked().after(2, InProduction).after(2, QualityCheck),
            Story::Produced => started.checked().after(2, InProduction).after(3, Produced),
            Story::Remake => {
                let defect = started.checked().after(2, InProduction).after(2, QualityCheck);
                defect.after(0, Remake).caused(Cause::PrintDefect)
            }
            Story::Misrouted => {
                let sent = started.made().after(1, InDistribution);
                sent.after(1, InDistribution).caused(Cause::WrongDistribution)
            }
            Story::Ready => started.made().after(1, InDistribution).after(2, ReadyForCollection),
            Story::Uncollected => {
                let drawer = started.made().after(2, InDistribution).after(2, ReadyForCollection);
                drawer.after(91, Uncollected)
            }
            Story::Mailed => started.made().after(1, Mailed),
            Story::ByMail => started.made().after(1, Mailed).between(2, 5, Collected),
            Story::MailReturned => {
                started.made().after(1, Mailed).after(4, MailReturned).caused(Cause::Address)
            }
            Story::Ordinary | Story::Submitted | Story::Refused => started
                .made()
                .between(1, 4, InDistribution)
                .between(1, 5, ReadyForCollection)
                .between(1, 21, Collected),
        };
        told.told
    }

    /// Reviewed, signed and checked.
    fn checked(self) -> Self {
        self.between(0, 2, Stage::UnderReview).between(1, 4, Stage::Signed).between(0, 3, Stage::DataCheck)
    }

    /// Checked and made.
    fn made(self) -> Self {
        let making = self.checked().between(1, 4, Stage::InProduction);
        making.between(2, 6, Stage::QualityCheck).between(0, 2, Stage::Produced)
    }

    fn between(self, least: i64, below: i64, stage: Stage) -> Self {
        let days = self.rng.random_range(least..below);
        self.after(days, stage)
    }

    fn after(self, days: i64, stage: Stage) -> Self {
        self.step(days, Step::Reached(stage))
    }

    fn caused(mut self, cause: Cause) -> Self {
        self.told.last_mut().into_iter().for_each(|last| last.cause = Some(cause));
        self
    }

    fn step(mut self, days: i64, step: Step) -> Self {
        let day = self.working.next(self.day.saturating_add(days.days()));
        self.day = if self.story.goes_on() { day } else { day.min(self.working.last()) };
        // Each stage of a day has its hour, so that a day's stages keep their order.
        let hour = i8::try_from(8 + self.told.len() % 10).unwrap_or(8);
        let happened = Moment::at(self.day, hour, self.rng.random_range(0..60));
        if happened <= self.now || self.told.is_empty() || !self.story.goes_on() {
            let organ = self.organ(step);
            self.told.push(Told { step, organ, happened: happened.min(self.now), cause: None });
        }
        self
    }

    fn organ(&self, step: Step) -> OrganCode {
        use domain::stage::HolderRole as Role;
        let Step::Reached(stage) = step else { return self.signing };
        match stage.holder_role() {
            Role::Accepting | Role::HandingOut | Role::Citizen => self.station,
            Role::Signing => self.signing,
            Role::ProvincialCentre => self.organs.provincial,
            Role::ProductionCentre => self.organs.production,
            Role::Carrier => self.organs.carrier,
        }
    }
}

/// The station of an index.
pub(super) fn station(index: u64) -> Option<OrganCode> {
    organ(u16::try_from(index % u64::from(super::offices::STATIONS)).ok()? + 1)
}
