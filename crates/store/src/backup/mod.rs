//! A backup as a stream of frames, whatever it is packed in: every table of a database, engine for engine the same.
//!
//! A header says what it is and with which keys it was made, then come the tables with their rows, and a closing frame
//! counts them. Each frame names the hash of the one before it. The last one proves that whoever made it held the keys,
//! which are never in it.

mod frame;
mod mark;
mod reader;
mod restore;
mod sum;
mod take;
#[cfg(test)]
mod tests;
mod writer;

use crate::error::StoreError;
use crate::keys::Keys;
use crate::sealed::Known;
use crate::whole::{Cell, Column, Kind, Table};
pub use mark::Mark;
pub use reader::Reader;
pub use restore::{Place, restore};
use serde::{Deserialize, Serialize};
pub use sum::Sum;
pub use take::{Progress, take};
pub use writer::Writer;

/// The form of the stream that this program writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// The table of what a database was made with and for.
const SETTING: &str = "setting";

/// Why a backup cannot be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Where it is written to fails.
    #[error("the backup cannot be written")]
    Write(#[source] std::io::Error),
    /// Where it is read from fails, or what it is packed in was changed.
    #[error("the backup cannot be read; the file was changed or damaged, take another one")]
    Read(#[source] std::io::Error),
    /// The end is missing.
    #[error(
        "the backup breaks off: its making was interrupted, or a part of the file is lost; take another one"
    )]
    Cut,
    /// It is no backup.
    #[error("this is no backup of Jindu")]
    Foreign,
    /// The text says what.
    #[error("the backup is damaged ({0}); take another one")]
    Damaged(&'static str),
    /// A later version of the program made it.
    #[error("the backup was made by a newer Jindu ({0}); use that version")]
    Newer(String),
    /// Without the same keys nothing in it could be read or found again.
    #[error("the backup was made with other keys than those at hand; put its key file in place")]
    Keys,
    /// Its mark is not by the keys that it names.
    #[error(
        "the backup was not made by a holder of these keys, though it says so; nothing of it may be used"
    )]
    Forged,
    /// An earlier version of the program made it.
    #[error(
        "the backup has the schema of Jindu {0}, which is older; restore it with that version, then start this one on \
         the database, which migrates it"
    )]
    Older(String),
    /// The target holds something.
    #[error("the target is not empty; restore into a fresh folder or an empty database")]
    NotEmpty,
    /// What was written reads back otherwise.
    #[error("table {0} does not read back as it is in the backup; nothing may be served from this target")]
    Differs(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What this module's functions give.
pub type Result<T> = std::result::Result<T, BackupError>;

/// What a backup says about itself first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The form of the stream.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// The last migration that had run.
    pub schema: i64,
    /// On which engine the data were.
    pub engine: String,
    /// What the data are.
    pub purpose: String,
    /// The fingerprint of the keys.
    pub keys: String,
    /// When it was begun, as text.
    pub at: String,
}

/// A table as a backup names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Its name.
    pub name: String,
    columns: Vec<ShapeColumn>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ShapeColumn {
    name: String,
    kind: String,
}

/// How many rows of which table there are, and their sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The table.
    pub table: String,
    /// Its rows.
    #[serde(flatten)]
    pub sum: Sum,
}

/// What a backup says last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The highest number that each table of numbered rows ever gave: none is given twice.
    pub given: Vec<(String, i64)>,
    /// Each table, in the order in which they came.
    #[serde(default)]
    pub tables: Vec<Counted>,
    /// What proves who made it; there once it was read to its end.
    #[serde(skip)]
    pub mark: Option<Mark>,
    /// The keys that its database knew; there once it was read to its end.
    #[serde(skip)]
    known: Known,
}

impl Closing {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.sum.rows).sum()
    }

    /// Whether whoever made it held these keys.
    #[must_use]
    pub fn is_by(&self, keys: &Keys) -> bool {
        self.mark.is_some_and(|mark| mark.is_by(keys))
    }

    /// Whether these keys open all that is sealed in it: of one database there are several files, for keys are replaced.
    ///
    /// # Errors
    /// Names a key that is missing, or another.
    pub fn opens_with(&self, keys: &Keys) -> Result<()> {
        Ok(self.known.are_held_by(keys)?)
    }
}

/// The next part of a backup.
pub enum Part {
    /// A table begins.
    Table(Shape),
    /// Rows of that table.
    Rows(Vec<Vec<Cell>>),
    /// That was all of it, and it was whole.
    End(Closing),
}

impl Shape {
    fn of(table: &Table) -> Self {
        let column = |column: &Column| ShapeColumn {
            name: column.name.clone(),
            kind: match column.kind {
                Kind::Int => "int",
                Kind::Text => "text",
                Kind::Blob => "blob",
            }
            .to_owned(),
        };
        Self { name: table.name.clone(), columns: table.columns.iter().map(column).collect() }
    }
}

impl Header {
    /// Whether a terminal shows it as it is: whoever wrote the file wrote this, too.
    fn is_plain(&self) -> bool {
        [&self.program, &self.engine, &self.purpose, &self.at].into_iter().all(|text| is_plain(text))
    }

    /// Whether these are the keys that the data were made with.
    #[must_use]
    pub fn fits(&self, keys: &Keys) -> bool {
        self.keys == keys.fingerprint()
    }
}

/// Whether a text is short and holds nothing that moves a terminal.
fn is_plain(text: &str) -> bool {
    text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_graphic())
}
