//! A statement that changes something and is nobody's change: it has no audit entry and waits for no other change.
//!
//! On a server it goes beside the writer, and is told again where a connection broke: it must come to the same when it
//! is run twice. On the embedded engine it takes its turn.

use crate::engine::{Row, Value};
use crate::error::Result;
use crate::{Store, Work};

/// A value that outlives its caller.
enum Own {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

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
        let own: Vec<Own> = values.iter().map(Own::of).collect();
        self.change(move |write| -> Work<'_, Vec<T>> {
            Box::pin(async move {
                let values: Vec<Value<'_>> = own.iter().map(Own::value).collect();
                write.rows(sql, &values, map).await
            })
        })
        .await
    }
}

impl Own {
    fn of(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}
