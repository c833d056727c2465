//! What is held: milestones that cannot be true beside the others, and reports of applications that nobody has
//! opened. Both wait for a person, or until they resolve by themselves; nothing is dropped in silence.

mod against;
mod days;
mod decide;
mod inactive;
pub(crate) mod queue;
mod report;
pub(crate) use report::SEALED;
mod room;
#[cfg(test)]
mod tests;
pub(crate) mod waiting;

use crate::application::{self, ApplicationId};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Receipt};
use crate::{Read, Store, milestone, upkeep};
use domain::milestone::{EventKey, FeedId, Milestone};
use domain::moment::Moment;
use domain::progress::{Impossible, Progress};

pub use against::against;
pub(crate) use days::until;
pub use days::{DAYS, DEFAULT_DAYS, days, set_days};
pub use decide::{Beyond, Correction, Decided, Verb, by_feed, correct, discard, release};
pub use inactive::catch_up;
pub(crate) use room::Room;
pub use room::{DEFAULT_MOST, set_most};
pub use waiting::expire;

/// Rows after a number, oldest first. A plan does not look at values: each filter of a feed has its own statement, and
/// its own index.
macro_rules! listed {
    ($filter:literal, $limit:literal) => {
        concat!(
            "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at FROM held
            WHERE id > $1 AND ",
            $filter,
            " ORDER BY id LIMIT ",
            $limit
        )
    };
}
const OPEN: &str = listed!("closed IS NULL AND (why = $2 OR $2 IS NULL)", "$3");
const ALL: &str = listed!("(why = $2 OR $2 IS NULL)", "$3");
const OPEN_OF_FEED: &str = listed!("feed = $2 AND closed IS NULL", "$3");
const ALL_OF_FEED: &str = listed!("feed = $2", "$3");
const OPEN_OF_REASON: &str = listed!("feed = $2 AND why = $3 AND closed IS NULL", "$4");
const ALL_OF_REASON: &str = listed!("feed = $2 AND why = $3", "$4");
const OF_RECEIPT: &str = "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at
    FROM held WHERE receipt = $1 ORDER BY id";
const ONE: &str = "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at, report
    FROM held WHERE id = $1";
const QUEUES: &str = "SELECT feed, waiting, items FROM held_count WHERE items > 0 ORDER BY feed, waiting";
/// What a person settled while it waited is remembered for good: told again, it must not count.
const FORGET: &str = "DELETE FROM held WHERE id IN (SELECT id FROM held
    WHERE closed_at <= $1 AND (application IS NOT NULL OR closed IN ('recorded', 'resolved', 'expired'))
    ORDER BY closed_at LIMIT $2)";

const UNKNOWN: &str = "unknown_application";
const INACTIVE: &str = "feed_inactive";
const OTHER: &str = "other_application";
const UNREADABLE_REPORT: &str = "unreadable_report";
const UNREADABLE_APPLICATION: &str = "unreadable_application";

/// The number of a held row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldId(pub i64);

/// Something that is held, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The number of the row.
    pub id: HeldId,
    /// The application, once it is opened.
    pub application: Option<ApplicationId>,
    /// Keyed hash of the receipt number it names.
    pub receipt: Receipt,
    /// The feed that reported it.
    pub feed: FeedId,
    /// The feed's own event.
    pub event: EventKey,
    /// Why it is held.
    pub why: Why,
    /// Since when.
    pub since: Moment,
    /// Until when it waits for its application.
    pub until: Option<Moment>,
    /// How and when it was settled; none while it is held.
    pub closed: Option<(Closed, Moment)>,
}

/// A held item with what a person needs to decide about it.
pub struct Explained {
    /// The item.
    pub item: Item,
    /// The receipt number that it names. Personal: for staff who decide, not for logs.
    pub number: String,
    /// What was reported; none where its time has run out, or where it does not open.
    pub milestone: Option<Milestone>,
    /// Where the application stands without it.
    pub progress: Option<Progress>,
}

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody has opened the application.
    UnknownApplication,
    /// Its feed was paused or removed when the application was opened: recorded when the feed is resumed, forgotten
    /// when the feed is removed.
    FeedInactive,
    /// It names another person or day than the application that was opened.
    OtherApplication,
    /// It waited, and does not open any more.
    UnreadableReport,
    /// Its application is there and cannot be read.
    UnreadableApplication,
    /// It cannot be true beside the others.
    Impossible(Impossible),
}

/// How something held was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Its application was opened, and it was recorded.
    Recorded,
    /// What came later made it possible, or took it away.
    Resolved,
    /// A person says that it is true.
    Released,
    /// A person told it otherwise.
    Corrected,
    /// A person says that it is wrong.
    Discarded,
    /// Nobody opened the application in time.
    Expired,
}

/// Which held items to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Of this feed only.
    pub feed: Option<FeedId>,
    /// For this reason only.
    pub why: Option<Why>,
    /// Those that are settled too.
    pub closed: bool,
}

/// The open items of a feed that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The feed that reported them.
    pub feed: FeedId,
    /// Whether they wait to be recorded by themselves; else a person is asked.
    pub waiting: bool,
    /// How many there are; at least one.
    pub items: u64,
}

