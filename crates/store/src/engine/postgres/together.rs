//! Look-ups that come at the same time, asked as one statement: a server spends more on a statement than on finding
//! one row more.
//!
//! Where few ask nobody waits for company: while one statement is on its way the next ones gather, and go together when
//! it is back. Where many do a statement waits a little for more of them.

use super::lines::Lines;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_postgres::Row;

/// Statements that are under way at a time: while the server works on one, the answers of the other are read.
pub(super) const DESKS: usize = 2;
/// Look-ups in one statement at the most.
const AT_ONCE: usize = 64;
/// With more than this in a statement, waiting a little for company costs less than a statement.
const FEW: usize = 4;
/// How long a desk waits for company. Tokio's clock makes a millisecond of it; with 64 connections that is about what a
/// statement takes.
const COMPANY: Duration = Duration::from_micros(200);

/// A look-up by a key, and who waits for it.
struct Lookup {
    sql: &'static str,
    key: Vec<u8>,
    found: oneshot::Sender<Result<Vec<Row>>>,
}

/// Where look-ups gather; they end with the last of these.
pub(super) struct Together {
    desks: [UnboundedSender<Lookup>; DESKS],
    next: AtomicUsize,
}

impl Together {
    /// Starts the desks; needs a running Tokio runtime.
    pub(super) fn start(lines: &Arc<Lines>) -> Self {
        let desks = std::array::from_fn(|desk| {
            let (lookups, queue) = unbounded_channel();
            tokio::spawn(answer_until_closed(Arc::clone(lines), desk, queue));
            lookups
        });
        Self { desks, next: AtomicUsize::new(0) }
    }

    /// The rows that a statement finds by a key.
    pub(super) async fn rows(&self, sql: &'static str, key: &[u8]) -> Result<Vec<Row>> {
        let (found, answer) = oneshot::channel();
        let desk = self.desks.get(self.next.fetch_add(1, Ordering::Relaxed) % DESKS);
        let lookup = Lookup { sql, key: key.to_vec(), found };
        desk.ok_or(StoreError::Stopped)?.send(lookup).map_err(|_| StoreError::Stopped)?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// A desk's life: whatever waits is one statement.
async fn answer_until_closed(lines: Arc<Lines>, desk: usize, mut queue: UnboundedReceiver<Lookup>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let is_busy = waiting.len() > FEW;
        // Whoever waited too long has gone.
        waiting.retain(|lookup| !lookup.found.is_closed());
        while let Some(sql) = waiting.first().map(|lookup| lookup.sql) {
            let same: Vec<_> = waiting.extract_if(.., |lookup| lookup.sql == sql).collect();
            answer(&lines, desk, sql, same).await;
        }
        if is_busy {
            sleep(COMPANY).await;
        }
    }
}

async fn answer(lines: &Lines, desk: usize, sql: &str, lookups: Vec<Lookup>) {
    let keys: Vec<_> = lookups.iter().map(|lookup| [Value::Blob(&lookup.key)]).collect();
    match lines.find_each(desk, sql, &keys).await {
        Ok(rows) => {
            for (Lookup { found, .. }, rows) in lookups.into_iter().zip(rows) {
                // Whoever went away needs no word.
                drop(found.send(Ok(rows)));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for Lookup { found, .. } in lookups {
                drop(found.send(Err(StoreError::Together(Arc::clone(&error)))));
            }
        }
    }
}
