//! The table of codes: what a production system's code means, in a versioned TOML file.

use domain::milestone::Step;
use domain::stage::Cause;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The table that comes with the product.
pub(super) const BUILT_IN: &str = include_str!("../../../../../data/codes.toml");
/// Characters of the words behind a code at the most, and bytes of a code.
const LONGEST: usize = 200;

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Something happened to the application, perhaps for a cause.
    Happened(Step, Option<Cause>),
    /// Something about a card after its application; no milestone.
    OfTheCard,
}

/// Why a table does not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    /// What stands there is not repeated: it may be another file, which names people.
    #[error("the table of codes does not read at its line {0}")]
    Unreadable(usize),
    #[error("the table of codes is no UTF-8")]
    NotUtf8,
    #[error("the table of codes: {0}")]
    Top(&'static str),
    #[error("the table of codes: {0:?} is no part of it; it has version, steps and cards")]
    Unknown(String),
    #[error("code {code:?} in the table of codes {why}")]
    Entry { code: String, why: &'static str },
}

/// Codes and their meanings.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    version: String,
    entries: BTreeMap<String, Meaning>,
}

impl Codes {
    /// The table shipped with the program.
    pub(super) fn built_in() -> Result<Self, TableError> {
        Self::parse(BUILT_IN.as_bytes())
    }

    /// A feed's own table, or the one shipped with the program.
    ///
    /// # Errors
    /// Names the entry that is wrong.
    pub(super) fn of(own: Option<&str>) -> Result<Self, TableError> {
        own.map_or_else(Self::built_in, |own| Self::parse(own.as_bytes()))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Names the entry that is wrong.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, TableError> {
        let text = std::str::from_utf8(text).map_err(|_| TableError::NotUtf8)?;
        let mut codes = Self { version: String::new(), entries: BTreeMap::new() };
        let table: Table =
            toml::from_str(text).map_err(|error| TableError::Unreadable(line_of(text, &error)))?;
        for (name, value) in table {
            match (name.as_str(), value) {
                ("version", Value::String(version)) if fits(&version) => codes.version = version,
                ("steps", Value::Table(steps)) => codes.add(steps, step)?,
                ("cards", Value::Table(cards)) => codes.add(cards, card)?,
                ("version", _) => return Err(TableError::Top("version is a text of 1 to 200 characters")),
                ("steps" | "cards", _) => return Err(TableError::Top("steps and cards are tables")),
                _ => return Err(TableError::Unknown(name)),
            }
        }
        match codes.version.is_empty() {
            true => Err(TableError::Top("version is missing")),
            false => Ok(codes),
        }
    }

    /// Adds the entries of a section; a code has one meaning.
    fn add(&mut self, section: Table, read: Read) -> Result<(), TableError> {
        for (code, value) in section {
            let wrong = |why| TableError::Entry { code: code.clone(), why };
            if !fits(&code) || code.len() > LONGEST || code.trim() != code {
                return Err(wrong("is no code: visible characters, 200 bytes at the most"));
            }
            let entry = read(value).map_err(wrong)?;
            if self.entries.insert(code.clone(), entry).is_some() {
                return Err(wrong("is there twice"));
            }
        }
        Ok(())
    }

    /// Which edition of the table this is.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// What a code means, if the table has it.
    pub(super) fn meaning(&self, code: &str) -> Option<Meaning> {
        self.entries.get(code).copied()
    }
}

/// The line at which a TOML file stops to read.
pub(super) fn line_of(text: &str, error: &toml::de::Error) -> usize {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// Reads the value of an entry, or says what is wrong with it.
type Read = fn(Value) -> Result<Meaning, &'static str>;

/// `"returned duplicate_number"`, or `{ step = "returned", cause = "duplicate_number", reason = "…" }`. The
/// reason is for the people who keep the table, and is checked so that it can be shown to them; citizens read our own
/// words for step and cause, in their language.
fn step(value: Value) -> Result<Meaning, &'static str> {
    let (step, cause) = match value {
        Value::String(words) => match words.split_once(' ') {
            Some((step, cause)) => (step.to_owned(), Some(cause.to_owned())),
            None => (words, None),
        },
        Value::Table(mut table) => {
            let (step, cause) = (text(&mut table, "step")?, text(&mut table, "cause")?);
            text(&mut table, "reason")?;
            if !table.is_empty() {
                return Err("says something else than step, cause and reason");
            }
            (step.ok_or("has no step")?, cause)
        }
        _ => return Err("is neither a text nor a table"),
    };
    let step = Step::parse(&step, |_| None).ok_or("means no step we know")?;
    let cause = cause.map(|cause| Cause::parse(&cause).ok_or("has no cause we know")).transpose()?;
    Ok(Meaning::Happened(step, cause))
}

fn card(value: Value) -> Result<Meaning, &'static str> {
    match value {
        Value::String(reason) if fits(&reason) => Ok(Meaning::OfTheCard),
        _ => Err("is not explained in a text"),
    }
}

