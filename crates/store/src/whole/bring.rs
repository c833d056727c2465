//! Makes one database hold what another one holds: what is equal stays, what differs is put right.
//!
//! Both sides are walked in the order of their keys. That is a copy where the other side is empty, the rest of one
//! where it broke off, and what has changed since where it came to its end.

use super::{Cell, Cells, Snapshot, Source, Table, Target};
use crate::error::{Result, StoreError};
use std::collections::VecDeque;
use tokio::sync::mpsc::{Receiver, Sender, channel};

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

/// Parts as they fill.
struct Parts {
    next: Part,
    out: Sender<Part>,
    added: u64,
    removed: u64,
}

impl Part {
    fn add(&mut self, row: Cells) {
        self.bytes += length(&row);
        self.rows.push(row);
    }

    fn take_out(&mut self, row: Cells) {
        self.bytes += length(&row);
        self.gone.push(row);
    }

    fn is_full(&self) -> bool {
        self.rows.len() + self.gone.len() >= PART || self.bytes >= PART_BYTES
    }
}

impl Parts {
    fn to(out: Sender<Part>) -> Self {
        Self { next: Part::default(), out, added: 0, removed: 0 }
    }

    /// Hands the part on that is full, and the last one as it is.
    async fn hand_on(&mut self, is_last: bool) {
        if self.next.is_full() || is_last {
            self.added += self.next.rows.len() as u64;
            self.removed += self.next.gone.len() as u64;
            // Nobody takes it where putting has failed, and that is told.
            drop(self.out.send(std::mem::take(&mut self.next)).await);
        }
    }
}

fn length(row: &[Cell]) -> usize {
    row.iter().map(Cell::length).sum()
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
        let (mut rows, mut parts, mut after) = (0, Parts::to(parts), None::<Cells>);
        loop {
            let page = self.from.page(self.table, after.as_deref(), self.table.page()).await?;
            let is_last = page.is_empty();
            after = page.last().map(|row| self.table.key_of(row));
            rows += page.len() as u64;
            for row in page {
                there.before(self.to, self.own, Some(&self.table.key_of(&row)), &mut parts).await?;
                match there.like(self.own, &row) {
                    Some(same) if same == row => {}
                    Some(other) => {
                        parts.next.take_out(other);
                        parts.next.add(row);
                    }
                    None => parts.next.add(row),
                }
                parts.hand_on(false).await;
            }
            if is_last {
                there.before(self.to, self.own, None, &mut parts).await?;
                parts.hand_on(true).await;
            }
            told(rows);
            if is_last {
                return Ok(Brought { rows, added: parts.added, removed: parts.removed });
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
        parts: &mut Parts,
    ) -> Result<()> {
        loop {
            if self.rows.is_empty() && !self.is_over {
                self.rows = look.page(table, self.last.as_deref(), table.page()).await?.into();
                self.is_over = self.rows.is_empty();
                self.last = self.rows.back().map(|row| table.key_of(row));
            }
            let is_before = |row: &Cells| key.is_none_or(|key| table.key_of(row) < *key);
            let Some(row) = self.rows.pop_front_if(|row| is_before(row)) else { return Ok(()) };
            parts.next.take_out(row);
            parts.hand_on(false).await;
        }
    }

    /// Takes the row of the same key, if it is there.
    fn like(&mut self, table: &Table, row: &[Cell]) -> Option<Cells> {
        let is_like = self.rows.front().is_some_and(|other| table.key_of(other) == table.key_of(row));
        if is_like { self.rows.pop_front() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead_letter::{self, DeadLetter};
    use crate::testing::{Fresh, entry};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_taken_out_fills_parts_as_well() {
        let [from, to] = [Fresh::embedded().await, Fresh::embedded().await];
        let content = vec![7; 1 << 20];
        let letter =
            |n| DeadLetter { origin: format!("{n}"), why: "no JSON".to_owned(), content: content.clone() };
        for n in 0..5 {
            let letters = (0..4).map(|m| letter(4 * n + m)).collect();
            dead_letter::keep(&to.store, to.feed, entry("letters"), letters).await.unwrap();
        }
        let (here, there) = (Source::of(&from.store), Source::of(&to.store));
        let (mut from, mut to) =
            (Snapshot::passing(&here).await.unwrap(), Snapshot::passing(&there).await.unwrap());
        let both = paired(&from, &to).unwrap();
        let (table, own) = both.into_iter().find(|(table, _)| table.name == "dead_letter").unwrap();
        let (sender, mut receiver) = channel(20);
        let mut sides = Sides { from: &mut from, to: &mut to, table: &table, own: &own };
        assert_eq!(sides.differences(sender, |_| ()).await.unwrap().removed, 20);
        let mut parts = Vec::new();
        while let Some(part) = receiver.recv().await {
            parts.push(part.gone.len());
        }
        assert!(parts.len() > 1 && parts.iter().sum::<usize>() == 20, "{parts:?}");
    }
}
