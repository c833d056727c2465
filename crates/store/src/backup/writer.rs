//! Writes a backup's stream.

use super::frame::{self, Out};
use super::{BackupError, Closing, Counted, Header, Mark, Result, Shape, Sum};
use crate::keys::Keys;
use crate::whole::{Cell, Table, cells};
use std::io::Write;

/// Bytes of rows in a frame, unless a single row has more.
const CHUNK: usize = 1 << 20;

/// A backup that is being written.
pub struct Writer<W> {
    out: Out<W>,
    tables: Vec<Counted>,
    /// Rows that wait for their frame: their number, then their bytes.
    chunk: Vec<u8>,
    rows: u32,
}

/// Room for the number of rows.
const ROOM: [u8; 4] = [0; 4];

impl<W: Write> Writer<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// Fails when it cannot be written.
    pub fn begin(out: W, header: &Header) -> Result<Self> {
        let mut out = Out::begin(out)?;
        out.frame(frame::Kind::Header, text(header)?.as_bytes())?;
        Ok(Self { out, tables: Vec::new(), chunk: ROOM.to_vec(), rows: 0 })
    }

    /// Begins a table.
    ///
    /// # Errors
    /// Fails when it cannot be written.
    pub fn table(&mut self, table: &Table) -> Result<()> {
        self.flush()?;
        self.tables.push(Counted { table: table.name.clone(), sum: Sum::default() });
        self.out.frame(frame::Kind::Table, text(&Shape::of(table))?.as_bytes())
    }

    /// Adds rows to the table that was begun.
    ///
    /// # Errors
    /// Fails when they cannot be written.
    pub fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<()> {
        for row in rows {
            let start = self.chunk.len();
            cells::write(row, &mut self.chunk);
            let table = self.tables.last_mut().ok_or(BackupError::Damaged("rows of no table"))?;
            table.sum.add(self.chunk.get(start..).unwrap_or_default());
            self.rows += 1;
            if self.chunk.len() >= CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Ends with the closing frame, which also says which numbers were given, and the mark of who made it; gives back
    /// what was written to, which has an end of its own.
    ///
    /// # Errors
    /// Fails when it cannot be written.
    pub fn end(mut self, given: Vec<(String, i64)>, keys: &Keys) -> Result<(W, Closing)> {
        self.flush()?;
        let mut closing = Closing { given, tables: self.tables, ..Closing::default() };
        self.out.frame(frame::Kind::Closing, text(&closing)?.as_bytes())?;
        let mark = Mark::by(keys, self.out.hash());
        self.out.frame(frame::Kind::Mark, mark.bytes())?;
        closing.mark = Some(mark);
        Ok((self.out.end(), closing))
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows > 0 {
            self.chunk.iter_mut().zip(self.rows.to_le_bytes()).for_each(|(to, from)| *to = from);
            self.out.frame(frame::Kind::Rows, &self.chunk)?;
            self.chunk.truncate(ROOM.len());
            self.rows = 0;
        }
        Ok(())
    }
}

fn text(of: &impl serde::Serialize) -> Result<String> {
    toml::to_string(of).map_err(|_| BackupError::Damaged("a frame cannot be written"))
}
