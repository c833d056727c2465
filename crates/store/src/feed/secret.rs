//! The keys with which feeds sign their messages: sealed, and changed without a moment in which none is valid.

use crate::audit::{self, Entry};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place};
use crate::sealed::Column;
use crate::{Read, Store, Work, Write};
use domain::milestone::FeedId;
use domain::moment::Moment;

const SECRETS: &str = "SELECT name, secret FROM feed_secret JOIN feed ON feed.id = feed_secret.feed
    WHERE feed_secret.feed = $1 AND (until IS NULL OR until > $2) ORDER BY feed_secret.id DESC";
const STANDS: &str = "SELECT id FROM feed WHERE id = $1 AND state <> 'removed' AND name <> 'desk'";
const UNTIL: &str = "SELECT until FROM feed_secret WHERE feed = $1 AND until > $2 ORDER BY until DESC";
const END: &str = "UPDATE feed_secret SET until = $1 WHERE feed = $2 AND until IS NULL";
const FORGET: &str = "DELETE FROM feed_secret WHERE feed = $1 AND until <= $2";
const ADD: &str = "INSERT INTO feed_secret (feed, secret) VALUES ($1, $2)";

/// How long a former key stays valid after it was replaced: 24 hours.
pub const OVERLAP_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// So many former keys of a feed are valid at a time: each of them signs whatever comes.
pub const MOST_FORMER: usize = 4;

/// What becomes of the keys before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    /// Each stays valid for 24 hours from its replacement.
    StandADay,
    /// None is valid any more: one of them leaked.
    EndNow,
}

/// What came of a change of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The new key is valid; beside it the former ones, each until then, the latest first.
    Done(Vec<Moment>),
    /// The feed is unknown or removed, or the desk's.
    Unknown,
    /// As many former keys are valid as may be; the first of them ends then.
    TooMany(Moment),
}

/// Gives a feed a new key.
///
/// # Errors
/// Fails when the database does.
pub async fn rotate(
    store: &Store,
    entry: Entry,
    id: FeedId,
    secret: &[u8],
    former: Former,
) -> Result<Rotated> {
    let Some(feed) = super::by_id(&store.read(), id).await? else { return Ok(Rotated::Unknown) };
    let sealed = sealed(store.keys(), &feed.name, secret)?;
    store
        .change(move |write| -> Work<'_, Rotated> {
            Box::pin(async move {
                let rotated = replace(write, id, &sealed, former, entry.at).await?;
                if matches!(rotated, Rotated::Done(_)) {
                    audit::insert(write, &entry).await?;
                }
                Ok(rotated)
            })
        })
        .await
}

async fn replace(
    write: &mut Write<'_>,
    id: FeedId,
    sealed: &[u8],
    former: Former,
    now: Moment,
) -> Result<Rotated> {
    let feed = Value::Int(id.0.into());
    if write.rows(STANDS, &[feed], |row| row.int(0)).await?.is_empty() {
        return Ok(Rotated::Unknown);
    }
    let valid = former_until(write, id, now).await?;
    let first = valid.last().copied().filter(|_| valid.len() >= MOST_FORMER);
    let until = match (former, first) {
        (Former::StandADay, Some(first)) => return Ok(Rotated::TooMany(first)),
        (Former::StandADay, None) => now.millis().saturating_add(OVERLAP_MILLIS),
        (Former::EndNow, _) => now.millis(),
    };
    write.execute(END, &[Value::Int(until), feed]).await?;
    let gone = if former == Former::EndNow { i64::MAX } else { now.millis() };
    write.execute(FORGET, &[feed, Value::Int(gone)]).await?;
    add(write, id, sealed).await?;
    Ok(Rotated::Done(former_until(write, id, now).await?))
}

async fn former_until(write: &mut Write<'_>, id: FeedId, now: Moment) -> Result<Vec<Moment>> {
    let values = [Value::Int(id.0.into()), Value::Int(now.millis())];
    write.rows(UNTIL, &values, |row| row.int(0).map(Moment::from_millis)).await
}

/// The keys by which messages of a feed may be signed now, newest first; none where it has none.
///
/// # Errors
/// Fails when the database does, and where a key does not open.
pub async fn secrets(read: &Read<'_>, keys: &Keys, id: FeedId, now: Moment) -> Result<Vec<Vec<u8>>> {
    let values = [Value::Int(id.0.into()), Value::Int(now.millis())];
    read.rows(SECRETS, &values, |row| keys.open(&place(row.text(0)?), row.blob(1)?)).await
}

/// Adds the present key of a feed, which has none.
pub(super) async fn add(write: &mut Write<'_>, id: FeedId, sealed: &[u8]) -> Result<()> {
    write.execute(ADD, &[Value::Int(id.0.into()), Value::Blob(sealed)]).await.map(drop)
}

pub(super) fn sealed(keys: &Keys, name: &str, secret: &[u8]) -> Result<Vec<u8>> {
    if secret.is_empty() { Err(StoreError::Corrupt("secret")) } else { keys.seal(&place(name), secret) }
}

/// How secrets are sealed anew.
pub(crate) const SEALED: Column = Column {
    table: "feed",
    column: "secret",
    page: "SELECT feed_secret.id, secret, feed.name FROM feed_secret JOIN feed ON feed.id = feed_secret.feed
        WHERE feed_secret.id >= $1 ORDER BY feed_secret.id LIMIT $2",
    replace: "UPDATE feed_secret SET secret = $1 WHERE secret = $2 AND id = $3",
    by_hash: false,
    name: |row| Ok(row.text(2)?.as_bytes().to_vec()),
};

/// A feed's name is never given to another. The table is that where keys stood first: they are sealed for it.
fn place(name: &str) -> Place<'_> {
    SEALED.place(name.as_bytes())
}
