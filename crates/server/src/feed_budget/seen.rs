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
/// How often they are looked for at the most.
const TIDIED_MILLIS: i64 = 1_000;
/// How often the same may be sent again under its name.
const REPEATS: u8 = 5;

/// A keyed hash: of a message's name, or of what it says and where.
pub type Print = [u8; 16];

/// A message under its name.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Who sent it.
    pub feed: FeedId,
    /// What it is called.
    pub name: Print,
    /// What it says and where.
    pub print: Print,
    /// Until when its signature is good.
    pub until: Moment,
}

/// What a message is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing of its name is known.
    New,
    /// The same was sent before.
    Again,
    /// The same was sent before, more often than whoever lost an answer needs.
    TooOften,
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
    /// When they were looked for.
    tidied: Option<Moment>,
}

struct Known {
    print: Print,
    /// Until when a signature of it may be good.
    until: Moment,
    /// Whether something of it was taken, by whichever of those who sent it.
    answered: bool,
    repeats: u8,
}

impl Seen {
    pub(super) fn meet(&self, sent: Sent, now: Moment) -> Meeting {
        let Sent { feed, name, print, until } = sent;
        let mut feeds = self.feeds();
        let names = feeds.entry(feed).or_default();
        names.tidy(now);
        let full = names.known.len() >= MOST;
        let new = Known { print, until, answered: false, repeats: 0 };
        match names.known.entry(name) {
            Entry::Occupied(mut known) if known.get().until < now => {
                known.insert(new);
                Meeting::New
            }
            Entry::Occupied(mut known) if known.get().print == print => known.get_mut().again(until),
            Entry::Occupied(_) => Meeting::Another,
            Entry::Vacant(_) if full => Meeting::Full,
            Entry::Vacant(unknown) => {
                unknown.insert(new);
                Meeting::New
            }
        }
    }

    /// The name is the message's own from now on, also where an equal one that failed has given it back meanwhile.
    pub(super) fn answered(&self, Sent { feed, name, print, until }: Sent) {
        let mut feeds = self.feeds();
        let new = Known { print, until, answered: true, repeats: 0 };
        let known = feeds.entry(feed).or_default().known.entry(name).or_insert(new);
        known.answered |= known.print == print;
    }

    /// Gives a name back of whose message nothing was taken.
    pub(super) fn forget(&self, Sent { feed, name, print, .. }: Sent) {
        let mut feeds = self.feeds();
        let Some(names) = feeds.get_mut(&feed) else { return };
        if names.known.get(&name).is_some_and(|known| known.print == print && !known.answered) {
            names.known.remove(&name);
        }
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<FeedId, Names>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn again(&mut self, until: Moment) -> Meeting {
        if self.repeats == REPEATS {
            return Meeting::TooOften;
        }
        self.repeats += 1;
        self.until = self.until.max(until);
        Meeting::Again
    }
}

impl Names {
    /// Forgets what is over, each time that there are twice as many as were left, and seldom.
    fn tidy(&mut self, now: Moment) {
        let seldom = |at: Moment| now.millis().abs_diff(at.millis()) >= TIDIED_MILLIS.unsigned_abs();
        if self.known.len() >= self.enough.max(FEW) && self.tidied.is_none_or(seldom) {
            self.known.retain(|_, known| known.until >= now);
            self.known.shrink_to_fit();
            self.enough = (2 * self.known.len()).min(MOST);
            self.tidied = Some(now);
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

    fn sent(feed: u32, name: usize, said: usize, now: i64) -> Sent {
        Sent { feed: FeedId(feed), name: print(name), print: print(said), until: at(now + 300) }
    }

    #[test]
    fn a_name_stands_for_one_message_of_one_feed_while_its_signature_is_good() {
        let seen = Seen::default();
        let meet = |feed, name, said, now| seen.meet(sent(feed, name, said, now), at(now));
        assert_eq!(meet(1, 7, 1, 0), Meeting::New);
        assert_eq!([meet(1, 7, 1, 100), meet(1, 7, 2, 100)], [Meeting::Again, Meeting::Another]);
        assert_eq!([meet(2, 7, 2, 100), meet(1, 8, 2, 100)], [Meeting::New; 2]);
        // Signed again, it is good for longer.
        assert_eq!([meet(1, 7, 2, 400), meet(1, 7, 2, 401)], [Meeting::Another, Meeting::New]);
        seen.forget(sent(1, 8, 2, 100));
        assert_eq!(meet(1, 8, 3, 101), Meeting::New);
    }

    #[test]
    fn the_same_is_sent_again_a_few_times_and_no_more() {
        let seen = Seen::default();
        let meet = |now| seen.meet(sent(1, 7, 1, 0), at(now));
        assert_eq!(meet(0), Meeting::New);
        assert!((0..REPEATS).all(|now| meet(now.into()) == Meeting::Again));
        assert_eq!([meet(9), meet(301)], [Meeting::TooOften, Meeting::New]);
    }

    #[test]
    fn a_name_is_given_back_only_while_nothing_of_its_message_was_taken() {
        let seen = Seen::default();
        let (one, other) = (sent(1, 7, 1, 0), sent(1, 7, 2, 0));
        let meet = |sent| seen.meet(sent, at(0));
        // Of two that are equal, the second is answered and then the first fails; or the other way round.
        assert_eq!([meet(one), meet(one)], [Meeting::New, Meeting::Again]);
        seen.answered(one);
        seen.forget(one);
        assert_eq!(meet(other), Meeting::Another);
        let (one, other) = (sent(1, 8, 1, 0), sent(1, 8, 2, 0));
        assert_eq!([meet(one), meet(one)], [Meeting::New, Meeting::Again]);
        seen.forget(one);
        seen.answered(one);
        assert_eq!(meet(other), Meeting::Another);
        // What another message has under that name is not its to give back.
        seen.forget(other);
        assert_eq!(meet(other), Meeting::Another);
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_is_not_is_bounded() {
        let seen = Seen::default();
        let meet = |feed, name, now| seen.meet(sent(feed, name, 0, now), at(now));
        assert!((0..MOST).all(|name| meet(1, name, 0) == Meeting::New));
        assert_eq!(
            [meet(1, MOST, 0), meet(1, 0, 0), meet(2, MOST, 0)],
            [Meeting::Full, Meeting::Again, Meeting::New]
        );
        assert_eq!(meet(1, MOST, 301), Meeting::New);
        assert_eq!(seen.feeds().get(&FeedId(1)).unwrap().known.len(), 1);
    }
}
