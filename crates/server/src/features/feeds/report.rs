//! The report of an import: one line for each line of the file, for programs and for people.

use super::fields::Broken;
use super::line::Rejection;
use super::words;
use i18n::Language;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
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
    /// Milestones that are kept and wait for their application.
    pub waiting: u64,
    /// Lines that were not understood, or that the feed may not report.
    pub rejected: u64,
    /// Lines that a dry run understood and did not record.
    #[serde(skip_serializing_if = "is_zero")]
    pub understood: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was understood, and the store said what became of it.
    Told(Outcome),
    /// A cell says nothing we can take.
    Rejected(Rejection),
    /// The line cannot be taken apart.
    Broken(Broken),
    /// It was understood, and nothing is recorded in a dry run.
    Understood,
    /// What is stored of its application cannot be read.
    Unreadable,
}

/// Why a report is rejected that the sender cannot correct: what is stored of its application is damaged.
pub(super) const UNREADABLE: &str = "unreadable_application";

impl Fate {
    /// The word of the outcome: `recorded`, `repeated`, `held`, `waiting`, `rejected` or `understood`.
    pub(super) const fn outcome(self) -> &'static str {
        match self {
            Self::Told(Outcome::Recorded) => "recorded",
            Self::Told(Outcome::Repeated) => "repeated",
            Self::Told(Outcome::Held(_)) => "held",
            Self::Told(Outcome::Waiting) => "waiting",
            Self::Told(
                Outcome::UnknownApplication
                | Outcome::OtherApplication
                | Outcome::NotItsStage
                | Outcome::TooMany,
            )
            | Self::Rejected(_)
            | Self::Broken(_)
            | Self::Unreadable => "rejected",
            Self::Understood => "understood",
        }
    }

    /// The column that is to blame, and the word for why; either may be missing.
    pub(super) const fn reason(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::Told(Outcome::Recorded | Outcome::Repeated) | Self::Understood => (None, None),
            Self::Told(Outcome::Held(why)) => (None, Some(why.as_str())),
            Self::Told(Outcome::UnknownApplication | Outcome::Waiting) => {
                (Some("receipt_number"), Some("unknown_application"))
            }
            Self::Told(Outcome::OtherApplication) => (Some("receipt_number"), Some("other_application")),
            Self::Told(Outcome::TooMany) => (Some("receipt_number"), Some("too_many")),
            Self::Told(Outcome::NotItsStage) => (Some("step"), Some("not_its_stage")),
            Self::Rejected(Rejection { column, code }) => (Some(column), Some(code)),
            Self::Broken(why) => (None, Some(why.as_str())),
            Self::Unreadable => (Some("receipt_number"), Some(UNREADABLE)),
        }
    }
}

impl Tally {
    /// Each outcome's word and count.
    pub(super) const fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("recorded", self.recorded),
            ("repeated", self.repeated),
            ("held", self.held),
            ("waiting", self.waiting),
            ("rejected", self.rejected),
            ("understood", self.understood),
        ]
    }

    /// Whether there were lines and every one was rejected.
    #[must_use]
    pub fn is_all_rejected(&self) -> bool {
        self.rejected > 0 && *self == Self { rejected: self.rejected, ..Self::default() }
    }

    /// Counts a line.
    pub(super) fn count(&mut self, fate: Fate) {
        let counter = match fate.outcome() {
            "recorded" => &mut self.recorded,
            "repeated" => &mut self.repeated,
            "held" => &mut self.held,
            "waiting" => &mut self.waiting,
            "understood" => &mut self.understood,
            _ => &mut self.rejected,
        };
        *counter += 1;
    }
}

/// Which lines were rejected: of each column and reason how many, and the first of them.
#[derive(Debug, Default)]
pub(super) struct Rejected(BTreeMap<(&'static str, &'static str), (u64, u64)>);

impl Rejected {
    /// Counts a line, where it was rejected.
    pub(super) fn count(&mut self, number: u64, fate: Fate) {
        if fate.outcome() != "rejected" {
            return;
        }
        let (column, reason) = fate.reason();
        let place = (column.unwrap_or_default(), reason.unwrap_or_default());
        let (count, first) = self.0.entry(place).or_insert((0, number));
        *count += 1;
        *first = number.min(*first);
    }

