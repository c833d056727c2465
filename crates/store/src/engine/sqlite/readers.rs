//! Reading: connections that look at one snapshot for a moment instead of opening one for every statement.

use super::{connect, rows};
use crate::engine::{Row, Value};
use crate::error::Result;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How old a snapshot may grow before the next statement takes a new one. Our own commits end it at once;
/// this is how long the commit of another process (an import beside a server) may stay unseen.
pub(crate) const GLANCE: Duration = Duration::from_millis(1);

/// Every reading connection of one database file.
pub(crate) struct Readers {
    all: Vec<Mutex<Reader>>,
    next: AtomicUsize,
    /// How many commits the writer of this process has made.
    commits: AtomicU64,
}

/// One connection and the snapshot it looks at.
struct Reader {
    connection: Connection,
    look: Option<Look>,
}

#[derive(Clone, Copy)]
struct Look {
    since: Instant,
    commits: u64,
}

impl Readers {
    /// Opens `count` connections, at least one.
    pub(crate) fn open(path: &Path, count: usize) -> Result<Self> {
        let all =
            (0..count.max(1)).map(|_| Reader::open(path).map(Mutex::new)).collect::<Result<Vec<_>>>()?;
        Ok(Self { all, next: AtomicUsize::new(0), commits: AtomicU64::new(0) })
    }

    /// Runs a statement and maps its rows; it sees every commit that this process was told of.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut reader = self.free();
        reader.look(self.commits.load(Ordering::Acquire))?;
        let found = rows(&reader.connection, sql, values, map);
        if found.is_err() {
            reader.look_away();
        }
        found
    }

    /// The writer has committed: snapshots from before are old.
    pub(crate) fn outdate(&self) {
        self.commits.fetch_add(1, Ordering::Release);
    }

    /// Lets go of the snapshots of idle readers, so that nobody keeps the log from being written back.
    pub(crate) fn rest(&self) {
        self.all.iter().filter_map(|reader| reader.try_lock().ok()).for_each(|mut reader| reader.look_away());
    }

    /// A free reader, else the next in turn.
    fn free(&self) -> MutexGuard<'_, Reader> {
        let start = self.next.load(Ordering::Relaxed);
        let turn = (0..self.all.len()).map(|step| (start + step) % self.all.len());
        if let Some(free) = turn.filter_map(|n| self.all.get(n)).find_map(|reader| reader.try_lock().ok()) {
            return free;
        }
        let waiting = self.next.fetch_add(1, Ordering::Relaxed) % self.all.len();
        #[expect(clippy::indexing_slicing, reason = "a remainder of the length is within it")]
        self.all[waiting].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn open(path: &Path) -> Result<Self> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Pages come from the system's page cache without a copy; what is mapped counts as resident, but is the
        // system's to take back.
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA mmap_size = 1099511627776;")?;
        Ok(Self { connection, look: None })
    }

    /// Makes sure that the snapshot is fresh.
    fn look(&mut self, commits: u64) -> Result<()> {
        let now = Instant::now();
        let fresh = |look: Look| look.commits == commits && now.duration_since(look.since) < GLANCE;
        if self.look.is_some_and(fresh) {
            return Ok(());
        }
        self.look_away();
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        self.look = Some(Look { since: now, commits });
        Ok(())
    }

    /// Ends the snapshot. What was read only fails to end where it has ended already.
    fn look_away(&mut self) {
        if self.look.take().is_some() {
            drop(self.connection.prepare_cached("COMMIT").and_then(|mut end| end.execute([])));
        }
    }
}