impl Why {
    /// Every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = [
            Self::UnknownApplication,
            Self::FeedInactive,
            Self::OtherApplication,
            Self::UnreadableReport,
            Self::UnreadableApplication,
        ];
        plain.into_iter().chain(Impossible::ALL.into_iter().map(Self::Impossible))
    }

    /// The word in the database and in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownApplication => UNKNOWN,
            Self::FeedInactive => INACTIVE,
            Self::OtherApplication => OTHER,
            Self::UnreadableReport => UNREADABLE_REPORT,
            Self::UnreadableApplication => UNREADABLE_APPLICATION,
            Self::Impossible(why) => why.as_str(),
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            UNKNOWN => Some(Self::UnknownApplication),
            INACTIVE => Some(Self::FeedInactive),
            OTHER => Some(Self::OtherApplication),
            UNREADABLE_REPORT => Some(Self::UnreadableReport),
            UNREADABLE_APPLICATION => Some(Self::UnreadableApplication),
            _ => Impossible::parse(word).map(Self::Impossible),
        }
    }
}

impl Closed {
    const ALL: [Self; 6] =
        [Self::Recorded, Self::Resolved, Self::Released, Self::Corrected, Self::Discarded, Self::Expired];

    /// The word in the database and in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Resolved => "resolved",
            Self::Released => "released",
            Self::Corrected => "corrected",
            Self::Discarded => "discarded",
            Self::Expired => "expired",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|closed| closed.as_str() == word)
    }
}

/// Held items after one, oldest first, at most `limit`.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn list(read: &Read<'_>, filter: &Filter, after: HeldId, limit: u16) -> Result<Vec<Item>> {
    let (after, limit) = (Value::Int(after.0), Value::Int(limit.into()));
    let (why, all) = (filter.why.map(Why::as_str), filter.closed);
    let Some(feed) = filter.feed.map(|feed| Value::Int(feed.0.into())) else {
        return read.rows(if all { ALL } else { OPEN }, &[after, why.into(), limit], item).await;
    };
    match why.map(Value::Text) {
        None => read.rows(if all { ALL_OF_FEED } else { OPEN_OF_FEED }, &[after, feed, limit], item).await,
        Some(why) => {
            let sql = if all { ALL_OF_REASON } else { OPEN_OF_REASON };
            read.rows(sql, &[after, feed, why, limit], item).await
        }
    }
}

/// All that is or was held of one application, oldest first.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_receipt(read: &Read<'_>, receipt: Receipt) -> Result<Vec<Item>> {
    read.rows(OF_RECEIPT, &[Value::Blob(&receipt.0)], item).await
}

/// How many items are held or wait of each feed that has any. The numbers are kept, and nothing is counted.
///
/// # Errors
/// Fails when the database does.
pub async fn queues(read: &Read<'_>) -> Result<Vec<Queue>> {
    let queue = |row: &Row<'_>| {
        let (feed, waiting) = (FeedId(row.narrow(0, "feed")?), row.int(1)? != 0);
        Ok(Queue { feed, waiting, items: row.narrow(2, "count")? })
    };
    read.rows(QUEUES, &[], queue).await
}

/// Forgets items that were settled [`upkeep::SETTLED_DAYS`] ago, at most [`upkeep::AT_ONCE`] at a time; gives how
/// many. That something was decided stays in the audit.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    let entry = upkeep::entry(now, actor, "forget_held", "settled");
    upkeep::run(store, entry, FORGET, upkeep::days_before(now, upkeep::SETTLED_DAYS)).await
}

/// A held item with what was reported and where its application stands; none where there is no such item.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn one(read: &Read<'_>, keys: &Keys, id: HeldId) -> Result<Option<Explained>> {
    let id = [Value::Int(id.0)];
    let found = read.rows(ONE, &id, |row| Ok((item(row)?, row.optional_blob(10)?.map(<[u8]>::to_vec))));
    let Some((item, report)) = found.await?.into_iter().next() else { return Ok(None) };
    if let Some(report) = report {
        let opened = report::opened(keys, (item.receipt, item.feed, item.event), &report);
        let opened = opened.map(|opened| (opened.number, Some(opened.milestone)));
        let (number, milestone) = match opened {
            Err(_) if item.why == Why::UnreadableReport => (String::new(), None),
            opened => opened?,
        };
        return Ok(Some(Explained { item, number, milestone, progress: None }));
    }
    let Some(application) = application::of_receipt(read, item.receipt).await? else {
        return Ok(Some(Explained { item, number: String::new(), milestone: None, progress: None }));
    };
    let number = application.person(keys)?.receipt;
    let all = milestone::of(read, &application).await?;
    let milestone = all.into_iter().find(|other| (other.feed, other.event) == (item.feed, item.event));
    Ok(Some(Explained { item, number, milestone, progress: application.progress }))
}

fn item(row: &Row<'_>) -> Result<Item> {
    let closed = |word| Closed::parse(word).ok_or(StoreError::Corrupt("closed"));
    let closed = row.optional_text(8)?.map(closed).transpose()?;
    Ok(Item {
        id: HeldId(row.int(0)?),
        application: row.optional_int(1)?.map(ApplicationId),
        receipt: Receipt(row.array(2)?),
        feed: FeedId(row.narrow(3, "feed")?),
        event: EventKey(row.array(4)?),
        why: Why::parse(row.text(5)?).ok_or(StoreError::Corrupt("why"))?,
        since: Moment::from_millis(row.int(6)?),
        until: row.optional_int(7)?.map(Moment::from_millis),
        closed: closed.zip(row.optional_int(9)?.map(Moment::from_millis)),
    })
}
