//! A look at everything on a server as it is at one moment.

use super::lines::{Line, Lines};
use super::{Postgres, Server};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use futures_util::{StreamExt as _, stream::BoxStream};
use std::sync::Arc;

/// Table, column, type, and the place in the primary key from 1 (0: not in it), in this order.
pub(crate) const CATALOGUE: &str = "SELECT CAST(t.relname AS TEXT), CAST(a.attname AS TEXT),
        CAST(format_type(a.atttypid, NULL) AS TEXT),
        CAST(coalesce(array_position(CAST(i.indkey AS SMALLINT[]), a.attnum) + 1, 0) AS BIGINT)
    FROM pg_class AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index AS i ON i.indrelid = t.oid AND i.indisprimary
    WHERE t.relnamespace = CAST(current_schema() AS regnamespace) AND t.relkind IN ('r', 'p')
        AND NOT t.relispartition ORDER BY CAST(t.relname AS TEXT) COLLATE \"C\", CAST(a.attname AS TEXT) COLLATE \"C\"";
/// Tables whose numbers are never given twice, and how far they were given.
pub(crate) const GIVEN: &str =
    "SELECT CAST(t.relname AS TEXT), CAST(coalesce(pg_sequence_last_value(d.objid), 0) AS BIGINT)
    FROM pg_depend AS d JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
        JOIN pg_class AS t ON t.oid = d.refobjid
    WHERE d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
        AND t.relnamespace = CAST(current_schema() AS regnamespace) ORDER BY 1";
/// Goes on after a number.
pub(crate) const GO_ON: &str =
    "SELECT setval(CAST(pg_get_serial_sequence(quote_ident($2), 'id') AS regclass), $1)";

/// One look for as long as the transaction lasts; whoever reads may think for long. Everything is read, so that what
/// suits single rows is no good here.
const HOLD: &str = "SET application_name = 'jindu reading';
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL tcp_user_timeout = 0;
    SET LOCAL enable_seqscan = on;
    SET LOCAL work_mem = '64MB';
    SELECT 1";

/// Sessions of others than those who only look.
const OTHERS: &str = "SELECT CAST(1 AS BIGINT) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'jindu' LIMIT 1";

/// The lock of whoever fills a database.
const ALONE: &str = "SELECT CAST(CASE WHEN pg_try_advisory_lock(7599938) THEN 1 ELSE 0 END AS BIGINT)
    FROM (SELECT set_config('application_name', 'jindu reading', false)) AS said";

/// From where a server's database is looked at.
#[derive(Clone)]
pub(crate) struct Lookout(Arc<Lines>);

/// A connection that reads, in its transaction.
pub(crate) struct Look(Option<Line>);

impl Lookout {
    /// Connects when first asked.
    pub(crate) fn to(server: &Server) -> Result<Self> {
        Ok(Self(Arc::new(Lines::to(server)?)))
    }

    pub(crate) fn of(database: &Postgres) -> Self {
        Self(Arc::clone(&database.lines))
    }

    /// A look that sees everything as it is now.
    pub(crate) async fn look(&self) -> Result<Look> {
        let look = Look(Some(self.0.own().await?));
        if let Some(line) = &look.0 {
            line.batch(HOLD).await?;
        }
        Ok(look)
    }

    /// Whether other processes of ours work with the database: a server, or a command that changes something.
    pub(crate) async fn has_others(&self) -> Result<bool> {
        Ok(!self.look().await?.rows(OTHERS, &[], |_| Ok(())).await?.is_empty())
    }

    /// What keeps others from filling this database, or from serving it, as long as it lives.
    ///
    /// # Errors
    /// Refuses a database that others work with.
    pub(crate) async fn alone(&self) -> Result<Look> {
        let in_use = || StoreError::InUse("the database".into());
        if self.has_others().await? {
            return Err(in_use());
        }
        let look = Look(Some(self.0.own().await?));
        let locked = look.rows(ALONE, &[], |row| row.int(0)).await?;
        if locked == [1] { Ok(look) } else { Err(in_use()) }
    }
}

impl Look {
    /// Makes sure that the connection is still the same, with what is locked by it.
    pub(crate) async fn is_there(&self) -> Result<()> {
        self.rows("SELECT 1", &[], |_| Ok(())).await.map(drop)
    }

    /// Runs a statement and maps its rows.
    pub(crate) async fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let Some(line) = &self.0 else { return Ok(Vec::new()) };
        line.query(sql, values).await?.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    /// The rows of a statement as they come. Nothing else can be asked before they have all come or nobody waits for
    /// them any more.
    pub(crate) async fn stream(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<BoxStream<'static, Result<tokio_postgres::Row>>> {
        let Some(line) = &self.0 else { return Ok(futures_util::stream::empty().boxed()) };
        Ok(line.stream(sql, values).await?.map(|row| row.map_err(Into::into)).fuse().boxed())
    }
}

impl Drop for Look {
    /// The connection goes with its transaction: nobody else may find himself in it.
    fn drop(&mut self) {
        if let Some(line) = self.0.take() {
            line.hang_up();
        }
    }
}
