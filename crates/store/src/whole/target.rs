//! A database that takes over the rows of another one.

use super::source::Place;
use super::{Cells, Snapshot, Source, Table, put};
use crate::audit::Entry;
use crate::engine::{Row, Value, postgres, sqlite};
use crate::error::{Result, StoreError};
use crate::keys::Keys;
use crate::setting::{self, Purpose};
use crate::{Database, Store, Work, inquiry_log};
use std::fs::File;
use std::path::Path;

const SERVED: &str = "SELECT name, beat FROM lease WHERE name >= 'serve:' AND name < 'serve;' ORDER BY name";
const UNMARK: &str = "DELETE FROM setting WHERE name = $1";

/// On whose behalf a database is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// `jindu copy`.
    Copy,
    /// `jindu restore`.
    Restore,
}

impl Errand {
    /// The command's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Restore => "restore",
        }
    }
}

/// A database that is filled. It is marked until it is complete: nobody opens it before.
pub struct Target {
    store: Store,
    source: Source,
    holds_other_data: bool,
    alone: Alone,
    /// The leases of servers that stood there before, and their beats: of such as are gone.
    served: Vec<Served>,
}

/// A server's lease and its beat.
type Served = (String, i64);

/// What keeps others from filling or serving the same database.
enum Alone {
    File(#[expect(dead_code, reason = "it is held, not looked at")] File),
    Server(Box<postgres::Look>),
}

impl Target {
    /// Opens the database that is to be filled, making it if it is not there, and marks it. One that holds data and no
    /// mark gets none: it may be compared, and nothing is put into it.
    ///
    /// # Errors
    /// Refuses a database of other keys or another purpose, and one that is filled on another errand or in use.
    pub async fn open(
        folder: &Path,
        database: &Database,
        keys: Keys,
        purpose: Purpose,
        errand: Errand,
    ) -> Result<Self> {
        let (place, alone) = match database {
            Database::Folder => {
                let place = Place::to_be_in(folder);
                (place, Alone::File(inquiry_log::alone(&folder.join(inquiry_log::FOLDER))?))
            }
            Database::Server(server) => {
                let lookout = postgres::Lookout::to(server)?;
                let alone = lookout.alone().await?;
                (Place::Server(lookout), Alone::Server(Box::new(alone)))
            }
        };
        let source = Source::at(place, purpose);
        source.is_ours_if_used(&database.place(folder), &keys).await?;
        let store = Store::open_for(folder, database, keys, (Some(purpose), purpose), Some(errand)).await?;
        let is_marked = setting::committed(&store.read(), setting::UNFINISHED).await?.is_some();
        let mut look = Snapshot::passing(&source).await?;
        let holds_other_data = if is_marked { look.has_files()? } else { !look.is_empty().await? };
        drop(look);
        let served = store.read().rows(SERVED, &[], served).await?;
        let target = Self { store, source, holds_other_data, alone, served };
        if !is_marked && !holds_other_data {
            target.mark(errand).await?;
        }
        Ok(target)
    }

    /// Whether it was full of data that nobody is said to have put there on this errand.
    #[must_use]
    pub fn holds_other_data(&self) -> bool {
        self.holds_other_data
    }

    /// The keys with which its data is made.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        self.store.keys()
    }

    /// Where it is looked at.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Takes whole rows out and puts others in that are not there, all of them or none.
    ///
    /// # Errors
    /// Refuses a database with other data; fails when the database does.
    pub async fn put(&self, table: &Table, gone: Vec<Cells>, rows: Vec<Cells>) -> Result<()> {
        if self.holds_other_data {
            return Err(StoreError::Occupied);
        }
        let table = table.clone();
        self.store
            .change(move |write| -> Work<'_, ()> {
                Box::pin(async move { put::put(write, &table, &gone, &rows).await })
            })
            .await
    }

    /// Sees to it that new rows get numbers that were never given, neither here nor where the rows came from.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn go_on_after(&self, given: Vec<(String, i64)>) -> Result<()> {
        if self.holds_other_data {
            return Err(StoreError::Occupied);
        }
        let mut look = Snapshot::passing(&self.source).await?;
        let mut highest = Vec::new();
        for (name, here) in look.given().await? {
            let there = given.iter().find(|(table, _)| *table == name).map_or(0, |(_, number)| *number);
            let held = look.highest(&name).await?;
            highest.push((name, here.max(there).max(held)));
        }
        // A table in which nothing was ever numbered is not named by the embedded engine.
        let unnamed = given.into_iter().filter(|(name, _)| !highest.iter().any(|(named, _)| named == name));
        let unnamed: Vec<_> = if self.store.is_shared() { Vec::new() } else { unnamed.collect() };
        highest.extend(unnamed);
        highest.retain(|(_, number)| *number > 0);
        let is_shared = self.store.is_shared();
        self.store
            .change(move |write| -> Work<'_, ()> {
                Box::pin(async move {
                    for (name, number) in &highest {
                        let [name, number] = [Value::Text(name), Value::Int(*number)];
                        if is_shared {
                            write.rows(postgres::GO_ON, &[number, name], |_| Ok(())).await?;
                        } else {
                            write.execute(sqlite::GO_ON, &[number, name]).await?;
                            write.execute(sqlite::BEGIN_AFTER, &[number, name]).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Takes the mark away: the database is complete. The entry is the last of its audit and says by whom it was
    /// filled.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn finish(self, entry: Entry) -> Result<Store> {
        if self.holds_other_data {
            return Err(StoreError::Occupied);
        }
        // The lock went with its connection, if that broke: somebody else may have filled the same database.
        if let Alone::Server(look) = &self.alone {
            look.is_there().await?;
        }
        let before = self.served;
        self.store
            .write(entry, move |write| -> Work<'_, ()> {
                Box::pin(async move {
                    // Who looked for the mark just before it was set serves all the while.
                    if write.rows(SERVED, &[], served).await?.iter().any(|lease| !before.contains(lease)) {
                        return Err(StoreError::InUse("the database".into()));
                    }
                    write.execute(UNMARK, &[Value::Text(setting::UNFINISHED)]).await.map(drop)
                })
            })
            .await?;
        Ok(self.store)
    }

    async fn mark(&self, errand: Errand) -> Result<()> {
        self.store
            .change(move |write| -> Work<'_, ()> {
                Box::pin(async move { setting::set(write, setting::UNFINISHED, errand.as_str()).await })
            })
            .await
    }
}

fn served(row: &Row<'_>) -> Result<Served> {
    Ok((row.text(0)?.to_owned(), row.int(1)?))
}
