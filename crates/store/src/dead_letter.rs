//! Dead letters: messages of streams that could not be taken, kept sealed until a person decides.

#[cfg(test)]
mod tests;

use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place};
use crate::{Read, Store, Work};
use domain::milestone::FeedId;
use domain::moment::Moment;

const KEEP: &str = "INSERT INTO dead_letter (feed, origin, why, since, content) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (feed, origin) DO NOTHING";
const OPEN: &str = "SELECT id, feed, origin, why, since FROM dead_letter
    WHERE closed IS NULL AND id > $1 ORDER BY id LIMIT $2";
const ONE: &str = "SELECT id, feed, origin, why, since FROM dead_letter WHERE closed IS NULL AND id = $1";
const CONTENT: &str = "SELECT feed, origin, content FROM dead_letter WHERE closed IS NULL AND id = $1";
const COUNT: &str = "SELECT count(*) FROM dead_letter WHERE closed IS NULL";
/// What was decided stays; what the letter held is nobody's business any more.
const CLOSE: &str = "UPDATE dead_letter SET closed = $1, closed_at = $2, content = NULL
    WHERE closed IS NULL AND id = $3";

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

/// Keeps letters in one transaction; one that is kept already stays as it is. Returns when they are durable.
///
/// # Errors
/// Fails when the database does; then none is kept.
pub async fn keep(store: &Store, feed: FeedId, entry: Entry, letters: Vec<DeadLetter>) -> Result<()> {
    let since = entry.at.millis();
    let sealed = |letter: DeadLetter| {
        let letter = DeadLetter { origin: named(store.keys(), &letter), ..letter };
        let content = store.keys().seal(&place(&row(feed, &letter.origin)), &letter.content)?;
        Ok(DeadLetter { content, ..letter })
    };
    let letters = letters.into_iter().map(sealed).collect::<Result<Vec<_>>>()?;
    store
        .write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move {
                for DeadLetter { origin, why, content } in &letters {
                    let values = [
                        Value::Int(feed.0.into()),
                        Value::Text(origin),
                        Value::Text(why),
                        Value::Int(since),
                        Value::Blob(content),
                    ];
                    write.execute(KEEP, &values).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The letters that wait, oldest first, after a number.
///
/// # Errors
/// Fails when the database does.
pub async fn list(read: &Read<'_>, after: i64, limit: u32) -> Result<Vec<Kept>> {
    read.rows(OPEN, &[Value::Int(after), Value::Int(limit.into())], kept).await
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

/// How many letters wait.
///
/// # Errors
/// Fails when the database does.
pub async fn count(read: &Read<'_>) -> Result<u64> {
    let counted = read.rows(COUNT, &[], |row| row.narrow(0, "count")).await?;
    counted.into_iter().next().ok_or(StoreError::Corrupt("count"))
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

/// The row's name: feeds may use the same origins.
fn row(feed: FeedId, origin: &str) -> Vec<u8> {
    [&feed.0.to_be_bytes()[..], origin.as_bytes()].concat()
}

fn place(row: &[u8]) -> Place<'_> {
    Place { table: "dead_letter", column: "content", row }
}
