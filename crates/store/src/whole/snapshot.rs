//! A look at everything, table by table in the order of their keys.

use super::frames::{self, Frames};
use super::shape;
use super::source::{Place, Source, other_schema};
use super::{Cell, Cells, Table};
use crate::engine::{Row, Value, postgres, sqlite};
use crate::error::{Result, StoreError};
use crate::keys::Keys;
use crate::setting::{self, Purpose};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use std::sync::Arc;

const NEWEST: &str = "SELECT CAST(coalesce(max(version), 0) AS BIGINT) FROM refinery_schema_history";

/// A look at everything a database holds.
pub struct Snapshot {
    look: Look,
    tables: Arc<[Table]>,
}

enum Look {
    File { file: sqlite::Look, frames: Frames },
    Server { server: postgres::Look, walk: Option<Walk> },
}

/// The rows of a table on their way from a server.
struct Walk {
    table: String,
    rows: BoxStream<'static, Result<tokio_postgres::Row>>,
    /// The key up to which they were given.
    given: Option<Cells>,
}

impl Snapshot {
    /// One consistent look, which lasts as long as it lives: nothing that is changed meanwhile is seen. While a file is
    /// looked at, its log grows with what is changed.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn of(source: &Source) -> Result<Self> {
        let snapshot = Self::passing(source).await?;
        if let Look::File { file, .. } = &snapshot.look {
            file.hold()?;
        }
        Ok(snapshot)
    }

    /// A look that sees each page of a file as it is when it is read, so that the file's log need not grow. On a server
    /// it is the same as the other.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn passing(source: &Source) -> Result<Self> {
        let look = match &source.place {
            Place::File { database, record } => {
                Look::File { file: sqlite::Look::open(database)?, frames: Frames::of(record)? }
            }
            Place::Server(lookout) => Look::Server { server: lookout.look().await?, walk: None },
        };
        let mut snapshot = Self { look, tables: Arc::new([]) };
        let catalogue = match &snapshot.look {
            Look::File { .. } => sqlite::CATALOGUE,
            Look::Server { .. } => postgres::CATALOGUE,
        };
        let found = snapshot.rows(catalogue, &[], shape::found).await?;
        snapshot.tables = shape::tables(found)?.into();
        Ok(snapshot)
    }

    /// Every table whose rows are taken along, by name.
    #[must_use]
    pub fn tables(&self) -> Arc<[Table]> {
        Arc::clone(&self.tables)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        let (sql, count) = (table.count(), |row: &Row<'_>| row.narrow::<u64>(0, "count"));
        match &mut self.look {
            Look::File { file, frames } => {
                let rows = file.rows(&sql, &[], count)?.into_iter().sum::<u64>();
                if table.name == frames::TABLE { Ok(rows + frames.count()?) } else { Ok(rows) }
            }
            Look::Server { server, walk } => {
                *walk = None;
                // Counting takes as long as it takes: a server that is busy with it is not gone.
                let mut rows = server.stream(&sql, &[]).await?;
                rows.next().await.map_or(Ok(0), |row| count(&Row::Postgres(&row?)))
            }
        }
    }

    /// The next rows of a table in the order of its key, at most so many; none at its end.
    ///
    /// # Errors
    /// Fails when the database does, or when a row cannot be understood.
    pub async fn page(&mut self, table: &Table, after: Option<&[Cell]>, most: usize) -> Result<Vec<Cells>> {
        match &mut self.look {
            Look::File { file, frames } => {
                let rows = page_of_file(file, table, after, most)?;
                if table.name == frames::TABLE { frames.among(rows, table, after, most) } else { Ok(rows) }
            }
            Look::Server { server, walk } => page_of_server(server, walk, table, after, most).await,
        }
    }

    /// How many rows there are in all.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn count_all(&mut self) -> Result<u64> {
        let mut rows = 0;
        for table in self.tables().iter() {
            rows += self.count(table).await?;
        }
        Ok(rows)
    }

    /// The tables that give each row a number which is never given twice, and the highest that was given.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn given(&mut self) -> Result<Vec<(String, i64)>> {
        let sql = match &self.look {
            Look::File { .. } => sqlite::GIVEN,
            Look::Server { .. } => postgres::GIVEN,
        };
        self.rows(sql, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?))).await
    }

    /// The highest number of a table of numbered rows.
    pub(super) async fn highest(&mut self, name: &str) -> Result<i64> {
        let tables = self.tables();
        let Some(table) = tables.iter().find(|table| table.name == name) else { return Ok(0) };
        let found = self.rows(&table.highest(), &[], |row| row.int(0)).await?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Whether frames of inquiries stand in files: those are in no database that is filled.
    pub(super) fn has_files(&mut self) -> Result<bool> {
        match &mut self.look {
            Look::File { frames, .. } => frames.any(),
            Look::Server { .. } => Ok(false),
        }
    }

    /// Whether no table holds anything, but for what every database says about itself, and no file a frame.
    pub(super) async fn is_empty(&mut self) -> Result<bool> {
        if self.has_files()? {
            return Ok(false);
        }
        for table in self.tables().iter().filter(|table| table.name != "setting") {
            if !self.rows(&table.any(), &[], |_| Ok(())).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the data is, if keys and schema are ours and nothing is missing. `database` says where it is.
    pub(super) async fn stands(&mut self, keys: &Keys, database: &str) -> Result<Purpose> {
        let has = match &self.look {
            Look::File { file, .. } => file.has("refinery_schema_history")?,
            Look::Server { .. } => self.tables.iter().any(|table| table.name == "setting"),
        };
        let found = if has { self.rows(NEWEST, &[], |row| row.int(0)).await? } else { Vec::new() };
        let newest = found.into_iter().next().unwrap_or_default();
        if newest != crate::migrations::newest() {
            return Err(other_schema(newest));
        }
        if self.says(setting::KEYS).await? != Some(keys.fingerprint()) {
            return Err(StoreError::MadeWithOtherKeys(database.to_owned()));
        }
        if let Some(errand) = self.says(setting::UNFINISHED).await? {
            return Err(StoreError::Unfinished(errand));
        }
        let purpose = self.says(setting::PURPOSE).await?.and_then(|word| Purpose::parse(&word));
        purpose.ok_or(StoreError::Corrupt("purpose"))
    }

    async fn says(&mut self, name: &str) -> Result<Option<String>> {
        let found = self.rows(setting::READ, &[Value::Text(name)], |row| Ok(row.text(0)?.to_owned())).await?;
        Ok(found.into_iter().next())
    }

    async fn rows<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        match &mut self.look {
            Look::File { file, .. } => file.rows(sql, values, map),
            Look::Server { server, walk } => {
                // What is on its way would be waited for.
                *walk = None;
                server.rows(sql, values, map).await
            }
        }
    }
}

/// The way over the rows of a table, a page that suits it at a time.
pub struct Pages<'t> {
    table: &'t Table,
    after: Option<Cells>,
}

