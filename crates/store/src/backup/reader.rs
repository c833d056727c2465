//! Reads a backup's stream, and believes nothing that is not whole.

use super::frame::{self, In};
use super::{BackupError, Closing, Counted, FORMAT, Header, Part, Result, Shape, Sum, cells};
use serde::de::DeserializeOwned;
use std::io::Read;

/// A backup that is being read.
pub struct Reader<R> {
    input: In<R>,
    header: Header,
    tables: Vec<Counted>,
    columns: usize,
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
        let header = read(&content)?;
        Ok(Self { input, header, tables: Vec::new(), columns: 0 })
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
        let (kind, content) = self.input.frame()?;
        match kind {
            frame::Kind::Header => Err(BackupError::Damaged("a second header")),
            frame::Kind::Table => {
                let table: Shape = read(&content)?;
                self.columns = table.columns.len();
                if self.columns == 0 {
                    return Err(BackupError::Damaged("a table without columns"));
                }
                self.tables.push(Counted { table: table.name.clone(), sum: Sum::default() });
                Ok(Part::Table(table))
            }
            frame::Kind::Rows => self.rows(&content).map(Part::Rows),
            frame::Kind::Closing => {
                let closing: Closing = read(&content)?;
                if closing.tables != self.tables {
                    return Err(BackupError::Damaged("the closing frame counts otherwise"));
                }
                self.input.end()?;
                Ok(Part::End(closing))
            }
        }
    }

    fn rows(&mut self, content: &[u8]) -> Result<Vec<Vec<crate::whole::Cell>>> {
        let damaged = || BackupError::Damaged("a row does not read");
        let table = self.tables.last_mut().ok_or(BackupError::Damaged("rows of no table"))?;
        let (count, mut bytes) = content.split_first_chunk().ok_or_else(damaged)?;
        let mut rows = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            let row = bytes;
            rows.push(cells::read(&mut bytes, self.columns)?);
            table.sum.add(row.get(..row.len() - bytes.len()).unwrap_or_default());
        }
        if bytes.is_empty() { Ok(rows) } else { Err(damaged()) }
    }
}

fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T> {
    let unread = || BackupError::Damaged("a frame does not read");
    let text = std::str::from_utf8(content).map_err(|_| unread())?;
    toml::from_str(text).map_err(|_| unread())
}
