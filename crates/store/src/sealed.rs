//! What is sealed, with which keys, and how it is sealed anew with the key that took over.
//!
//! The database says which keys seal in it, by a hash of each: a file with another key of the same number is refused. It
//! is sealed anew beside running servers, a few values at a time; whoever is stopped amid it goes on where values are
//! sealed with former keys still.

mod known;
#[cfg(test)]
mod tests;

use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place, Purpose};
use crate::whole::Cell;
use crate::{Store, Work, application, dead_letter, feed, held, manifest, staff};
use domain::moment::Moment;
pub(crate) use known::Known;
use std::collections::BTreeMap;

const KEEP: &str = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const RETIRE: &str = "INSERT INTO setting (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Values that are looked at, and sealed anew in one change: a server beside it waits for some milliseconds at the most.
const AT_ONCE: usize = 500;
/// How often all is gone through at the most: what a server seals meanwhile with the former key is found the next time.
const ROUNDS: usize = 10;

/// A column of sealed values.
pub(crate) struct Column {
    /// Table and column, as values are bound to them.
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// Gives what a value is found by, the value, and what its row's name is made of; from $1 on, the first so many.
    pub(crate) page: &'static str,
    /// Puts $1 where $2 stands in what is found by $3.
    pub(crate) replace: &'static str,
    /// Whether a value is found by a hash and not by a number.
    pub(crate) by_hash: bool,
    /// The row's name.
    pub(crate) name: fn(&Row<'_>) -> Result<Vec<u8>>,
}

/// Every one: a column that is missing here would be lost with its key.
const COLUMNS: [&Column; 6] = [
    &application::SEALED,
    &held::SEALED,
    &manifest::SEALED,
    &dead_letter::SEALED,
    &feed::SEALED,
    &staff::passkey::SEALED,
];

/// A sealed value.
struct Found {
    found_by: Cell,
    value: Vec<u8>,
    name: Vec<u8>,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anew {
    /// Values that were sealed anew.
    pub sealed: u64,
    /// Values that do not open: somebody changed them, or their key is gone. They stay as they are.
    pub unopened: u64,
}

/// Compares the keys that seal and sign with those that the database knows, and adds those that are new.
///
/// # Errors
/// Refuses another key under a number that is taken, and a file that lacks one with which values may be sealed, or the
/// newest that signs.
pub(crate) async fn settle(store: &Store) -> Result<()> {
    let known = Known::of(&store.read()).await?;
    known.are_held_by(store.keys())?;
    let fresh = known.fresh(store.keys());
    if fresh.is_empty() {
        return Ok(());
    }
    // Part of making the database, like its purpose, or of a change of keys that has its own entry.
    let keep = store.change(move |write| -> Work<'_, ()> {
        Box::pin(async move {
            for (name, print) in &fresh {
                write.execute(KEEP, &[Value::Text(name), Value::Text(print)]).await?;
            }
            Ok(())
        })
    });
    keep.await
}

/// How many values each key sealed.
///
/// # Errors
/// Fails when the database does.
pub async fn counted(store: &Store) -> Result<BTreeMap<u8, u64>> {
    let mut all = BTreeMap::new();
    for column in COLUMNS {
        let mut walk = column.walk();
        while let Some(page) = walk.next(store).await? {
            for found in page {
                let id = found.value.first().copied().ok_or(StoreError::Corrupt("sealed value"))?;
                *all.entry(id).or_default() += 1;
            }
        }
    }
    Ok(all)
}

/// Seals everything with the key that seals now; `heard` is told how many values are done. Servers go on meanwhile.
///
/// # Errors
/// Fails when the database does; what was done stays done.
pub async fn anew(store: &Store, actor: &str, now: Moment, mut heard: impl FnMut(u64)) -> Result<Anew> {
    let mut all = Anew::default();
    for _ in 0..ROUNDS {
        let mut round = Anew::default();
        for column in COLUMNS {
            let so_far = all.sealed + round.sealed;
            let of_column = column.anew(store, (actor, now), |sealed| heard(so_far + sealed)).await?;
            round.sealed += of_column.sealed;
            round.unopened += of_column.unopened;
        }
        all = Anew { sealed: all.sealed + round.sealed, unopened: round.unopened };
        if round.sealed == 0 {
            break;
        }
    }
    Ok(all)
}

/// The database no longer asks for a key, for it has sealed nothing that is there.
///
/// # Errors
/// Refuses a key that has sealed something.
pub async fn forget_key(store: &Store, entry: Entry, (purpose, id): (Purpose, u8)) -> Result<()> {
    let sealed = match purpose {
        Purpose::Seal => counted(store).await?.get(&id).copied().unwrap_or_default(),
        Purpose::Hash | Purpose::Sign => 0,
    };
    if sealed > 0 {
        return Err(StoreError::StillSealed { id, values: sealed });
    }
    let forget = store.write(entry, move |write| -> Work<'_, ()> {
        Box::pin(async move {
            write
                .execute(RETIRE, &[Value::Text(&known::name(purpose, id)), Value::Text(known::RETIRED)])
                .await
                .map(drop)
        })
    });
    forget.await
}