    /// One line for each reason, in words that repeat nothing of the file.
    pub(super) fn in_words(&self) -> Vec<String> {
        let line = |((column, code), (count, first)): (&(&str, &str), &(u64, u64))| {
            let separator = if column.is_empty() { "" } else { ": " };
            let text = words::reason(Language::En, "rejected", code).text;
            let lines = if *count == 1 {
                format!("line {first}")
            } else {
                format!("{count} lines, first line {first}")
            };
            format!("Rejected: {lines}, {column}{separator}{code} ({text})")
        };
        self.0.iter().map(line).collect()
    }
}

/// A report that cannot be written: the disk is to blame, never the file that is imported.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub(super) struct Unwritten {
    path: PathBuf,
    /// Names no file.
    pub(super) why: io::Error,
}

/// Why a file cannot be made: where its folder is missing, that.
pub(super) fn unmade(path: &Path, error: io::Error) -> io::Error {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match error.kind() {
        kind @ io::ErrorKind::NotFound if folder.is_some_and(|folder| !folder.is_dir()) => {
            io::Error::new(kind, "the folder that it would lie in is not there; make it first")
        }
        _ => error,
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    JsonLines,
}

const TITLE: &str = "line,outcome,reason";

/// Whether a plain file begins as our reports do.
fn is_report(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let plain = path.symlink_metadata()?.is_file();
    File::open(path)?.take(TITLE.len() as u64).read_to_end(&mut start)?;
    let begins = start.is_empty() || start == TITLE.as_bytes() || start.starts_with(b"{\"line\":");
    Ok(plain && begins)
}

/// The report file under way.
pub(super) struct ReportFile {
    out: BufWriter<File>,
    form: Form,
    path: PathBuf,
}

impl ReportFile {
    /// Starts a report, as JSON Lines where its name ends in `.jsonl` and as CSV elsewhere; it replaces an
    /// earlier report and nothing else.
    ///
    /// # Errors
    /// Refuses a file that is no report; fails when it cannot be written.
    pub(super) fn create(path: &Path) -> Result<Self, Unwritten> {
        let unwritten = |error| Unwritten { path: path.to_owned(), why: unmade(path, error) };
        let exists = path.symlink_metadata().is_ok_and(|about| !about.file_type().is_char_device());
        if exists && !is_report(path).map_err(unwritten)? {
            let why = "a file of that name exists and is no report of an import; name another with --report";
            return Err(unwritten(io::Error::new(io::ErrorKind::AlreadyExists, why)));
        }
        let json = path.extension().is_some_and(|end| end == "jsonl");
        let form = if json { Form::JsonLines } else { Form::Csv };
        let out = BufWriter::with_capacity(1 << 16, File::create(path).map_err(unwritten)?);
        let mut report = Self { out, form, path: path.to_owned() };
        if form == Form::Csv {
            writeln!(report.out, "{TITLE}").map_err(unwritten)?;
        }
        Ok(report)
    }

    /// Says what became of lines, whatever happens afterwards; a line itself is not repeated, it may name
    /// people.
    ///
    /// # Errors
    /// Fails when the file cannot be written.
    pub(super) fn tell(&mut self, lines: &[(u64, Fate)]) -> Result<(), Unwritten> {
        let told = lines.iter().try_for_each(|(number, fate)| self.line(*number, *fate));
        told.and_then(|()| self.out.flush()).map_err(|why| Unwritten { path: self.path.clone(), why })
    }

    /// One line. Outcomes, columns and reasons are words of ours: there is nothing in them to quote.
    fn line(&mut self, number: u64, fate: Fate) -> io::Result<()> {
        let (outcome, (column, reason)) = (fate.outcome(), fate.reason());
        let (separator, reason) = (if column.is_some() { ": " } else { "" }, reason.unwrap_or_default());
        let column = column.unwrap_or_default();
        match self.form {
            Form::Csv => writeln!(self.out, "{number},{outcome},{column}{separator}{reason}"),
            Form::JsonLines if reason.is_empty() => {
                writeln!(self.out, "{{\"line\":{number},\"outcome\":\"{outcome}\"}}")
            }
            Form::JsonLines => writeln!(
                self.out,
                "{{\"line\":{number},\"outcome\":\"{outcome}\",\"reason\":\"{column}{separator}{reason}\"}}"
            ),
        }
    }
}
