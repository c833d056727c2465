//! Takes in what was done: some hundreds of looks and changes at once become leaves, in one change of the database.

use super::source::{self, Run};
use super::tree::{Address, Tree};
use super::{Entry, SIZE, leaf};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::inquiry_log::frames::Entries;
use crate::{Read, Store, Work, Write};
use std::collections::BTreeMap;

const WAITING: &str =
    "SELECT id, at, actor, action, detail FROM audit WHERE leaf IS NULL ORDER BY id LIMIT $1";
const TAKEN: &str = "UPDATE audit SET leaf = $1 WHERE at = $2 AND id = $3";
const LOOK: &str = "INSERT INTO look (subject, leaf, entry) VALUES ($1, $2, $3)";
const TILE: &str = "SELECT hashes FROM log_tile WHERE level = $1 AND number = $2";
const PUT_TILE: &str = "INSERT INTO log_tile (level, number, hashes) VALUES ($1, $2, $3)
    ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes";
const PUT_CURSOR: &str = "INSERT INTO log_source (source, number, at, place) VALUES ($1, $2, $3, $4)
    ON CONFLICT (source) DO UPDATE SET number = excluded.number, at = excluded.at, place = excluded.place";
const BEGIN: &str = "INSERT INTO setting (name, value) VALUES ($1, '0') ON CONFLICT (name) DO NOTHING";
const GROW: &str = "UPDATE setting SET value = $1 WHERE name = $2 AND value = $3";

/// Entries that are taken in at once, about.
const MOST: usize = 4_096;
/// Where the subject stands in a look.
const SUBJECT: std::ops::Range<usize> = 8..24;

/// Up to where a run was taken in.
pub(super) struct Cursor {
    /// The number of its next frame.
    pub(super) number: i64,
    /// A moment that none of the next frames is much older than.
    pub(super) at: i64,
    /// Where the last one ended.
    pub(super) place: Vec<u8>,
}

/// Some frames of a run.
pub(super) struct Span {
    pub(super) run: Run,
    pub(super) frames: Vec<Entries>,
    pub(super) after: Cursor,
    /// Whether there are more.
    pub(super) is_cut: bool,
}

impl Span {
    pub(super) fn entries(&self) -> usize {
        self.frames.iter().map(Vec::len).sum()
    }
}

/// What was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Entries.
    pub entries: u64,
    /// Leaves since.
    pub size: u64,
    /// Whether more waits.
    pub is_behind: bool,
    /// Runs of servers whose record does not read on: somebody changed it, or the disk did.
    pub damaged: u64,
}

/// A change that is not in the log yet.
struct Change {
    id: i64,
    at: i64,
    bytes: Vec<u8>,
}

/// All that is written at once.
#[derive(Default)]
struct Batch {
    looks: Vec<(Vec<u8>, u64, Vec<u8>)>,
    changes: Vec<(u64, i64, i64)>,
    tiles: BTreeMap<Address, Vec<u8>>,
    cursors: Vec<(Run, Cursor)>,
}

