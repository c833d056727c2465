//! The one place that reads the system's clock; everywhere else time is an argument.

use domain::Date;
use domain::moment::Moment;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time: the system's, or a frozen one for tests.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this moment.
    Frozen(Moment),
}

impl Clock {
    /// Now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(self) -> Moment {
        match self {
            Self::Frozen(moment) => moment,
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Today in China Standard Time.
    #[must_use]
    pub fn today(self) -> Date {
        self.now().date()
    }
}
