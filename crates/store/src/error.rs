//! What can go wrong in the store, said once.

mod said;

pub use said::ServerError;
use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused a statement or cannot be read.
    #[error("the database failed")]
    Database(#[from] rusqlite::Error),
    /// The database server refused a statement, or the connection broke.
    #[error("the database server {}", .0.did())]
    Server(#[from] ServerError),
    /// No connection to the database server was to be had.
    #[error("the database server cannot be reached")]
    Unreachable(#[source] deadpool_postgres::PoolError),
    /// None of the servers that the address names could be used at the start.
    #[error("the database on {hosts} cannot be used")]
    Hosts {
        /// Which servers.
        hosts: String,
        /// Why.
        source: Box<StoreError>,
    },
    /// The database server did not answer in time. Whether a change was kept is not known.
    #[error("the database server does not answer")]
    TooSlow,
    /// The address of the database server does not fit; the text says why.
    #[error("the address of the database: {0}")]
    Address(String),
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated")]
    Migration(#[from] Box<refinery::Error>),
    /// A file of the store cannot be read or written.
    #[error("{path} cannot be used")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The key file does not fit; the text says why and what to do.
    #[error("key file {path}: {why}")]
    Keys {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The database was made with other keys than those at hand.
    #[error(
        "the database {0} was made with other keys than those in the key file; put its own key file back"
    )]
    MadeWithOtherKeys(String),
    /// A sealed value does not open: wrong key, or somebody changed it.
    #[error("a sealed value does not open (wrong key, or the row was changed)")]
    Unsealed,
    /// A value was sealed with a key that the key file does not hold.
    #[error("key {0} is not in the key file; put back a file that holds it")]
    NoKey(u8),
    /// The database was sealed with another key of that number.
    #[error(
        "key {0} in the key file is not the one with which values in the database are sealed; put back the right file"
    )]
    OtherKey(u8),
    /// A key cannot be let go: values are sealed with it.
    #[error(
        "{values} values are sealed with key {id} still; run `jindu keys rotate` to seal them with another"
    )]
    StillSealed {
        /// Which key.
        id: u8,
        /// How many values.
        values: u64,
    },
    /// The record of inquiries was changed, or the disk did it: nobody writes behind what is damaged.
    #[error(
        "the record of inquiries in {0} is damaged. Keep it as it is, move it elsewhere, and start again: a new record \
         begins, and what the log has taken in stays there"
    )]
    Damaged(PathBuf),
    /// A row holds what no code of ours wrote.
    #[error("a stored {0} cannot be understood")]
    Corrupt(&'static str),
    /// The session in which something was to be done has ended, or its account was blocked.
    #[error("the session has ended")]
    SignedOut,
    /// The desk's name or rank was asked for a system.
    #[error("the name \"desk\" and the rank 0 are those of people at a desk; no system reports under them")]
    Desk,
    /// A batch was announced that is larger than batches may be, or than it says itself.
    #[error("the batch cannot be announced so")]
    Announced(crate::manifest::Excess),
    /// A transaction could not begin or commit: nothing of it is kept.
    #[error("the database could not commit")]
    Commit(#[source] std::sync::Arc<rusqlite::Error>),
    /// A transaction on the database server could not begin or commit: nothing of it is kept.
    #[error("the database server took no change")]
    Begin(#[source] std::sync::Arc<StoreError>),
    /// A look-up failed with those that were asked for together with it.
    #[error(transparent)]
    Together(std::sync::Arc<StoreError>),
    /// The server went away while it committed, and no other could be asked whether the change is there. To ask for
    /// the same change again does no harm.
    #[error("whether the change was kept is not known")]
    Unknown,
    /// The writer has stopped: after a failed write, or because the process is ending.
    #[error("the writer has stopped")]
    Stopped,
    /// Another job's failure took a job's transaction; nothing of it is kept.
    #[error("a write was abandoned")]
    Abandoned,
    /// A job of the writer panicked, and would again; nothing of it is kept.
    #[error("a write panicked; this is a mistake in the program, please report it")]
    Panicked,
    /// The feed may not report: it is paused or removed.
    #[error("the feed is {}; nothing of it is recorded", .0.as_str())]
    Refused(crate::feed::State),
    /// A feed has as many of these as may wait for a person; once some are decided there is room again.
    #[error("as many {0} of the feed wait as may; decide about them (`jindu held list`), or allow more")]
    Full(&'static str),
    /// The folder is used by another running server.
    #[error("{0} is in use by another Jindu server")]
    InUse(PathBuf),
    /// The database was made for another purpose (demonstration or service).
    #[error("the database {database} holds {found} data, not {wanted} data")]
    Purpose {
        /// Where it is.
        database: String,
        /// What it holds.
        found: &'static str,
        /// What the command wants.
        wanted: &'static str,
    },
    /// The database's schema is not the one of this program.
    #[error(
        "the database has schema {found} and this program {ours}; start `jindu serve` of this version on it once"
    )]
    Schema {
        /// The newest migration that has run there; 0 in a database that is none of ours.
        found: i64,
        /// The newest one of this program.
        ours: i64,
    },
    /// The database has not taken over all rows of another one yet; the word says by which command.
    #[error(
        "the database is incomplete: `jindu {0}` has begun to fill it and not come to its end; run it again"
    )]
    Unfinished(String),
    /// The database holds data of its own, and other data were to be put there.
    #[error("the database to be filled holds other data already; make an empty one")]
    Occupied,
    /// A table of one database is not there in the other one, or has other columns.
    #[error("the databases do not have the same table {0}")]
    Shape(String),
}

