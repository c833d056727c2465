//! Connections: a few that many read over at once, and others for whoever needs one alone.

mod many;

use super::call::Caller;
use super::deadline;
use super::host::Server;
use crate::engine::each::{Column, over_arrays};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

/// Connections that everybody reads over. Each carries as many statements as there are; more take memory of the server.
const SHARED: usize = 2;
/// Connections over which is counted what people tried in vain: each count waits for its own commit.
const COUNTS: usize = 2;
/// Beside all places the writer has one, and whoever asks for one alone.
const CONNECTIONS: usize = SHARED + COUNTS + 1 + 1 + 2;

/// A connection with the statements it has prepared.
pub(crate) struct Line {
    connection: Object,
    /// Whether the server left a statement without an answer: then nothing more is asked.
    is_left: AtomicBool,
}

/// A connection that is made when first asked for, and made anew where it broke.
type Place = Mutex<Option<Arc<Line>>>;

/// All connections to one database.
pub(crate) struct Lines {
    pool: Pool,
    shared: [Place; SHARED],
    next: AtomicUsize,
    /// That of the look-ups that people wait for: nothing that takes long goes over it.
    desk: Place,
    /// That of the record of inquiries: the same.
    record: Place,
    /// Those of what is counted while people wait: so much of it keeps no lease from being kept.
    counts: [Place; COUNTS],
}

