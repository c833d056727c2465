//! The formats that feeds report in: each gives the same numbered reports, one by one.

mod csv;
mod jsonl;
#[cfg(test)]
mod tests;
mod unpack;
mod xlsx;
mod xml;

use super::fields::Item;
use crate::app::Failed;
use csv::Csv;
use jsonl::JsonLines;
use std::io::Read;
use std::path::Path;
pub(super) use unpack::{Expansion, unpacked};
pub(super) use xml::Mapping;
use xml::Xml;

/// How the reports of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Comma-separated values in UTF-8.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// XML, by a mapping.
    Xml,
    /// A spreadsheet.
    Xlsx,
}

/// A report of a file: its line, row or place, counted from 1.
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) item: Item,
}

/// The reports of a file, read one by one.
pub(super) trait Items: Send {
    /// The next report; none at the end of the file.
    ///
    /// # Errors
    /// Fails when the file cannot be read any further.
    fn next(&mut self) -> Result<Option<Numbered>, Failed>;

    /// Reads again what the last report may have swallowed, where the format can tell.
    fn reread(&mut self) {}
}

/// What reading a file needs besides the file.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) format: Format,
    /// Which elements of an XML file are which cells.
    pub(super) mapping: Option<Mapping>,
    /// The sheet of a spreadsheet; without it the first.
    pub(super) sheet: Option<String>,
}

impl Format {
    /// The format of this word: `csv`, `jsonl`, `xml` or `xlsx`.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "xml" => Some(Self::Xml),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// The format that a file's name tells, packed or not; CSV where it tells none.
    pub(super) fn of_name(file: &Path) -> Self {
        let lower = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let name = lower.strip_suffix(".gz").or(lower.strip_suffix(".zst")).unwrap_or(&lower);
        name.rsplit_once('.').and_then(|(_, word)| Self::parse(word)).unwrap_or(Self::Csv)
    }
}

impl Shape {
    /// A format that needs nothing else.
    pub(super) fn of(format: Format) -> Self {
        Self { format, mapping: None, sheet: None }
    }
}

/// Opens the reports of a file that is unpacked already.
///
/// # Errors
/// Says what is wrong with the file's beginning, or what its format needs besides.
pub(super) fn open<'r>(file: impl Read + Send + 'r, shape: &Shape) -> Result<Box<dyn Items + 'r>, Failed> {
    Ok(match shape.format {
        Format::Csv => Box::new(Csv::open(file)?),
        Format::JsonLines => Box::new(JsonLines::open(file)),
        Format::Xml => {
            let none =
                "an XML file needs a mapping that says which element is which cell; docs/FEEDS.md shows one";
            Box::new(Xml::open(file, shape.mapping.clone().ok_or(none)?))
        }
        Format::Xlsx => Box::new(xlsx::open(file, shape.sheet.as_deref())?),
    })
}

/// Reads everything that bytes hold; gives how many reports were whole. Whatever the bytes, it ends.
///
/// # Errors
/// Says why the bytes are no file of the format.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_all(bytes: &[u8], shape: &Shape) -> Result<u64, Failed> {
    let mut items = open(bytes, shape)?;
    let mut whole = 0;
    while let Some(Numbered { item, .. }) = items.next()? {
        match item {
            Ok(_) => whole += 1,
            Err(_) => items.reread(),
        }
    }
    Ok(whole)
}
