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
/// Those of a name or password, and of a database that is not there.
const OF_THE_DOOR: [&str; 2] = ["28", "3D"];
/// What the client says where the server asks for a password and it has none.
const NO_PASSWORD: &str = "password missing";

/// An error of the database server or of the way to it.
pub struct ServerError(tokio_postgres::Error);

impl ServerError {
    /// What the server did, in words.
    pub(super) fn did(&self) -> &'static str {
        let said = |error: &dyn Error| error.to_string().contains(NO_PASSWORD);
        match self.0.code() {
            Some(state) if is_of(state.code(), &OF_THE_DOOR) => "refused us",
            None if said(&self.0) || self.0.source().is_some_and(said) => {
                "asks for a password, and none is given: set database_password_file"
            }
            _ => "failed",
        }
    }

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

#[cfg(test)]
mod tests {
    use crate::engine::postgres::{Server, Unmigrated};
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    /// What is said of a server that gives this answer to whoever calls.
    async fn said_of(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("postgres://jindu@{}/jindu", listener.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let (mut called, _) = listener.accept().unwrap();
            assert!(called.read(&mut [0; 4096]).unwrap() > 0);
            called.write_all(answer).unwrap();
        });
        let server = Server::parse(&address, None, None).unwrap();
        let error = Unmigrated::open(&server).await.err().unwrap();
        serving.join().unwrap();
        format!("{error}: {}", std::error::Error::source(&error).unwrap())
    }

    #[tokio::test]
    async fn a_server_that_lets_nobody_in_is_not_said_to_have_failed() {
        // AuthenticationCleartextPassword, and ErrorResponse with its fields.
        let asks = said_of(b"R\0\0\0\x08\0\0\0\x03").await;
        assert!(asks.contains("set database_password_file"), "{asks}");
        let refused = said_of(b"E\0\0\0\x1aSFATAL\0C28P01\0Mwrong\0\0").await;
        assert!(refused.contains("the database server refused us"), "{refused}");
        let unknown = said_of(b"E\0\0\0\x1aSFATAL\0C3D000\0Mwrong\0\0").await;
        assert!(unknown.contains("the database server refused us"), "{unknown}");
        let failed = said_of(b"E\0\0\0\x1aSFATAL\0C53300\0Mwrong\0\0").await;
        assert!(failed.contains("the database server failed"), "{failed}");
    }
}
