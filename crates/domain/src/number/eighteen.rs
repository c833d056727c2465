//! Eighteen characters with a region, a birth date, a sequence and a check (ISO 7064 MOD 11-2).

use jiff::civil::Date;

use super::{DocumentKind, NumberError, Sex};
use crate::region::RegionCode;
use crate::text::folded;

/// Eighteen characters, of whatever document, whose date and check are right; of a foreigner's number only
/// the date is judged.
#[derive(Copy, Clone, Eq, PartialEq, Hash)]
pub(super) struct Eighteen {
    characters: [u8; 18],
    region: RegionCode,
    birth: Date,
}

/// What was typed, normalised: its first characters, how many there were, and the first that is no digit
/// and no final `X`.
pub(super) struct Typed {
    characters: [u8; 18],
    length: usize,
    stranger: Option<usize>,
}

const LENGTH: usize = 18;
const OLD_LENGTH: usize = 15;
const EARLIEST_YEAR: i16 = 1850;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: [u8; 11] = *b"10X98765432";

impl Typed {
    pub(super) fn normalise(typed: &str) -> Self {
        let mut read = Self { characters: [b'0'; LENGTH], length: 0, stranger: None };
        for character in typed.chars().filter_map(folded) {
            read.push(character);
        }
        read
    }

    fn push(&mut self, character: char) {
        self.length += 1;
        let fits = character.is_ascii_digit() || (character == 'X' && self.length == LENGTH);
        match (u8::try_from(character), self.characters.get_mut(self.length - 1)) {
            (Ok(byte), Some(slot)) if fits => *slot = byte,
            _ => self.stranger = self.stranger.or(Some(self.length)),
        }
    }

    /// Whether these are fifteen digits, as the 1989 edition had.
    pub(super) const fn is_old(&self) -> bool {
        self.length == OLD_LENGTH && self.stranger.is_none()
    }

    /// The eighteen characters, right or wrong, as text.
    pub(super) fn as_eighteen(&self) -> Option<&str> {
        let whole = self.length == LENGTH && self.stranger.is_none();
        whole.then(|| std::str::from_utf8(&self.characters).ok()).flatten()
    }

    /// Fifteen digits with the century and the check character added.
    pub(super) fn upgraded(&self) -> Result<Eighteen, NumberError> {
        let shaped = self.of_length(OLD_LENGTH)?;
        let [region @ .., y1, y2, m1, m2, d1, d2, s1, s2, s3, _, _, _] = *shaped;
        let birth = [b'1', b'9', y1, y2, m1, m2, d1, d2];
        Eighteen::from_parts(region_of(region)?, date_of(birth)?, decimal([s1, s2, s3]))
            .ok_or(NumberError::Date)
    }

    fn of_length(&self, length: usize) -> Result<&[u8; LENGTH], NumberError> {
        match self.stranger {
            _ if self.length == 0 => Err(NumberError::Empty),
            _ if self.length != length => Err(NumberError::Length { found: self.length }),
            Some(position) => Err(NumberError::Character { position }),
            None => Ok(&self.characters),
        }
    }
}

impl Eighteen {
    pub(super) fn read(typed: &Typed, today: Date) -> Result<Self, NumberError> {
        let characters = *typed.of_length(LENGTH)?;
        let [r1, r2, r3, r4, r5, r6, birth @ .., _, _, _, _] = characters;
        let region = region_of([r1, r2, r3, r4, r5, r6])?;
        let birth = date_of(birth)?;
        if birth > today {
            return Err(NumberError::Future);
        }
        let number = Self { characters, region, birth };
        let judged = number.document() != DocumentKind::Foreigner;
        if judged && !number.has_right_check() { Err(NumberError::Check) } else { Ok(number) }
    }

    pub(super) fn from_parts(region: RegionCode, birth: Date, sequence: u16) -> Option<Self> {
        if birth.year() < EARLIEST_YEAR || sequence > 999 {
            return None;
        }
        let (year, month, day) =
            (birth.year().unsigned_abs(), birth.month().unsigned_abs(), birth.day().unsigned_abs());
        let mut characters = [b'0'; LENGTH];
        let mut rest = u64::from(region.get());
        for (value, width) in [(year, 10_000), (month.into(), 100), (day.into(), 100), (sequence, 1_000)] {
            rest = rest * width + u64::from(value);
        }
        for slot in characters.iter_mut().rev().skip(1) {
            *slot = digit(rest % 10);
            rest /= 10;
        }
        let check = check_character(&characters);
        let [.., last] = &mut characters;
        *last = check;
        Some(Self { characters, region, birth })
    }

    pub(super) fn as_str(&self) -> &str {
        // Only ASCII is ever pushed.
        std::str::from_utf8(&self.characters).unwrap_or_default()
    }

    pub(super) const fn birth(&self) -> Date {
        self.birth
    }

    pub(super) const fn region(&self) -> RegionCode {
        self.region
    }

    pub(super) fn has_right_check(&self) -> bool {
        let [.., check] = self.characters;
        check == check_character(&self.characters)
    }

    pub(super) const fn sex(&self) -> Sex {
        let [.., sequence, _] = self.characters;
        if sequence % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    pub(super) const fn document(&self) -> DocumentKind {
        match self.region.get() {
            810_000 | 820_000 | 830_000 => DocumentKind::ResidencePermit,
            900_000.. => DocumentKind::Foreigner,
            _ => DocumentKind::Citizen,
        }
    }
}

fn region_of(digits: [u8; 6]) -> Result<RegionCode, NumberError> {
    let [h1, h2, h3, l1, l2, l3] = digits;
    let code = u32::from(decimal([h1, h2, h3])) * 1000 + u32::from(decimal([l1, l2, l3]));
    RegionCode::new(code).ok_or(NumberError::Character { position: 1 })
}

fn date_of(digits: [u8; 8]) -> Result<Date, NumberError> {
    let [y1, y2, y3, y4, m1, m2, d1, d2] = digits;
    let part = |digits| i16::try_from(digits).map_err(|_| NumberError::Date);
    let year = part(decimal([y1, y2, y3, y4]))?;
    let small = |digits| i8::try_from(decimal(digits)).map_err(|_| NumberError::Date);
    let date = Date::new(year, small([m1, m2])?, small([d1, d2])?).map_err(|_| NumberError::Date)?;
    if year < EARLIEST_YEAR { Err(NumberError::Date) } else { Ok(date) }
}

fn decimal<const N: usize>(digits: [u8; N]) -> u16 {
    digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit.wrapping_sub(b'0')))
}

fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value).unwrap_or(0)
}

/// The check character that the first seventeen digits call for.
fn check_character(characters: &[u8; LENGTH]) -> u8 {
    let weigh = |(digit, weight): (&u8, u32)| u32::from(digit.wrapping_sub(b'0')) * weight;
    let sum: u32 = characters.iter().zip(WEIGHTS).map(weigh).sum();
    let at = usize::try_from(sum % 11).unwrap_or(0);
    CHECK_CHARACTERS.get(at).copied().unwrap_or(b'0')
}
