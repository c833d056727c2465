//! The table of codes: what a production system's code means.

use domain::stage::{Cause, Stage};
use serde::Deserialize;
use std::collections::BTreeMap;

const TABLE: &str = include_str!("../../../../../data/codes.toml");

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A stage was reached, perhaps for a cause.
    Reached(Stage, Option<Cause>),
    /// Something about a card after its application; no milestone.
    OfTheCard,
}

/// Why a table does not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error("the table of codes does not read")]
    Unreadable(#[from] toml::de::Error),
    #[error("code {0} in the table of codes means nothing we know")]
    Meaning(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: String,
    steps: BTreeMap<String, String>,
    cards: BTreeMap<String, String>,
}

/// Codes and their meanings.
pub(super) struct Codes(BTreeMap<String, Meaning>);

impl Codes {
    /// The table shipped with the program.
    pub(super) fn built_in() -> Result<Self, TableError> {
        Self::parse(TABLE)
    }

    fn parse(text: &str) -> Result<Self, TableError> {
        let written: Written = toml::from_str(text)?;
        let mut codes = BTreeMap::new();
        for (code, words) in written.steps {
            let meaning = reached(&words).ok_or_else(|| TableError::Meaning(code.clone()))?;
            codes.insert(code, meaning);
        }
        codes.extend(written.cards.into_keys().map(|code| (code, Meaning::OfTheCard)));
        Ok(Self(codes))
    }

    /// What a code means, if the table has it.
    pub(super) fn meaning(&self, code: &str) -> Option<Meaning> {
        self.0.get(code).copied()
    }
}

fn reached(words: &str) -> Option<Meaning> {
    match words.split_once(' ') {
        None => Some(Meaning::Reached(Stage::parse(words)?, None)),
        Some((stage, cause)) => Some(Meaning::Reached(Stage::parse(stage)?, Some(Cause::parse(cause)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_knows_every_code_of_the_field() {
        let codes = Codes::built_in().unwrap();
        let known = (0..=98).map(|code| format!("{code:02}")).filter(|code| codes.meaning(code).is_some());
        assert_eq!(known.count(), 50);
        assert_eq!(codes.meaning("13"), Some(Meaning::Reached(Stage::Signed, None)));
        assert_eq!(
            codes.meaning("10"),
            Some(Meaning::Reached(Stage::Returned, Some(Cause::DuplicateNumber)))
        );
        assert_eq!(codes.meaning("94"), Some(Meaning::OfTheCard));
        assert_eq!(codes.meaning("19"), None);
    }

    #[test]
    fn a_table_with_an_unknown_stage_is_refused_by_code() {
        let error = Codes::parse("version = \"1\"\n[steps]\n\"07\" = \"nowhere\"\n[cards]").err().unwrap();
        assert!(error.to_string().contains("07"));
    }
}
