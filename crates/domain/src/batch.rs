//! Batch numbers: which consignment or which sending a report belongs to.

use std::fmt;

/// The number of a batch, as its sender writes it: 1 to 50 visible characters (GB/T 39046-2020 gives a case
/// number as many).
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct BatchNumber(String);

impl BatchNumber {
    /// The number that was written, without the spaces around it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let visible = |c: char| !c.is_control() && !c.is_whitespace();
        let fits = (1..=50).contains(&text.chars().count()) && text.chars().all(visible);
        fits.then(|| Self(text.to_owned()))
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
}
