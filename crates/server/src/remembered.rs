//! Small things read often and changed seldom, remembered for a minute. Then one asker reads them anew, while the others
//! go by what was read before.

use domain::moment::Moment;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// How old an answer from memory may be.
const KEPT_MILLIS: i64 = 60_000;
/// How old it may be for those who do not wait until another has read it anew.
const MOST_MILLIS: i64 = 70_000;
/// Beyond this many entries the memory starts afresh; a city has far fewer organs.
const MOST: usize = 100_000;

/// What was read, and when.
pub struct Remembered<K, V>(RwLock<HashMap<K, Entry<V>>>);

struct Entry<V> {
    read_at: Moment,
    value: V,
    /// Whether somebody has begun to read it anew; where that fails, everybody does when it is too old.
    is_renewed: AtomicBool,
}

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

    /// What is remembered, unless it is too old; none for one of those who ask for what is a little too old.
    fn get(&self, key: &K, now: Moment) -> Option<V> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(key)?;
        let is_known = match now.millis().saturating_sub(entry.read_at.millis()) {
            0..KEPT_MILLIS => true,
            KEPT_MILLIS..MOST_MILLIS => entry.is_renewed.swap(true, Ordering::Relaxed),
            _ => false,
        };
        is_known.then(|| entry.value.clone())
    }

    /// Remembers a value and gives it back.
    fn put(&self, key: K, now: Moment, value: V) -> V {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.clear();
        }
        let is_renewed = AtomicBool::new(false);
        entries.insert(key, Entry { read_at: now, value: value.clone(), is_renewed });
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
        for _ in 0..2 {
            assert_eq!(memory.get(&"a", Moment::from_millis(4_999)), None);
        }
    }

    #[tokio::test]
    async fn one_reads_anew_while_the_others_use_the_old() {
        let memory = Remembered::default();
        memory.put("a", Moment::from_millis(0), 1);
        let now = Moment::from_millis(60_000);
        let slow = async || {
            tokio::task::yield_now().await;
            Ok::<_, ()>(2)
        };
        let all = tokio::join!(
            memory.recall("a", now, slow()),
            memory.recall("a", now, slow()),
            memory.recall("a", now, slow())
        );
        assert_eq!(all, (Ok(2), Ok(1), Ok(1)));
        assert_eq!(memory.recall("a", now, slow()).await, Ok(2));
    }

    #[tokio::test]
    async fn where_reading_anew_fails_the_old_is_not_used_for_long() {
        let memory = Remembered::default();
        memory.put("a", Moment::from_millis(0), 1);
        let at =
            |millis| memory.recall("a", Moment::from_millis(millis), async { Err::<i32, _>("no database") });
        assert!(at(60_000).await.is_err());
        assert_eq!(at(69_999).await, Ok(1));
        assert!(at(70_000).await.is_err() && at(70_000).await.is_err());
    }
}
