//! Work that suspicious sources have done: each piece counts once, at all servers together.

use crate::Store;
use crate::engine::Value;
use crate::error::Result;
use crate::keys::HASH_LENGTH;
use crate::upkeep::AT_ONCE;
use domain::moment::Moment;

/// Told twice because a connection broke it counts as used: its source is asked for new work.
const USE: &str = "INSERT INTO solved (challenge, until) VALUES ($1, $2)
    ON CONFLICT (challenge) DO NOTHING RETURNING until";
const FORGET: &str = "DELETE FROM solved WHERE challenge IN
    (SELECT challenge FROM solved WHERE until < $1 ORDER BY until LIMIT $2) RETURNING until";

/// Which piece of work: a keyed hash.
pub type Work = [u8; HASH_LENGTH];

/// Uses work that may be used until a moment; whether nobody has used it before.
///
/// # Errors
/// Fails when the database does.
pub async fn use_once(store: &Store, work: &Work, until: Moment) -> Result<bool> {
    let values = [Value::Blob(work), Value::Int(until.millis())];
    Ok(!store.counted(USE, &values, |row| row.int(0)).await?.is_empty())
}

/// Forgets a few pieces of work that may be used no more; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    let values = [Value::Int(now.millis()), Value::Int(AT_ONCE.into())];
    Ok(store.aside(FORGET, &values, |row| row.int(0)).await?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fresh, at};

    #[tokio::test]
    async fn work_is_used_once_and_forgotten_when_it_is_over() {
        let fresh = Fresh::new().await;
        let (one, other) = ([1; 16], [2; 16]);
        assert!(use_once(&fresh.store, &one, at(5, 10)).await.unwrap());
        assert!(!use_once(&fresh.store, &one, at(5, 10)).await.unwrap());
        assert!(use_once(&fresh.store, &other, at(5, 12)).await.unwrap());
        assert_eq!(forget(&fresh.store, at(5, 11)).await.unwrap(), 1);
        assert!(!use_once(&fresh.store, &other, at(5, 12)).await.unwrap());
    }
}
