//! Failures at the doors of staff, at all servers together: who fails too often waits.

use crate::engine::Value;
use crate::error::Result;
use crate::keys::{HASH_LENGTH, Keys};
use crate::upkeep::AT_ONCE;
use crate::{Read, Store};
use domain::moment::Moment;
use domain::session::{Failures, SHUT_MILLIS};

const OF_DOOR: &str = "SELECT count, last_at FROM staff_failure WHERE door = $1";
/// Failures that lie so far back that the door would be open again begin anew. Told twice because a connection broke it
/// counts twice: never in favour of whoever guesses.
const COUNT: &str = "INSERT INTO staff_failure (door, count, last_at) VALUES ($1, 1, $2)
    ON CONFLICT (door) DO UPDATE SET
        count = CASE WHEN staff_failure.last_at <= $3 THEN 1 ELSE staff_failure.count + 1 END,
        last_at = excluded.last_at
    RETURNING count";
const CLEAR: &str = "DELETE FROM staff_failure WHERE door = $1 RETURNING count";
const FORGET: &str = "DELETE FROM staff_failure WHERE door IN
    (SELECT door FROM staff_failure WHERE last_at <= $1 ORDER BY last_at LIMIT $2) RETURNING count";

/// What failures are counted at: a keyed hash of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door([u8; HASH_LENGTH]);

impl Door {
    /// The door at which a source (its key) tries codes and passkeys.
    #[must_use]
    pub fn of_source(keys: &Keys, source: &[u8; HASH_LENGTH]) -> Self {
        Self(keys.of_staff("staff source", source))
    }
}

/// The failures at a door.
///
/// # Errors
/// Fails when the database does.
pub async fn at(read: &Read<'_>, door: Door) -> Result<Failures> {
    let values = [Value::Blob(&door.0)];
    let found = read.rows(OF_DOOR, &values, |row| Ok(Failures { count: row.int(0)?, last_at: row.int(1)? }));
    Ok(found.await?.into_iter().next().unwrap_or_default())
}

/// Counts a failure; durable when this returns.
///
/// # Errors
/// Fails when the database does.
pub async fn count(store: &Store, door: Door, now: Moment) -> Result<()> {
    let since = now.millis().saturating_sub(SHUT_MILLIS);
    let values = [Value::Blob(&door.0), Value::Int(now.millis()), Value::Int(since)];
    store.counted(COUNT, &values, |row| row.int(0)).await.map(drop)
}

/// Forgets the failures at a door at which somebody succeeded.
///
/// # Errors
/// Fails when the database does.
pub async fn clear(store: &Store, door: Door) -> Result<()> {
    store.counted(CLEAR, &[Value::Blob(&door.0)], |row| row.int(0)).await.map(drop)
}

/// Forgets a few doors that are open again; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    let before = now.millis().saturating_sub(SHUT_MILLIS);
    let values = [Value::Int(before), Value::Int(AT_ONCE.into())];
    Ok(store.aside(FORGET, &values, |row| row.int(0)).await?.len())
}
