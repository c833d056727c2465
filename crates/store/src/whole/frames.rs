//! The record of inquiries of the embedded engine: frames in files, as rows of the same table as on a server.

use super::{Cell, Cells, Table};
use crate::error::{Result, StoreError};
use crate::inquiry_log::Walk;
use std::collections::VecDeque;
use std::path::Path;

/// The table that the frames belong to.
pub(super) const TABLE: &str = "inquiry_frame";

/// A walk over the frames of a folder.
pub(super) struct Frames {
    walk: Walk,
    /// The row that comes next.
    next: Option<Cells>,
    /// The key up to which rows were given; none before the first page.
    given: Option<Option<Cells>>,
}

impl Frames {
    pub(super) fn of(folder: &Path) -> Result<Self> {
        Ok(Self { walk: Walk::of(folder)?, next: None, given: None })
    }

    /// The next rows after a key: those of the files among those of the table.
    pub(super) fn among(
        &mut self,
        rows: Vec<Cells>,
        table: &Table,
        after: Option<&[Cell]>,
        most: usize,
    ) -> Result<Vec<Cells>> {
        if self.given.as_ref().is_none_or(|given| given.as_deref() != after) {
            self.seek(table, after)?;
        }
        let (mut rows, mut all) = (VecDeque::from(rows), Vec::new());
        while all.len() < most {
            let key = |row: &Cells| table.key_of(row);
            let from_files = match (self.next.as_ref().map(key), rows.front().map(key)) {
                (None, None) => break,
                (Some(frame), Some(row)) => frame < row,
                (frame, _) => frame.is_some(),
            };
            if from_files {
                all.extend(self.next.take());
                self.next = self.step(table)?;
            } else {
                all.extend(rows.pop_front());
            }
        }
        self.given = Some(all.last().map(|row| table.key_of(row)).or_else(|| after.map(<[Cell]>::to_vec)));
        Ok(all)
    }

    /// How many there are.
    pub(super) fn count(&mut self) -> Result<u64> {
        self.given = None;
        self.walk.rewind();
        let mut frames = 0;
        while self.walk.next()?.is_some() {
            frames += 1;
        }
        Ok(frames)
    }

    /// Whether there is any.
    pub(super) fn any(&mut self) -> Result<bool> {
        self.given = None;
        self.walk.rewind();
        Ok(self.walk.next()?.is_some())
    }

    fn seek(&mut self, table: &Table, after: Option<&[Cell]>) -> Result<()> {
        self.walk.rewind();
        loop {
            self.next = self.step(table)?;
            let is_later = |row: &Cells| after.is_none_or(|after| table.key_of(row).as_slice() > after);
            if self.next.as_ref().is_none_or(is_later) {
                return Ok(());
            }
        }
    }

    fn step(&mut self, table: &Table) -> Result<Option<Cells>> {
        let Some(stored) = self.walk.next()? else { return Ok(None) };
        let cell = |name: &str| match name {
            "at" => Ok(Cell::Int(stored.at)),
            "number" => Ok(Cell::Int(stored.number)),
            "server" => Ok(Cell::Blob(stored.run.to_vec())),
            "frame" => Ok(Cell::Blob(stored.frame.clone())),
            _ => Err(StoreError::Corrupt("column")),
        };
        table.columns.iter().map(|column| cell(&column.name)).collect::<Result<_>>().map(Some)
    }
}
