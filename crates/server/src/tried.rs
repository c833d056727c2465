//! On whom facts were tried in vain lately, as far as this server knows: a filter in memory that never misses one and now
//! and then takes somebody for one. It spares every other inquiry a look-up.
//!
//! At the start it holds what the database holds. What other servers count is heard within a second or two.

use crate::turns::Whose;
use domain::mismatch::Way;
use domain::moment::Moment;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Read, Result, mismatch};

/// Bits, a power of two: 8 MB. With a million people in it one in a thousand others is taken for one of them, and costs
/// two small writes.
const BITS: usize = 1 << 26;

/// The filter.
pub(crate) struct Tried(Box<[AtomicU64]>);

impl Tried {
    /// Everybody on whom facts were tried in vain in thirty days.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(crate) async fn of(read: &Read<'_>, now: Moment) -> Result<Self> {
        let tried = Self((0..BITS / 64).map(|_| AtomicU64::new(0)).collect());
        let mut after = None;
        loop {
            let page = mismatch::page(read, now, after).await?;
            page.iter().for_each(|whose| tried.add(*whose));
            after = page.last().copied();
            if after.is_none() {
                return Ok(tried);
            }
        }
    }

    /// From now on they count among them.
    pub(crate) fn add(&self, whose: Whose) {
        for (word, bit) in places(whose) {
            if let Some(word) = self.0.get(word) {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
    }

    /// Whether facts were tried on them in vain, or on somebody who looks alike here.
    pub(crate) fn holds(&self, whose: Whose) -> bool {
        let is_set = |(word, bit): (usize, u64)| {
            self.0.get(word).is_some_and(|word| word.load(Ordering::Relaxed) & bit != 0)
        };
        places(whose).into_iter().all(is_set)
    }
}

/// Three bits, and the words they stand in. A subject is a keyed hash: nobody can choose whose bits are whose.
fn places((subject, way): Whose) -> [(usize, u64); 3] {
    let (parts, _) = subject.0.as_chunks::<4>();
    let mixed = match way {
        Way::Name => 0,
        Way::Receipt => 0x2A5_5A5A,
    };
    std::array::from_fn(|part| {
        let part = parts.get(part).map_or(0, |part| u32::from_le_bytes(*part));
        let bit = (part ^ mixed) as usize % BITS;
        (bit / 64, 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;
    use store::keys::Subject;

    #[tokio::test]
    async fn who_was_tried_is_never_missed_and_few_others_are_taken_for_them() {
        let server = Server::start().await;
        let tried = Tried::of(&server.app.store.read(), server.app.clock.now()).await.unwrap();
        let keys = server.app.store.keys();
        let whose = |n: u32, way| (Subject(keys.source(&n.to_le_bytes())), way);
        (0..100_000).for_each(|n| tried.add(whose(n, Way::Name)));
        assert!((0..100_000).all(|n| tried.holds(whose(n, Way::Name))));
        let others = (100_000..200_000).filter(|n| tried.holds(whose(*n, Way::Name))).count();
        let other_way = (0..100_000).filter(|n| tried.holds(whose(*n, Way::Receipt))).count();
        assert!(others < 10 && other_way < 10, "{others} and {other_way}");
    }
}
