//! What a database server says, without the values that it says it of.

use super::StoreError;
use deadpool_postgres::PoolError;
use std::error::Error;
use std::fmt;

/// Classes of SQLSTATE that speak of values: their messages and details may quote a row.
const OF_VALUES: [&str; 3] = ["21", "22", "23"];
/// Those of a name or password, of a database that is not there, of a table or a right: no value is to blame, and until
/// somebody mends it the server says the same.
const OF_THE_PLACE: [&str; 3] = ["28", "3D", "42"];

/// An error of the database server or of the way to it.
pub struct ServerError(tokio_postgres::Error);

impl ServerError {
    pub(super) fn is_passing(&self) -> bool {
        match self.0.code() {
            Some(_) => !self.is_of_values(),
            None => self.0.is_closed() || self.is_of_the_line(),
        }
    }

    pub(super) fn is_of_values(&self) -> bool {
        self.0.code().is_some_and(|state| is_of(state.code(), &OF_VALUES))
    }

    pub(super) fn is_of_the_place(&self) -> bool {
        self.0.code().is_some_and(|state| is_of(state.code(), &OF_THE_PLACE))
    }

    /// A broken connection, as opposed to a value of another kind than asked for.
    fn is_of_the_line(&self) -> bool {
        self.0.source().is_some_and(|source| source.is::<std::io::Error>())
    }
}

fn is_of(state: &str, classes: &[&str]) -> bool {
    classes.iter().any(|class| state.starts_with(class))
}

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(said) = self.0.as_db_error() else { return self.0.fmt(out) };
        let state = said.code().code();
        write!(out, "SQLSTATE {state}")?;
        if !is_of(state, &OF_VALUES) {
            return write!(out, ": {}", said.message());
        }
        let [table, constraint] = [said.table(), said.constraint()].map(Option::unwrap_or_default);
        write!(out, " in table {table:?}, constraint {constraint:?}")
    }
}

impl fmt::Debug for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.0.as_db_error() {
            Some(_) => None,
            None => self.0.source(),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(ServerError(error))
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            other => Self::Unreachable(other),
        }
    }
}
