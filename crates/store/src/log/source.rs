//! Where looks come from: the frames of the record of inquiries, one run of a server after the other.

use super::taking::{Cursor, Span};
use crate::Store;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::inquiry_log::frames::{self, Ends, Place};
use std::collections::BTreeMap;

/// Runs that wrote since a moment.
const RUNS: &str = "SELECT DISTINCT server FROM inquiry_frame WHERE at >= $1";
const FRAMES: &str = "SELECT number, at, frame FROM inquiry_frame
    WHERE at >= $1 AND server = $2 AND number >= $3 ORDER BY number LIMIT 64";
const CURSORS: &str = "SELECT source, number, at, place FROM log_source";

/// Milliseconds by which the first entry of a frame may be older than that of the frame before it.
const DISORDER: i64 = 60_000;
/// Milliseconds for which a run is looked for that is not known yet: as long as clocks of servers may differ.
const STRANGE: i64 = 10 * 60_000;

/// What names a run.
pub(super) type Run = [u8; 16];

/// Up to where each run was taken in.
pub(super) async fn cursors(store: &Store) -> Result<BTreeMap<Run, Cursor>> {
    let read = store.read();
    let rows = read.rows(CURSORS, &[], |row| {
        Ok((row.array(0)?, Cursor { number: row.int(1)?, at: row.int(2)?, place: row.blob(3)?.to_vec() }))
    });
    Ok(rows.await?.into_iter().collect())
}

/// The next frames that were not taken in, some of each run; `most` entries, or a few more.
pub(super) async fn next(store: &Store, known: &BTreeMap<Run, Cursor>, most: usize) -> Result<Vec<Span>> {
    let mut spans = Vec::new();
    if store.server().is_none() {
        spans.extend(of_files(store, known, most)?);
    }
    for run in runs(store, known).await? {
        let so_far: usize = spans.iter().map(Span::entries).sum();
        if so_far >= most {
            break;
        }
        spans.extend(of_rows(store, run, known.get(&run)).await?);
    }
    Ok(spans)
}

async fn runs(store: &Store, known: &BTreeMap<Run, Cursor>) -> Result<Vec<Run>> {
    let newest = known.values().map(|cursor| cursor.at).max();
    let since = newest.map_or(0, |newest| newest.saturating_sub(STRANGE));
    store.read().rows(RUNS, &[Value::Int(since)], |row| row.array(0)).await
}

/// The next frames of a run that are rows.
async fn of_rows(store: &Store, run: Run, cursor: Option<&Cursor>) -> Result<Option<Span>> {
    let start = Cursor { number: 0, at: 0, place: Ends::default().bytes() };
    let cursor = cursor.unwrap_or(&start);
    let values =
        [Value::Int(cursor.at.saturating_sub(DISORDER)), Value::Blob(&run), Value::Int(cursor.number)];
    let read = store.read();
    let rows =
        read.rows(FRAMES, &values, |row| Ok((row.int(0)?, row.int(1)?, row.blob(2)?.to_vec()))).await?;
    let mut ends = Ends::of(&cursor.place);
    let (mut number, mut at, mut frames) = (cursor.number, cursor.at, Vec::new());
    for (place, first, bytes) in rows {
        frames.push(ends.follow(&bytes).ok_or(StoreError::Corrupt("chain of inquiries"))?);
        (number, at) = (place + 1, first.max(at));
    }
    let after = Cursor { number, at, place: ends.bytes() };
    Ok((!frames.is_empty()).then_some(Span { run, frames, after }))
}

/// The next frames in the segment files beside the embedded engine, as far as they are on the disk.
fn of_files(store: &Store, known: &BTreeMap<Run, Cursor>, most: usize) -> Result<Option<Span>> {
    let Some(end) = store.acknowledged.get() else { return Ok(None) };
    let Some(run) = frames::run(&store.record)? else { return Ok(None) };
    let cursor = known.get(&run);
    let place = cursor.map(|cursor| Place::of(&cursor.place)).unwrap_or_default();
    let Some(read) = frames::after(&store.record, end, place, most)? else { return Ok(None) };
    let number = cursor.map_or(0, |cursor| cursor.number) + read.frames.len() as i64;
    let at = read
        .frames
        .last()
        .and_then(|entries| entries.first()?.first_chunk())
        .map_or(0, |at| i64::from_le_bytes(*at));
    let after = Cursor { number, at, place: read.place.bytes() };
    Ok(Some(Span { run, frames: read.frames, after }))
}
