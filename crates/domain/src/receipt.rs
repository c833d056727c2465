//! Receipt numbers (受理号): what the slip says, in the format of the place.

mod format;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;

use crate::organ::OrganCode;
use crate::text::folded;

pub use format::{PatternError, ReceiptFormat};

/// A receipt number of the configured format. It is a daily counter, so it is never the only secret.
#[derive(Clone, Eq, PartialEq, Hash)]
pub struct ReceiptNumber {
    text: String,
    organ: Option<OrganCode>,
    accepted_on: Option<Date>,
}

/// Why something typed is not a receipt number.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// Not as many characters as the format has.
    #[error("a receipt number has {expected} characters, not {found}")]
    Length {
        /// How many characters carry meaning, spaces and hyphens left out.
        found: usize,
        /// How many the format has.
        expected: usize,
    },
    /// A character that cannot stand at its place.
    #[error("the character at position {position} cannot be there")]
    Character {
        /// Counted from 1, spaces and hyphens left out.
        position: usize,
    },
    /// The date in the number does not exist.
    #[error("the date in the receipt number does not exist")]
    Date,
}

impl ReceiptError {
    /// The stable word of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Length { .. } => "length",
            Self::Character { .. } => "character",
            Self::Date => "date",
        }
    }
}

impl ReceiptNumber {
    /// The receipt number that was typed, with spaces, hyphens and full-width digits brought to one form.
    ///
    /// # Errors
    /// Says which rule of the format is broken; never repeats what was typed.
    pub fn parse(typed: &str, format: &ReceiptFormat) -> Result<Self, ReceiptError> {
        let text: String = typed.chars().filter_map(folded).map(|c| c.to_ascii_uppercase()).collect();
        let (organ, accepted_on) = format.read(&text)?;
        Ok(Self { text, organ, accepted_on })
    }

    /// The receipt number of this organ, day and daily sequence, as a slip prints it; `None` when one of
    /// them does not fit the format.
    #[must_use]
    pub fn from_parts(format: &ReceiptFormat, organ: OrganCode, day: Date, sequence: u32) -> Option<Self> {
        Self::parse(&format.write(organ, day, sequence)?, format).ok()
    }

    /// All characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The organ that accepted the application, where the format has it.
    #[must_use]
    pub const fn accepting_organ(&self) -> Option<OrganCode> {
        self.organ
    }

    /// The day the application was accepted, where the format has it.
    #[must_use]
    pub const fn accepted_on(&self) -> Option<Date> {
        self.accepted_on
    }

    /// The most that others see: `119900************0001`, nothing of a number shorter than 15 characters.
    #[must_use]
    pub fn masked(&self) -> String {
        let length = self.text.len();
        let shown = |at| length >= 15 && (at < 6 || at + 4 >= length);
        self.text.chars().enumerate().map(|(at, c)| if shown(at) { c } else { '*' }).collect()
    }
}

/// Masked, so that no log can leak a receipt number.
impl fmt::Debug for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiptNumber({})", self.masked())
    }
}