/// Takes in some of what waits. Of two servers that do it at the same time one fails, and nothing of it is kept.
///
/// # Errors
/// Fails when the database does, or the record of inquiries is damaged.
pub async fn take_in(store: &Store) -> Result<Taken> {
    let read = store.read();
    let before = super::size(&read).await?;
    let mut tree = tree_of(&read, before).await?;
    let changes = waiting(&read).await?;
    let is_cut = changes.len() == MOST;
    let (spans, damaged) = source::next(store, MOST.saturating_sub(changes.len()).max(1)).await?;
    let entries = changes.len() + spans.iter().map(Span::entries).sum::<usize>();
    let is_behind = is_cut || entries >= MOST || spans.iter().any(|span| span.is_cut);
    let taken = Taken { entries: entries as u64, size: before + entries as u64, is_behind, damaged };
    if entries == 0 {
        return Ok(taken);
    }
    let batch = Batch::of(store, &mut tree, changes, spans);
    let sizes = (before, taken.size);
    let keep = store.change(move |write| -> Work<'_, ()> { Box::pin(batch.keep(write, sizes)) });
    keep.await?;
    Ok(taken)
}

/// The tree of a size.
pub(super) async fn tree_of(read: &Read<'_>, size: u64) -> Result<Tree> {
    let mut tiles = BTreeMap::new();
    for (address, _) in Tree::edge_of(size) {
        tiles.extend(tile(read, address).await?.map(|hashes| (address, hashes)));
    }
    Tree::of(size, |address| tiles.remove(&address))
}

/// A tile's hashes; none where nothing stands there.
pub(super) async fn tile(read: &Read<'_>, (level, number): Address) -> Result<Option<Vec<u8>>> {
    let values = [Value::Int(level), Value::Int(signed(number))];
    Ok(read.rows(TILE, &values, |row| Ok(row.blob(0)?.to_vec())).await?.into_iter().next())
}

async fn waiting(read: &Read<'_>) -> Result<Vec<Change>> {
    let rows = read.rows(WAITING, &[Value::Int(MOST as i64)], |row| {
        let at = row.int(1)?;
        let entry = Entry::Change { at, actor: row.text(2)?, action: row.text(3)?, detail: row.text(4)? };
        Ok(Change { id: row.int(0)?, at, bytes: entry.bytes() })
    });
    rows.await
}

impl Batch {
    fn of(store: &Store, tree: &mut Tree, changes: Vec<Change>, spans: Vec<Span>) -> Self {
        let mut batch = Self::default();
        for Change { id, at, bytes } in changes {
            let number = batch.grow(store, tree, &bytes);
            batch.changes.push((number, at, id));
        }
        for Span { run, frames, after, .. } in spans {
            for entry in frames.iter().flatten() {
                let number = batch.grow(store, tree, &Entry::Look(entry).bytes());
                let subject = entry.get(SUBJECT).unwrap_or_default().to_vec();
                batch.looks.push((subject, number, entry.to_vec()));
            }
            batch.cursors.push((run, after));
        }
        // In the order of the index: many of one batch lie beside each other.
        batch.looks.sort_unstable();
        batch.tiles.extend(tree.edge().map(|(address, hashes)| (address, hashes.to_vec())));
        batch
    }

    /// Adds a leaf; gives its number.
    fn grow(&mut self, store: &Store, tree: &mut Tree, entry: &[u8]) -> u64 {
        let number = tree.size();
        let leaf = leaf(store.keys(), number, entry);
        tree.push(&leaf, |address, hashes| {
            self.tiles.insert(address, hashes.to_vec());
        });
        number
    }

    async fn keep(self, write: &mut Write<'_>, (before, after): (u64, u64)) -> Result<()> {
        let (before, after) = (before.to_string(), after.to_string());
        write.execute(BEGIN, &[Value::Text(SIZE)]).await?;
        let grow = [Value::Text(&after), Value::Text(SIZE), Value::Text(&before)];
        if write.execute(GROW, &grow).await? != 1 {
            return Err(StoreError::Abandoned);
        }
        let looks: Vec<[Value<'_>; 3]> = self
            .looks
            .iter()
            .map(|(subject, leaf, entry)| {
                [Value::Blob(subject), Value::Int(signed(*leaf)), Value::Blob(entry)]
            })
            .collect();
        write.execute_each(LOOK, &looks).await?;
        let changes: Vec<[Value<'_>; 3]> = self
            .changes
            .iter()
            .map(|(leaf, at, id)| [Value::Int(signed(*leaf)), Value::Int(*at), Value::Int(*id)])
            .collect();
        write.execute_each(TAKEN, &changes).await?;
        let tiles: Vec<[Value<'_>; 3]> = self
            .tiles
            .iter()
            .map(|((level, number), hashes)| {
                [Value::Int(*level), Value::Int(signed(*number)), Value::Blob(hashes)]
            })
            .collect();
        write.execute_each(PUT_TILE, &tiles).await?;
        let cursors: Vec<[Value<'_>; 4]> = self
            .cursors
            .iter()
            .map(|(run, Cursor { number, at, place })| {
                [Value::Blob(run), Value::Int(*number), Value::Int(*at), Value::Blob(place)]
            })
            .collect();
        write.execute_each(PUT_CURSOR, &cursors).await
    }
}

/// Numbers of leaves and tiles stay below 2⁶³.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
