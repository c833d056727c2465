//! Where a request comes from, and how often one source may ask.

use crate::blame::Blame;
use crate::config::Config;
use crate::ledger::{self, Due, Key, Kind, Ledger, Measure};
use axum::http::HeaderMap;
use domain::mismatch::Suspicion;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use store::keys::Keys;

/// The key under which all sources are counted together.
const EVERYBODY: Key = [0; 16];

/// A source: one IPv4 address, or the /64 that one IPv6 subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self(web::source(address))
    }
}

impl Source {
    /// The hash under which its budgets are counted.
    pub(crate) fn key(self, keys: &Keys) -> Key {
        match self.0 {
            IpAddr::V4(address) => keys.source(&address.octets()),
            IpAddr::V6(address) => keys.source(&address.octets()),
        }
    }
}

/// Knows sources by their addresses, behind proxies of ours too.
pub struct Sources {
    trusted: Vec<IpAddr>,
}

/// A budget per source: what this process counted, and what it heard of others.
pub struct SourceLimit {
    limiter: DefaultKeyedRateLimiter<Key>,
    mismatches: Blame,
    suspected: [(Suspicion, Blame); 3],
    /// All sources together.
    everybody: Blame,
    sources: Sources,
    keys: Arc<Keys>,
    ledger: Arc<Ledger>,
}

