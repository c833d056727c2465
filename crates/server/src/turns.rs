//! One inquiry about a person at a time on each way: many at once guess no more than one after the other, and those by
//! name hold nobody up who has the receipt.

use domain::mismatch::Way;
use std::sync::Arc;
use store::keys::Subject;
use store::{Result, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// People share a turn by chance, so that few wait for somebody else's; nobody can choose with whom.
const TURNS: usize = 1 << 14;
/// Whose facts.
pub(crate) type Whose = (Subject, Way);

/// The turns of all people.
pub(crate) struct Turns(Box<[Arc<Mutex<()>>]>);

/// A turn, as long as it is held.
pub(crate) type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Nobody's turn yet.
    pub(crate) fn new() -> Self {
        Self((0..TURNS).map(|_| Arc::default()).collect())
    }

    /// Waits for the turn of an inquiry about a person on a way.
    ///
    /// # Errors
    /// There is always one.
    pub(crate) async fn of(&self, (subject, way): Whose) -> Result<Turn> {
        let [low, high, ..] = subject.0;
        let person = usize::from(u16::from_le_bytes([low, high]));
        let place = (2 * person + usize::from(way == Way::Receipt)) % TURNS;
        let turn = self.0.get(place).ok_or(StoreError::Stopped)?;
        Ok(Arc::clone(turn).lock_owned().await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Whose = (Subject([7; 16]), Way::Name);
    const OTHER: Whose = (Subject([8; 16]), Way::Name);
    const BY_RECEIPT: Whose = (Subject([7; 16]), Way::Receipt);

    #[tokio::test]
    async fn of_one_person_there_is_one_at_a_time_on_each_way() {
        let turns = Turns::new();
        let first = turns.of(ONE).await.unwrap();
        let second = tokio::time::timeout(std::time::Duration::from_millis(20), turns.of(ONE));
        assert!(second.await.is_err());
        assert!(turns.of(OTHER).await.is_ok() && turns.of(BY_RECEIPT).await.is_ok());
        drop(first);
        assert!(turns.of(ONE).await.is_ok());
    }
}
