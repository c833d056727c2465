//! Makes one database hold what another one holds: what is equal stays, what differs is put right.
//!
//! Both sides are walked in the order of their keys. That is a copy where the other side is empty, the rest of one
//! where it broke off, and what has changed since where it came to its end.

use super::{Cell, Cells, Snapshot, Source, Table, Target};
use crate::error::{Result, StoreError};
use std::collections::VecDeque;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Rows that are read at a time.
const PAGE: usize = 2_000;
/// Rows that are changed in one transaction.
const PART: usize = 20_000;
/// Bytes after which a transaction is full all the same: some frames of inquiries are large.
const PART_BYTES: usize = 16 << 20;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were not there, or not like this.
    pub added: u64,
    /// Rows that should not have been there, or not like this.
    pub removed: u64,
}

/// Rows that go in one transaction.
#[derive(Default)]
struct Part {
    gone: Vec<Cells>,
    rows: Vec<Cells>,
    bytes: usize,
}

impl Part {
    fn add(&mut self, row: Cells) {
        self.bytes += row.iter().map(Cell::length).sum::<usize>();
        self.rows.push(row);
    }

    fn is_full(&self) -> bool {
        self.rows.len() + self.gone.len() >= PART || self.bytes >= PART_BYTES
    }
}

/// Brings all rows; `told` hears which table is walked over and how many rows of it were.
///
/// # Errors
/// Refuses databases of different tables; fails when either does, and can be repeated then.
pub async fn bring(
    source: &Source,
    target: &Target,
    mut told: impl FnMut(&str, u64) + Send,
) -> Result<Brought> {
    let mut from = Snapshot::passing(source).await?;
    let mut to = Snapshot::passing(target.source()).await?;
    let mut all = Brought::default();
    for (table, own) in paired(&from, &to)? {
        let (sender, receiver) = channel(1);
        let mut sides = Sides { from: &mut from, to: &mut to, table: &table, own: &own };
        let reading = sides.differences(sender, |rows| told(&table.name, rows));
        let (brought, ()) = futures_util::future::try_join(reading, put(target, &own, receiver)).await?;
        all.rows += brought.rows;
        all.added += brought.added;
        all.removed += brought.removed;
    }
    target.go_on_after(from.given().await?).await?;
    Ok(all)
}

/// The tables of both sides, which must be the same.
pub(super) fn paired(from: &Snapshot, to: &Snapshot) -> Result<Vec<(Table, Table)>> {
    let (from, to) = (from.tables(), to.tables());
    let missing = |all: &[Table], table: &Table| !all.iter().any(|other| other.fits(table));
    if let Some(alone) = to.iter().find(|table| missing(&from, table)) {
        return Err(StoreError::Shape(alone.name.clone()));
    }
    let pair = |table: &Table| {
        let other = to.iter().find(|other| other.fits(table));
        other.map(|other| (table.clone(), other.clone())).ok_or_else(|| StoreError::Shape(table.name.clone()))
    };
    from.iter().map(pair).collect()
}

/// Puts the parts into their table as they come, while the next one is made.
async fn put(target: &Target, table: &Table, mut parts: Receiver<Part>) -> Result<()> {
    while let Some(part) = parts.recv().await {
        target.put(table, part.gone, part.rows).await?;
    }
    Ok(())
}

/// One table on both sides.
struct Sides<'s> {
    from: &'s mut Snapshot,
    to: &'s mut Snapshot,
    table: &'s Table,
    own: &'s Table,
}

impl Sides<'_> {
    /// Walks over both and hands on what has to be changed.
    async fn differences(&mut self, parts: Sender<Part>, mut told: impl FnMut(u64)) -> Result<Brought> {
        let mut there = There { rows: VecDeque::new(), last: None, is_over: false };
        let (mut brought, mut part, mut after) = (Brought::default(), Part::default(), None::<Cells>);
        loop {
            let page = self.from.page(self.table, after.as_deref(), PAGE).await?;
            let is_last = page.is_empty();
            after = page.last().map(|row| self.table.key_of(row));
            brought.rows += page.len() as u64;
            for row in page {
                there.before(self.to, self.own, Some(&self.table.key_of(&row)), &mut part.gone).await?;
                match there.like(self.own, &row) {
                    Some(same) if same == row => {}
                    Some(other) => {
                        part.gone.push(other);
                        part.add(row);
                    }
                    None => part.add(row),
                }
            }
            if is_last {
                there.before(self.to, self.own, None, &mut part.gone).await?;
            }
            if part.is_full() || is_last {
                brought.added += part.rows.len() as u64;
                brought.removed += part.gone.len() as u64;
                // Nobody takes it where putting has failed, and that is told.
                drop(parts.send(std::mem::take(&mut part)).await);
            }
            told(brought.rows);
            if is_last {
                return Ok(brought);
            }
        }
    }
}

/// What the other side has, in the order of its keys.
struct There {
    rows: VecDeque<Cells>,
    /// The key up to which it was read.
    last: Option<Cells>,
    is_over: bool,
}

impl There {
    /// Takes all rows before a key, or all that are left.
    async fn before(
        &mut self,
        look: &mut Snapshot,
        table: &Table,
        key: Option<&Cells>,
        taken: &mut Vec<Cells>,
    ) -> Result<()> {
        loop {
            if self.rows.is_empty() && !self.is_over {
                self.rows = look.page(table, self.last.as_deref(), PAGE).await?.into();
                self.is_over = self.rows.is_empty();
                self.last = self.rows.back().map(|row| table.key_of(row));
            }
            let is_before = |row: &Cells| key.is_none_or(|key| table.key_of(row) < *key);
            match self.rows.front() {
                Some(row) if is_before(row) => taken.extend(self.rows.pop_front()),
                _ => return Ok(()),
            }
        }
    }

    /// Takes the row of the same key, if it is there.
    fn like(&mut self, table: &Table, row: &[Cell]) -> Option<Cells> {
        let is_like = self.rows.front().is_some_and(|other| table.key_of(other) == table.key_of(row));
        if is_like { self.rows.pop_front() } else { None }
    }
}
