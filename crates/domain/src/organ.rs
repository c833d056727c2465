//! Public security organs and their stations, named by nine digits.

use std::fmt;

use crate::region::RegionCode;

/// A public security organ or its station: region (6 digits) and station (3 digits).
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct OrganCode(u32);

impl OrganCode {
    /// The station (0 to 999; 0 is the organ itself) of this region.
    #[must_use]
    pub const fn new(region: RegionCode, station: u16) -> Option<Self> {
        if station > 999 { None } else { Some(Self(region.get() * 1000 + station as u32)) }
    }

    /// The organ with this nine-digit number.
    #[must_use]
    pub const fn from_u32(code: u32) -> Option<Self> {
        match code {
            100_000_000..=999_999_999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The organ written as nine digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let nine_digits = text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        nine_digits.then(|| text.parse().ok().and_then(Self::from_u32)).flatten()
    }

    /// The nine digits as a number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The region the organ belongs to.
    #[must_use]
    pub const fn region(self) -> RegionCode {
        RegionCode::of_organ(self.0)
    }

    /// The station within the region, 0 to 999.
    #[must_use]
    pub const fn station(self) -> u16 {
        (self.0 % 1000) as u16
    }
}

impl fmt::Display for OrganCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_organ_is_region_and_station() {
        let organ = OrganCode::new(RegionCode::DEMONSTRATION, 7).unwrap();
        assert_eq!(organ.to_string(), "119900007");
        assert_eq!((organ.region(), organ.station()), (RegionCode::DEMONSTRATION, 7));
        assert_eq!(OrganCode::parse("119900007"), Some(organ));
        assert_eq!(OrganCode::new(RegionCode::DEMONSTRATION, 1000), None);
        for wrong in ["", "11990000", "1199000070", "+19900007", "019900007", "1199中7"] {
            assert_eq!(OrganCode::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_written_organ_is_read_back(code in 100_000_000_u32..=999_999_999) {
            let organ = OrganCode::from_u32(code).unwrap();
            prop_assert_eq!(OrganCode::parse(&organ.to_string()), Some(organ));
            prop_assert_eq!(OrganCode::new(organ.region(), organ.station()), Some(organ));
        }

        #[test]
        fn any_text_is_an_organ_or_none(text in any::<String>()) {
            let _ = OrganCode::parse(&text);
        }
    }
}
