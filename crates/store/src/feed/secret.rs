//! The keys with which feeds sign their messages: sealed, and changed without a moment in which none is valid.

use crate::audit::Entry;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place};
use crate::{Read, Store, Work};
use domain::milestone::FeedId;
use domain::moment::Moment;

/// One column's value moves to the other, so both are sealed for the first.
const SECRETS: &str = "SELECT name, secret, secret_before, before_until FROM feed WHERE id = $1";
const ROTATE: &str = "UPDATE feed SET secret_before = secret, before_until = $1, secret = $2
    WHERE id = $3 AND state <> 'removed'";

/// How long the key before stays valid: 24 hours.
pub const OVERLAP_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Gives a feed a new key; the one before stays valid for 24 hours. False where the feed is unknown or removed.
///
/// # Errors
/// Fails when the database does.
pub async fn rotate(store: &Store, entry: Entry, id: FeedId, secret: &[u8], now: Moment) -> Result<bool> {
    let Some(feed) = super::by_id(&store.read(), id).await? else { return Ok(false) };
    let sealed = sealed(store.keys(), &feed.name, secret)?;
    store
        .write(entry, move |write| -> Work<'_, bool> {
            Box::pin(async move {
                let until = now.millis().saturating_add(OVERLAP_MILLIS);
                let values = [Value::Int(until), Value::Blob(&sealed), Value::Int(id.0.into())];
                Ok(write.execute(ROTATE, &values).await? == 1)
            })
        })
        .await
}

/// The keys by which messages of a feed may be signed now, newest first; none where it has none.
///
/// # Errors
/// Fails when the database does, and where a key does not open.
pub async fn secrets(read: &Read<'_>, keys: &Keys, id: FeedId, now: Moment) -> Result<Vec<Vec<u8>>> {
    let id = [Value::Int(id.0.into())];
    let found = read.rows(SECRETS, &id, |row| {
        let until = row.optional_int(3)?;
        let before = row.optional_blob(2)?.filter(|_| until.is_some_and(|until| now.millis() < until));
        let valid = row.optional_blob(1)?.into_iter().chain(before);
        valid.map(|sealed| keys.open(&place(row.text(0)?), sealed)).collect::<Result<Vec<_>>>()
    });
    Ok(found.await?.into_iter().next().unwrap_or_default())
}

pub(super) fn sealed(keys: &Keys, name: &str, secret: &[u8]) -> Result<Vec<u8>> {
    if secret.is_empty() { Err(StoreError::Corrupt("secret")) } else { keys.seal(&place(name), secret) }
}

/// A feed's name is never given to another.
fn place(name: &str) -> Place<'_> {
    Place { table: "feed", column: "secret", row: name.as_bytes() }
}
