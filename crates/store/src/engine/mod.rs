//! The seam over the native drivers: one SQL text, values in, rows out.
//!
//! Statements use `$1`, `$2` … and name each first in ascending order, because SQLite numbers a
//! parameter by its first appearance. Both engines have one writer that takes the jobs that wait and commits them
//! together; the embedded engine never waits in a statement, the server's does.

mod each;
pub(crate) mod postgres;
mod row;
pub(crate) mod sqlite;

use crate::Write;
use crate::error::{Result, StoreError};
use postgres::Postgres;
pub(crate) use row::Row;
use sqlite::Sqlite;
use std::future::Future;
use std::pin::Pin;
use tokio::time::Instant;

/// Jobs that share one commit at the most: beyond it, waiting costs more than a sync.
const JOBS_PER_COMMIT: usize = 512;

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Value::Null, Value::Text)
    }
}

/// The work of one write, as a future that borrows the transaction.
pub type Work<'w, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'w>>;

/// A job runs in its own savepoint, and is told afterwards how the commit ended.
pub(crate) type Job = Box<dyn for<'w> FnOnce(&'w mut Write<'_>) -> Work<'w, Told> + Send>;
/// Tells whoever waits that the job's changes are durable, or why they are not.
pub(crate) type Told = Box<dyn FnOnce(Result<()>) + Send>;
/// What the queue carries: the job, since when it waits, and whom to tell when it fails before the commit.
pub(crate) struct Queued {
    pub(crate) since: Instant,
    pub(crate) job: Job,
    pub(crate) failed: Box<dyn FnOnce(StoreError) + Send>,
}

/// The engine of a store.
pub(crate) enum Engine {
    /// Inside the binary.
    Sqlite(Sqlite),
    /// A server, or several that stand in for one another.
    Postgres(Postgres),
}

impl Engine {
    /// Runs a statement and maps its rows.
    pub(crate) async fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.rows(sql, values, map),
            Self::Postgres(postgres) => postgres.rows(sql, values, map).await,
        }
    }

    /// The rows that a statement finds by a key that people wait for: a server is asked for many of them at once.
    pub(crate) async fn together<T>(
        &self,
        sql: &'static str,
        key: &[u8],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(sqlite) => sqlite.rows(sql, &[Value::Blob(key)], map),
            Self::Postgres(postgres) => postgres.together(sql, key, map).await,
        }
    }

    /// Hands a job to the writer.
    pub(crate) fn enqueue(&self, queued: Queued) -> Result<()> {
        match self {
            Self::Sqlite(sqlite) => sqlite.enqueue(queued),
            Self::Postgres(postgres) => postgres.enqueue(queued),
        }
    }
}

/// A database that is open and not migrated yet: nothing in it is changed.
pub(crate) enum Unmigrated<'p> {
    /// The file.
    Sqlite(sqlite::Unmigrated<'p>),
    /// The server's.
    Postgres(postgres::Unmigrated),
}

impl Unmigrated<'_> {
    /// The rows of a statement; none where its table is not there yet.
    pub(crate) async fn rows<T>(
        &self,
        table: &str,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite(found) => found.rows(table, sql, values, map),
            Self::Postgres(found) => found.rows(table, sql, values, map).await,
        }
    }

    /// Migrates it and starts the writer; `readers` connections read.
    pub(crate) async fn migrate(self, readers: usize) -> Result<Engine> {
        match self {
            Self::Sqlite(found) => found.migrate(readers).map(Engine::Sqlite),
            Self::Postgres(found) => found.migrate().await.map(Engine::Postgres),
        }
    }
}