impl StoreError {
    /// Whether the machine is to blame and the same may succeed another time: a full disk, a lock, a writer that has
    /// stopped. What does not pass stands in what is stored or was given, and fails the same way every time.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Database(error) => is_of_the_machine(error),
            Self::Server(error) => error.is_passing(),
            Self::Unreachable(_) => true,
            Self::Begin(error) | Self::Together(error) => error.is_passing(),
            Self::Hosts { source, .. } => source.is_passing(),
            Self::File { .. }
            | Self::TooSlow
            | Self::Unknown
            | Self::Commit(_)
            | Self::Stopped
            | Self::Abandoned
            | Self::Full(_)
            | Self::InUse(_) => true,
            Self::Migration(_)
            | Self::Address(_)
            | Self::Keys { .. }
            | Self::MadeWithOtherKeys(_)
            | Self::Unsealed
            | Self::NoKey(_)
            | Self::OtherKey(_)
            | Self::StillSealed { .. }
            | Self::Corrupt(_)
            | Self::Damaged(_)
            | Self::Panicked
            | Self::Refused(_)
            | Self::SignedOut
            | Self::Desk
            | Self::Announced(_)
            | Self::Purpose { .. }
            | Self::Schema { .. }
            | Self::Unfinished(_)
            | Self::Occupied
            | Self::Shape(_) => false,
        }
    }
}

impl StoreError {
    /// Whether the next attempt, a moment later or at another server, may go well.
    pub(crate) fn may_pass_soon(&self) -> bool {
        self.is_passing() && !matches!(self, Self::Server(error) if error.is_of_the_place())
    }

    /// Whether the server refused values: then it kept nothing.
    pub(crate) fn is_of_values(&self) -> bool {
        matches!(self, Self::Server(error) if error.is_of_values())
    }
}

/// A file that is damaged as a whole counts too: nothing that is in it can be blamed on one row.
fn is_of_the_machine(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    let of_a_row = [Code::ConstraintViolation, Code::TypeMismatch, Code::TooBig, Code::ParameterOutOfRange];
    matches!(error, rusqlite::Error::SqliteFailure(failure, _) if !of_a_row.contains(&failure.code))
}

/// What the store's functions give.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Makes a folder that only its owner may enter; one that exists is left as it is.
pub(crate) fn private_folder(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))
}

/// Names the file in an I/O error.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.into();
    move |source| StoreError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, ffi};

    /// What a statement fails with.
    fn failed(statements: &str) -> StoreError {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE card (number INTEGER CHECK (number > 0))").unwrap();
        let read = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        read(statements).unwrap_err().into()
    }

    #[test]
    fn what_the_machine_does_passes_and_what_is_stored_does_not() {
        let sqlite = |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_BUSY, ffi::SQLITE_IOERR, ffi::SQLITE_CORRUPT] {
            assert!(sqlite(code).is_passing(), "{code}");
        }
        assert!(StoreError::Stopped.is_passing() && StoreError::Abandoned.is_passing());
        let full = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
        assert!(StoreError::Commit(std::sync::Arc::new(full)).is_passing());
        assert!(!StoreError::Panicked.is_passing() && !StoreError::Unsealed.is_passing());
        assert!(!StoreError::Corrupt("progress").is_passing());
        // A text where a number belongs, and a number that no row may have.
        assert!(!failed("SELECT 'four'").is_passing());
        assert!(!failed("INSERT INTO card VALUES (-1) RETURNING number").is_passing());
    }
}
