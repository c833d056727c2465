//! The embedded engine: one writer thread with group commit, reader connections, WAL, every commit synced.

mod look;
mod readers;
mod trickle;

use super::{JOBS_PER_COMMIT, Queued, Row, Told, Value, Work};
use crate::error::{Result, StoreError};
use crate::{Write, Writing};
pub(crate) use look::{BEGIN_AFTER, CATALOGUE, GIVEN, GO_ON, Look};
#[cfg(test)]
pub(crate) use readers::GLANCE;
use readers::Readers;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use trickle::Trickle;

/// Another process (an import beside a server) may hold the write lock this long before we give up.
const BUSY: Duration = Duration::from_secs(30);
/// After this long without a job the writer tidies up.
const IDLE: Duration = Duration::from_millis(500);
/// Pages in the log from which on it is written back after a commit (512 MB). A page that changed with every batch of
/// an import is written back once; looking a page up in the log takes longer the longer it is.
const LONG: i64 = if cfg!(test) { 200 } else { 128_000 };
/// Pages from which on readers are waited for longer (1 GB): while one looks at the log it cannot begin anew, and an
/// import beside a busy server would let it grow without end.
const TOO_LONG: i64 = if cfg!(test) { 400 } else { 256_000 };
/// How often readers are waited for then, and before; and each time for how long.
const TRIES: [u32; 2] = [100, 5];
const TRY: Duration = Duration::from_millis(10);

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// One database file: its readers and its writer.
pub(crate) struct Sqlite {
    readers: Arc<Readers>,
    writer: Option<Sender<Queued>>,
    thread: Option<JoinHandle<()>>,
}

/// A database file that is open and not migrated yet: nothing in it is changed.
pub(crate) struct Unmigrated<'p> {
    path: &'p Path,
    writer: Connection,
}

impl<'p> Unmigrated<'p> {
    /// Opens or creates the file.
    pub(crate) fn open(path: &'p Path) -> Result<Self> {
        let writer = connect(path, OpenFlags::default())?;
        // cache_size: 16 MB, enough for what lies above the leaves; a batch passes the leaves in their order. The writer
        // writes the log back itself; what it grew to in one large change is given back.
        writer.execute_batch(
            "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 268435456;",
        )?;
        Ok(Self { path, writer })
    }

    /// The rows of a statement; none where its table is not there yet.
    pub(crate) fn rows<T>(
        &self,
        table: &str,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        if self.writer.table_exists(None, table)? {
            rows(&self.writer, sql, values, map)
        } else {
            Ok(Vec::new())
        }
    }

    /// Migrates it and starts the writer.
    pub(crate) fn migrate(mut self, readers: usize) -> Result<Sqlite> {
        crate::migrations::run(&mut self.writer)?;
        let readers = Arc::new(Readers::open(self.path, readers)?);
        let (sender, jobs) = channel();
        let trickle = Trickle::start(self.path).map_err(crate::error::at(self.path))?;
        let desk = Writer { connection: self.writer, readers: Arc::clone(&readers), dirty: true, trickle };
        let thread = std::thread::Builder::new()
            .name("jindu-writer".into())
            .spawn(move || desk.write_until_closed(&jobs))
            .map_err(crate::error::at(self.path))?;
        Ok(Sqlite { readers, writer: Some(sender), thread: Some(thread) })
    }
}

impl Sqlite {
    /// Runs a statement and maps its rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.readers.rows(sql, values, map)
    }

    /// Hands a job to the writer.
    pub(crate) fn enqueue(&self, queued: Queued) -> Result<()> {
        let writer = self.writer.as_ref().ok_or(StoreError::Stopped)?;
        writer.send(queued).map_err(|_| StoreError::Stopped)
    }
}

