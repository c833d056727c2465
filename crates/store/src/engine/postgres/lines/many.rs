//! Whole tables over a connection: as streams of rows, and as arrays of their columns.

use super::{Line, parameters};
use crate::engine::Value;
use crate::engine::each::Column;
use crate::error::{Result, StoreError};
use crate::whole::Kind;
use tokio_postgres::RowStream;
use tokio_postgres::types::{ToSql, Type};

impl Line {
    /// The rows of a statement as they come.
    pub(crate) async fn stream(&self, sql: &str, values: &[Value<'_>]) -> Result<RowStream> {
        // How long the first row takes is another matter: the server may have to order all of them before.
        let statement = self.answered(async { Ok(self.connection.prepare(sql).await?) }).await?;
        Ok(self.connection.query_raw(&statement, parameters(values)).await?)
    }

    /// Runs a statement whose parameters are arrays, one for each place of the tuples.
    pub(crate) async fn over(&self, sql: &str, kinds: &[Kind], many: &[Vec<Value<'_>>]) -> Result<()> {
        let arrays = kinds.iter().enumerate().map(|(place, kind)| Column::of(many, place, &kind.column()));
        let arrays = arrays.collect::<Option<Vec<_>>>().ok_or(StoreError::Corrupt("row"))?;
        let arrays: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(Column::array).collect();
        let change = async {
            let statement = self.connection.prepare_cached(sql).await?;
            Ok(self.connection.execute(&statement, &arrays).await.map(drop)?)
        };
        self.answered(change).await
    }
}

impl Kind {
    fn column(self) -> Type {
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
