//! What may be sent in the name of feeds before it is known who sends it.

use super::places::{Place, Places};
use crate::blame::Blame;
use crate::config::Config;
use crate::ledger::{Key, Kind, Ledger};
use crate::source::{Source, Sources};
use axum::http::HeaderMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::keys::Keys;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of messages that are held at a time before their signature is known.
pub(super) const UNVERIFIED: usize = 64 << 20;
/// Of these, bytes of one source.
const OF_ONE_SOURCE: usize = 4 << 20;
/// Messages of one source at a time whose signature is not known.
const MESSAGES: usize = 8;
/// Files of one source at a time whose signature is not known.
const FILES: usize = 1;

/// What is under way of those whose signature is not known, and who failed.
pub(super) struct Strangers {
    sources: Sources,
    /// Messages that failed, because nobody signed them or they did not come whole.
    failures: Blame,
    keys: Arc<Keys>,
    messages: Arc<Places<Source>>,
    files: Arc<Places<Source>>,
    bytes: Arc<Places<Source>>,
    room: Arc<Semaphore>,
}

/// A message whose signature is not known yet; it counts against its source until it is dropped.
pub struct Stranger {
    _place: Option<Place<Source>>,
    /// The bytes that it holds of its source's.
    own: Option<Place<Source>>,
    room: Arc<Semaphore>,
    /// The bytes that it holds of everybody's.
    held: Option<OwnedSemaphorePermit>,
}

impl Strangers {
    pub(super) fn new(config: &Config, keys: Arc<Keys>, ledger: Arc<Ledger>) -> Self {
        Self {
            sources: Sources::new(config),
            failures: Blame::new(Kind::Strangers, Kind::Strangers.measure(config), ledger),
            keys,
            messages: Places::new(MESSAGES),
            files: Places::new(FILES),
            bytes: Places::new(OF_ONE_SOURCE),
            room: Arc::new(Semaphore::new(UNVERIFIED)),
        }
    }

    /// Whether a source may send anything. Where no socket is involved there is no source.
    ///
    /// # Errors
    /// The seconds until it may.
    pub(super) fn may_try(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<(), u64> {
        let source = self.source(peer, headers);
        source.map_or(Ok(()), |source| self.failures.may_try(&source.key(&self.keys)))
    }

    /// Counts a message that failed against its source.
    pub(super) fn blame(&self, peer: Option<IpAddr>, headers: &HeaderMap) {
        self.source(peer, headers).into_iter().for_each(|source| {
            self.failures.count(&source.key(&self.keys));
        });
    }

    /// Counts messages that failed at other servers.
    pub(super) fn charge(&self, key: &Key, count: u32, over: Option<Duration>) {
        self.failures.charge(key, count, over);
    }

    /// Lets a message in, or a file; none where its source has as many under way as it may.
    pub(super) fn enter(&self, peer: Option<IpAddr>, headers: &HeaderMap, is_file: bool) -> Option<Stranger> {
        let places = if is_file { &self.files } else { &self.messages };
        let source = self.source(peer, headers);
        let take = |places: &Arc<Places<Source>>, count| source.map(|source| places.take(source, count));
        let place = match take(places, 1) {
            Some(None) => return None,
            place => place.flatten(),
        };
        let own = take(&self.bytes, 0).flatten();
        Some(Stranger { _place: place, own, room: Arc::clone(&self.room), held: None })
    }

    pub(super) fn tidy(&self) {
        self.failures.tidy();
    }

    fn source(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<Source> {
        peer.map(|peer| self.sources.source(peer, headers))
    }
}

impl Stranger {
    /// Takes room for so many more bytes; false while too many are held, of all or of this source.
    pub fn room(&mut self, bytes: usize) -> bool {
        let more = |count| Arc::clone(&self.room).try_acquire_many_owned(count).ok();
        let Some(more) = u32::try_from(bytes).ok().and_then(more) else { return false };
        if self.own.as_mut().is_some_and(|own| !own.more(bytes)) {
            return false;
        }
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fresh_keys;

    fn strangers() -> Strangers {
        Strangers::new(&Config::default(), fresh_keys(), Arc::new(Ledger::new(false)))
    }

    fn enter(strangers: &Strangers, peer: &str, is_file: bool) -> Option<Stranger> {
        strangers.enter(Some(peer.parse().unwrap()), &HeaderMap::new(), is_file)
    }

    #[test]
    fn of_one_source_a_few_messages_and_one_file_are_under_way() {
        let strangers = strangers();
        let messages: Vec<_> = std::iter::from_fn(|| enter(&strangers, "192.0.2.1", false)).collect();
        let file = enter(&strangers, "192.0.2.1", true).unwrap();
        assert_eq!(messages.len(), MESSAGES);
        assert!(enter(&strangers, "192.0.2.1", true).is_none());
        assert!(
            enter(&strangers, "192.0.2.2", true).is_some() && enter(&strangers, "192.0.2.2", false).is_some()
        );
        drop((messages, file));
        assert!(
            enter(&strangers, "192.0.2.1", true).is_some() && enter(&strangers, "192.0.2.1", false).is_some()
        );
    }

    #[test]
    fn bytes_are_held_up_to_a_limit_of_each_source_and_of_all() {
        let strangers = strangers();
        let fill = |source: usize| {
            let mut all: Vec<_> =
                (0..5).filter_map(|_| enter(&strangers, &format!("192.0.2.{source}"), false)).collect();
            let held = all.iter_mut().filter_map(|each| each.room(1 << 20).then_some(())).count();
            (all, held)
        };
        let all: Vec<_> = (0..UNVERIFIED / OF_ONE_SOURCE).map(fill).collect();
        assert!(all.iter().all(|(_, held)| held << 20 == OF_ONE_SOURCE));
        assert_eq!(fill(99).1, 0, "nothing is left for anybody");
        drop(all);
        assert_eq!(fill(99).1, 4);
    }
}
