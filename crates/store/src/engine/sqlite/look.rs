//! A look at a file that changes nothing in it and keeps nobody from changing it.

use super::{BUSY, rows};
use crate::engine::{Row, Value};
use crate::error::Result;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Table, column, type, and the place in the primary key from 1 (0: not in it), in this order.
pub(crate) const CATALOGUE: &str = "SELECT m.name, c.name, c.type, c.pk
    FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY 1, 2";
/// Tables whose numbers are never given twice, and how far they were given.
pub(crate) const GIVEN: &str = "SELECT name, seq FROM sqlite_sequence ORDER BY 1";
/// Goes on after a number.
pub(crate) const GO_ON: &str = "UPDATE sqlite_sequence SET seq = max(seq, $1) WHERE name = $2";
/// The same for a table in which nothing was numbered yet.
pub(crate) const BEGIN_AFTER: &str =
    "INSERT INTO sqlite_sequence (name, seq) SELECT m.name, $1 FROM sqlite_master AS m
    WHERE m.name = $2 AND m.sql LIKE '%AUTOINCREMENT%'
        AND NOT EXISTS (SELECT 1 FROM sqlite_sequence AS q WHERE q.name = m.name)";

/// A connection that can only read.
pub(crate) struct Look(Connection);

impl Look {
    /// Opens a file that is there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA mmap_size = 1099511627776;")?;
        Ok(Self(connection))
    }

    /// From now on everything is seen as it is now.
    pub(crate) fn hold(&self) -> Result<()> {
        Ok(self.0.execute_batch("BEGIN; SELECT 1 FROM sqlite_master LIMIT 1")?)
    }

    /// Whether a table is there.
    pub(crate) fn has(&self, table: &str) -> Result<bool> {
        Ok(self.0.table_exists(None, table)?)
    }

    /// Runs a statement and maps its rows.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        rows(&self.0, sql, values, map)
    }
}
