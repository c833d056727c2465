//! The record on a database server: a frame is a row, and each server's run has a chain of its own.

use super::frame::{self, Hash};
use super::frames::Ends;
use super::{Desk, ENTRY_LENGTH, Waiting};
use crate::Read;
use crate::engine::Value;
use crate::engine::postgres::{Lines, Postgres};
use crate::error::{Result, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;
use tokio::task::yield_now;

/// Told again after a connection broke, it is the same row; written all the same, so that the standbys are waited for.
const KEEP: &str = "INSERT INTO inquiry_frame (server, number, at, frame) VALUES ($1, $2, $3, $4)
    ON CONFLICT (at, server, number) DO UPDATE SET frame = excluded.frame";
/// A run has its row in the log's sources before its first frame: whoever takes frames in goes by those.
const BEGIN: &str = "INSERT INTO log_source (source, number, at, place) VALUES ($1, 0, $2, $3)
    ON CONFLICT (source) DO NOTHING";
const ALL: &str = "SELECT server, frame FROM inquiry_frame ORDER BY server, number";

/// One run of a server.
const RUN: usize = 16;

/// Starts the task that writes; it is woken when there is something to write.
pub(super) fn start(server: &Postgres, desk: &Arc<Desk>) -> Result<Arc<Notify>> {
    let mut run = [0; RUN];
    aws_lc_rs::rand::fill(&mut run).map_err(|_| StoreError::Unsealed)?;
    let wake = Arc::new(Notify::new());
    let chain =
        Chain { lines: server.lines(), run, number: 0, last: [0; 32], frame: Vec::new(), begun: false };
    tokio::spawn(write_frames(chain, Arc::clone(desk), Arc::clone(&wake)));
    Ok(wake)
}

/// The chain of one run.
struct Chain {
    lines: Arc<Lines>,
    run: [u8; RUN],
    number: i64,
    last: Hash,
    frame: Vec<u8>,
    /// Whether its row in the log's sources is there.
    begun: bool,
}

/// The writer's life: one frame is written while the next one gathers.
async fn write_frames(mut chain: Chain, desk: Arc<Desk>, wake: Arc<Notify>) {
    loop {
        // Whoever is about to be recorded comes along.
        let mut waiting = 0;
        while desk.waiting().len() > waiting {
            waiting = desk.waiting().len();
            yield_now().await;
        }
        let group = std::mem::take(&mut *desk.waiting());
        if !group.is_empty() {
            chain.keep(group).await;
        } else if desk.closed.load(Ordering::Acquire) {
            return;
        } else {
            wake.notified().await;
        }
    }
}

impl Chain {
    async fn keep(&mut self, group: Vec<Waiting>) {
        let mut group = group.into_iter().peekable();
        while group.peek().is_some() {
            let part: Vec<Waiting> = group.by_ref().take(frame::ENTRIES).collect();
            let mut entries = part.iter().map(|waiting| &waiting.entry);
            let hash = frame::fill(&mut self.frame, self.last, &mut entries);
            let written = self.write(&part).await;
            if let Err(error) = &written {
                tracing::error!(error = error as &dyn std::error::Error, "inquiries cannot be recorded");
            } else {
                self.last = hash;
            }
            // Where nobody knows whether the row is there, the next one takes another number and names the frame
            // before both.
            self.number += 1;
            for Waiting { done, .. } in part {
                drop(done.send(if written.is_ok() { Ok(()) } else { Err(StoreError::Stopped) }));
            }
        }
    }

    async fn write(&mut self, part: &[Waiting]) -> Result<()> {
        let first = part.first().and_then(|waiting| waiting.entry.first_chunk());
        let at = first.map_or(0, |at| i64::from_le_bytes(*at));
        if !self.begun {
            let values = [Value::Blob(&self.run), Value::Int(at), Value::Blob(&[])];
            self.lines.keep(BEGIN, &values).await?;
            self.begun = true;
        }
        let values =
            [Value::Blob(&self.run), Value::Int(self.number), Value::Int(at), Value::Blob(&self.frame)];
        self.lines.keep(KEEP, &values).await
    }
}

/// Every entry, in the order of each run.
///
/// # Errors
/// Fails where a chain is broken.
pub(super) async fn read_all(read: &Read<'_>) -> Result<Vec<[u8; ENTRY_LENGTH]>> {
    let (mut ends, mut all) = (BTreeMap::<[u8; RUN], Ends>::new(), Vec::new());
    let rows = read.rows(ALL, &[], |row| Ok((row.array::<RUN>(0)?, row.blob(1)?.to_vec()))).await?;
    for (run, bytes) in rows {
        let entries = ends.entry(run).or_default().follow(&bytes);
        all.extend(entries.ok_or(StoreError::Corrupt("chain of inquiries"))?);
    }
    Ok(all)
}
