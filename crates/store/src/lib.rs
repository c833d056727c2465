//! What Jindu keeps: applications and the milestones behind them, offices, feeds, histories, audit.
//!
//! Reading takes a [`Read`], changing a [`Write`]; a `Write` exists only inside [`Store::write`], which
//! asks for the audit entry of the change. Numbers and names are hashed and sealed with [`keys::Keys`].

pub mod application;
mod aside;
pub mod audit;
pub mod backup;
pub mod dead_letter;
mod engine;
pub mod erasure;
mod error;
pub mod feed;
#[cfg(any(test, feature = "fresh"))]
pub mod fresh;
pub mod held;
pub mod history;
pub mod idempotency;
pub mod inquiry_log;
pub mod keys;
pub mod lease;
pub mod log;
pub mod manifest;
mod migrations;
pub mod milestone;
pub mod mismatch;
pub mod office;
pub mod outbox;
mod packed;
pub mod record;
pub mod sealed;
pub mod seen;
pub mod setting;
pub mod solved;
pub mod spent;
pub mod staff;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod upkeep;
pub mod whole;

pub use engine::Work;
pub use engine::postgres::Server;
use engine::postgres::{Line, Postgres};
use engine::{Engine, Queued, Row, Told, Unmigrated, Value, sqlite};
pub use error::{Result, ServerError, StoreError};
use keys::Keys;
use setting::{Purpose, Settled};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

/// The database file in a data folder.
pub const DATABASE_FILE: &str = "jindu.db";

/// Where the database is.
#[expect(clippy::large_enum_variant, reason = "a process makes one")]
pub enum Database {
    /// In a file in the data folder: the embedded engine.
    Folder,
    /// On a PostgreSQL server.
    Server(Server),
}

impl Database {
    /// Where it is, for people.
    pub(crate) fn place(&self, folder: &Path) -> String {
        match self {
            Self::Folder => folder.join(DATABASE_FILE).display().to_string(),
            Self::Server(server) => server.place(),
        }
    }
}

/// The database and the keys to it.
pub struct Store {
    engine: Engine,
    keys: Arc<Keys>,
    purpose: Purpose,
    record: PathBuf,
    /// Up to where this process has written the record.
    acknowledged: Arc<inquiry_log::frames::Acknowledged>,
}

impl Store {
    /// Opens the database of a data folder, making it for the `fresh` purpose if it is not there. A server's database
    /// needs a running Tokio runtime.
    ///
    /// # Errors
    /// Refuses a database made with other keys or for another purpose; fails when files do.
    pub async fn open(
        folder: &Path,
        database: &Database,
        keys: Keys,
        wanted: Option<Purpose>,
        fresh: Purpose,
    ) -> Result<Self> {
        Self::open_for(folder, database, keys, (wanted, fresh), None).await
    }

    /// The same for whoever fills the database on an errand; nobody else opens one that is filled.
    async fn open_for(
        folder: &Path,
        database: &Database,
        keys: Keys,
        (wanted, fresh): (Option<Purpose>, Purpose),
        errand: Option<whole::Errand>,
    ) -> Result<Self> {
        error::private_folder(folder)?;
        let file = folder.join(DATABASE_FILE);
        let found = match database {
            Database::Folder => Unmigrated::Sqlite(sqlite::Unmigrated::open(&file)?),
            Database::Server(server) => {
                Unmigrated::Postgres(engine::postgres::Unmigrated::open(server).await?)
            }
        };
        let settled = Settled::of(&found).await?;
        let fingerprint = keys.fingerprint();
        if settled.keys.as_ref().is_some_and(|keys| *keys != fingerprint) {
            return Err(StoreError::MadeWithOtherKeys(database.place(folder)));
        }
        if let Some(unfinished) = &settled.unfinished
            && errand.is_none_or(|errand| errand.as_str() != unfinished)
        {
            return Err(StoreError::Unfinished(unfinished.clone()));
        }
        let purpose = settled.purpose(wanted, &database.place(folder))?;
        let readers = std::thread::available_parallelism().map_or(2, usize::from) * 2;
        let store = Self {
            engine: found.migrate(readers).await?,
            keys: Arc::new(keys),
            purpose: purpose.unwrap_or(wanted.unwrap_or(fresh)),
            record: folder.join(inquiry_log::FOLDER),
            acknowledged: Arc::default(),
        };
        sealed::settle(&store).await?;
        if settled.keys.is_none() || purpose.is_none() {
            // Of two that start at the same time one settles, and the other finds what stands.
            let stands = store.settle(fingerprint.clone()).await?;
            if stands != (fingerprint, store.purpose) {
                return Err(StoreError::MadeWithOtherKeys(database.place(folder)));
            }
        }
        Ok(store)
    }

    /// The schema that an open database has: the newest migration of this program.
    #[must_use]
    pub fn schema() -> i64 {
        migrations::newest()
    }

    /// What the data in this database is.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether a server, in this process or another, answers inquiries from this database now: what changes it then
    /// should leave room for others.
    #[must_use]
    pub fn is_answered_from(&self) -> bool {
        inquiry_log::is_written(&self.record)
    }

