//! The report of an import: one line for each line of the file, for programs and for people.

use super::line::Rejection;
use super::lines::Broken;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
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
    /// The line cannot be taken apart.
    Broken(Broken),
}

impl Fate {
    /// The word of the outcome and the reason behind it.
    fn words(self) -> (&'static str, String) {
        match self {
            Self::Told(Outcome::Recorded) => ("recorded", String::new()),
            Self::Told(Outcome::Repeated) => ("repeated", String::new()),
            Self::Told(Outcome::Held(why)) => ("held", why.as_str().to_owned()),
            Self::Told(Outcome::UnknownApplication) => {
                ("rejected", "receipt_number: unknown_application".to_owned())
            }
            Self::Told(Outcome::OtherApplication) => {
                ("rejected", "receipt_number: other_application".to_owned())
            }
            Self::Rejected(Rejection { column, code }) => ("rejected", format!("{column}: {code}")),
            Self::Broken(why) => ("rejected", why.as_str().to_owned()),
        }
    }
}

impl Tally {
    /// Counts a line.
    pub(super) fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Told(Outcome::Recorded) => self.recorded += 1,
            Fate::Told(Outcome::Repeated) => self.repeated += 1,
            Fate::Told(Outcome::Held(_)) => self.held += 1,
            Fate::Told(Outcome::UnknownApplication | Outcome::OtherApplication)
            | Fate::Rejected(_)
            | Fate::Broken(_) => self.rejected += 1,
        }
    }
}

/// Whether a plain file begins as our reports do.
fn is_report(path: &Path) -> io::Result<bool> {
    const TITLE: &[u8] = b"line,outcome,reason";
    let mut start = Vec::new();
    let plain = path.symlink_metadata()?.is_file();
    File::open(path)?.take(TITLE.len() as u64).read_to_end(&mut start)?;
    Ok(plain && (start == TITLE || start.is_empty()))
}

/// The report file under way.
pub(super) struct ReportFile(csv::Writer<File>);

impl ReportFile {
    /// Starts a report; it replaces an earlier report and nothing else.
    pub(super) fn create(path: &Path) -> csv::Result<Self> {
        if path.symlink_metadata().is_ok_and(|about| !about.file_type().is_char_device()) && !is_report(path)?
        {
            let why = "a file of that name exists and is no report of an import; name another with --report";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why).into());
        }
        let mut out = csv::Writer::from_path(path)?;
        out.write_record(["line", "outcome", "reason"])?;
        Ok(Self(out))
    }

    /// Says what became of lines, whatever happens afterwards; a line itself is not repeated, it may name
    /// people.
    pub(super) fn tell(&mut self, lines: &[(u64, Fate)]) -> csv::Result<()> {
        for (number, fate) in lines {
            let (outcome, reason) = fate.words();
            self.0.write_record([&number.to_string(), outcome, &reason])?;
        }
        Ok(self.0.flush()?)
    }
}