impl<'t> Pages<'t> {
    /// From its first row on.
    #[must_use]
    pub fn of(table: &'t Table) -> Self {
        Self { table, after: None }
    }

    /// The next page; none at the end.
    ///
    /// # Errors
    /// Fails when the database does, or when a row cannot be understood.
    pub async fn next(&mut self, look: &mut Snapshot) -> Result<Option<Vec<Cells>>> {
        let rows = look.page(self.table, self.after.as_deref(), self.table.page()).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = Some(self.table.key_of(last));
        Ok(Some(rows))
    }
}

fn page_of_file(
    file: &sqlite::Look,
    table: &Table,
    after: Option<&[Cell]>,
    most: usize,
) -> Result<Vec<Cells>> {
    let sql = format!("{} LIMIT {most}", table.select(after.is_some()));
    let values: Vec<Value<'_>> = after.unwrap_or_default().iter().map(Cell::value).collect();
    file.rows(&sql, &values, |row| shape::cells(&table.columns, row))
}

async fn page_of_server(
    server: &postgres::Look,
    walk: &mut Option<Walk>,
    table: &Table,
    after: Option<&[Cell]>,
    most: usize,
) -> Result<Vec<Cells>> {
    walk.take_if(|walk| walk.table != table.name || walk.given.as_deref() != after);
    let walk = match walk {
        Some(walk) => walk,
        None => {
            let values: Vec<Value<'_>> = after.unwrap_or_default().iter().map(Cell::value).collect();
            let rows = server.stream(&table.select(after.is_some()), &values).await?;
            walk.insert(Walk { table: table.name.clone(), rows, given: after.map(<[Cell]>::to_vec) })
        }
    };
    let mut page = Vec::new();
    while page.len() < most
        && let Some(row) = walk.rows.next().await
    {
        page.push(shape::cells(&table.columns, &Row::Postgres(&row?))?);
    }
    if let Some(row) = page.last() {
        walk.given = Some(table.key_of(row));
    }
    Ok(page)
}
