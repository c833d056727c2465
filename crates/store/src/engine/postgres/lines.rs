//! Connections: a few that many read over at once, and others for whoever needs one alone.

use super::{deadline, host::Server};
use crate::engine::each::{Column, over_arrays};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

/// Connections that are read over. Each carries as many statements as there are; more take memory of the server.
const SHARED: usize = 4;
/// Beside them the writer has one.
const CONNECTIONS: usize = SHARED + 2;

/// A connection with the statements it has prepared.
pub(crate) struct Line(Object);

/// All connections to one database.
pub(super) struct Lines {
    pool: Pool,
    shared: [Mutex<Option<Arc<Line>>>; SHARED],
    next: AtomicUsize,
}

impl Lines {
    /// Connects when first asked.
    pub(super) fn to(server: &Server) -> Result<Self> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(server.config(), server.tls(), recycling);
        let limit = Some(deadline::READ);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .timeouts(Timeouts { wait: limit, create: limit, recycle: limit })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Address(error.to_string()))?;
        Ok(Self { pool, shared: Default::default(), next: AtomicUsize::new(0) })
    }

    /// Closes what nobody uses.
    #[cfg(any(test, feature = "fresh"))]
    pub(super) fn close(&self) {
        self.pool.close();
    }

    /// A connection for one alone.
    pub(super) async fn own(&self) -> Result<Line> {
        Ok(Line(self.pool.get().await?))
    }

    /// Runs a statement and maps its rows. Reading may be repeated: where a server goes away, the next is asked.
    pub(super) async fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let deadline = Instant::now() + deadline::READ;
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % SHARED;
        let Some(place) = self.shared.get(turn) else { return Err(StoreError::Stopped) };
        let mut asked = None;
        let found = deadline::before(deadline, async {
            loop {
                let found = match self.shared(place).await {
                    Ok(line) => asked.insert(line).query(sql, values).await,
                    Err(error) => Err(error),
                };
                match found {
                    Err(error) if error.is_passing() => sleep(deadline::PAUSE).await,
                    other => return other,
                }
            }
        });
        let found = found.await;
        if let (Err(StoreError::TooSlow), Some(line)) = (&found, asked) {
            // A server that is frozen and not dead would keep its connections for good.
            let mut placed = place.lock().await;
            placed.take_if(|placed| Arc::ptr_eq(placed, &line));
        }
        found?.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    /// The shared connection of a place, made anew where it broke.
    async fn shared(&self, place: &Mutex<Option<Arc<Line>>>) -> Result<Arc<Line>> {
        let mut line = place.lock().await;
        // First of all a broken one goes: it counts among those that there may be.
        line.take_if(|line| line.is_closed());
        match &*line {
            Some(line) => Ok(Arc::clone(line)),
            None => Ok(Arc::clone(line.insert(Arc::new(self.own().await?)))),
        }
    }
}

impl Line {
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(crate) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>> {
        let statement = self.0.prepare_cached(sql).await?;
        Ok(self.0.query(&statement, &parameters(values)).await?)
    }

    pub(crate) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize> {
        let statement = self.0.prepare_cached(sql).await?;
        let changed = self.0.execute(&statement, &parameters(values)).await?;
        usize::try_from(changed).map_err(|_| StoreError::Corrupt("count"))
    }

    /// Runs a statement for each of many, as one; a row names its place among them in its last column.
    pub(crate) async fn query_each<const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'_>; N]],
    ) -> Result<Vec<tokio_postgres::Row>> {
        let (statement, columns) = self.each(sql, many).await?;
        let arrays: Vec<_> = columns.iter().map(Column::array).collect();
        Ok(self.0.query(&statement, &arrays).await?)
    }

    /// The same for a statement that changes rows.
    pub(crate) async fn execute_each<const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'_>; N]],
    ) -> Result<()> {
        let (statement, columns) = self.each(sql, many).await?;
        let arrays: Vec<_> = columns.iter().map(Column::array).collect();
        Ok(self.0.execute(&statement, &arrays).await.map(drop)?)
    }

    async fn each<'v, const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'v>; N]],
    ) -> Result<(Statement, Vec<Column<'v>>)> {
        let one = self.0.prepare_cached(sql).await?;
        let unfit = || StoreError::Corrupt("statement of many");
        let turned = over_arrays(sql, one.params()).ok_or_else(unfit)?;
        let column = |(place, kind)| Column::of(many, place, kind);
        let columns = one.params().iter().enumerate().map(column).collect::<Option<_>>().ok_or_else(unfit)?;
        Ok((self.0.prepare_cached(&turned).await?, columns))
    }

    /// Statements without values, one after the other.
    pub(super) async fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.0.batch_execute(sql).await?)
    }

    /// The connection itself, for migrations.
    pub(super) fn client(&mut self) -> &mut tokio_postgres::Client {
        &mut self.0
    }

    /// Gives the connection up; it goes back to nobody.
    pub(super) fn hang_up(self) {
        drop(Object::take(self.0));
    }
}

fn parameters<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
