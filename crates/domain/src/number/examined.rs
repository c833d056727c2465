//! Everything that can be said about one typed number, for checking lists of them.

use jiff::civil::Date;

use super::eighteen::{Eighteen, Typed};
use super::{CitizenNumber, Demonstration, DocumentKind, NumberError, Sex};
use crate::region::{RegionCode, Regions};
use crate::word::words;

/// What is known about one typed number; without `Debug`, so that no log can leak it.
#[derive(Clone, Eq, PartialEq)]
pub struct Examined {
    /// The document it belongs to; `None` when it is no number at all.
    pub kind: Option<DocumentKind>,
    /// The eighteen characters, normalised; the upgraded number for fifteen digits; `None` when what was
    /// typed does not have their shape.
    pub normalised: Option<String>,
    /// The birth date of a right number.
    pub birth_date: Option<Date>,
    /// The sex a right number says.
    pub sex: Option<Sex>,
    /// The region of a right number; a foreigner's number has none.
    pub region: Option<RegionCode>,
    /// What is worth a second look and breaks no rule.
    pub warnings: Vec<Warning>,
    /// The first rule that is broken.
    pub error: Option<NumberError>,
}

words! {
    /// What is worth a second look and never a reason to reject.
    pub enum Warning {
        /// The region is in no table, old or new.
        UnknownRegion = 1 "unknown_region",
        /// Fifteen digits of the 1989 edition, out of use since 2013; `normalised` is the upgraded number.
        FifteenDigits = 2 "fifteen_digits",
        /// A demonstration number.
        Demonstration = 3 "demonstration",
        /// The check character of a foreigner's number does not match; another office judges those.
        ForeignCheck = 4 "foreign_check",
    }
}

impl Examined {
    /// Whether this is a right number, of whatever document; `kind` tells which.
    #[must_use]
    pub const fn valid(&self) -> bool {
        self.error.is_none()
    }

    const fn wrong(error: NumberError) -> Self {
        Self {
            kind: None,
            normalised: None,
            birth_date: None,
            sex: None,
            region: None,
            warnings: Vec::new(),
            error: Some(error),
        }
    }

    fn right(number: &Eighteen) -> Self {
        let region = (number.document() != DocumentKind::Foreigner).then(|| number.region());
        let doubtful = !number.has_right_check();
        Self {
            kind: Some(number.document()),
            normalised: Some(number.as_str().to_owned()),
            birth_date: Some(number.birth()),
            sex: Some(number.sex()),
            region,
            warnings: doubtful.then_some(Warning::ForeignCheck).into_iter().collect(),
            error: None,
        }
    }

    fn compared(mut self, demonstration: Demonstration, regions: &Regions) -> Self {
        match self.region {
            Some(RegionCode::DEMONSTRATION) => {
                self.warnings.push(Warning::Demonstration);
                let refused = demonstration == Demonstration::Refused;
                self.error = self.error.or(refused.then_some(NumberError::Demonstration));
            }
            Some(region) if !regions.knows(region) => self.warnings.push(Warning::UnknownRegion),
            _ => {}
        }
        self
    }
}

/// Examines one typed number: what it is, what it says, and the first rule it breaks.
///
/// Fifteen digits are not valid (out of use since 2013-01-01), but what they say is told.
#[must_use]
pub fn examine(typed: &str, today: Date, demonstration: Demonstration, regions: &Regions) -> Examined {
    let typed = Typed::normalise(typed);
    if typed.is_old() {
        return examine_old(&typed, today, demonstration, regions);
    }
    match Eighteen::read(&typed, today) {
        Ok(number) => Examined::right(&number).compared(demonstration, regions),
        Err(error) => {
            Examined { normalised: typed.as_eighteen().map(str::to_owned), ..Examined::wrong(error) }
        }
    }
}

fn examine_old(typed: &Typed, today: Date, demonstration: Demonstration, regions: &Regions) -> Examined {
    let length = NumberError::Length { found: 15 };
    match typed.upgraded().map(CitizenNumber) {
        Ok(CitizenNumber(number))
            if number.birth() <= today && number.document() == DocumentKind::Citizen =>
        {
            let mut examined = Examined { error: Some(length), ..Examined::right(&number) };
            examined.warnings.push(Warning::FifteenDigits);
            examined.compared(demonstration, regions)
        }
        _ => Examined::wrong(length),
    }
}
