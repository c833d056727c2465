//! One inquiry about a person at a time: many at once guess no more than one after the other.

use store::keys::Subject;
use tokio::sync::{Mutex, MutexGuard};

/// People share a turn by chance, so that few wait for somebody else's; nobody can choose with whom.
const TURNS: usize = 1 << 14;

/// The turns of all people.
pub struct Turns(Box<[Mutex<()>]>);

impl Turns {
    /// Nobody's turn yet.
    #[must_use]
    pub fn new() -> Self {
        Self((0..TURNS).map(|_| Mutex::default()).collect())
    }

    /// Waits for the turn of an inquiry about a person, which lasts as long as what is given.
    pub async fn of(&self, subject: Subject) -> Option<MutexGuard<'_, ()>> {
        let [low, high, ..] = subject.0;
        let place = usize::from(u16::from_le_bytes([low, high])) % TURNS;
        match self.0.get(place) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_one_person_there_is_one_at_a_time() {
        let turns = Turns::new();
        let (one, other) = (Subject([7; 16]), Subject([8; 16]));
        let first = turns.of(one).await;
        let second = tokio::time::timeout(std::time::Duration::from_millis(20), turns.of(one));
        assert!(second.await.is_err());
        assert!(turns.of(other).await.is_some());
        drop(first);
        assert!(turns.of(one).await.is_some());
    }
}
