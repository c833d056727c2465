//! How long somebody who signed in stays signed in, and after how many failures a door stays shut.

use crate::moment::Moment;

const MINUTE: i64 = 60 * 1000;

/// A session ends after 12 hours, whatever happens (OWASP ASVS 5.0, 7.3.2).
pub const LONGEST_MILLIS: i64 = 12 * 60 * MINUTE;
/// A session ends after 15 minutes in which nothing was asked (GB/T 22239, level 3: time-out; ASVS 5.0, 7.3.1).
pub const IDLE_MILLIS: i64 = 15 * MINUTE;
/// For how long after somebody has shown a passkey what is delicate may be done (ASVS 5.0, 7.5.3).
pub const STEP_UP_MILLIS: i64 = 5 * MINUTE;
/// For how long an enrolment code may be used.
pub const CODE_MILLIS: i64 = 24 * 60 * MINUTE;
/// Failures of one source after which codes and passkeys from it are not looked at (GB/T 22239, level 3: lock-out). A
/// source may be a whole station, and neither can be guessed: the limit keeps the log and the database from a flood.
pub const MOST_FAILURES: i64 = 30;
/// For how long they are not.
pub const SHUT_MILLIS: i64 = 15 * MINUTE;

/// The times of a session.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Times {
    /// When somebody signed in.
    pub made_at: Moment,
    /// When the session was last used.
    pub seen_at: Moment,
    /// When a passkey was last shown in it.
    pub stepped_up_at: Moment,
}

impl Times {
    /// The times of a session that begins.
    #[must_use]
    pub const fn new(now: Moment) -> Self {
        Self { made_at: now, seen_at: now, stepped_up_at: now }
    }

    /// Whether it is still one.
    #[must_use]
    pub const fn is_alive(&self, now: Moment) -> bool {
        is_within(now, self.made_at, LONGEST_MILLIS) && is_within(now, self.seen_at, IDLE_MILLIS)
    }

    /// Whether what is delicate may be done without showing the passkey again.
    #[must_use]
    pub const fn is_stepped_up(&self, now: Moment) -> bool {
        self.is_alive(now) && is_within(now, self.stepped_up_at, STEP_UP_MILLIS)
    }
}

/// Failures at a door, one after the other.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Default)]
pub struct Failures {
    /// How many.
    pub count: i64,
    /// When the last was; 0 where there was none.
    pub last_at: i64,
}

impl Failures {
    /// Whether the door is shut now.
    #[must_use]
    pub const fn is_shut(&self, now: Moment) -> bool {
        self.count >= MOST_FAILURES && now.millis().saturating_sub(self.last_at) < SHUT_MILLIS
    }
}

/// Whether less than so long has passed. What lies ahead, by another machine's clock, has passed just now.
const fn is_within(now: Moment, since: Moment, millis: i64) -> bool {
    now.millis().saturating_sub(since.millis()) < millis
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(millis: i64) -> Moment {
        Moment::from_millis(1_774_000_000_000 + millis)
    }

    #[test]
    fn a_session_ends_after_a_quarter_of_an_hour_of_silence() {
        let times = Times::new(after(0));
        assert!(times.is_alive(after(IDLE_MILLIS - 1)));
        assert!(!times.is_alive(after(IDLE_MILLIS)));
    }

    #[test]
    fn a_session_that_is_used_ends_after_twelve_hours() {
        let used = |at| Times { seen_at: after(at), ..Times::new(after(0)) };
        assert!(used(LONGEST_MILLIS - 2).is_alive(after(LONGEST_MILLIS - 1)));
        assert!(!used(LONGEST_MILLIS - 1).is_alive(after(LONGEST_MILLIS)));
    }

    #[test]
    fn what_is_delicate_needs_a_passkey_of_the_last_five_minutes() {
        let times = Times::new(after(0));
        assert!(times.is_stepped_up(after(STEP_UP_MILLIS - 1)));
        assert!(!times.is_stepped_up(after(STEP_UP_MILLIS)));
        assert!(!times.is_stepped_up(after(LONGEST_MILLIS)));
    }

    #[test]
    fn a_door_is_shut_for_a_quarter_of_an_hour_after_too_many_failures() {
        let failures = |count| Failures { count, last_at: after(0).millis() };
        assert!(!failures(MOST_FAILURES - 1).is_shut(after(1)));
        assert!(failures(MOST_FAILURES).is_shut(after(SHUT_MILLIS - 1)));
        assert!(!failures(MOST_FAILURES).is_shut(after(SHUT_MILLIS)));
        assert!(!Failures::default().is_shut(after(0)));
    }
}