/// What is asked of a server.
#[derive(Clone, Copy)]
enum Question<'q> {
    One(&'q str, &'q [Value<'q>]),
    Each(&'q str, &'q [[Value<'q>; 1]]),
}

impl Lines {
    /// Connects when first asked.
    pub(super) fn to(server: &Server) -> Result<Self> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(server.config(), Caller::of(server), recycling);
        let limit = Some(deadline::READ);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .timeouts(Timeouts { wait: limit, create: limit, recycle: limit })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Address(error.to_string()))?;
        let (shared, desk, record, counts) = Default::default();
        Ok(Self { pool, shared, next: AtomicUsize::new(0), desk, record, counts })
    }

    /// Closes what nobody uses.
    #[cfg(any(test, feature = "fresh"))]
    pub(super) fn close(&self) {
        self.pool.close();
    }

    /// A connection for one alone.
    pub(super) async fn own(&self) -> Result<Line> {
        Ok(Line { connection: self.pool.get().await?, is_left: AtomicBool::new(false) })
    }

    /// Runs a statement and maps its rows. Reading may be repeated: where a server goes away, the next is asked.
    pub(super) async fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.over(&self.shared, sql, values, map).await
    }

    /// Runs a statement that counts something while people wait, and maps its rows. It may be repeated.
    pub(super) async fn counted<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.over(&self.counts, sql, values, map).await
    }

    /// Runs a statement over one of some connections, in turn.
    async fn over<T>(
        &self,
        places: &[Place],
        sql: &str,
        values: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(places.len());
        let place = turn.and_then(|turn| places.get(turn)).ok_or(StoreError::Stopped)?;
        let found = self.ask(place, Question::One(sql, values)).await?;
        found.iter().map(|row| map(&Row::Postgres(row))).collect()
    }

    /// Runs a statement for each of many keys, over the desk's own connection; gives the rows of each.
    pub(super) async fn find_each(
        &self,
        sql: &str,
        keys: &[[Value<'_>; 1]],
    ) -> Result<Vec<Vec<tokio_postgres::Row>>> {
        by_place(self.ask(&self.desk, Question::Each(sql, keys)).await?, keys.len())
    }

    /// Keeps something of the record of inquiries, over a connection of its own. May be repeated.
    pub(crate) async fn keep(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        self.ask(&self.record, Question::One(sql, values)).await.map(drop)
    }

    /// Asks until a server answers, or the time is over.
    async fn ask(&self, place: &Place, question: Question<'_>) -> Result<Vec<tokio_postgres::Row>> {
        let deadline = Instant::now() + deadline::READ;
        let (mut asked, mut last) = (None, None);
        let found = deadline::before(deadline, async {
            loop {
                let found = match self.line_of(place).await {
                    Ok(line) => asked.insert(line).ask(question).await,
                    Err(error) => Err(error),
                };
                match found {
                    Err(error) if error.may_pass_soon() => {
                        last = Some(error);
                        sleep(deadline::PAUSE).await;
                    }
                    other => return other,
                }
            }
        });
        // A future in the heap: whoever reads may be deep in futures of its own, and the compiler counts.
        let found = Box::pin(found).await;
        if let (Err(StoreError::TooSlow), Some(line)) = (&found, asked) {
            // A server that is frozen and not dead would keep its connections for good.
            let mut placed = place.lock().await;
            placed.take_if(|placed| Arc::ptr_eq(placed, &line));
        }
        match (found, last) {
            // Why it was in vain says more than that it was.
            (Err(StoreError::TooSlow), Some(why)) => Err(why),
            (found, _) => found,
        }
    }

    async fn line_of(&self, place: &Place) -> Result<Arc<Line>> {
        let mut line = place.lock().await;
        // First of all a broken one goes: it counts among those that there may be.
        line.take_if(|line| line.is_closed());
        match &*line {
            Some(line) => Ok(Arc::clone(line)),
            None => Ok(Arc::clone(line.insert(Arc::new(self.own().await?)))),
        }
    }
}

/// The rows of a statement of many, by their places among them.
fn by_place(rows: Vec<tokio_postgres::Row>, many: usize) -> Result<Vec<Vec<tokio_postgres::Row>>> {
    let mut found: Vec<Vec<_>> = (0..many).map(|_| Vec::new()).collect();
    for row in rows {
        let place: i64 = row.try_get(row.len() - 1)?;
        let place = usize::try_from(place - 1).ok().and_then(|place| found.get_mut(place));
        place.ok_or(StoreError::Corrupt("place"))?.push(row);
    }
    Ok(found)
}

impl Line {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_left.load(Ordering::Relaxed) || self.connection.is_closed()
    }

    /// What a statement gives, unless the server is silent for so long that it must be gone.
    async fn answered<T>(&self, statement: impl Future<Output = Result<T>>) -> Result<T> {
        if self.is_left.load(Ordering::Relaxed) {
            return Err(StoreError::TooSlow);
        }
        let answered = deadline::before(Instant::now() + deadline::WRITE, statement).await;
        self.is_left.fetch_or(matches!(answered, Err(StoreError::TooSlow)), Ordering::Relaxed);
        answered
    }

    async fn ask(&self, question: Question<'_>) -> Result<Vec<tokio_postgres::Row>> {
        match question {
            Question::One(sql, values) => self.query(sql, values).await,
            Question::Each(sql, keys) => self.queried(sql, keys).await,
        }
    }

    pub(crate) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>> {
        let query = async {
            let statement = self.connection.prepare_cached(sql).await?;
            Ok(self.connection.query(&statement, &parameters(values)).await?)
        };
        self.answered(query).await
    }

    pub(crate) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<usize> {
        let change = async {
            let statement = self.connection.prepare_cached(sql).await?;
            let changed = self.connection.execute(&statement, &parameters(values)).await?;
            usize::try_from(changed).map_err(|_| StoreError::Corrupt("count"))
        };
        self.answered(change).await
    }

    /// Runs a statement for each of many, as one; gives the rows of each.
    pub(crate) async fn query_each<const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<tokio_postgres::Row>>> {
        by_place(self.queried(sql, many).await?, many.len())
    }

    /// The same; a row names its place among the many in its last column.
    async fn queried<const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'_>; N]],
    ) -> Result<Vec<tokio_postgres::Row>> {
        let query = async {
            let (statement, columns) = self.each(sql, many).await?;
            let arrays: Vec<_> = columns.iter().map(Column::array).collect();
            Ok(self.connection.query(&statement, &arrays).await?)
        };
        self.answered(query).await
    }

    /// The same for a statement that changes rows.
    pub(crate) async fn execute_each<const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'_>; N]],
    ) -> Result<()> {
        let change = async {
            let (statement, columns) = self.each(sql, many).await?;
            let arrays: Vec<_> = columns.iter().map(Column::array).collect();
            Ok(self.connection.execute(&statement, &arrays).await.map(drop)?)
        };
        self.answered(change).await
    }

    async fn each<'v, const N: usize>(
        &self,
        sql: &str,
        many: &[[Value<'v>; N]],
    ) -> Result<(Statement, Vec<Column<'v>>)> {
        let one = self.connection.prepare_cached(sql).await?;
        let unfit = || StoreError::Corrupt("statement of many");
        let turned = over_arrays(sql, one.params()).ok_or_else(unfit)?;
        let column = |(place, kind)| Column::of(many, place, kind);
        let columns = one.params().iter().enumerate().map(column).collect::<Option<_>>().ok_or_else(unfit)?;
        Ok((self.connection.prepare_cached(&turned).await?, columns))
    }

    /// Statements without values, one after the other.
    pub(super) async fn batch(&self, sql: &str) -> Result<()> {
        self.answered(async { Ok(self.connection.batch_execute(sql).await?) }).await
    }

    /// The connection itself, for migrations.
    pub(super) fn client(&mut self) -> &mut tokio_postgres::Client {
        &mut self.connection
    }

    /// Gives the connection up; it goes back to nobody.
    pub(super) fn hang_up(self) {
        drop(Object::take(self.connection));
    }
}

fn parameters<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
