//! How many connections one source holds: an IPv4 address, or the /64 that one IPv6 subscriber has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of all sources.
#[derive(Clone, Debug)]
pub struct Crowd {
    most: usize,
    /// Proxies of ours, behind which everybody is one.
    exempt: Arc<[IpAddr]>,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place, until it is let go.
#[derive(Debug)]
pub(crate) struct Place {
    source: Option<IpAddr>,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Crowd {
    /// So many connections of one source, and as many as they want of these.
    #[must_use]
    pub fn new(most: usize, exempt: impl IntoIterator<Item = IpAddr>) -> Self {
        let exempt = exempt.into_iter().map(|address| address.to_canonical()).collect();
        Self { most, exempt, held: Arc::default() }
    }

    /// A place for a connection; none where its source has as many as it may.
    pub(crate) fn admit(&self, peer: IpAddr) -> Option<Place> {
        let source = source(peer);
        let held = Arc::clone(&self.held);
        if self.exempt.contains(&peer.to_canonical()) {
            return Some(Place { source: None, held });
        }
        let mut all = locked(&self.held);
        if all.get(&source).copied().unwrap_or_default() >= self.most {
            return None;
        }
        *all.entry(source).or_default() += 1;
        Some(Place { source: Some(source), held })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(source) = self.source else { return };
        let mut all = locked(&self.held);
        if let Some(own) = all.get_mut(&source) {
            *own -= 1;
            if *own == 0 {
                all.remove(&source);
            }
        }
    }
}

fn locked(held: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts as one source: an IPv4 address, or the first address of the /64 that one IPv6 subscriber has.
#[must_use]
pub fn source(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_holds_so_many_and_others_and_proxies_do_not_mind() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let crowd = Crowd::new(2, [address("192.0.2.9")]);
        let (one, two) = (crowd.admit(address("2001:db8::1")), crowd.admit(address("2001:db8::2")));
        assert!(one.is_some() && two.is_some() && crowd.admit(address("2001:db8::3")).is_none());
        assert!(crowd.admit(address("2001:db8:0:1::1")).is_some(), "another subscriber");
        drop(one);
        assert!(crowd.admit(address("2001:db8::3")).is_some());
        let proxied: Vec<_> = (0..10).map(|_| crowd.admit(address("::ffff:192.0.2.9"))).collect();
        assert!(proxied.iter().all(Option::is_some));
        drop((two, proxied));
        assert!(locked(&crowd.held).is_empty());
    }
}
