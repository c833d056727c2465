//! Where an office stands on the earth, and how far apart two places are.

use crate::text::narrow;

/// A place in China by latitude and longitude (WGS 84, as RFC 7946 and every positioning device have them), to the
/// millionth of a degree: a decimetre.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    latitude: i32,
    longitude: i32,
}

/// Millionths in a degree.
const MILLION: i32 = 1_000_000;
/// Degrees between which the country and its waters lie. A latitude is never a longitude here, so that two that were
/// exchanged are noticed.
const LATITUDES: (i32, i32) = (3, 54);
const LONGITUDES: (i32, i32) = (73, 136);
/// The mean radius of the earth in metres (IUGG).
const RADIUS: f64 = 6_371_008.8;

impl Place {
    /// The place at these millionths of a degree, if it lies in China.
    #[must_use]
    pub const fn new(latitude: i32, longitude: i32) -> Option<Self> {
        const fn within(degrees: i32, bounds: (i32, i32)) -> bool {
            degrees >= bounds.0 * MILLION && degrees <= bounds.1 * MILLION
        }
        if within(latitude, LATITUDES) && within(longitude, LONGITUDES) {
            Some(Self { latitude, longitude })
        } else {
            None
        }
    }

    /// The place at degrees written as decimals, `39.9042` and `116.4074`.
    #[must_use]
    pub fn parse(latitude: &str, longitude: &str) -> Option<Self> {
        Self::new(millionths(narrow(latitude).parse().ok()?)?, millionths(narrow(longitude).parse().ok()?)?)
    }

    /// Degrees north of the equator.
    #[must_use]
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude) / f64::from(MILLION)
    }

    /// Degrees east of Greenwich.
    #[must_use]
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude) / f64::from(MILLION)
    }

    /// Latitude and longitude in millionths of a degree.
    #[must_use]
    pub const fn millionths(self) -> (i32, i32) {
        (self.latitude, self.longitude)
    }

    /// The way to another place over the ground, in metres (haversine; half a percent off at the most).
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most half way round the earth"
    )]
    pub fn metres_to(self, other: Self) -> u32 {
        let (from, to) = (self.latitude().to_radians(), other.latitude().to_radians());
        let (north, east) = ((to - from) / 2.0, (other.longitude() - self.longitude()).to_radians() / 2.0);
        let half = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
        (2.0 * RADIUS * half.sqrt().min(1.0).asin()).round() as u32
    }

    /// The middle of places; none of none.
    #[must_use]
    pub fn middle(places: impl Iterator<Item = Self>) -> Option<Self> {
        let (mut north, mut east, mut count) = (0_i64, 0_i64, 0_i64);
        for place in places {
            (north, east, count) =
                (north + i64::from(place.latitude), east + i64::from(place.longitude), count + 1);
        }
        let mean = |sum: i64| sum.checked_div(count).and_then(|mean| i32::try_from(mean).ok());
        Self::new(mean(north)?, mean(east)?)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked before")]
fn millionths(degrees: f64) -> Option<i32> {
    (degrees.abs() <= 180.0).then(|| (degrees * f64::from(MILLION)).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(latitude: &str, longitude: &str) -> Place {
        Place::parse(latitude, longitude).unwrap()
    }

    #[test]
    fn known_distances_are_right() {
        let (beijing, shanghai) = (place("39.9042", "116.4074"), place("31.2304", "121.4737"));
        let kilometres = beijing.metres_to(shanghai) / 1000;
        assert!((1_065..=1_070).contains(&kilometres), "{kilometres}");
        // A degree of latitude is 111.2 km everywhere.
        assert_eq!(place("30", "100").metres_to(place("31", "100")) / 100, 1_111);
        assert_eq!(beijing.metres_to(beijing), 0);
    }

    #[test]
    fn a_place_is_written_in_degrees_and_lies_in_china() {
        assert_eq!(place("39.9042", " 116.4074 ").millionths(), (39_904_200, 116_407_400));
        assert_eq!((place("３９.5", "116").latitude(), place("39", "116.25").longitude()), (39.5, 116.25));
        for (latitude, longitude) in [
            ("116.4", "39.9"),
            ("0", "0"),
            ("", ""),
            ("NaN", "116"),
            ("inf", "116"),
            ("39.9", "x"),
            ("90", "116"),
        ] {
            assert_eq!(Place::parse(latitude, longitude), None, "{latitude} {longitude}");
        }
    }

    #[test]
    fn the_middle_lies_between() {
        let two = [place("30", "100"), place("32", "104")];
        assert_eq!(Place::middle(two.into_iter()), Some(place("31", "102")));
        assert_eq!(Place::middle(std::iter::empty()), None);
    }

    fn any_place() -> impl Strategy<Value = Place> {
        (3_000_000..=54_000_000, 73_000_000..=136_000_000).prop_map(|(n, e)| Place::new(n, e).unwrap())
    }

    proptest! {
        #[test]
        fn a_distance_is_the_same_both_ways_and_no_detour_is_shorter(
            a in any_place(), b in any_place(), c in any_place()
        ) {
            prop_assert_eq!(a.metres_to(b), b.metres_to(a));
            prop_assert!(a.metres_to(b) <= a.metres_to(c) + c.metres_to(b) + 3);
            prop_assert_eq!(a.metres_to(a), 0);
            prop_assert!(a.metres_to(b) < 8_000_000);
        }

        #[test]
        fn a_written_place_is_read_back(at in any_place()) {
            let written = (at.latitude().to_string(), at.longitude().to_string());
            prop_assert_eq!(Place::parse(&written.0, &written.1), Some(at));
        }

        #[test]
        fn any_text_is_a_place_or_none(a in any::<String>(), b in any::<String>()) {
            let _ = Place::parse(&a, &b);
        }
    }
}
