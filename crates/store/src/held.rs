//! What is held: milestones that cannot be true beside the others, and reports of applications that nobody has
//! opened. Both wait for a person, or until they resolve by themselves; nothing is dropped in silence.

mod decide;
pub(crate) mod queue;
#[cfg(test)]
mod tests;
pub(crate) mod waiting;

use crate::application::{self, ApplicationId};
use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Receipt};
use crate::{Read, Store, Work, Write, milestone, setting};
use domain::milestone::{EventKey, FeedId, Milestone};
use domain::moment::Moment;
use domain::progress::{Impossible, Progress};

pub use decide::{Beyond, Correction, Decided, Verb, by_feed, correct, discard, release};
pub use waiting::expire;

const OPEN: &str =
    "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at FROM held
    WHERE closed IS NULL AND id > $1 AND ($2 IS NULL OR feed = $2) AND ($3 IS NULL OR why = $3)
    ORDER BY id LIMIT $4";
const ALL: &str =
    "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at FROM held
    WHERE id > $1 AND ($2 IS NULL OR feed = $2) AND ($3 IS NULL OR why = $3) ORDER BY id LIMIT $4";
const OF_RECEIPT: &str = "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at
    FROM held WHERE receipt = $1 ORDER BY id";
const ONE: &str = "SELECT id, application, receipt, feed, event, why, since, until, closed, closed_at, report
    FROM held WHERE id = $1";
const COUNT: &str = "SELECT count(*) FROM held WHERE closed IS NULL";

const DAYS: &str = "held_days";
/// For how many days a report waits for its application, unless somebody settles otherwise.
pub const DEFAULT_DAYS: u16 = 30;
const UNKNOWN: &str = "unknown_application";

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
    /// What was reported; none where its time has run out.
    pub milestone: Option<Milestone>,
    /// Where the application stands without it.
    pub progress: Option<Progress>,
}

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody has opened the application.
    UnknownApplication,
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

impl Why {
    /// The word in the database and in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownApplication => UNKNOWN,
            Self::Impossible(why) => why.as_str(),
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        if word == UNKNOWN {
            Some(Self::UnknownApplication)
        } else {
            Impossible::parse(word).map(Self::Impossible)
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
    let values = [
        Value::Int(after.0),
        filter.feed.map_or(Value::Null, |feed| Value::Int(feed.0.into())),
        filter.why.map(Why::as_str).into(),
        Value::Int(limit.into()),
    ];
    read.rows(if filter.closed { ALL } else { OPEN }, &values, item).await
}

/// All that is or was held of one application, oldest first.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_receipt(read: &Read<'_>, receipt: Receipt) -> Result<Vec<Item>> {
    read.rows(OF_RECEIPT, &[Value::Blob(&receipt.0)], item).await
}

/// How many items are held.
///
/// # Errors
/// Fails when the database does.
pub async fn count(read: &Read<'_>) -> Result<u64> {
    let counted = read.rows(COUNT, &[], |row| row.narrow(0, "count")).await?;
    Ok(counted.into_iter().next().unwrap_or(0))
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
        let (number, milestone) = waiting::opened(keys, (item.receipt, item.feed, item.event), &report)?;
        return Ok(Some(Explained { item, number, milestone: Some(milestone), progress: None }));
    }
    let Some(application) = application::of_receipt(read, item.receipt).await? else {
        return Ok(Some(Explained { item, number: String::new(), milestone: None, progress: None }));
    };
    let number = application.person(keys)?.receipt;
    let all = milestone::of(read, &application).await?;
    let milestone = all.into_iter().find(|other| (other.feed, other.event) == (item.feed, item.event));
    Ok(Some(Explained { item, number, milestone, progress: application.progress }))
}

/// Settles for how many days a report waits for its application.
///
/// # Errors
/// Fails when the database does.
pub async fn set_days(store: &Store, entry: Entry, days: u16) -> Result<()> {
    store
        .write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move { setting::set(write, DAYS, &days.to_string()).await })
        })
        .await
}

/// Until when what is kept now waits.
pub(crate) async fn until(write: &mut Write<'_>, now: Moment) -> Result<Moment> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let days = setting::get(write, DAYS).await?.and_then(|days| days.parse().ok()).unwrap_or(DEFAULT_DAYS);
    Ok(Moment::from_millis(now.millis().saturating_add(i64::from(days) * DAY)))
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