impl SourceLimit {
    /// The limit of inquiries that the configuration sets.
    #[must_use]
    pub fn new(config: &Config, keys: Arc<Keys>, ledger: Arc<Ledger>) -> Self {
        let per_minute = Kind::Inquiries.measure(config).most;
        let measure = Kind::Mismatches.measure(config);
        // What is counted of them is told once, by the first.
        let untold = |measure| Blame::new(Kind::Mismatches, measure, Arc::new(Ledger::new(false)));
        let suspected = Suspicion::ALL.map(|suspicion| {
            let most = NonZeroU32::new(suspicion.begins_after(measure.most.get())).unwrap_or(NonZeroU32::MIN);
            (suspicion, untold(Measure { most, ..measure }))
        });
        let told = |kind: Kind| Blame::new(kind, kind.measure(config), Arc::clone(&ledger));
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute)),
            mismatches: told(Kind::Mismatches),
            everybody: told(Kind::MismatchesOfAll),
            suspected,
            sources: Sources::new(config),
            keys,
            ledger,
        }
    }

    /// Counts an inquiry; gives under which key its source is counted.
    ///
    /// # Errors
    /// The seconds until the next inquiry is answered.
    pub fn admit(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Key, u64> {
        let key = self.sources.source(peer, headers).key(&self.keys);
        self.limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            wait.as_secs() + 1
        })?;
        self.ledger.note(Kind::Inquiries, key, 1);
        Ok(key)
    }

    /// Under which key a source is counted, by whoever else counts.
    pub(crate) fn key_of(&self, peer: IpAddr, headers: &HeaderMap) -> Key {
        self.sources.source(peer, headers).key(&self.keys)
    }

    /// Whether a source may ask by name, after how often it did in vain.
    ///
    /// # Errors
    /// The seconds until it may.
    pub(crate) fn may_mismatch(&self, source: &Key) -> Result<(), u64> {
        self.mismatches.may_try(source)
    }

    /// Counts an inquiry whose facts fitted nothing.
    pub(crate) fn mismatched(&self, source: &Key) {
        self.mismatches.count(source);
        self.suspected.iter().for_each(|(_, suspected)| {
            suspected.count(source);
        });
        self.everybody.count(&EVERYBODY);
    }

    /// How much a source is suspected of guessing; everybody a little while all together ask in vain very often.
    pub(crate) fn suspicion(&self, source: &Key) -> Option<Suspicion> {
        let mut suspected = self.suspected.iter().rev();
        let own = suspected.find(|(_, suspected)| suspected.may_try(source).is_err());
        let all = self.everybody.may_try(&EVERYBODY).is_err();
        own.map(|(suspicion, _)| *suspicion).or(all.then_some(Suspicion::Some))
    }

    /// Counts inquiries that another server answered.
    pub(crate) fn charge(&self, due: &Due) {
        match due.kind {
            Kind::Mismatches => {
                self.mismatches.charge(&due.key, due.count, due.over);
                self.suspected
                    .iter()
                    .for_each(|(_, suspected)| suspected.charge(&due.key, due.count, due.over));
            }
            Kind::MismatchesOfAll => self.everybody.charge(&due.key, due.count, due.over),
            _ => drop(ledger::charge(&self.limiter, &due.key, due.count)),
        }
    }

    /// Forgets the sources that have been quiet; called now and then, never by a request.
    pub fn tidy(&self) {
        self.suspected.iter().for_each(|(_, suspected)| suspected.tidy());
        self.everybody.tidy();
        self.mismatches.tidy();
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

impl Sources {
    /// The proxies that the configuration names.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { trusted: config.trusted_proxies.iter().map(IpAddr::to_canonical).collect() }
    }

    /// The nearest address that is not a proxy of ours; a header from anybody else is not believed.
    #[must_use]
    pub fn source(&self, peer: IpAddr, headers: &HeaderMap) -> Source {
        if !self.trusts(peer) {
            return Source::from(peer);
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().rev();
        let hops = forwarded.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
        let mut nearest = peer;
        for hop in hops {
            let Ok(address) = hop.trim().parse() else { break };
            nearest = address;
            if !self.trusts(nearest) {
                break;
            }
        }
        Source::from(nearest)
    }

    /// An IPv4 proxy may arrive as an IPv6 address (`::ffff:10.0.0.1`).
    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.contains(&address.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fresh_keys;

    fn limit(per_minute: u32, trusted: &[&str]) -> SourceLimit {
        let mut config = Config::default();
        config.limits.inquiries_per_minute = per_minute;
        config.trusted_proxies = trusted.iter().map(|address| address.parse().unwrap()).collect();
        SourceLimit::new(&config, fresh_keys(), Arc::new(Ledger::new(true)))
    }

    #[test]
    fn what_a_source_asked_of_another_server_counts_here() {
        let (here, there) = (limit(10, &[]), limit(10, &[]));
        let here = SourceLimit { keys: Arc::clone(&there.keys), ..here };
        let [peer, other] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        for _ in 0..9 {
            assert_eq!(there.admit(peer, &HeaderMap::new()).map(drop), Ok(()));
        }
        for (kind, key, count) in there.ledger.take() {
            assert_eq!((kind, count), (Kind::Inquiries, 9));
            here.charge(&Due { kind, key, count, over: None });
        }
        assert!(there.ledger.take().is_empty(), "it is told once");
        assert_eq!(here.admit(peer, &HeaderMap::new()).map(drop), Ok(()));
        assert!(here.admit(peer, &HeaderMap::new()).is_err());
        assert_eq!(here.admit(other, &HeaderMap::new()).map(drop), Ok(()));
    }

    #[test]
    fn who_asks_in_vain_too_often_waits_at_every_server() {
        let mut config = Config::default();
        config.limits.mismatches_per_hour = 3;
        let keys = fresh_keys();
        let [here, there] =
            [(); 2].map(|()| SourceLimit::new(&config, Arc::clone(&keys), Arc::new(Ledger::new(true))));
        let [peer, other] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let source = there.admit(peer, &HeaderMap::new()).unwrap();
        (0..4).for_each(|_| there.mismatched(&source));
        let wait = there.may_mismatch(&source).unwrap_err();
        assert!((3_599..=3_600).contains(&wait), "{wait}");
        assert_eq!((here.may_mismatch(&source), here.suspicion(&source)), (Ok(()), None));
        for (kind, key, count) in there.ledger.take() {
            here.charge(&Due { kind, key, count, over: None });
        }
        assert!(here.may_mismatch(&source).is_err() && here.suspicion(&source).is_some());
        let other = here.admit(other, &HeaderMap::new()).unwrap();
        assert_eq!((here.may_mismatch(&other), here.suspicion(&other)), (Ok(()), None));
    }

    fn headers(forwarded: &[&str]) -> HeaderMap {
        forwarded.iter().map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_source_that_spent_its_budget_is_told_how_long_to_wait() {
        let limit = limit(2, &[]);
        let peer = "192.0.2.1".parse().unwrap();
        assert_eq!(limit.admit(peer, &HeaderMap::new()).map(drop), Ok(()));
        assert_eq!(limit.admit(peer, &HeaderMap::new()).map(drop), Ok(()));
        let wait = limit.admit(peer, &HeaderMap::new()).unwrap_err();
        assert!((1..=31).contains(&wait), "{wait}");
        assert_eq!(limit.admit("192.0.2.2".parse().unwrap(), &HeaderMap::new()).map(drop), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_subscriber_are_one_source() {
        let limit = limit(1, &[]);
        assert_eq!(limit.admit("2001:db8::1".parse().unwrap(), &HeaderMap::new()).map(drop), Ok(()));
        assert!(limit.admit("2001:db8::2".parse().unwrap(), &HeaderMap::new()).is_err());
        assert_eq!(limit.admit("2001:db8:0:1::1".parse().unwrap(), &HeaderMap::new()).map(drop), Ok(()));
    }

    #[test]
    fn a_forwarded_header_counts_only_from_a_trusted_proxy() {
        let limit = limit(1, &["10.0.0.1", "10.0.0.2"]);
        let source =
            |peer: &str, forwarded: &[&str]| limit.sources.source(peer.parse().unwrap(), &headers(forwarded));
        let plain = |address: &str| Source::from(address.parse::<IpAddr>().unwrap());
        assert_eq!(source("192.0.2.9", &["198.51.100.1"]), plain("192.0.2.9"));
        assert_eq!(source("10.0.0.1", &["203.0.113.7, 198.51.100.1"]), plain("198.51.100.1"));
        assert_eq!(source("10.0.0.1", &["203.0.113.7", "198.51.100.1, 10.0.0.2"]), plain("198.51.100.1"));
        assert_eq!(source("::ffff:10.0.0.1", &["198.51.100.1"]), plain("198.51.100.1"));
        assert_eq!(source("10.0.0.1", &["nonsense"]), plain("10.0.0.1"));
        assert_eq!(source("10.0.0.1", &[]), plain("10.0.0.1"));
    }
}
