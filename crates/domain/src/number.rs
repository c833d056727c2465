//! Citizen identity numbers (公民身份号码, GB 11643-1999) and the numbers that look like them.

mod eighteen;
mod examined;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;

use crate::region::RegionCode;
use crate::word::words;
use eighteen::{Eighteen, Typed};

pub use examined::{Examined, Warning, examine};

/// A citizen identity number whose date and check character are right.
#[derive(Copy, Clone, Eq, PartialEq, Hash)]
pub struct CitizenNumber(Eighteen);

/// Whether the people of region 119900, who exist only in demonstrations, are accepted.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
pub enum Demonstration {
    /// Demonstration data is switched on.
    Accepted,
    /// Real data only.
    Refused,
}

words! {
    /// The sex a number says: an odd sequence is male, an even one female.
    pub enum Sex {
        /// 男
        Male = 1 "male",
        /// 女
        Female = 2 "female",
    }
}

words! {
    /// The documents whose numbers have eighteen characters.
    pub enum DocumentKind {
        /// 居民身份证: the resident identity card.
        Citizen = 1 "citizen",
        /// 港澳台居民居住证: residence permit of Hong Kong, Macao and Taiwan residents (810000 to 830000).
        ResidencePermit = 2 "residence_permit",
        /// 外国人永久居留身份证: permanent residence card of foreigners (first digit 9).
        Foreigner = 3 "foreigner",
    }
}

/// Why something typed is not a citizen number.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
pub enum NumberError {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// A citizen number has 18 characters.
    #[error("a citizen number has 18 characters, not {found}")]
    Length {
        /// How many characters carry meaning, spaces and hyphens left out.
        found: usize,
    },
    /// A character that cannot stand at its place.
    #[error("the character at position {position} cannot be there")]
    Character {
        /// Counted from 1, spaces and hyphens left out.
        position: usize,
    },
    /// The birth date does not exist or lies before 1850.
    #[error("the birth date in the number does not exist")]
    Date,
    /// The birth date lies in the future.
    #[error("the birth date in the number lies in the future")]
    Future,
    /// The check character (ISO 7064 MOD 11-2) is wrong: most likely a digit was mistyped.
    #[error("the check character does not match")]
    Check,
    /// A right number, but of another document.
    #[error("the number belongs to another document: {0}")]
    OtherDocument(DocumentKind),
    /// A demonstration number where only real ones are accepted.
    #[error("the number is for demonstrations only")]
    Demonstration,
}

impl NumberError {
    /// The stable word of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Length { .. } => "length",
            Self::Character { .. } => "character",
            Self::Date => "date",
            Self::Future => "future",
            Self::Check => "check",
            Self::OtherDocument(_) => "other_document",
            Self::Demonstration => "demonstration",
        }
    }
}

impl CitizenNumber {
    /// The citizen number that was typed, with spaces, hyphens, full-width digits and look-alikes of `X`
    /// brought to one form. An unknown region is no error (GB 11643 keeps the code of the time for life).
    ///
    /// # Errors
    /// Says which rule is broken; never repeats what was typed.
    pub fn parse(typed: &str, today: Date, demonstration: Demonstration) -> Result<Self, NumberError> {
        let number = Eighteen::read(&Typed::normalise(typed), today)?;
        match number.document() {
            DocumentKind::Citizen => Self(number).admitted(demonstration),
            other => Err(NumberError::OtherDocument(other)),
        }
    }

    /// The number with this region, birth date and sequence (0 to 999), its check character computed.
    #[must_use]
    pub fn from_parts(region: RegionCode, birth: Date, sequence: u16) -> Option<Self> {
        let number = Eighteen::from_parts(region, birth, sequence)?;
        (number.document() == DocumentKind::Citizen).then_some(Self(number))
    }

    /// The number of eighteen characters for one of the 1989 edition with fifteen digits: the century is
    /// 19 and the check character is computed. A search aid only.
    ///
    /// # Errors
    /// As for [`parse`](Self::parse), but for the check character, which fifteen digits do not have.
    pub fn upgrade(fifteen: &str, today: Date) -> Result<Self, NumberError> {
        let number = Typed::normalise(fifteen).upgraded()?;
        if number.birth() > today {
            return Err(NumberError::Future);
        }
        match number.document() {
            DocumentKind::Citizen => Self(number).admitted(Demonstration::Refused),
            other => Err(NumberError::OtherDocument(other)),
        }
    }

    /// All eighteen characters; personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The most a public answer shows: `110105********002X`.
    #[must_use]
    pub fn masked(&self) -> String {
        let text = self.as_str();
        let (head, tail) = (text.get(..6).unwrap_or_default(), text.get(14..).unwrap_or_default());
        format!("{head}********{tail}")
    }

    /// The birth date.
    #[must_use]
    pub const fn birth_date(&self) -> Date {
        self.0.birth()
    }

    /// The sex, by the parity of the sequence.
    #[must_use]
    pub const fn sex(&self) -> Sex {
        self.0.sex()
    }

    /// The region at the time the number was assigned.
    #[must_use]
    pub const fn region(&self) -> RegionCode {
        self.0.region()
    }

    fn admitted(self, demonstration: Demonstration) -> Result<Self, NumberError> {
        let refused = demonstration == Demonstration::Refused && self.region() == RegionCode::DEMONSTRATION;
        if refused { Err(NumberError::Demonstration) } else { Ok(self) }
    }
}

/// Masked, so that no log can leak a number.
impl fmt::Debug for CitizenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenNumber({})", self.masked())
    }
}