    /// The server, where the database is on one.
    pub(crate) fn server(&self) -> Option<&Postgres> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(postgres),
        }
    }

    /// Whether other processes may serve the same database: whoever writes keeps all of them from writing.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.server().is_some()
    }

    /// The keys that hash and seal for this database.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The same, for work that outlives the caller.
    #[must_use]
    pub fn shared_keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// A look into the database.
    #[must_use]
    pub fn read(&self) -> Read<'_> {
        Read { engine: &self.engine }
    }

    /// Runs a change in its own transaction, with its audit entry; returns when it is durable.
    ///
    /// # Errors
    /// What the work fails with, and then nothing is changed; or that the commit failed.
    pub async fn write<T: Send + 'static>(
        &self,
        entry: audit::Entry,
        work: impl for<'w> FnOnce(&'w mut Write<'_>) -> Work<'w, T> + Send + 'static,
    ) -> Result<T> {
        self.change(move |write| {
            Box::pin(async move {
                audit::insert(write, &entry).await?;
                work(write).await
            })
        })
        .await
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl for<'w> FnOnce(&'w mut Write<'_>) -> Work<'w, T> + Send + 'static,
    ) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let sender = Arc::new(std::sync::Mutex::new(Some(sender)));
        let failed = Arc::clone(&sender);
        self.engine.enqueue(Queued {
            since: tokio::time::Instant::now(),
            job: Box::new(move |write| {
                Box::pin(async move {
                    let value = work(write).await?;
                    Ok(Box::new(move |committed: Result<()>| answer(&sender, committed.map(|()| value)))
                        as Told)
                })
            }),
            failed: Box::new(move |error| answer(&failed, Err(error))),
        })?;
        receiver.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// The first settings of a fresh database: part of making it, not a change to audit.
    async fn settle(&self, fingerprint: String) -> Result<(String, Purpose)> {
        let purpose = self.purpose;
        self.change(move |write| Box::pin(async move { setting::settle(write, &fingerprint, purpose).await }))
            .await
    }
}

/// Gives the waiting caller its answer; only the first of the two ends does.
fn answer<T>(sender: &std::sync::Mutex<Option<oneshot::Sender<Result<T>>>>, outcome: Result<T>) {
    let taken = sender.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    if let Some(sender) = taken {
        // A caller that went away needs no word; the change stands or falls without it.
        drop(sender.send(outcome));
    }
}

/// A look into the database; each statement sees what was committed when it ran.
#[derive(Clone, Copy)]
pub struct Read<'s> {
    engine: &'s Engine,
}

impl Read<'_> {
    pub(crate) async fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.engine.rows(sql, values, map).await
    }

    /// The rows that a statement finds by a key that people wait for.
    pub(crate) async fn together<T>(
        &self,
        sql: &'static str,
        key: &[u8],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.engine.together(sql, key, map).await
    }
}

/// A transaction that may change the database; it came with its audit entry.
pub struct Write<'c> {
    connection: Writing<'c>,
    /// The audit row of the change, once it is written.
    trace: Option<audit::Trace>,
    /// Whether a statement failed: a server then keeps nothing of the transaction.
    is_spoilt: bool,
}

/// The connection of a transaction.
enum Writing<'c> {
    Sqlite(&'c mut rusqlite::Connection),
    Postgres(&'c Line),
}

impl<'c> Write<'c> {
    fn new(connection: Writing<'c>) -> Self {
        Self { connection, trace: None, is_spoilt: false }
    }

    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<usize> {
        let line = match &mut self.connection {
            Writing::Sqlite(connection) => return sqlite::execute(connection, sql, values),
            Writing::Postgres(line) => *line,
        };
        let changed = line.execute(sql, values).await;
        self.is_spoilt |= changed.is_err();
        changed
    }

    pub(crate) async fn rows<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let line = match &mut self.connection {
            Writing::Sqlite(connection) => return sqlite::rows(connection, sql, values, map),
            Writing::Postgres(line) => *line,
        };
        let found = line.query(sql, values).await;
        self.is_spoilt |= found.is_err();
        found?.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    /// Runs a statement for each of many tuples of values, which must be of different rows.
    pub(crate) async fn execute_each<const N: usize>(
        &mut self,
        sql: &str,
        many: &[[Value<'_>; N]],
    ) -> Result<()> {
        let line = match &mut self.connection {
            Writing::Sqlite(connection) => {
                return many.iter().try_for_each(|values| sqlite::execute(connection, sql, values).map(drop));
            }
            Writing::Postgres(line) => *line,
        };
        if many.is_empty() {
            return Ok(());
        }
        let changed = line.execute_each(sql, many).await;
        self.is_spoilt |= changed.is_err();
        changed
    }

    /// The rows of a statement for each of many tuples of values, in their order.
    pub(crate) async fn rows_each<T, const N: usize>(
        &mut self,
        sql: &str,
        many: &[[Value<'_>; N]],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<Vec<T>>> {
        let line = match &mut self.connection {
            Writing::Sqlite(connection) => {
                return many.iter().map(|values| sqlite::rows(connection, sql, values, &mut map)).collect();
            }
            Writing::Postgres(line) => *line,
        };
        if many.is_empty() {
            return Ok(Vec::new());
        }
        let found = line.query_each(sql, many).await;
        self.is_spoilt |= found.is_err();
        let mut mapped = |row: &_| map(&Row::Postgres(row));
        found?.iter().map(|rows| rows.iter().map(&mut mapped).collect()).collect()
    }
}
