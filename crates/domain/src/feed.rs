//! Feeds: what kind of system reports, which stages it may report, and how often it should be heard.

use std::fmt;

use jiff::civil::Date;

use crate::calendar::Holidays;
use crate::day::days_after;
use crate::milestone::Step;
use crate::moment::Moment;
use crate::stage::Stage;
use crate::word::words;

words! {
    /// What a feed is: where in the work its milestones come from.
    pub enum FeedKind {
        /// 受理: a county's intake and review.
        Intake = 1 "intake",
        /// The provincial centre that checks the data for production.
        ProvincialCentre = 2 "provincial_centre",
        /// 制证: a production centre.
        Production = 3 "production",
        /// The distributing organ or the post.
        Carrier = 4 "carrier",
        /// 发放: an office that hands cards out.
        HandingOut = 5 "handing_out",
        /// A person at a desk, who may say anything.
        Desk = 6 "desk",
    }
}

impl FeedKind {
    /// The stages that a feed of this kind may report, unless its owner settles others.
    #[must_use]
    pub const fn stages(self) -> &'static [Stage] {
        match self {
            Self::Intake => &[
                Stage::Submitted,
                Stage::Accepted,
                Stage::UnderReview,
                Stage::Signed,
                Stage::NotAccepted,
                Stage::CorrectionRequired,
                Stage::Returned,
                Stage::Withdrawn,
                Stage::Cancelled,
            ],
            Self::ProvincialCentre => &[
                Stage::DataCheck,
                Stage::CorrectionRequired,
                Stage::Returned,
                Stage::Remake,
                Stage::Cancelled,
            ],
            Self::Production => &[
                Stage::DataCheck,
                Stage::InProduction,
                Stage::QualityCheck,
                Stage::Produced,
                Stage::InDistribution,
                Stage::Returned,
                Stage::Remake,
            ],
            Self::Carrier => &[Stage::InDistribution, Stage::Mailed, Stage::Collected, Stage::MailReturned],
            Self::HandingOut => &[
                Stage::InDistribution,
                Stage::Mailed,
                Stage::ReadyForCollection,
                Stage::Collected,
                Stage::Remake,
                Stage::MailReturned,
                Stage::Uncollected,
                Stage::Cancelled,
            ],
            Self::Desk => &Stage::ALL,
        }
    }

    /// Whether a feed of this kind speaks for the organ that has the case, the one that accepts and signs: it may
    /// open applications, and decides about their clock (Resident Identity Card Law, arts. 8 and 12). The province
    /// checks and produces, and stops the clock only by the stage `correction_required`.
    #[must_use]
    pub const fn has_the_case(self) -> bool {
        matches!(self, Self::Intake | Self::Desk)
    }

    /// Whether a feed of this kind, which may report these stages, may say this.
    #[must_use]
    pub fn may_say(self, step: Step, stages: &[Stage]) -> bool {
        match step {
            Step::Reached(stage) => stages.contains(&stage),
            Step::Paused(_) | Step::Resumed | Step::Extended(_) => self.has_the_case(),
            // A correction names what the same feed said.
            Step::Withdraws(_) => true,
        }
    }
}

/// How often a feed should be heard: every so many hours, or within so many working days.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub enum Rhythm {
    /// Hours of any day, 1 to 8,760.
    Hours(u16),
    /// Working days, 1 to 366.
    WorkingDays(u16),
}

