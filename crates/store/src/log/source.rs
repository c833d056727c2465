//! Where looks come from: the frames of the record of inquiries, one run of a server after the other.

use super::taking::{Cursor, Span};
use crate::Store;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::inquiry_log::frames::{self, Ends, Place};
use std::collections::BTreeMap;

/// Runs that have frames which were not taken in. A run has its row before its first frame.
const BEHIND: &str = "SELECT source, number, at, place FROM log_source
    WHERE EXISTS (SELECT 1 FROM inquiry_frame WHERE server = log_source.source AND inquiry_frame.number >= log_source.number)";
const FRAMES: &str =
    "SELECT number, at, frame FROM inquiry_frame WHERE server = $1 AND number >= $2 ORDER BY number LIMIT $3";
const OF_RUN: &str = "SELECT number, at, place FROM log_source WHERE source = $1";

/// Frames of a run that are read at once.
const AT_ONCE: usize = 256;

/// What names a run.
pub(super) type Run = [u8; 16];

/// The next frames that were not taken in, some of each run: `most` entries, or a few more. A run that is damaged keeps
/// no other up; gives how many are.
pub(super) async fn next(store: &Store, most: usize) -> Result<(Vec<Span>, u64)> {
    let (mut spans, mut damaged) = (Vec::new(), 0);
    let mut take = |found: Result<Option<Span>>| match found {
        Err(StoreError::Corrupt(_)) => {
            damaged += 1;
            Ok(0)
        }
        found => {
            spans.extend(found?);
            Ok::<_, StoreError>(spans.iter().map(Span::entries).sum::<usize>())
        }
    };
    if store.server().is_none() {
        take(of_files(store, most).await)?;
    }
    for (run, cursor) in behind(store).await? {
        if take(of_rows(store, run, &cursor).await)? >= most {
            break;
        }
    }
    Ok((spans, damaged))
}

async fn behind(store: &Store) -> Result<BTreeMap<Run, Cursor>> {
    let read = store.read();
    let rows = read.rows(BEHIND, &[], |row| {
        Ok((row.array(0)?, Cursor { number: row.int(1)?, at: row.int(2)?, place: row.blob(3)?.to_vec() }))
    });
    Ok(rows.await?.into_iter().collect())
}

/// The next frames of a run that are rows.
async fn of_rows(store: &Store, run: Run, cursor: &Cursor) -> Result<Option<Span>> {
    let values = [Value::Blob(&run), Value::Int(cursor.number), Value::Int(AT_ONCE as i64)];
    let read = store.read();
    let rows =
        read.rows(FRAMES, &values, |row| Ok((row.int(0)?, row.int(1)?, row.blob(2)?.to_vec()))).await?;
    let is_cut = rows.len() == AT_ONCE;
    let mut ends = Ends::of(&cursor.place);
    let (mut number, mut at, mut frames) = (cursor.number, cursor.at, Vec::new());
    for (place, first, bytes) in rows {
        frames.push(ends.follow(&bytes).ok_or(StoreError::Corrupt("chain of inquiries"))?);
        (number, at) = (place + 1, first.max(at));
    }
    let after = Cursor { number, at, place: ends.bytes() };
    Ok((!frames.is_empty()).then_some(Span { run, frames, after, is_cut }))
}

/// The next frames in the segment files beside the embedded engine, as far as they are on the disk.
async fn of_files(store: &Store, most: usize) -> Result<Option<Span>> {
    let Some(end) = store.acknowledged.get() else { return Ok(None) };
    let Some(run) = frames::run(&store.record)? else { return Ok(None) };
    let read = store.read();
    let of_run = [Value::Blob(&run)];
    let known =
        read.rows(OF_RUN, &of_run, |row| Ok((row.int(0)?, row.int(1)?, row.blob(2)?.to_vec()))).await?;
    let (number, at, place) = known.into_iter().next().unwrap_or_default();
    let Some(read) = frames::after(&store.record, end, Place::of(&place), most)? else { return Ok(None) };
    let newest = read.frames.last().and_then(|entries| entries.first()?.first_chunk());
    let newest = newest.map_or(at, |newest| i64::from_le_bytes(*newest));
    let number = number + read.frames.len() as i64;
    let after = Cursor { number, at: newest.max(at), place: read.place.bytes() };
    Ok(Some(Span { run, frames: read.frames, after, is_cut: read.is_cut }))
}
