//! Whether two databases hold the same: the rows of every table, counted and hashed on each side.

use super::bring::paired;
use super::{Cell, Cells, Pages, RowHash, Snapshot, Source, Table};
use crate::error::Result;

/// A table that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub table: String,
    /// How many rows the first side has.
    pub here: u64,
    /// How many rows the second side has.
    pub there: u64,
}

/// What the rows of a table are.
#[derive(PartialEq, Eq)]
struct Sum {
    rows: u64,
    hash: [u8; 32],
}

/// Compares all tables, with a fresh look at both sides; `told` hears which table is walked over and how many rows of
/// it were. Where the second side's audit ends with an entry of this action, that one is left out.
///
/// # Errors
/// Refuses databases of different tables; fails when either does.
pub async fn compare(
    here: &Source,
    there: &Source,
    ends_with: Option<&str>,
    mut told: impl FnMut(&str, u64) + Send,
) -> Result<Vec<Difference>> {
    let (mut here, mut there) = (Snapshot::of(here).await?, Snapshot::of(there).await?);
    let mut differences = Vec::new();
    for (table, other) in paired(&here, &there)? {
        let left_out = ends_with.filter(|_| table.name == "audit");
        let one = sum(&mut here, &table, None, |rows| told(&table.name, rows));
        let two = sum(&mut there, &other, left_out, |_| ());
        let (one, two) = futures_util::future::try_join(one, two).await?;
        if one != two {
            differences.push(Difference { table: table.name, here: one.rows, there: two.rows });
        }
    }
    Ok(differences)
}

/// How many rows a database holds in all.
///
/// # Errors
/// Fails when the database does.
pub async fn rows(source: &Source) -> Result<u64> {
    Snapshot::of(source).await?.count_all().await
}

/// Walks over a table; a last row with this text in it is left out.
async fn sum(
    look: &mut Snapshot,
    table: &Table,
    left_out: Option<&str>,
    mut told: impl FnMut(u64),
) -> Result<Sum> {
    let (mut rows, mut hash, mut pages) = (0, RowHash::new(), Pages::of(table));
    let mut before = None;
    let mut last: Option<Cells> = None;
    while let Some(page) = pages.next(look).await? {
        rows += page.len() as u64;
        for row in &page {
            if left_out.is_some() {
                before = Some(hash.clone());
            }
            hash.add(row);
        }
        last = page.into_iter().last();
        told(rows);
    }
    let holds =
        |text: &str| last.is_some_and(|row| row.iter().any(|cell| *cell == Cell::Text(text.to_owned())));
    if let (Some(text), Some(before)) = (left_out, before)
        && holds(text)
    {
        return Ok(Sum { rows: rows - 1, hash: before.finish() });
    }
    Ok(Sum { rows, hash: hash.finish() })
}
