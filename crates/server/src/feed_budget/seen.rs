//! The names of messages that feeds sent lately: while a signature is good, a name stands for one message.
//!
//! They are held in memory. What must never be recorded twice is known by its event, for good; a name says in time
//! that somebody sends a message again, to another address or in another shape.

use domain::milestone::FeedId;
use domain::moment::Moment;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names of one feed at the most. Only who signs rightly leaves one, and by the usual budget 60,000 are good at a time.
const MOST: usize = 100_000;
/// Names at which the first that are over are looked for.
const FEW: usize = 1_000;

/// A keyed hash: of a message's name, or of what it says and where.
pub type Print = [u8; 16];

/// What a message is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing of its name is known.
    New,
    /// The same was sent before.
    Again,
    /// Another message had its name.
    Another,
    /// The feed has sent too many for one more to be remembered.
    Full,
}

/// The names of each feed.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<FeedId, Names>>);

#[derive(Default)]
struct Names {
    known: HashMap<Print, Known>,
    /// How many there may be before those that are over are looked for.
    enough: usize,
}

struct Known {
    print: Print,
    /// Until when a signature of it may be good.
    until: Moment,
}

impl Seen {
    pub(super) fn meet(
        &self,
        feed: FeedId,
        name: Print,
        print: Print,
        until: Moment,
        now: Moment,
    ) -> Meeting {
        let mut feeds = self.feeds();
        let names = feeds.entry(feed).or_default();
        names.tidy(now);
        let full = names.known.len() >= MOST;
        match names.known.entry(name) {
            Entry::Occupied(mut known) if known.get().until < now => {
                known.insert(Known { print, until });
                Meeting::New
            }
            Entry::Occupied(mut known) if known.get().print == print => {
                let known = known.get_mut();
                known.until = known.until.max(until);
                Meeting::Again
            }
            Entry::Occupied(_) => Meeting::Another,
            Entry::Vacant(_) if full => Meeting::Full,
            Entry::Vacant(unknown) => {
                unknown.insert(Known { print, until });
                Meeting::New
            }
        }
    }

    pub(super) fn forget(&self, feed: FeedId, name: Print) {
        self.feeds().get_mut(&feed).map(|names| names.known.remove(&name));
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<FeedId, Names>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    /// Forgets what is over, each time that there are twice as many as were left.
    fn tidy(&mut self, now: Moment) {
        if self.known.len() >= self.enough.max(FEW) {
            self.known.retain(|_, known| known.until >= now);
            self.known.shrink_to_fit();
            self.enough = (2 * self.known.len()).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    fn print(of: usize) -> Print {
        u128::try_from(of).unwrap().to_be_bytes()
    }

    #[test]
    fn a_name_stands_for_one_message_of_one_feed_while_its_signature_is_good() {
        let seen = Seen::default();
        let meet =
            |feed, name, said, now| seen.meet(FeedId(feed), print(name), print(said), at(now + 300), at(now));
        assert_eq!(meet(1, 7, 1, 0), Meeting::New);
        assert_eq!([meet(1, 7, 1, 100), meet(1, 7, 2, 100)], [Meeting::Again, Meeting::Another]);
        assert_eq!([meet(2, 7, 2, 100), meet(1, 8, 2, 100)], [Meeting::New; 2]);
        // Signed again, it is good for longer.
        assert_eq!([meet(1, 7, 2, 400), meet(1, 7, 2, 401)], [Meeting::Another, Meeting::New]);
        seen.forget(FeedId(1), print(8));
        assert_eq!(meet(1, 8, 3, 101), Meeting::New);
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_is_not_is_bounded() {
        let seen = Seen::default();
        let meet = |feed, name, now| seen.meet(FeedId(feed), print(name), print(0), at(now + 300), at(now));
        assert!((0..MOST).all(|name| meet(1, name, 0) == Meeting::New));
        assert_eq!(
            [meet(1, MOST, 0), meet(1, 0, 0), meet(2, MOST, 0)],
            [Meeting::Full, Meeting::Again, Meeting::New]
        );
        assert_eq!(meet(1, MOST, 301), Meeting::New);
        assert_eq!(seen.feeds().get(&FeedId(1)).unwrap().known.len(), 1);
    }
}
