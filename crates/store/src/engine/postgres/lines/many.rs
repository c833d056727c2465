//! Whole tables over a connection: as streams of rows, and as what COPY takes.

use super::{Line, parameters};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::whole::Kind;
use tokio_postgres::RowStream;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

impl Line {
    /// The rows of a statement as they come.
    pub(crate) async fn stream(&self, sql: &str, values: &[Value<'_>]) -> Result<RowStream> {
        let statement = self.0.prepare(sql).await?;
        Ok(self.0.query_raw(&statement, parameters(values)).await?)
    }

    /// Hands rows to a COPY: each has a value for each of the columns.
    pub(crate) async fn copy<'v>(
        &self,
        sql: &str,
        kinds: &[Kind],
        rows: impl Iterator<Item = Vec<Value<'v>>>,
    ) -> Result<()> {
        let kinds: Vec<Type> = kinds.iter().map(|kind| kind.on_the_wire()).collect();
        let sink = self.0.copy_in(sql).await?;
        let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, &kinds));
        for row in rows {
            if row.len() != kinds.len() {
                return Err(StoreError::Corrupt("row"));
            }
            writer.as_mut().write(&parameters(&row)).await?;
        }
        Ok(writer.finish().await.map(drop)?)
    }

    /// Runs a statement whose parameters are arrays, one for each place of the tuples.
    pub(crate) async fn remove(&self, sql: &str, many: Vec<Vec<Value<'_>>>) -> Result<()> {
        let statement = self.0.prepare_cached(sql).await?;
        let places = 0..statement.params().len();
        let arrays = places.map(|place| Array::of(&many, place)).collect::<Option<Vec<_>>>();
        let arrays = arrays.ok_or(StoreError::Corrupt("key"))?;
        let arrays: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(Array::value).collect();
        Ok(self.0.execute(&statement, &arrays).await.map(drop)?)
    }
}

/// The values at one place of many tuples; there is no key without a value.
enum Array<'v> {
    Ints(Vec<i64>),
    Texts(Vec<&'v str>),
    Blobs(Vec<&'v [u8]>),
}

impl<'v> Array<'v> {
    fn of(many: &[Vec<Value<'v>>], place: usize) -> Option<Self> {
        let mut values = many.iter().map(|tuple| tuple.get(place));
        Some(match many.first()?.get(place)? {
            Value::Null => return None,
            Value::Int(_) => Self::Ints(values.try_fold(Vec::new(), |mut all, value| {
                let Some(Value::Int(value)) = value else { return None };
                all.push(*value);
                Some(all)
            })?),
            Value::Text(_) => Self::Texts(values.try_fold(Vec::new(), |mut all, value| {
                let Some(Value::Text(value)) = value else { return None };
                all.push(*value);
                Some(all)
            })?),
            Value::Blob(_) => Self::Blobs(values.try_fold(Vec::new(), |mut all, value| {
                let Some(Value::Blob(value)) = value else { return None };
                all.push(*value);
                Some(all)
            })?),
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
    fn on_the_wire(self) -> Type {
        match self {
            Self::Int => Type::INT8,
            Self::Text => Type::TEXT,
            Self::Blob => Type::BYTEA,
        }
    }

    /// The type's name in a statement.
    pub(crate) fn of_server(self) -> &'static str {
        match self {
            Self::Int => "BIGINT",
            Self::Text => "TEXT",
            Self::Blob => "BYTEA",
        }
    }
}
