//! Look-ups that come at the same time, asked as one statement: a server spends more on a statement than on finding
//! one row more.
//!
//! Nobody waits for company that may never come: a statement takes along whoever is about to ask, and while it is on its
//! way the next ones gather.

use super::lines::Lines;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio_postgres::Row;

/// Look-ups in one statement at the most.
const AT_ONCE: usize = 64;
/// How often those who are about to ask get their turn before a statement goes.
const TURNS: usize = 8;

/// A look-up by a key, and who waits for it.
struct Lookup {
    sql: &'static str,
    key: Vec<u8>,
    found: oneshot::Sender<Result<Vec<Row>>>,
}

/// Where look-ups gather; they end with the last of these.
pub(super) struct Together {
    desk: UnboundedSender<Lookup>,
}

impl Together {
    /// Starts the desk; needs a running Tokio runtime.
    pub(super) fn start(lines: &Arc<Lines>) -> Self {
        let (desk, queue) = unbounded_channel();
        tokio::spawn(answer_until_closed(Arc::clone(lines), queue));
        Self { desk }
    }

    /// The rows that a statement finds by a key.
    pub(super) async fn rows(&self, sql: &'static str, key: &[u8]) -> Result<Vec<Row>> {
        let (found, answer) = oneshot::channel();
        let lookup = Lookup { sql, key: key.to_vec(), found };
        self.desk.send(lookup).map_err(|_| StoreError::Stopped)?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// The desk's life: whatever waits is one statement.
async fn answer_until_closed(lines: Arc<Lines>, mut queue: UnboundedReceiver<Lookup>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, AT_ONCE).await > 0 {
        take_along(&mut queue, &mut waiting).await;
        // Whoever waited too long has gone.
        waiting.retain(|lookup| !lookup.found.is_closed());
        while let Some(sql) = waiting.first().map(|lookup| lookup.sql) {
            let same: Vec<_> = waiting.extract_if(.., |lookup| lookup.sql == sql).collect();
            answer(&lines, sql, same).await;
        }
    }
}

/// Lets others run as long as more of them ask: those whose requests are read already are quicker than a statement.
async fn take_along(queue: &mut UnboundedReceiver<Lookup>, waiting: &mut Vec<Lookup>) {
    for _ in 0..TURNS {
        let before = waiting.len();
        yield_now().await;
        while waiting.len() < AT_ONCE
            && let Ok(lookup) = queue.try_recv()
        {
            waiting.push(lookup);
        }
        if waiting.len() == before {
            return;
        }
    }
}

async fn answer(lines: &Lines, sql: &str, lookups: Vec<Lookup>) {
    let keys: Vec<_> = lookups.iter().map(|lookup| [Value::Blob(&lookup.key)]).collect();
    match lines.find_each(sql, &keys).await {
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
