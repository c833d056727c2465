//! What an office does.

use crate::word::words;

words! {
    /// Something that people come to an office for.
    pub enum Service {
        /// Takes applications (受理).
        Accept = 1 "accept",
        /// Hands cards out (发放).
        HandOut = 2 "hand_out",
        /// Issues temporary cards (临时居民身份证, order 78 of the Ministry of Public Security).
        TemporaryCard = 3 "temporary_card",
        /// Takes applications of people whose household is registered elsewhere (异地受理).
        CrossRegion = 4 "cross_region",
    }
}

/// Services of an office; none where nobody said which.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Services(u8);

impl Services {
    /// These services.
    #[must_use]
    pub fn of(services: impl IntoIterator<Item = Service>) -> Self {
        Self(services.into_iter().fold(0, |bits, service| bits | bit(service)))
    }

    /// The services of a text, by word or by Chinese name, apart by `;`, `,`, `、`, `|` or spaces.
    ///
    /// # Errors
    /// The first word that is no service.
    pub fn parse(text: &str) -> Result<Self, String> {
        let apart = |c: char| c.is_whitespace() || [';', '；', ',', '，', '、', '|'].contains(&c);
        let words = text.split(apart).filter(|word| !word.is_empty());
        let services = words.map(|word| named(word).ok_or_else(|| word.to_owned()));
        Ok(Self::of(services.collect::<Result<Vec<_>, _>>()?))
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, service: Service) -> bool {
        self.0 & bit(service) != 0
    }

    /// Whether nobody said which.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Service> {
        Service::ALL.into_iter().filter(move |service| self.has(*service))
    }

    /// How they are kept: a bit for each service, by its number.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The services that these bits mean; bits of no service mean nothing.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self::of(Service::ALL.into_iter().filter(|service| bits & bit(*service) != 0))
    }
}

const fn bit(service: Service) -> u8 {
    1 << (service.code() - 1)
}

fn named(word: &str) -> Option<Service> {
    match word {
        "受理" => Some(Service::Accept),
        "发放" | "领取" => Some(Service::HandOut),
        "临时身份证" | "临时居民身份证" => Some(Service::TemporaryCard),
        "异地受理" => Some(Service::CrossRegion),
        word => Service::parse(&word.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_in_words_and_in_chinese() {
        let all = Services::of(Service::ALL);
        assert_eq!(Services::parse("accept; hand_out, Temporary_Card cross_region"), Ok(all));
        assert_eq!(Services::parse("受理、发放；临时身份证|异地受理"), Ok(all));
        assert_eq!(Services::parse(" "), Ok(Services::default()));
        assert_eq!(Services::parse("accept;刻章"), Err("刻章".to_owned()));
    }

    #[test]
    fn what_is_kept_is_read_back() {
        for bits in 0..16 {
            let services = Services::from_bits(bits);
            assert_eq!((services.bits(), services.iter().count()), (bits, bits.count_ones() as usize));
            assert_eq!(services.is_empty(), bits == 0);
        }
        assert_eq!(Services::from_bits(u8::MAX), Services::of(Service::ALL));
    }
}
