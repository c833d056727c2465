//! Look-ups that come at the same time, asked as one statement: a server spends more on a statement than on finding
//! one row more.
//!
//! Nobody waits for company. While one statement is on its way the next ones gather, and go together when it is back.

use super::lines::Lines;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio_postgres::Row;

/// Statements that are under way at a time: while the server works on one, the answers of the other are read.
pub(super) const DESKS: usize = 2;
/// Look-ups in one statement at the most.
const AT_ONCE: usize = 64;

/// A look-up by one of two keys, and who waits for it.
struct Lookup {
    sql: &'static str,
    keys: [Vec<u8>; 2],
    found: oneshot::Sender<Result<Vec<Row>>>,
}

/// Where look-ups gather; they end with the last of these.
#[derive(Clone)]
pub(super) struct Together {
    desks: [UnboundedSender<Lookup>; DESKS],
    next: Arc<AtomicUsize>,
}

impl Together {
    /// Starts the desks; needs a running Tokio runtime.
    pub(super) fn start(lines: &Arc<Lines>) -> Self {
        let desks = std::array::from_fn(|desk| {
            let (lookups, queue) = unbounded_channel();
            tokio::spawn(answer_until_closed(Arc::clone(lines), desk, queue));
            lookups
        });
        Self { desks, next: Arc::default() }
    }

    /// The rows of the first key, or those of the other where it has none. Both are looked for in any case: how long it
    /// takes does not tell which it was.
    pub(super) async fn either(&self, sql: &'static str, keys: [&[u8]; 2]) -> Result<Vec<Row>> {
        let (found, answer) = oneshot::channel();
        let desk = self.desks.get(self.next.fetch_add(1, Ordering::Relaxed) % DESKS);
        let lookup = Lookup { sql, keys: keys.map(<[u8]>::to_vec), found };
        desk.ok_or(StoreError::Stopped)?.send(lookup).map_err(|_| StoreError::Stopped)?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// A desk's life: whatever waits is one statement.
async fn answer_until_closed(lines: Arc<Lines>, desk: usize, mut queue: UnboundedReceiver<Lookup>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, AT_ONCE).await > 0 {
        // Whoever waited too long has gone.
        waiting.retain(|lookup| !lookup.found.is_closed());
        while let Some(sql) = waiting.first().map(|lookup| lookup.sql) {
            let same: Vec<_> = waiting.extract_if(.., |lookup| lookup.sql == sql).collect();
            answer(&lines, desk, sql, same).await;
        }
    }
}

async fn answer(lines: &Lines, desk: usize, sql: &str, lookups: Vec<Lookup>) {
    let keys = lookups.iter().flat_map(|lookup| &lookup.keys);
    let keys: Vec<_> = keys.map(|key| [Value::Blob(key)]).collect();
    match lines.find_each(desk, sql, &keys).await {
        Ok(rows) => {
            let mut rows = rows.into_iter();
            for Lookup { found, .. } in lookups {
                let (first, otherwise) = (rows.next().unwrap_or_default(), rows.next());
                // Whoever went away needs no word.
                drop(found.send(Ok(if first.is_empty() { otherwise.unwrap_or_default() } else { first })));
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
