//! A database that is only looked at: nothing in it is migrated, locked or written.

use super::Snapshot;
use super::frames::Frames;
use crate::engine::postgres::Lookout;
use crate::engine::{Engine, sqlite};
use crate::error::{Result, StoreError, at};
use crate::keys::Keys;
use crate::setting::Purpose;
use crate::{DATABASE_FILE, Database, Store, inquiry_log};
use std::path::{Path, PathBuf};

/// Where everything is read from. It may be served all the while.
pub struct Source {
    pub(super) place: Place,
    purpose: Purpose,
}

/// Where a database is.
pub(super) enum Place {
    /// A file, and the folder of the record of inquiries beside it.
    File {
        /// The file.
        database: PathBuf,
        /// The folder.
        record: PathBuf,
    },
    /// On a server.
    Server(Lookout),
}

impl Source {
    /// Finds the database of a data folder or a server.
    ///
    /// # Errors
    /// Refuses one that is not there, that was made with other keys, that has another schema than this program, or
    /// that has not taken over all rows of another one.
    pub async fn open(folder: &Path, database: &Database, keys: &Keys) -> Result<Self> {
        let named = database.place(folder);
        let place = match database {
            Database::Folder => Place::in_folder(folder)?,
            Database::Server(server) => Place::Server(Lookout::to(server)?),
        };
        let source = Self { place, purpose: Purpose::Service };
        let stands = Snapshot::passing(&source).await?.stands(keys, &named).await?;
        Ok(Self { purpose: stands, ..source })
    }

    pub(super) fn at(place: Place, purpose: Purpose) -> Self {
        Self { place, purpose }
    }

    /// Refuses to go on with one that holds data and is not what this program would make: it may be in use somewhere.
    pub(super) async fn is_ours_if_used(&self, named: &str, keys: &Keys) -> Result<()> {
        if let Place::File { database, record } = &self.place
            && !database.exists()
        {
            // A record of inquiries that was left behind would be part of what is filled.
            return if Frames::of(record)?.any()? { Err(StoreError::Occupied) } else { Ok(()) };
        }
        let mut look = Snapshot::passing(self).await?;
        if look.is_empty().await? {
            return Ok(());
        }
        match look.stands(keys, named).await {
            Err(StoreError::Unfinished(_)) => Ok(()),
            stands => stands.map(drop),
        }
    }

    /// The database of a store that is open.
    #[must_use]
    pub fn of(store: &Store) -> Self {
        let place = match &store.engine {
            Engine::Sqlite(_) => Place::File {
                database: store.record.with_file_name(DATABASE_FILE),
                record: store.record.clone(),
            },
            Engine::Postgres(postgres) => Place::Server(Lookout::of(postgres)),
        };
        Self { place, purpose: store.purpose }
    }

    /// What the data in it is.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether a server answers from it now, and changes it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn is_served(&self) -> Result<bool> {
        match &self.place {
            Place::File { record, .. } => Ok(inquiry_log::is_written(record)),
            Place::Server(lookout) => lookout.has_others().await,
        }
    }
}

impl Place {
    fn in_folder(folder: &Path) -> Result<Self> {
        let database = folder.join(DATABASE_FILE);
        std::fs::metadata(&database).map_err(at(&database))?;
        // Opened once, so that a file that is no database is named at once.
        sqlite::Look::open(&database)?;
        Ok(Self::to_be_in(folder))
    }

    pub(super) fn to_be_in(folder: &Path) -> Self {
        Self::File { database: folder.join(DATABASE_FILE), record: folder.join(inquiry_log::FOLDER) }
    }
}

/// Why a database is refused whose schema is another one.
pub(super) fn other_schema(found: i64) -> StoreError {
    StoreError::Schema { found, ours: crate::migrations::newest() }
}
