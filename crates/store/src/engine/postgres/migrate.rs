//! A database before it is migrated, and its migration.

use super::Postgres;
use super::host::Server;
use super::lines::Lines;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::migrations;

/// The lock of whoever migrates is the writers' own: servers that start at the same time migrate one after the other, and
/// one that serves already writes nothing meanwhile.
const MIGRATES: &str = "SELECT pg_advisory_lock(7599936)";
const MIGRATED: &str = "SELECT pg_advisory_unlock(7599936)";
const ENCODING: &str =
    "SELECT CAST(pg_encoding_to_char(encoding) AS TEXT) FROM pg_database WHERE datname = current_database()";
/// What a commit waits for.
const COMMITS: &str = "SELECT CAST(current_setting('synchronous_commit') AS TEXT)";
const THERE: &str = "SELECT 1 FROM pg_class WHERE oid = to_regclass($1)";

/// A database that is reached and not migrated yet: nothing in it is changed.
pub(crate) struct Unmigrated {
    lines: Lines,
}

impl Unmigrated {
    /// Calls the server.
    ///
    /// # Errors
    /// Fails when no server answers that takes changes.
    pub(crate) async fn open(server: &Server) -> Result<Self> {
        let lines = Lines::to(server)?;
        let at = |source| StoreError::Hosts { hosts: server.hosts(), source: Box::new(source) };
        lines.own().await.map_err(at)?;
        let refused = |why: &str| Err(StoreError::Address(why.to_owned()));
        let word = async |sql| {
            let words = lines.rows(sql, &[], |row| Ok(row.text(0)?.to_owned())).await?;
            Ok::<_, StoreError>(words.into_iter().next().unwrap_or_default())
        };
        if word(ENCODING).await? != "UTF8" {
            return refused("the database is not in UTF8; make it with --encoding UTF8");
        }
        if ["off", "local"].contains(&word(COMMITS).await?.as_str()) {
            return refused(
                "its synchronous_commit is off or local, so that what is acknowledged may be lost; set it to on",
            );
        }
        Ok(Self { lines })
    }

    /// The rows of a statement; none where its table is not there yet.
    pub(crate) async fn rows<T>(
        &self,
        table: &str,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let there = self.lines.rows(THERE, &[Value::Text(table)], |_| Ok(())).await?;
        if there.is_empty() { Ok(Vec::new()) } else { self.lines.rows(sql, values, map).await }
    }

    /// Migrates it and starts the writer.
    pub(crate) async fn migrate(self) -> Result<Postgres> {
        self.lines.migrate().await?;
        Ok(Postgres::start(self.lines))
    }
}

impl Lines {
    async fn migrate(&self) -> Result<()> {
        let mut line = self.own().await?;
        line.batch(MIGRATES).await?;
        let migrated = migrations::run_on_server(line.client()).await;
        // The lock would go with the connection, but only when that gets its turn, and others wait for it.
        let unlocked = line.batch(MIGRATED).await;
        line.hang_up();
        migrated.and(unlocked)
    }
}

/// Migrates a database and lets go of it.
#[cfg(any(test, feature = "fresh"))]
pub(crate) async fn migrated(server: &Server) -> Result<()> {
    let lines = Lines::to(server)?;
    let migrated = lines.migrate().await;
    lines.close();
    migrated
}
