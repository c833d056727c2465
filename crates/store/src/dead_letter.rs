//! Dead letters: messages of streams that could not be taken, kept sealed until a person decides.

#[cfg(test)]
mod tests;

use crate::audit::{self, Entry};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place};
use crate::sealed::Column;
use crate::{Read, Store, Work, Write, setting, upkeep};
use domain::milestone::FeedId;
use domain::moment::Moment;

const KEEP: &str = "INSERT INTO dead_letter (feed, origin, why, since, content) SELECT $1, $2, $3, $4, $5
    WHERE NOT EXISTS (SELECT 1 FROM dead_letter_settled WHERE letter = $6)
    ON CONFLICT (feed, origin) DO NOTHING";
const OPEN: &str = "SELECT id, feed, origin, why, since FROM dead_letter
    WHERE closed IS NULL AND id > $1 ORDER BY id LIMIT $2";
const OF_FEED: &str = "SELECT id, feed, origin, why, since FROM dead_letter
    WHERE closed IS NULL AND feed = $1 AND id > $2 ORDER BY id LIMIT $3";
const ONE: &str = "SELECT id, feed, origin, why, since FROM dead_letter WHERE closed IS NULL AND id = $1";
const CONTENT: &str = "SELECT feed, origin, content FROM dead_letter WHERE closed IS NULL AND id = $1";
const COUNT: &str = "SELECT items FROM dead_letter_count WHERE feed = $1";
const QUEUES: &str = "SELECT feed, count(*), min(since) FROM dead_letter WHERE closed IS NULL
    GROUP BY feed ORDER BY feed";
/// What was decided stays; what the letter held is nobody's business any more.
const CLOSE: &str = "UPDATE dead_letter SET closed = $1, closed_at = $2, content = NULL
    WHERE closed IS NULL AND id = $3";
const SETTLED: &str =
    "SELECT id, feed, origin FROM dead_letter WHERE closed_at <= $1 ORDER BY closed_at LIMIT $2";
const REMEMBER: &str = "INSERT INTO dead_letter_settled (letter) VALUES ($1) ON CONFLICT (letter) DO NOTHING";
const FORGET: &str = "DELETE FROM dead_letter WHERE id = $1";

const MOST: &str = "dead_letters_most";
/// How many letters of one feed may wait for a person, unless the operator settles otherwise.
pub const DEFAULT_MOST: u32 = 100_000;

/// A message to be kept.
#[derive(Clone)]
pub struct DeadLetter {
    /// Where it came from within its feed. It is kept with a keyed hash of the message behind it: only the same
    /// message from the same place is the same letter.
    pub origin: String,
    /// Why it could not be taken, in our words: nothing of what it said.
    pub why: String,
    /// All of it; sealed where it is kept.
    pub content: Vec<u8>,
}

/// A letter that waits for a person, without what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// Whose message it was.
    pub feed: FeedId,
    /// Its name within its feed.
    pub origin: String,
    /// Why it could not be taken.
    pub why: String,
    /// Since when it waits.
    pub since: Moment,
}

/// The letters of a feed that wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Whose messages they were.
    pub feed: FeedId,
    /// How many there are; at least one.
    pub letters: u64,
    /// Since when the oldest waits.
    pub oldest: Moment,
}

/// What becomes of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was read again, and taken.
    Released,
    /// It was set aside.
    Discarded,
}

impl Closed {
    /// The word in the database and in the log of changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Discarded => "discarded",
        }
    }
}

/// Settles how many letters of one feed may wait; where that is settled already, nothing is written.
///
/// # Errors
/// Fails when the database does.
pub async fn set_most(store: &Store, entry: Entry, most: u32) -> Result<()> {
    setting::settle_number(store, entry, MOST, (DEFAULT_MOST, most)).await
}

/// Keeps letters in one transaction; one that is kept already stays as it is. Returns when they are durable.
///
/// # Errors
/// Fails when the database does, or with [`StoreError::Full`] where the feed has as many as may wait; then none is
/// kept.
pub async fn keep(store: &Store, feed: FeedId, entry: Entry, letters: Vec<DeadLetter>) -> Result<()> {
    let since = entry.at.millis();
    let sealed = |letter: DeadLetter| {
        let letter = DeadLetter { origin: named(store.keys(), &letter), ..letter };
        let content = store.keys().seal(&place(&row(feed, &letter.origin)), &letter.content)?;
        let known = remembered(store.keys(), feed, &letter.origin);
        Ok((DeadLetter { content, ..letter }, known))
    };
    let letters = letters.into_iter().map(sealed).collect::<Result<Vec<_>>>()?;
    store
        .write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move {
                let mut added = 0;
                for (DeadLetter { origin, why, content }, known) in &letters {
                    let values = [
                        Value::Int(feed.0.into()),
                        Value::Text(origin),
                        Value::Text(why),
                        Value::Int(since),
                        Value::Blob(content),
                        Value::Blob(known),
                    ];
                    added += write.execute(KEEP, &values).await?;
                }
                let most = setting::number(write, MOST, DEFAULT_MOST).await?;
                // What is kept already may be told again however many there are.
                if added > 0 && count(write, feed).await? > u64::from(most) {
                    return Err(StoreError::Full("dead letters"));
                }
                Ok(())
            })
        })
        .await
}

async fn count(write: &mut Write<'_>, feed: FeedId) -> Result<u64> {
    let count = write.rows(COUNT, &[Value::Int(feed.0.into())], |row| row.narrow(0, "count")).await?;
    Ok(count.into_iter().next().unwrap_or(0))
}

