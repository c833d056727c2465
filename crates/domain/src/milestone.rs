//! A milestone: what happened to an application, where, when, and who told us.

use std::borrow::Cow;
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
    /// A correction: the named milestone of the same feed was wrong. A correction itself can be withdrawn by a
    /// person at a desk only; otherwise what it took away is recorded anew.
    Withdraws(EventKey),
}

/// The feed's own id of one event, folded to 16 bytes.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct EventKey(pub [u8; 16]);

/// The feed a milestone came from.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct FeedId(pub u32);

/// The precedence of a feed when it reported: where two feeds contradict each other, the smaller rank counts.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Rank(pub u8);

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
    /// The feed's precedence when it reported.
    pub rank: Rank,
    /// The feed's own id; the same id from the same feed is the same event.
    pub event: EventKey,
    /// Why, where there is something to explain.
    pub cause: Option<Cause>,
}

impl Default for Rank {
    /// What a feed has unless its owner settles otherwise.
    fn default() -> Self {
        Self(50)
    }
}

impl Rank {
    /// What a person at a desk says goes before what any system says.
    pub const DESK: Self = Self(0);

    /// The rank that a system may have: 1 to 255.
    #[must_use]
    pub const fn of_system(number: u8) -> Option<Self> {
        if number == Self::DESK.0 { None } else { Some(Self(number)) }
    }
}

impl EventKey {
    /// The key written by [`Display`](fmt::Display).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let key = hexadecimal.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self(key.to_be_bytes()))
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl Step {
    /// The step in a word, as records keep it and feeds write it: `signed` (a stage that was reached),
    /// `paused:awaiting_applicant`, `resumed`, `extended:remote_transport`, `withdraws:` and the event's key.
    #[must_use]
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Self::Reached(stage) => stage.as_str().into(),
            Self::Paused(pause) => format!("paused:{pause}").into(),
            Self::Resumed => "resumed".into(),
            Self::Extended(ground) => format!("extended:{ground}").into(),
            Self::Withdraws(event) => format!("withdraws:{event}").into(),
        }
    }

    /// The step of such a word; `event` reads what names an event, which feeds write in their own way.
    #[must_use]
    pub fn parse(word: &str, event: impl FnOnce(&str) -> Option<EventKey>) -> Option<Self> {
        let Some((word, of)) = word.split_once(':') else {
            return if word == "resumed" {
                Some(Self::Resumed)
            } else {
                Stage::parse(word).map(Self::Reached)
            };
        };
        let of = of.trim();
        match word {
            "paused" => Pause::parse(of).map(Self::Paused),
            "extended" => Ground::parse(of).map(Self::Extended),
            "withdraws" => event(of).map(Self::Withdraws),
            _ => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word())
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
    fn every_step_is_written_and_read_back() {
        for step in every_step() {
            assert_eq!(Step::parse(&step.to_string(), EventKey::parse), Some(step));
        }
        assert_eq!(Step::Reached(Stage::Signed).word(), "signed");
        assert_eq!(Step::Withdraws(EventKey([7; 16])).word(), format!("withdraws:{}", "07".repeat(16)));
        assert_eq!(Step::parse("paused: other", EventKey::parse), Some(Step::Paused(Pause::Other)));
        for wrong in ["", "withdraws", "withdraws:", "withdraws:E-1", "reached:signed", "paused", "paused:"] {
            assert_eq!(Step::parse(wrong, EventKey::parse), None, "{wrong}");
        }
    }

    #[test]
    fn no_system_has_the_rank_of_the_desk() {
        assert_eq!(Rank::of_system(0), None);
        assert!((1..=u8::MAX).all(|number| Rank::of_system(number) == Some(Rank(number))));
    }

    proptest! {
        #[test]
        fn any_text_is_a_step_or_none(text in any::<String>()) {
            let _ = Step::parse(&text, EventKey::parse);
        }

        #[test]
        fn a_written_key_is_read_back(key in any::<[u8; 16]>()) {
            prop_assert_eq!(EventKey::parse(&EventKey(key).to_string()), Some(EventKey(key)));
        }
    }
}
