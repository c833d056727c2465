//! The seam over the native drivers: one SQL text, values in, rows out.
//!
//! Statements use `$1`, `$2` … and name each first in ascending order, because SQLite numbers a
//! parameter by its first appearance. Functions are `async` so that a second engine fits; the embedded
//! engine never waits in them.

mod readers;
#[cfg(test)]
pub(crate) use readers::GLANCE;
pub(crate) mod sqlite;
mod trickle;

use crate::error::{Result, StoreError};
use std::future::Future;
use std::pin::Pin;

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Value::Null, Value::Text)
    }
}

/// A row of a result; columns count from 0.
pub(crate) struct Row<'a>(&'a rusqlite::Row<'a>);

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64> {
        Ok(self.0.get(column)?)
    }

    pub(crate) fn optional_int(&self, column: usize) -> Result<Option<i64>> {
        Ok(self.0.get(column)?)
    }

    /// A whole number that fits the narrower type, else the row is corrupt.
    pub(crate) fn narrow<T: TryFrom<i64>>(&self, column: usize, what: &'static str) -> Result<T> {
        T::try_from(self.int(column)?).map_err(|_| StoreError::Corrupt(what))
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str> {
        self.0.get_ref(column)?.as_str().map_err(|_| StoreError::Corrupt("text"))
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        self.0.get_ref(column)?.as_str_or_null().map_err(|_| StoreError::Corrupt("text"))
    }

    pub(crate) fn blob(&self, column: usize) -> Result<&[u8]> {
        self.0.get_ref(column)?.as_blob().map_err(|_| StoreError::Corrupt("bytes"))
    }

    pub(crate) fn optional_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        self.0.get_ref(column)?.as_blob_or_null().map_err(|_| StoreError::Corrupt("bytes"))
    }

    /// Bytes of an exact length, such as a hash.
    pub(crate) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N]> {
        self.blob(column)?.try_into().map_err(|_| StoreError::Corrupt("hash"))
    }
}

/// The work of one write, as a future that borrows the transaction.
pub type Work<'w, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'w>>;

/// The value of a future that never waits: the embedded engine's statements are done when they return.
///
/// # Errors
/// Work that waits for something else than the database has no place in a transaction.
pub(crate) fn finished<T>(mut work: Work<'_, T>) -> Result<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match work.as_mut().poll(&mut context) {
        std::task::Poll::Ready(outcome) => outcome,
        std::task::Poll::Pending => Err(StoreError::Abandoned),
    }
}
