//! Reads a backup's stream, and believes nothing that is not whole.

use super::frame::{self, In};
use super::{
    BackupError, Closing, Counted, FORMAT, Header, Mark, Part, Result, SETTING, Shape, Sum, is_plain,
};
use crate::sealed::Known;
use crate::whole::{Cell, Cells, cells};
use serde::de::DeserializeOwned;
use std::io::Read;

/// Rows that are handed on at a time at the most: narrow ones take far more room in memory than in a frame.
const ROWS: u32 = 2_000;
/// Columns of a table at the most.
const COLUMNS: usize = 256;
/// Tables of a backup at the most.
const TABLES: usize = 256;

/// A backup that is being read.
pub struct Reader<R> {
    input: In<R>,
    header: Header,
    tables: Vec<Counted>,
    columns: usize,
    frame: Rows,
    known: Known,
}

/// What is left of a frame of rows.
#[derive(Default)]
struct Rows {
    content: Vec<u8>,
    read: usize,
    left: u32,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// Refuses what is no backup, and one that a newer program made.
    pub fn begin(input: R) -> Result<Self> {
        let mut input = In::begin(input)?;
        let (kind, content) = input.frame()?;
        if kind != frame::Kind::Header {
            return Err(BackupError::Damaged("it has no header"));
        }
        let said: toml::Table = read(&content)?;
        let format = said.get("format").and_then(toml::Value::as_integer);
        if format != Some(i64::from(FORMAT)) {
            let format = format.map_or_else(|| "no format".to_owned(), |format| format!("format {format}"));
            return Err(BackupError::Newer(format));
        }
        let header: Header = read(&content)?;
        if !header.is_plain() {
            return Err(BackupError::Damaged("its header"));
        }
        Ok(Self {
            input,
            header,
            tables: Vec::new(),
            columns: 0,
            frame: Rows::default(),
            known: Known::default(),
        })
    }

    /// What it says about itself.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next part; after [`Part::End`] there is none.
    ///
    /// # Errors
    /// Says where it breaks off or is damaged.
    pub fn part(&mut self) -> Result<Part> {
        if self.frame.left > 0 {
            return self.rows().map(Part::Rows);
        }
        let (kind, content) = self.input.frame()?;
        match kind {
            frame::Kind::Header => Err(BackupError::Damaged("a second header")),
            frame::Kind::Mark => Err(BackupError::Damaged("a mark of nothing")),
            frame::Kind::Table => {
                let table: Shape = read(&content)?;
                self.columns = table.columns.len();
                if self.columns == 0 || self.columns > COLUMNS || !is_plain(&table.name) {
                    return Err(BackupError::Damaged("a table that is none"));
                }
                if self.tables.len() >= TABLES || self.tables.iter().any(|known| known.table == table.name) {
                    return Err(BackupError::Damaged("a table too many"));
                }
                self.tables.push(Counted { table: table.name.clone(), sum: Sum::default() });
                Ok(Part::Table(table))
            }
            frame::Kind::Rows => {
                self.frame = Rows::of(content)?;
                self.rows().map(Part::Rows)
            }
            frame::Kind::Closing => {
                let mut closing: Closing = read(&content)?;
                if closing.tables != self.tables {
                    return Err(BackupError::Damaged("the closing frame counts otherwise"));
                }
                closing.mark = Some(self.mark()?);
                closing.known = std::mem::take(&mut self.known);
                self.input.end()?;
                Ok(Part::End(closing))
            }
        }
    }

    /// The next rows of the frame at hand.
    fn rows(&mut self) -> Result<Vec<Cells>> {
        let table = self.tables.last_mut().ok_or(BackupError::Damaged("rows of no table"))?;
        let content = self.frame.content.get(self.frame.read..).unwrap_or_default();
        let (mut bytes, count) = (content, self.frame.left.min(ROWS));
        let mut rows: Vec<Cells> = Vec::new();
        for _ in 0..count {
            let row = bytes;
            rows.push(cells::read(&mut bytes, self.columns).ok_or_else(unread_row)?);
            if let (SETTING, Some([Cell::Text(name), Cell::Text(value)])) =
                (table.table.as_str(), rows.last().map(Vec::as_slice))
            {
                self.known.note(name, value);
            }
            table.sum.add(row.get(..row.len() - bytes.len()).unwrap_or_default());
        }
        self.frame.read += content.len() - bytes.len();
        self.frame.left -= count;
        if self.frame.left == 0 && self.frame.read < self.frame.content.len() {
            return Err(unread_row());
        }
        Ok(rows)
    }

    fn mark(&mut self) -> Result<Mark> {
        let over = self.input.hash();
        let (kind, content) = self.input.frame()?;
        match (kind, content.try_into()) {
            (frame::Kind::Mark, Ok(said)) => Ok(Mark::new(over, said)),
            _ => Err(BackupError::Damaged("its mark")),
        }
    }
}

impl Rows {
    fn of(content: Vec<u8>) -> Result<Self> {
        let (count, _) = content.split_first_chunk().ok_or_else(unread_row)?;
        let left = u32::from_le_bytes(*count);
        if left == 0 {
            return Err(unread_row());
        }
        Ok(Self { read: count.len(), content, left })
    }
}

fn unread_row() -> BackupError {
    BackupError::Damaged("a row does not read")
}

fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T> {
    let unread = || BackupError::Damaged("a frame does not read");
    let text = std::str::from_utf8(content).map_err(|_| unread())?;
    toml::from_str(text).map_err(|_| unread())
}
