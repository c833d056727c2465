//! A milestone: what happened to an application, where, when, and who told us.

use std::fmt;

use crate::moment::Moment;
use crate::organ::OrganCode;
use crate::stage::{Cause, Ground, Pause, Stage};

/// What a milestone says.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub enum Step {
    /// The application or card reached a stage.
    Reached(Stage),
    /// The clock stands still from here.
    Paused(Pause),
    /// The clock runs again.
    Resumed,
    /// More time was granted (Resident Identity Card Law, art. 12).
    Extended(Ground),
    /// A correction: the named milestone of the same feed was wrong. A correction itself cannot be
    /// withdrawn; what it took away is recorded anew.
    Withdraws(EventKey),
}

/// The feed's own id of one event, folded to 16 bytes.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct EventKey(pub [u8; 16]);

/// The feed a milestone came from.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct FeedId(pub u32);

/// One recorded fact about an application; milestones are only ever appended.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Milestone {
    /// What it says.
    pub step: Step,
    /// The organ where it happened.
    pub organ: OrganCode,
    /// When it happened; the first moment of a day when the feed knows only the day.
    pub happened: Moment,
    /// When we learned of it.
    pub learned: Moment,
    /// The feed it came from.
    pub feed: FeedId,
    /// The feed's own id; the same id from the same feed is the same event.
    pub event: EventKey,
    /// Why, where there is something to explain.
    pub cause: Option<Cause>,
}

impl Step {
    /// Two stable numbers that keep the step in a record: what it is and its stage, pause or ground. The
    /// event that a correction names is kept beside them.
    #[must_use]
    pub const fn code(self) -> (u8, u8) {
        match self {
            Self::Reached(stage) => (1, stage.code()),
            Self::Paused(pause) => (2, pause.code()),
            Self::Resumed => (3, 0),
            Self::Extended(ground) => (4, ground.code()),
            Self::Withdraws(_) => (5, 0),
        }
    }

    /// The step kept as [`code`](Self::code), with the event that a correction names.
    #[must_use]
    pub fn from_code(code: (u8, u8), corrected: Option<EventKey>) -> Option<Self> {
        match code {
            (1, stage) => Stage::from_code(stage).map(Self::Reached),
            (2, pause) => Pause::from_code(pause).map(Self::Paused),
            (3, 0) => Some(Self::Resumed),
            (4, ground) => Ground::from_code(ground).map(Self::Extended),
            (5, 0) => corrected.map(Self::Withdraws),
            _ => None,
        }
    }

    /// The step written by [`Display`](fmt::Display), with the event that a correction names. A bare stage
    /// word means that it was reached.
    #[must_use]
    pub fn parse(text: &str, corrected: Option<EventKey>) -> Option<Self> {
        match text.split_once(':') {
            Some(("reached", stage)) => Stage::parse(stage).map(Self::Reached),
            Some(("paused", pause)) => Pause::parse(pause).map(Self::Paused),
            Some(("extended", ground)) => Ground::parse(ground).map(Self::Extended),
            Some(_) => None,
            None if text == "resumed" => Some(Self::Resumed),
            None if text == "withdraws" => corrected.map(Self::Withdraws),
            None => Stage::parse(text).map(Self::Reached),
        }
    }
}

/// `reached:signed`, `paused:awaiting_applicant`, `resumed`, `extended:remote_transport`, `withdraws`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached(stage) => write!(f, "reached:{stage}"),
            Self::Paused(pause) => write!(f, "paused:{pause}"),
            Self::Resumed => f.write_str("resumed"),
            Self::Extended(ground) => write!(f, "extended:{ground}"),
            Self::Withdraws(_) => f.write_str("withdraws"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn every_step() -> Vec<Step> {
        let mut steps = vec![Step::Resumed, Step::Withdraws(EventKey([7; 16]))];
        steps.extend(Stage::ALL.map(Step::Reached));
        steps.extend(Pause::ALL.map(Step::Paused));
        steps.extend(Ground::ALL.map(Step::Extended));
        steps
    }

    #[test]
    fn every_step_is_kept_and_written() {
        for step in every_step() {
            let corrected = Some(EventKey([7; 16]));
            assert_eq!(Step::from_code(step.code(), corrected), Some(step));
            assert_eq!(Step::parse(&step.to_string(), corrected), Some(step));
        }
        assert_eq!(Step::parse("signed", None), Some(Step::Reached(Stage::Signed)));
        assert_eq!(Step::parse("withdraws", None), None);
    }

    proptest! {
        #[test]
        fn any_numbers_and_any_text_are_a_step_or_none(a in any::<u8>(), b in any::<u8>(), text in any::<String>()) {
            if let Some(step) = Step::from_code((a, b), None) {
                prop_assert_eq!(step.code(), (a, b));
            }
            let _ = Step::parse(&text, None);
        }
    }
}