/// A walk over all values of a column.
struct Walk<'c> {
    column: &'c Column,
    from: Cell,
    most: usize,
    /// What was found last: others may be found by the same.
    seen: Vec<Vec<u8>>,
    is_over: bool,
}

impl Walk<'_> {
    /// The next values; none after the last.
    async fn next(&mut self, store: &Store) -> Result<Option<Vec<Found>>> {
        while !self.is_over {
            let values = [self.from.value(), Value::Int(self.most as i64)];
            let read = store.read();
            let rows = read.rows(self.column.page, &values, |row| self.column.found(row)).await?;
            self.is_over = rows.len() < self.most;
            let Some(last) = rows.last().map(|found| found.found_by.clone()) else { break };
            if !self.is_over && last == self.from {
                // More are found by the same than a page has.
                self.most *= 2;
                continue;
            }
            let of_last = rows.iter().filter(|found| found.found_by == last).map(|found| found.value.clone());
            let seen = std::mem::replace(&mut self.seen, of_last.collect());
            let is_new = |found: &Found| found.found_by != self.from || !seen.contains(&found.value);
            let page: Vec<Found> = rows.into_iter().filter(is_new).collect();
            self.from = last;
            return Ok(Some(page));
        }
        Ok(None)
    }
}

impl Column {
    /// What a value of this column is bound to.
    pub(crate) fn place<'a>(&self, row: &'a [u8]) -> Place<'a> {
        Place { table: self.table, column: self.column, row }
    }

    fn walk(&self) -> Walk<'_> {
        let from = if self.by_hash { Cell::Blob(vec![0; 16]) } else { Cell::Int(0) };
        Walk { column: self, from, most: AT_ONCE, seen: Vec::new(), is_over: false }
    }

    fn found(&self, row: &Row<'_>) -> Result<Found> {
        let found_by = if self.by_hash { Cell::Blob(row.blob(0)?.to_vec()) } else { Cell::Int(row.int(0)?) };
        Ok(Found { found_by, value: row.blob(1)?.to_vec(), name: (self.name)(row)? })
    }

    async fn anew(
        &self,
        store: &Store,
        (actor, now): (&str, Moment),
        mut heard: impl FnMut(u64),
    ) -> Result<Anew> {
        let (mut done, mut walk) = (Anew::default(), self.walk());
        while let Some(page) = walk.next(store).await? {
            let sealing = store.keys().sealing()?;
            let stale: Vec<Found> =
                page.into_iter().filter(|found| found.value.first() != Some(&sealing)).collect();
            let many = stale.len() as u64;
            let ready = stale.into_iter().filter_map(|found| self.sealed(store.keys(), found));
            let ready: Vec<[Cell; 3]> = ready.collect();
            done.unopened += many - ready.len() as u64;
            done.sealed += ready.len() as u64;
            let detail = format!("{} of {} with key {sealing}", ready.len(), self.table);
            let entry = Entry { at: now, actor: actor.to_owned(), action: "seal_anew", detail };
            if !ready.is_empty() {
                self.put(store, entry, ready).await?;
            }
            heard(done.sealed);
        }
        Ok(done)
    }

    /// The new value, the former one, and what it is found by; none where it does not open.
    fn sealed(&self, keys: &Keys, Found { found_by, value, name }: Found) -> Option<[Cell; 3]> {
        let place = self.place(&name);
        let plain = zeroize::Zeroizing::new(keys.open(&place, &value).ok()?);
        let new = keys.seal(&place, &plain).ok()?;
        Some([Cell::Blob(new), Cell::Blob(value), found_by])
    }

    async fn put(&self, store: &Store, entry: Entry, ready: Vec<[Cell; 3]>) -> Result<()> {
        let replace = self.replace;
        let put = store.write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move {
                let many: Vec<[Value<'_>; 3]> =
                    ready.iter().map(|[new, former, by]| [new.value(), former.value(), by.value()]).collect();
                write.execute_each(replace, &many).await
            })
        });
        put.await
    }
}
