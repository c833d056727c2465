//! A row of a result, whichever engine gave it.

use crate::error::{Result, StoreError};

/// A row of a result; columns count from 0.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64> {
        Ok(match self {
            Row::Sqlite(row) => row.get(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(crate) fn optional_int(&self, column: usize) -> Result<Option<i64>> {
        Ok(match self {
            Row::Sqlite(row) => row.get(column)?,
            Row::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A whole number that fits the narrower type, else the row is corrupt.
    pub(crate) fn narrow<T: TryFrom<i64>>(&self, column: usize, what: &'static str) -> Result<T> {
        T::try_from(self.int(column)?).map_err(|_| StoreError::Corrupt(what))
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str> {
        self.optional_text(column)?.ok_or(StoreError::Corrupt("text"))
    }

    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        let corrupt = StoreError::Corrupt("text");
        match self {
            Row::Sqlite(row) => row.get_ref(column)?.as_str_or_null().map_err(|_| corrupt),
            Row::Postgres(row) => row.try_get(column).map_err(|_| corrupt),
        }
    }

    pub(crate) fn blob(&self, column: usize) -> Result<&[u8]> {
        self.optional_blob(column)?.ok_or(StoreError::Corrupt("bytes"))
    }

    pub(crate) fn optional_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        let corrupt = StoreError::Corrupt("bytes");
        match self {
            Row::Sqlite(row) => row.get_ref(column)?.as_blob_or_null().map_err(|_| corrupt),
            Row::Postgres(row) => row.try_get(column).map_err(|_| corrupt),
        }
    }

    /// Bytes of an exact length, such as a hash.
    pub(crate) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N]> {
        self.blob(column)?.try_into().map_err(|_| StoreError::Corrupt("hash"))
    }
}
