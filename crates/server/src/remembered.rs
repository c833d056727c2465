//! Small things read often and changed seldom, remembered for a minute.

use domain::moment::Moment;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// How old an answer from memory may be.
const KEPT_MILLIS: i64 = 60_000;
/// Beyond this many entries the memory starts afresh; a city has far fewer organs.
const MOST: usize = 100_000;

/// What was read, and when.
pub struct Remembered<K, V>(RwLock<HashMap<K, (Moment, V)>>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(RwLock::new(HashMap::new()))
    }
}

impl<K: Hash + Eq, V: Clone> Remembered<K, V> {
    /// What is remembered, else what `read` gives, which is then remembered; a failure is not.
    ///
    /// # Errors
    /// What `read` fails with.
    pub async fn recall<E>(
        &self,
        key: K,
        now: Moment,
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        match self.get(&key, now) {
            Some(known) => Ok(known),
            None => Ok(self.put(key, now, read.await?)),
        }
    }

    /// What is remembered, unless it is too old.
    fn get(&self, key: &K, now: Moment) -> Option<V> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (read_at, value) = entries.get(key)?;
        let age = now.millis().saturating_sub(read_at.millis());
        (0..KEPT_MILLIS).contains(&age).then(|| value.clone())
    }

    /// Remembers a value and gives it back.
    fn put(&self, key: K, now: Moment, value: V) -> V {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(key, (now, value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_remembered_for_a_minute() {
        let memory = Remembered::default();
        memory.put("a", Moment::from_millis(0), 1);
        assert_eq!(memory.get(&"a", Moment::from_millis(59_999)), Some(1));
        assert_eq!(memory.get(&"a", Moment::from_millis(60_000)), None);
        assert_eq!(memory.get(&"b", Moment::from_millis(0)), None);
    }

    #[test]
    fn a_clock_set_back_forgets() {
        let memory = Remembered::default();
        memory.put("a", Moment::from_millis(5_000), 1);
        assert_eq!(memory.get(&"a", Moment::from_millis(4_999)), None);
    }
}
