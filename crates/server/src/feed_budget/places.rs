//! Places that are taken and given back: so many of one key at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many places each key has taken, and how many it may.
pub(super) struct Places<K> {
    taken: Mutex<HashMap<K, usize>>,
    most: usize,
}

/// Places of one key, taken until this is dropped.
pub struct Place<K: Clone + Eq + Hash> {
    places: Arc<Places<K>>,
    key: K,
    count: usize,
}

impl<K: Clone + Eq + Hash> Places<K> {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), most })
    }

    /// So many places; none where the key would have more than it may.
    pub(super) fn take(self: &Arc<Self>, key: K, count: usize) -> Option<Place<K>> {
        let mut place = Place { places: Arc::clone(self), key, count: 0 };
        place.more(count).then_some(place)
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Place<K> {
    /// Takes so many more; false where there are not so many.
    pub(super) fn more(&mut self, count: usize) -> bool {
        let mut taken = self.places.taken();
        let before = taken.get(&self.key).copied().unwrap_or_default();
        let fits = before.checked_add(count).filter(|all| *all <= self.places.most);
        if let Some(all) = fits {
            taken.insert(self.key.clone(), all);
            self.count += count;
        }
        fits.is_some()
    }
}

impl<K: Clone + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let left = taken.get(&self.key).copied().unwrap_or_default().saturating_sub(self.count);
        match left {
            0 => taken.remove(&self.key),
            left => taken.insert(self.key.clone(), left),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_so_many_places_and_gives_them_back() {
        let places = Places::new(3);
        let mut first = places.take('a', 2).unwrap();
        assert!(places.take('a', 2).is_none() && places.take('b', 3).is_some());
        assert!(first.more(1) && !first.more(1));
        let second = places.take('a', 1);
        assert!(second.is_none());
        drop(first);
        let again = places.take('a', 3).unwrap();
        drop(again);
        assert!(places.taken().is_empty());
    }
}
