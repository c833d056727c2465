//! The report of an import: one line for each line of the file, for programs and for people.

use super::line::Rejection;
use serde::Serialize;
use std::fs::File;
use std::path::Path;
use store::record::Outcome;

/// How an import went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Milestones that are kept and count.
    pub recorded: u64,
    /// Milestones that were known already.
    pub repeated: u64,
    /// Milestones that are kept and wait for a person.
    pub held: u64,
    /// Lines that were not understood or belong to no application.
    pub rejected: u64,
}

/// What became of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Told(Outcome),
    Rejected(Rejection),
    /// The line is not text in UTF-8, or has another number of columns.
    Broken(&'static str),
}

impl Fate {
    /// The word of the outcome and the reason behind it.
    fn words(self) -> (&'static str, String) {
        match self {
            Self::Told(Outcome::Recorded) => ("recorded", String::new()),
            Self::Told(Outcome::Repeated) => ("repeated", String::new()),
            Self::Told(Outcome::Held(why)) => ("held", why.as_str().to_owned()),
            Self::Told(Outcome::UnknownApplication) => ("rejected", "receipt_number: unknown_application".to_owned()),
            Self::Told(Outcome::OtherApplication) => ("rejected", "receipt_number: other_application".to_owned()),
            Self::Rejected(Rejection { column, code }) => ("rejected", format!("{column}: {code}")),
            Self::Broken(why) => ("rejected", why.to_owned()),
        }
    }
}

/// The report file under way.
pub(super) struct ReportFile {
    out: csv::Writer<File>,
    tally: Tally,
}

impl ReportFile {
    pub(super) fn create(path: &Path) -> csv::Result<Self> {
        let mut out = csv::Writer::from_path(path)?;
        out.write_record(["line", "outcome", "reason"])?;
        Ok(Self { out, tally: Tally::default() })
    }

    /// Says what became of a line; the line itself is not repeated, it may name people.
    pub(super) fn line(&mut self, number: u64, fate: Fate) -> csv::Result<()> {
        let (outcome, reason) = fate.words();
        match outcome {
            "recorded" => self.tally.recorded += 1,
            "repeated" => self.tally.repeated += 1,
            "held" => self.tally.held += 1,
            _ => self.tally.rejected += 1,
        }
        self.out.write_record([&number.to_string(), outcome, &reason])
    }

    pub(super) fn finish(mut self) -> csv::Result<Tally> {
        self.out.flush()?;
        Ok(self.tally)
    }
}
