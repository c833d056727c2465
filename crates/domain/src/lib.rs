//! What is true about resident identity cards: numbers, names, stages, clocks and disclosure, without
//! any clock, chance or I/O of its own.

pub mod batch;
pub mod calendar;
pub mod card;
pub mod clock;
pub mod day;
pub mod disclosure;
pub mod expectation;
pub mod feed;
pub mod kind;
pub mod milestone;
pub mod mismatch;
pub mod moment;
pub mod name;
pub mod number;
pub mod office;
pub mod organ;
pub mod progress;
pub mod receipt;
pub mod region;
pub mod stage;
pub mod text;
pub mod word;

pub use batch::BatchNumber;
pub use calendar::{HolidayTableError, Holidays};
pub use card::{Validity, age_on, expires_on, validity};
pub use clock::{DUE_SOON_DAYS, Flag, Pausing, StatutoryClock, Thresholds, promised, statutory};
pub use disclosure::{Level, Proof, level};
pub use expectation::{Expectation, FEWEST_CARDS, History};
pub use feed::{FeedKind, Rhythm};
pub use jiff::civil::Date;
pub use kind::{Delivery, Fees, Kind, Reason};
pub use milestone::{EventKey, FeedId, Milestone, Rank, Step};
pub use moment::Moment;
pub use name::{Name, NameError};
pub use number::{CitizenNumber, Demonstration, DocumentKind, Examined, NumberError, Sex, Warning, examine};
pub use organ::OrganCode;
pub use progress::{Beside, Held, Impossible, Passed, Progress, Verdict, verdict};
pub use receipt::{PatternError, ReceiptError, ReceiptFormat, ReceiptNumber};
pub use region::{RegionCode, RegionTableError, Regions};
pub use stage::{Cause, Ground, HolderRole, MAIN_ROAD, Pause, Stage, ahead};
pub use text::parse_date;
