//! The format of receipt numbers, read from a pattern such as `RRRRRRSSSYYYYMMDDNNNNN`.

use jiff::civil::Date;

use super::ReceiptError;
use crate::organ::OrganCode;
use crate::region::RegionCode;

/// The format of receipt numbers: region, station, date and daily sequence in any order, and fixed
/// characters.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct ReceiptFormat {
    places: Vec<Place>,
}

/// What is wrong with a pattern.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
pub enum PatternError {
    /// Longer than a case number may be (GB/T 39046-2020: 50 characters), or empty.
    #[error("a receipt pattern has 1 to 50 characters")]
    Length,
    /// A character that is no ASCII letter or digit.
    #[error("a receipt pattern holds ASCII letters and digits only")]
    Character,
    /// A field that has another number of places than it needs.
    #[error(
        "a receipt pattern has R 6 times or never, S 3 times or never, YYYYMMDD whole or not at all, N at least once"
    )]
    Field,
}

/// What stands at one place of the number.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
enum Place {
    Region,
    Station,
    Year,
    Month,
    Day,
    Sequence,
    Fixed(char),
}

const LONGEST: usize = 50;
const STANDARD: &str = "RRRRRRSSSYYYYMMDDNNNNN";

impl ReceiptFormat {
    /// 22 digits: region 6, station 3, date 8, daily sequence 5.
    #[must_use]
    pub fn standard() -> Self {
        Self { places: STANDARD.chars().map(Place::of).collect() }
    }

    /// The format of a pattern: `R` region, `S` station, `Y` year, `M` month, `D` day, `N` sequence; other
    /// letters and digits stand for themselves, hyphens and spaces are left out.
    ///
    /// # Errors
    /// When a field is missing half of its places, or the pattern is too long.
    pub fn parse_pattern(pattern: &str) -> Result<Self, PatternError> {
        let pattern: String = pattern.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if pattern.is_empty() || pattern.chars().count() > LONGEST {
            return Err(PatternError::Length);
        }
        if !pattern.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(PatternError::Character);
        }
        let format = Self { places: pattern.chars().map(Place::of).collect() };
        if format.is_whole() { Ok(format) } else { Err(PatternError::Field) }
    }

    /// How many characters a number of this format has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.places.len()
    }

    /// Whether its numbers are digits alone.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.places.iter().all(|place| !matches!(place, Place::Fixed(fixed) if !fixed.is_ascii_digit()))
    }

    fn is_whole(&self) -> bool {
        let width = |place| self.width(place);
        let date = (width(Place::Year), width(Place::Month), width(Place::Day));
        matches!(width(Place::Region), 0 | 6)
            && matches!(width(Place::Station), 0 | 3)
            && matches!(date, (0, 0, 0) | (4, 2, 2))
            && matches!(width(Place::Sequence), 1..=9)
    }

    fn width(&self, place: Place) -> usize {
        self.places.iter().filter(|other| **other == place).count()
    }

    /// The organ and the day that a normalised number says.
    pub(super) fn read(&self, text: &str) -> Result<(Option<OrganCode>, Option<Date>), ReceiptError> {
        let found = text.chars().count();
        if found == 0 {
            return Err(ReceiptError::Empty);
        }
        if found != self.length() {
            return Err(ReceiptError::Length { found, expected: self.length() });
        }
        let wrong = self.places.iter().zip(text.chars()).position(|(place, c)| !place.admits(c));
        if let Some(at) = wrong {
            return Err(ReceiptError::Character { position: at + 1 });
        }
        Ok((self.organ(text)?, self.day(text)?))
    }

    /// The number of this organ, day and sequence; `None` when the sequence has too many digits.
    pub(super) fn write(&self, organ: OrganCode, day: Date, sequence: u32) -> Option<String> {
        let mut fields = [
            (Place::Region, organ.region().get()),
            (Place::Station, organ.station().into()),
            (Place::Year, day.year().unsigned_abs().into()),
            (Place::Month, day.month().unsigned_abs().into()),
            (Place::Day, day.day().unsigned_abs().into()),
            (Place::Sequence, sequence),
        ];
        let mut backwards = String::with_capacity(self.length());
        for place in self.places.iter().rev() {
            let c = match (place, fields.iter_mut().find(|(field, _)| field == place)) {
                (Place::Fixed(c), _) => *c,
                (_, Some((_, rest))) => take_last_digit(rest)?,
                (_, None) => return None,
            };
            backwards.push(c);
        }
        let [.., (_, sequence_left)] = fields;
        (sequence_left == 0).then(|| backwards.chars().rev().collect())
    }

    fn organ(&self, text: &str) -> Result<Option<OrganCode>, ReceiptError> {
        let Some(region) = self.field(text, Place::Region) else { return Ok(None) };
        let at = self.places.iter().position(|place| *place == Place::Region).unwrap_or(0);
        let region = RegionCode::new(region).ok_or(ReceiptError::Character { position: at + 1 })?;
        let station = self.field(text, Place::Station).and_then(|station| u16::try_from(station).ok());
        Ok(OrganCode::new(region, station.unwrap_or(0)))
    }

    fn day(&self, text: &str) -> Result<Option<Date>, ReceiptError> {
        let Some(year) = self.field(text, Place::Year) else { return Ok(None) };
        let small =
            |place| i8::try_from(self.field(text, place).unwrap_or(0)).map_err(|_| ReceiptError::Date);
        let year = i16::try_from(year).map_err(|_| ReceiptError::Date)?;
        Date::new(year, small(Place::Month)?, small(Place::Day)?).map(Some).map_err(|_| ReceiptError::Date)
    }

    /// The digits that stand at the places of one field, as a number; `None` when the format lacks it.
    fn field(&self, text: &str, wanted: Place) -> Option<u32> {
        let digits = self.places.iter().zip(text.chars()).filter(|(place, _)| **place == wanted);
        digits
            .filter_map(|(_, c)| c.to_digit(10))
            .fold(None, |number, digit| Some(number.unwrap_or(0) * 10 + digit))
    }
}

impl Place {
    const fn of(pattern: char) -> Self {
        match pattern {
            'R' => Self::Region,
            'S' => Self::Station,
            'Y' => Self::Year,
            'M' => Self::Month,
            'D' => Self::Day,
            'N' => Self::Sequence,
            fixed => Self::Fixed(fixed.to_ascii_uppercase()),
        }
    }

    const fn admits(self, c: char) -> bool {
        match self {
            Self::Fixed(fixed) => fixed == c,
            _ => c.is_ascii_digit(),
        }
    }
}

fn take_last_digit(rest: &mut u32) -> Option<char> {
    let digit = char::from_digit(*rest % 10, 10);
    *rest /= 10;
    digit
}