/// Takes a text out of an entry's table.
fn text(table: &mut Table, key: &str) -> Result<Option<String>, &'static str> {
    match table.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) if fits(&text) => Ok(Some(text)),
        Some(_) => Err("has a part that is no text of 1 to 200 visible characters"),
    }
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::stage::{Pause, Stage};
    use proptest::prelude::*;

    #[test]
    fn the_shipped_table_knows_every_code_of_the_field() {
        let codes = Codes::built_in().unwrap();
        let known = (0..=98).map(|code| format!("{code:02}")).filter(|code| codes.meaning(code).is_some());
        assert_eq!((known.count(), codes.entries.len()), (50, 50));
        assert_eq!(codes.version(), "2026-11");
        let reached = |stage, cause| Some(Meaning::Happened(Step::Reached(stage), cause));
        assert_eq!(codes.meaning("13"), reached(Stage::Signed, None));
        assert_eq!(codes.meaning("10"), reached(Stage::Returned, Some(Cause::DuplicateNumber)));
        assert_eq!(codes.meaning("94"), Some(Meaning::OfTheCard));
        assert_eq!(codes.meaning("19"), None);
    }

    #[test]
    fn a_table_of_ones_own_gives_any_step_and_a_reason_in_plain_words() {
        let table = "version = \"甲-1\"\n[steps]\nPAU = \"paused:natural_disaster\"\n\
                     Q2 = { step = \"remake\", cause = \"print_defect\", reason = \"重新制作\" }";
        let codes = Codes::parse(table.as_bytes()).unwrap();
        let paused = Meaning::Happened(Step::Paused(Pause::NaturalDisaster), None);
        assert_eq!((codes.version(), codes.meaning("PAU")), ("甲-1", Some(paused)));
        let remake = Meaning::Happened(Step::Reached(Stage::Remake), Some(Cause::PrintDefect));
        assert_eq!(codes.meaning("Q2"), Some(remake));
    }

    #[test]
    fn a_table_that_is_wrong_is_refused_by_the_entry() {
        let steps =
            |entry: &str| format!("version = \"1\"\n[steps]\n\"07\" = {entry}\n[cards]\n\"08\" = \"lost\"");
        let wrong = [
            (steps("\"nowhere\""), "\"07\" in the table of codes means no step"),
            (steps("\"returned because\""), "\"07\" in the table of codes has no cause"),
            (steps("\"withdraws\""), "\"07\" in the table of codes means no step"),
            (steps("7"), "\"07\" in the table of codes is neither"),
            (steps("{ cause = \"photo\" }"), "\"07\" in the table of codes has no step"),
            (steps("{ step = \"signed\", to = \"x\" }"), "\"07\" in the table of codes says something else"),
            (steps("{ step = \"signed\", reason = \"\" }"), "\"07\" in the table of codes has a part"),
            (steps("\"signed\"\n\"08\" = \"signed\""), "\"08\" in the table of codes is there twice"),
            (steps("\"signed\"\n\" 9\" = \"signed\""), "\" 9\" in the table of codes is no code"),
            (steps("\"signed\"").replace("[cards]", "[people]"), "\"people\" is no part"),
            (steps("\"signed\"").replace("version = \"1\"", ""), "version is missing"),
            (steps("\"signed\"").replace("\"1\"", "1"), "version is a text"),
            ("version = \"1\"\nsteps = 3".to_owned(), "are tables"),
            ("version = \"1\"\n119900198001010016,王小明".to_owned(), "does not read at its line 2"),
        ];
        for (table, why) in wrong {
            let error = Codes::parse(table.as_bytes()).err().unwrap().to_string();
            assert!(error.contains(why) && !error.contains("王小明"), "{table}\n{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Codes::parse(&bytes);
        }

        #[test]
        fn any_entry_is_a_meaning_or_a_reason(code in "[ -~]{0,8}", words in "[a-z_: ]{0,30}") {
            let table = toml::toml! { version = "1" };
            let mut table = table.clone();
            table.insert("steps".into(), Value::Table(Table::from_iter([(code, Value::String(words))])));
            let _ = Codes::parse(toml::to_string(&table).unwrap().as_bytes());
        }
    }
}