impl Drop for Sqlite {
    /// The writer finishes what was handed to it and writes the log back.
    fn drop(&mut self) {
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Maps the rows of a statement on any connection.
pub(crate) fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: &[Value<'_>],
    mut map: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut mapped = Vec::new();
    while let Some(row) = rows.next()? {
        mapped.push(map(&Row::Sqlite(row))?);
    }
    Ok(mapped)
}

/// Runs a statement that changes rows; gives how many.
pub(crate) fn execute(connection: &Connection, sql: &str, values: &[Value<'_>]) -> Result<usize> {
    Ok(connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Otherwise a new bound value may prepare the statement anew, which took half of an inquiry.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

/// The writer's desk.
struct Writer {
    connection: Connection,
    readers: Arc<Readers>,
    /// Whether the log holds what the file does not.
    dirty: bool,
    trickle: Trickle,
}

impl Writer {
    /// The writer's life: wait for a job, gather those that wait with it, one commit for all.
    fn write_until_closed(mut self, jobs: &Receiver<Queued>) {
        loop {
            match jobs.recv_timeout(IDLE) {
                Ok(first) => {
                    let company = jobs.try_iter().take(JOBS_PER_COMMIT - 1);
                    let group: Vec<Queued> = std::iter::once(first).chain(company).collect();
                    self.trickle.begin();
                    commit_group(&mut self.connection, &self.readers, group);
                    self.dirty = true;
                    self.shorten();
                    self.trickle.end();
                }
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.tidy();
    }

    /// Writes a long log back, so that the next change begins it anew. Whoever waited for the commit was told.
    fn shorten(&self) {
        let pages = self.checkpoint("NOOP").map_or(0, |log| log.pages);
        if pages < LONG {
            return;
        }
        let [often, seldom] = TRIES;
        let mut tries = 0..if pages < TOO_LONG { seldom } else { often };
        let anew = self.connection.busy_timeout(TRY).is_ok()
            && tries.any(|_| {
                // Our own idle readers look at what is outdated.
                self.readers.rest();
                self.checkpoint("RESTART").is_ok_and(|log| !log.is_busy)
            });
        let restored = self.connection.busy_timeout(BUSY).is_ok();
        if !restored || (!anew && pages >= TOO_LONG) {
            tracing::warn!(pages, "the log of the database grows: somebody reads from it without an end");
        }
    }

    /// Writes the log back into the file while nothing else is to do: a reader that finds nothing in the log
    /// does not look there at all.
    fn tidy(&mut self) {
        self.readers.rest();
        if std::mem::take(&mut self.dirty) {
            self.trickle.begin();
            let moved = self.checkpoint("PASSIVE").is_ok_and(|log| log.pages == log.moved);
            // A reader of another process may still need the log; then we come back.
            self.dirty = !moved;
            self.trickle.end();
        }
    }

    fn checkpoint(&self, mode: &str) -> rusqlite::Result<Log> {
        let checkpoint = format!("PRAGMA wal_checkpoint({mode})");
        self.connection.query_row(&checkpoint, [], |row| {
            Ok(Log { is_busy: row.get(0)?, pages: row.get(1)?, moved: row.get(2)? })
        })
    }
}

/// What a checkpoint found: whether somebody was in its way, the pages in the log, and those that are in the file.
struct Log {
    is_busy: bool,
    pages: i64,
    moved: i64,
}

fn commit_group(connection: &mut Connection, readers: &Readers, group: Vec<Queued>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        let error = Arc::new(error);
        group.into_iter().for_each(|queued| (queued.failed)(StoreError::Commit(Arc::clone(&error))));
        return;
    }
    // A job alone needs no savepoint: the transaction is its own. For a large batch that halves the time,
    // because every statement inside a savepoint walks the list of the pages it has kept.
    let alone = group.len() == 1;
    let told: Vec<Told> = group.into_iter().filter_map(|queued| run_job(connection, queued, alone)).collect();
    if told.is_empty() {
        roll_back(connection);
        return;
    }
    let committed = connection.execute_batch("COMMIT").map_err(Arc::new);
    if let Err(error) = &committed {
        tracing::error!(%error, "a commit failed; nothing of it was acknowledged");
        roll_back(connection);
    }
    readers.outdate();
    for tell in told {
        tell(committed.clone().map_err(StoreError::Commit));
    }
}

/// Fails only where SQLite has rolled back already.
fn roll_back(connection: &Connection) {
    drop(connection.execute_batch("ROLLBACK"));
}

/// Runs one job, in its savepoint unless it is alone; a failed or panicking job leaves no trace in the group.
fn run_job(connection: &mut Connection, queued: Queued, alone: bool) -> Option<Told> {
    let (before, kept, undone) = match alone {
        true => ("", "", ""),
        false => ("SAVEPOINT job", "RELEASE job", "ROLLBACK TO job; RELEASE job"),
    };
    let Queued { job, failed, .. } = queued;
    // A full disk or an I/O error rolls back the whole transaction, and this job must not begin another.
    if connection.is_autocommit() {
        failed(StoreError::Abandoned);
        return None;
    }
    if let Err(error) = connection.execute_batch(before) {
        failed(error.into());
        return None;
    }
    let run = || finished(job(&mut Write::new(Writing::Sqlite(connection))));
    let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(StoreError::Panicked));
    let end = if outcome.is_ok() { kept } else { undone };
    let ended = connection.execute_batch(end).map_err(StoreError::from);
    match outcome.and_then(|told| ended.map(|()| told)) {
        Ok(told) => Some(told),
        Err(error) => {
            failed(error);
            None
        }
    }
}

/// The value of a future that never waits: this engine's statements are done when they return.
///
/// # Errors
/// Work that waits for something else than the database has no place in a transaction.
fn finished<T>(mut work: Work<'_, T>) -> Result<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match work.as_mut().poll(&mut context) {
        std::task::Poll::Ready(outcome) => outcome,
        std::task::Poll::Pending => Err(StoreError::Panicked),
    }
}
