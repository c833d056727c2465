//! A statement that changes something and is nobody's change: it has no audit entry and waits for no other change.
//!
//! On a server it goes beside the writer, and is told again where a connection broke: it must come to the same when it
//! is run twice, or to what harms nobody, as where a mismatch is counted twice. On the embedded engine it takes its turn.

use crate::engine::{Row, Value};
use crate::error::Result;
use crate::whole::Cell;
use crate::{Store, Work};

impl Store {
    /// Runs the statement and maps the rows that it returns.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        map: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        if let Some(server) = self.server() {
            return server.rows(sql, values, map).await;
        }
        self.in_turn(sql, values, map).await
    }

    /// The same for what is counted while people wait: it has connections of its own.
    pub(crate) async fn counted<T: Send + 'static>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        map: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        if let Some(server) = self.server() {
            return server.counted(sql, values, map).await;
        }
        self.in_turn(sql, values, map).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        map: fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let own: Vec<Cell> = values.iter().map(|value| Cell::from(*value)).collect();
        self.change(move |write| -> Work<'_, Vec<T>> {
            Box::pin(async move {
                let values: Vec<Value<'_>> = own.iter().map(Cell::value).collect();
                write.rows(sql, &values, map).await
            })
        })
        .await
    }
}
