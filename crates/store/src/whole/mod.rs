//! Everything a database holds, table by table, the same on both engines: for whoever takes all of it elsewhere.
//!
//! A [`Snapshot`] walks over every table in the order of its key, a [`RowHash`] sums rows up, and a [`Target`] takes
//! them over: [`bring`] makes it hold what a [`Source`] holds, and [`compare`] says whether it does. What the databases
//! keep by themselves (counts, the record of migrations) is left out: it follows from the rest.

mod bring;
pub(crate) mod cells;
mod compare;
mod frames;
mod hash;
mod put;
mod shape;
mod snapshot;
mod source;
mod target;
#[cfg(test)]
mod tests;

pub use bring::{Brought, bring};
pub use compare::{Difference, compare, rows};
pub use hash::RowHash;
pub use snapshot::{Pages, Snapshot};
pub use source::Source;
pub use target::{Errand, Target};

use crate::engine::Value;
use crate::keys::Keys;

/// Whether a database that is found by the ones is found by the others too.
#[must_use]
pub fn are_the_same(ones: &Keys, others: &Keys) -> bool {
    ones.fingerprint() == others.fingerprint()
}

/// A value of a row: the three types that our tables have. In the order of both engines: texts and bytes byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text in UTF-8.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Cell {
    /// About how many bytes it has.
    fn length(&self) -> usize {
        match self {
            Self::Null | Self::Int(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

impl From<Value<'_>> for Cell {
    /// The value, so that it outlives its caller.
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// A row, with its cells in the order of its table's columns.
pub type Cells = Vec<Cell>;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Int,
    /// Texts.
    Text,
    /// Bytes.
    Blob,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
}

/// A table whose rows are taken along.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, by name.
    pub columns: Vec<Column>,
    /// The places of the columns that its rows are ordered and known by: the same on both engines.
    pub key: Vec<usize>,
    /// The places of the columns by which this engine finds a row.
    own: Vec<usize>,
}

impl Table {
    /// The key of one of its rows.
    #[must_use]
    pub fn key_of(&self, row: &[Cell]) -> Cells {
        self.key.iter().filter_map(|place| row.get(*place).cloned()).collect()
    }

    /// Whether another database's table takes the same rows.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        (&self.name, &self.columns, &self.key) == (&other.name, &other.columns, &other.key)
    }
}
