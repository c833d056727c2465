//! The second engine: a PostgreSQL server, or several that stand in for one another.
//!
//! Reading pipelines many statements over a few connections. Writing has one task with a connection of its own,
//! which takes the jobs that wait and commits them together. One process of all that share the database writes at a
//! time: the writer holds a lock of the transaction, so that a change finds what the change before it left, as it
//! does on the embedded engine.

mod call;
mod deadline;
mod host;
mod lines;
mod look;
mod migrate;
mod together;
mod value;
mod writer;

use super::{Queued, Row, Value};
use crate::error::{Result, StoreError};
pub use host::Server;
pub(crate) use lines::{Line, Lines};
pub(crate) use look::{CATALOGUE, GIVEN, GO_ON, Look, Lookout};
pub(crate) use migrate::Unmigrated;
#[cfg(any(test, feature = "fresh"))]
pub(crate) use migrate::migrated;
use std::sync::Arc;
use together::Together;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use writer::Writer;

/// One database: the connections that read it, and its writer.
pub(crate) struct Postgres {
    lines: Arc<Lines>,
    together: Together,
    jobs: UnboundedSender<Queued>,
}

impl Postgres {
    /// Starts the writer; needs a running Tokio runtime. The writer ends with its last job once this is dropped.
    fn start(lines: Lines) -> Self {
        let (jobs, queue) = unbounded_channel();
        let lines = Arc::new(lines);
        tokio::spawn(Writer::new(Arc::clone(&lines)).write_until_closed(queue));
        Self { together: Together::start(&lines), lines, jobs }
    }

    /// The connections.
    pub(crate) fn lines(&self) -> Arc<Lines> {
        Arc::clone(&self.lines)
    }

    /// Runs a statement and maps its rows.
    pub(crate) async fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.lines.rows(sql, values, map).await
    }

    /// Runs a statement that counts something while people wait, and maps its rows.
    pub(crate) async fn counted<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.lines.counted(sql, values, map).await
    }

    /// The rows that a statement finds by a key, asked together with others that come at the same time.
    pub(crate) async fn together<T>(
        &self,
        sql: &'static str,
        key: &[u8],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let found = self.together.rows(sql, key).await?;
        found.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    /// Hands a job to the writer.
    pub(crate) fn enqueue(&self, queued: Queued) -> Result<()> {
        self.jobs.send(queued).map_err(|_| StoreError::Stopped)
    }
}
