//! The embedded engine: one writer thread with group commit, reader connections, WAL, every commit synced.

use super::{Row, Value};
use crate::error::{Result, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Jobs that share one commit at the most: beyond it, waiting costs more than a sync.
const JOBS_PER_COMMIT: usize = 512;
/// Another process (an import beside a server) may hold the write lock this long before we give up.
const BUSY: Duration = Duration::from_secs(30);

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

/// A job runs in its own savepoint, and is told afterwards how the commit ended.
pub(crate) type Job = Box<dyn FnOnce(&mut Connection) -> Result<Told> + Send>;
/// Tells whoever waits that the job's changes are durable, or why they are not.
pub(crate) type Told = Box<dyn FnOnce(Result<()>) + Send>;
/// What the queue carries: the job, and whom to tell when it fails before the commit.
pub(crate) struct Queued {
    pub(crate) job: Job,
    pub(crate) failed: Box<dyn FnOnce(StoreError) + Send>,
}

/// One database file: its readers and its writer.
pub(crate) struct Sqlite {
    readers: Vec<Mutex<Connection>>,
    next: AtomicUsize,
    writer: Sender<Queued>,
}

impl Sqlite {
    /// Opens or creates the file, migrates it, and starts the writer.
    pub(crate) fn open(path: &Path, readers: usize) -> Result<Self> {
        let mut writer = connect(path, OpenFlags::default())?;
        // cache_size: 64 MB for the writer, so that a large import keeps its index pages.
        writer.execute_batch("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000;")?;
        crate::migrations::run(&mut writer)?;
        let readers = (0..readers.max(1)).map(|_| reader(path)).collect::<Result<Vec<_>>>()?;
        let (sender, jobs) = channel();
        std::thread::Builder::new()
            .name("jindu-writer".into())
            .spawn(move || write_until_closed(writer, &jobs))
            .map_err(crate::error::at(path))?;
        Ok(Self { readers, next: AtomicUsize::new(0), writer: sender })
    }

    /// Runs a statement and maps its rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        rows(&self.reader(), sql, values, map)
    }

    /// Hands a job to the writer.
    pub(crate) fn enqueue(&self, queued: Queued) -> Result<()> {
        self.writer.send(queued).map_err(|_| StoreError::Stopped)
    }

    /// A free reader, else the next in turn.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        let start = self.next.load(Ordering::Relaxed);
        let turn = (0..self.readers.len()).map(|step| (start + step) % self.readers.len());
        if let Some(free) = turn.filter_map(|n| self.readers.get(n)).find_map(|reader| reader.try_lock().ok())
        {
            return free;
        }
        let waiting = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length is within it")]
        self.readers[waiting].lock().unwrap_or_else(PoisonError::into_inner)
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
        mapped.push(map(&Row(row))?);
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

fn reader(path: &Path) -> Result<Mutex<Connection>> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Pages come from the system's page cache without a copy; what is mapped counts as resident, but is the
    // system's to take back.
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA mmap_size = 1099511627776;")?;
    Ok(Mutex::new(connection))
}

/// The writer's life: wait for a job, gather those that wait with it, one commit for all.
fn write_until_closed(mut connection: Connection, jobs: &Receiver<Queued>) {
    while let Ok(first) = jobs.recv() {
        let group: Vec<Queued> =
            std::iter::once(first).chain(jobs.try_iter().take(JOBS_PER_COMMIT - 1)).collect();
        commit_group(&mut connection, group);
    }
}

fn commit_group(connection: &mut Connection, group: Vec<Queued>) {
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
    let Queued { job, failed } = queued;
    // A full disk or an I/O error rolls back the whole transaction, and this job must not begin another.
    if connection.is_autocommit() {
        failed(StoreError::Abandoned);
        return None;
    }
    if let Err(error) = connection.execute_batch(before) {
        failed(error.into());
        return None;
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or(Err(StoreError::Abandoned));
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
