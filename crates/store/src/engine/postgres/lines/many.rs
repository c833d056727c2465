//! Whole tables over a connection: as streams of rows, and as arrays of their columns.

use super::{Line, parameters};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::whole::Kind;
use tokio_postgres::RowStream;
use tokio_postgres::types::ToSql;

impl Line {
    /// The rows of a statement as they come.
    pub(crate) async fn stream(&self, sql: &str, values: &[Value<'_>]) -> Result<RowStream> {
        // How long the first row takes is another matter: the server may have to order all of them before.
        let statement = self.answered(async { Ok(self.connection.prepare(sql).await?) }).await?;
        Ok(self.connection.query_raw(&statement, parameters(values)).await?)
    }

    /// Runs a statement whose parameters are arrays, one for each place of the tuples.
    pub(crate) async fn over(&self, sql: &str, kinds: &[Kind], many: &[Vec<Value<'_>>]) -> Result<()> {
        let arrays = kinds.iter().enumerate().map(|(place, kind)| Array::of(many, place, *kind));
        let arrays = arrays.collect::<Option<Vec<_>>>().ok_or(StoreError::Corrupt("row"))?;
        let arrays: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(Array::value).collect();
        let change = async {
            let statement = self.connection.prepare_cached(sql).await?;
            Ok(self.connection.execute(&statement, &arrays).await.map(drop)?)
        };
        self.answered(change).await
    }
}

/// The values at one place of many tuples.
enum Array<'v> {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<&'v str>>),
    Blobs(Vec<Option<&'v [u8]>>),
}

impl<'v> Array<'v> {
    /// None where one is of another type than the others.
    fn of(many: &[Vec<Value<'v>>], place: usize, kind: Kind) -> Option<Self> {
        let values = || many.iter().map(|tuple| tuple.get(place));
        Some(match kind {
            Kind::Int => Self::Ints(
                values()
                    .map(|value| match value? {
                        Value::Null => Some(None),
                        Value::Int(number) => Some(Some(*number)),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            ),
            Kind::Text => Self::Texts(
                values()
                    .map(|value| match value? {
                        Value::Null => Some(None),
                        Value::Text(text) => Some(Some(*text)),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            ),
            Kind::Blob => Self::Blobs(
                values()
                    .map(|value| match value? {
                        Value::Null => Some(None),
                        Value::Blob(bytes) => Some(Some(*bytes)),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            ),
        })
    }

    fn value(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Ints(values) => values,
            Self::Texts(values) => values,
            Self::Blobs(values) => values,
        }
    }
}

impl Kind {
    /// The type's name in a statement.
    pub(crate) fn of_server(self) -> &'static str {
        match self {
            Self::Int => "BIGINT",
            Self::Text => "TEXT",
            Self::Blob => "BYTEA",
        }
    }
}
