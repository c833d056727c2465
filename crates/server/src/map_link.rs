//! The link from an office to a map that somebody else offers.

use domain::office::Place;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in place of the office's own.
const LATITUDE: &str = "{latitude}";
const LONGITUDE: &str = "{longitude}";
const NAME: &str = "{name}";
/// How an address may begin that does nothing but show something.
const SCHEMES: [&str; 3] = ["geo:", "https://", "http://"];

/// An address with places for latitude, longitude and name.
#[derive(Clone, Debug)]
pub struct MapLink(String);

/// The setting is no address of a map.
#[derive(Debug, thiserror::Error)]
#[error(
    "map_link must begin with geo:, https:// or http:// and hold {{latitude}} and {{longitude}}, not {0:?}"
)]
pub struct NoMapLink(String);

impl MapLink {
    /// The address that a setting describes.
    ///
    /// # Errors
    /// Where it is none, or does not name the place.
    pub fn parse(setting: &str) -> Result<Self, NoMapLink> {
        let fits = SCHEMES.iter().any(|scheme| setting.starts_with(scheme))
            && [LATITUDE, LONGITUDE].iter().all(|place| setting.contains(place));
        if fits { Ok(Self(setting.to_owned())) } else { Err(NoMapLink(setting.to_owned())) }
    }

    /// The address for an office.
    #[must_use]
    pub fn to(&self, place: Place, name: &str) -> String {
        let link = self.0.replace(LATITUDE, &place.latitude().to_string());
        let link = link.replace(LONGITUDE, &place.longitude().to_string());
        link.replace(NAME, &utf8_percent_encode(name, NON_ALPHANUMERIC).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_the_place_and_what_stands_there() {
        let place = Place::parse("39.9", "116.4").unwrap();
        let link = |setting| MapLink::parse(setting).unwrap().to(place, "所&1");
        assert_eq!(link("geo:{latitude},{longitude}"), "geo:39.9,116.4");
        let link = link("https://maps.example.org/?at={longitude},{latitude}&name={name}");
        assert_eq!(link, "https://maps.example.org/?at=116.4,39.9&name=%E6%89%80%261");
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for setting in
            ["", "javascript:alert({latitude},{longitude})", "https://example.org/", "geo:{latitude}"]
        {
            assert!(MapLink::parse(setting).is_err(), "{setting}");
        }
    }
}