impl Rhythm {
    /// The rhythm written as `6h` or `1d` (working days).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let count = |unit: char| {
            let digits = text.strip_suffix(unit)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>().ok()).flatten()
        };
        let hours = count('h').filter(|hours| (1..=8_760).contains(hours)).map(Self::Hours);
        hours.or_else(|| count('d').filter(|days| (1..=366).contains(days)).map(Self::WorkingDays))
    }

    /// Whether a feed that was last heard then has been silent for longer than its rhythm. Working days count
    /// once they are over: heard on a Friday, a feed of `1d` has the whole of Monday.
    #[must_use]
    pub fn is_silent(self, last_heard: Moment, now: Moment, holidays: &Holidays) -> bool {
        const HOUR: i64 = 60 * 60 * 1000;
        match self {
            Self::Hours(hours) => now.millis().saturating_sub(last_heard.millis()) > i64::from(hours) * HOUR,
            Self::WorkingDays(days) => {
                let after: Date = days_after(last_heard.date(), 1);
                holidays.working_days_between(after, now.date()) >= u32::from(days)
            }
        }
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(hours) => write!(f, "{hours}h"),
            Self::WorkingDays(days) => write!(f, "{days}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::milestone::EventKey;
    use crate::stage::{Ground, Pause};
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn every_stage_has_a_kind_of_feed_beside_the_desk_that_reports_it() {
        let others = || FeedKind::ALL.into_iter().filter(|kind| *kind != FeedKind::Desk);
        let unreported =
            Stage::ALL.into_iter().find(|stage| !others().any(|kind| kind.stages().contains(stage)));
        assert_eq!(unreported, None);
        assert_eq!(FeedKind::Desk.stages(), Stage::ALL);
    }

    #[test]
    fn who_has_the_case_keeps_its_clock_and_everybody_corrects_themselves() {
        let clock = [Step::Paused(Pause::Other), Step::Resumed, Step::Extended(Ground::RemoteTransport)];
        for kind in FeedKind::ALL {
            let has_the_case = matches!(kind, FeedKind::Intake | FeedKind::Desk);
            assert_eq!(kind.has_the_case(), has_the_case, "{kind}");
            assert!(clock.iter().all(|step| kind.may_say(*step, &Stage::ALL) == has_the_case), "{kind}");
            assert!(kind.may_say(Step::Withdraws(EventKey([1; 16])), &[]), "{kind}");
            assert!(kind.may_say(Step::Reached(Stage::Signed), &[Stage::Signed]), "{kind}");
            assert!(!kind.may_say(Step::Reached(Stage::Mailed), &[Stage::Signed]), "{kind}");
        }
    }

    #[test]
    fn a_rhythm_of_hours_counts_every_hour() {
        let heard = Moment::at(date(2026, 1, 9), 9, 0);
        let silent = |hour, minute| {
            let now = Moment::at(date(2026, 1, 9), hour, minute);
            Rhythm::Hours(6).is_silent(heard, now, &Holidays::built_in().unwrap())
        };
        assert_eq!((silent(15, 0), silent(15, 1), silent(8, 0)), (false, true, false));
    }

    #[test]
    fn a_rhythm_of_working_days_leaves_weekends_and_holidays_out() {
        let holidays = Holidays::built_in().unwrap();
        let silent = |days, heard, now| {
            Rhythm::WorkingDays(days).is_silent(Moment::at(heard, 17, 0), Moment::at(now, 23, 59), &holidays)
        };
        // Friday 9 January 2026.
        let friday = date(2026, 1, 9);
        assert!(!silent(1, friday, date(2026, 1, 12)));
        assert!(silent(1, friday, date(2026, 1, 13)));
        assert!(!silent(2, friday, date(2026, 1, 13)));
        assert!(silent(2, friday, date(2026, 1, 14)));
        // The days around the National Day.
        assert!(!silent(1, date(2025, 9, 30), date(2025, 10, 9)));
        assert!(silent(1, date(2025, 9, 30), date(2025, 10, 10)));
    }

    proptest! {
        #[test]
        fn a_written_rhythm_is_read_back(count in 1_u16..=366, days in any::<bool>()) {
            let rhythm = if days { Rhythm::WorkingDays(count) } else { Rhythm::Hours(count) };
            prop_assert_eq!(Rhythm::parse(&rhythm.to_string()), Some(rhythm));
        }

        #[test]
        fn any_text_is_a_rhythm_or_none(text in any::<String>()) {
            let _ = Rhythm::parse(&text);
        }
    }

    #[test]
    fn what_is_no_rhythm_is_none() {
        for wrong in ["", "h", "0h", "0d", "+1d", "1", "1w", "367d", "8761h", "99999h", "1 d"] {
            assert_eq!(Rhythm::parse(wrong), None, "{wrong}");
        }
    }
}