/// The letters that wait, oldest first, after a number.
///
/// # Errors
/// Fails when the database does.
pub async fn list(read: &Read<'_>, after: i64, limit: u32) -> Result<Vec<Kept>> {
    read.rows(OPEN, &[Value::Int(after), Value::Int(limit.into())], kept).await
}

/// The letters of a feed that wait, oldest first, after a number.
///
/// # Errors
/// Fails when the database does.
pub async fn of_feed(read: &Read<'_>, feed: FeedId, after: i64, limit: u32) -> Result<Vec<Kept>> {
    let values = [Value::Int(feed.0.into()), Value::Int(after), Value::Int(limit.into())];
    read.rows(OF_FEED, &values, kept).await
}

/// A letter that waits; none where it is unknown or closed.
///
/// # Errors
/// Fails when the database does.
pub async fn one(read: &Read<'_>, id: i64) -> Result<Option<Kept>> {
    Ok(read.rows(ONE, &[Value::Int(id)], kept).await?.into_iter().next())
}

/// What a letter holds, opened.
///
/// # Errors
/// Fails when the database does, or where it does not open.
pub async fn content(read: &Read<'_>, keys: &Keys, id: i64) -> Result<Option<Vec<u8>>> {
    let values = [Value::Int(id)];
    let found = read.rows(CONTENT, &values, |found| {
        let feed = FeedId(found.narrow(0, "feed")?);
        keys.open(&place(&row(feed, found.text(1)?)), found.blob(2)?)
    });
    Ok(found.await?.into_iter().next())
}

/// How many letters wait of each feed that has any.
///
/// # Errors
/// Fails when the database does.
pub async fn queues(read: &Read<'_>) -> Result<Vec<Queue>> {
    let queue = |row: &Row<'_>| {
        let (feed, letters) = (FeedId(row.narrow(0, "feed")?), row.narrow(1, "count")?);
        Ok(Queue { feed, letters, oldest: Moment::from_millis(row.int(2)?) })
    };
    read.rows(QUEUES, &[], queue).await
}

/// Closes a letter and forgets what it held; false where it is unknown or closed already.
///
/// # Errors
/// Fails when the database does.
pub async fn close(store: &Store, entry: Entry, id: i64, closed: Closed) -> Result<bool> {
    let at = entry.at.millis();
    store
        .write(entry, move |write| -> Work<'_, bool> {
            Box::pin(async move {
                let values = [Value::Text(closed.as_str()), Value::Int(at), Value::Int(id)];
                Ok(write.execute(CLOSE, &values).await? == 1)
            })
        })
        .await
}

/// Forgets letters that were closed [`upkeep::SETTLED_DAYS`] ago, but for a keyed hash by which the same message is
/// known when it comes again: at most [`upkeep::AT_ONCE`] at a time. Gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    let (keys, actor) = (store.shared_keys(), actor.to_owned());
    let before = upkeep::days_before(now, upkeep::SETTLED_DAYS);
    store
        .change(move |write| -> Work<'_, usize> {
            Box::pin(async move {
                let values = [Value::Int(before.millis()), Value::Int(upkeep::AT_ONCE.into())];
                let settled = write.rows(SETTLED, &values, |row| {
                    let feed = FeedId(row.narrow(1, "feed")?);
                    Ok((row.int(0)?, remembered(&keys, feed, row.text(2)?)))
                });
                let settled = settled.await?;
                for (id, letter) in &settled {
                    write.execute(REMEMBER, &[Value::Blob(letter)]).await?;
                    write.execute(FORGET, &[Value::Int(*id)]).await?;
                }
                if !settled.is_empty() {
                    let what = format!("{} settled", settled.len());
                    let entry = upkeep::entry(now, &actor, "forget_dead_letters", &what);
                    audit::insert(write, &entry).await?;
                }
                Ok(settled.len())
            })
        })
        .await
}

fn kept(row: &Row<'_>) -> Result<Kept> {
    Ok(Kept {
        id: row.int(0)?,
        feed: FeedId(row.narrow(1, "feed")?),
        origin: row.text(2)?.to_owned(),
        why: row.text(3)?.to_owned(),
        since: Moment::from_millis(row.int(4)?),
    })
}

/// Where a letter came from, and which message it is: a stream that was made anew counts from 1 again.
fn named(keys: &Keys, letter: &DeadLetter) -> String {
    let message = keys.event(&[b"dead letter\0", &letter.content[..]].concat());
    format!("{} {}", letter.origin, hex::encode(message.0))
}

/// What stays of a letter when all else is forgotten.
fn remembered(keys: &Keys, feed: FeedId, origin: &str) -> [u8; 16] {
    keys.event(&[b"settled letter\0", &row(feed, origin)[..]].concat()).0
}

/// The row's name: feeds may use the same origins.
fn row(feed: FeedId, origin: &str) -> Vec<u8> {
    [&feed.0.to_be_bytes()[..], origin.as_bytes()].concat()
}

/// How letters are sealed anew.
pub(crate) const SEALED: Column = Column {
    table: "dead_letter",
    column: "content",
    page: "SELECT id, content, feed, origin FROM dead_letter
        WHERE id >= $1 AND content IS NOT NULL ORDER BY id LIMIT $2",
    replace: "UPDATE dead_letter SET content = $1 WHERE content = $2 AND id = $3",
    by_hash: false,
    name: |found| Ok(row(FeedId(found.narrow(2, "feed")?), found.text(3)?)),
};

fn place(row: &[u8]) -> Place<'_> {
    SEALED.place(row)
}
