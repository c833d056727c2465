//! Batch numbers: which consignment or which sending a report belongs to.

use std::fmt;

/// The number of a batch, as its sender writes it: 1 to 50 visible characters (GB/T 39046-2020 gives a case
/// number as many), and no 15 digits in a row. It stands in the clear where receipt and citizen numbers never may, and
/// those have 15 and more.
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct BatchNumber(String);

impl BatchNumber {
    /// The number that was written, without the spaces around it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let visible = |c: char| !c.is_control() && !c.is_whitespace();
        let fits = (1..=50).contains(&text.chars().count()) && text.chars().all(visible);
        let digits = text.split(|c: char| !c.is_numeric()).map(|run| run.chars().count());
        (fits && digits.max() < Some(15)).then(|| Self(text.to_owned()))
    }

    /// All characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_number_is_short_and_visible() {
        assert_eq!(BatchNumber::parse(" ZZ-2026/01-批7 ").unwrap().as_str(), "ZZ-2026/01-批7");
        assert!(BatchNumber::parse(&"批".repeat(50)).is_some());
        for wrong in ["", "  ", "B 7", "B\n7", "B\u{0}7", &"7".repeat(51)] {
            assert_eq!(BatchNumber::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_receipt_or_citizen_number_is_no_batch_number() {
        for right in
            ["20260105093000", "B-7", "ZZ-2026-0312", "JZ-410100-20260105-000123456789", "批20260105第3"]
        {
            assert!(BatchNumber::parse(right).is_some(), "{right}");
        }
        let wrong = [
            "1199000012026010500001",
            "11990019800101001X",
            "119900800101001",
            "no:119900198001010016",
            "１１９９００１９８００１０１００１６",
        ];
        for wrong in wrong {
            assert_eq!(BatchNumber::parse(wrong), None, "{wrong}");
        }
    }
}
