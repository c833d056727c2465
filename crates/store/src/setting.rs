//! What the database says about itself: what it is for, and with which keys it was made.

use crate::audit::{self, Entry};
use crate::engine::{Unmigrated, Value};
use crate::error::{Result, StoreError};
use crate::{Read, Store, Work, Write};

pub(crate) const READ: &str = "SELECT value FROM setting WHERE name = $1";
const INSERT: &str = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const SET: &str = "INSERT INTO setting (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(crate) const KEYS: &str = "keys";
pub(crate) const PURPOSE: &str = "purpose";
/// Whether a database takes over another one's rows, and by which command: until it has all of them nobody opens it.
pub(crate) const UNFINISHED: &str = "unfinished";

/// What the data in a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real applications of real people.
    Service,
    /// Invented people of region 119900.
    Demonstration,
}

impl Purpose {
    /// The word in the database and in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Demonstration => "demonstration",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Service, Self::Demonstration].into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// What a database said about itself when it was found.
pub(crate) struct Settled {
    /// The fingerprint of the keys it was made with; none in a fresh database.
    pub(crate) keys: Option<String>,
    purpose: Option<Purpose>,
    /// The command that has begun to fill it and not come to its end.
    pub(crate) unfinished: Option<String>,
}

impl Settled {
    /// Reads it before anything is changed, migrations included.
    pub(crate) async fn of(found: &Unmigrated<'_>) -> Result<Self> {
        let purpose = |word: String| Purpose::parse(&word).ok_or(StoreError::Corrupt("purpose"));
        let found_purpose = found_value(found, PURPOSE).await?;
        Ok(Self {
            keys: found_value(found, KEYS).await?,
            purpose: found_purpose.map(purpose).transpose()?,
            unfinished: found_value(found, UNFINISHED).await?,
        })
    }

    /// The purpose that stands; refuses a wish for the other one. `database` says where it stands.
    pub(crate) fn purpose(&self, wanted: Option<Purpose>, database: &str) -> Result<Option<Purpose>> {
        match (self.purpose, wanted) {
            (Some(found), Some(wanted)) if wanted != found => {
                let (database, found, wanted) = (database.to_owned(), found.as_str(), wanted.as_str());
                Err(StoreError::Purpose { database, found, wanted })
            }
            (found, _) => Ok(found),
        }
    }
}

async fn found_value(found: &Unmigrated<'_>, name: &str) -> Result<Option<String>> {
    let rows = found.rows("setting", READ, &[Value::Text(name)], |row| Ok(row.text(0)?.to_owned())).await?;
    Ok(rows.into_iter().next())
}

/// Settles both, once; what stands is kept, and given.
pub(crate) async fn settle(write: &mut Write<'_>, keys: &str, purpose: Purpose) -> Result<(String, Purpose)> {
    for (name, value) in [(KEYS, keys), (PURPOSE, purpose.as_str())] {
        write.execute(INSERT, &[Value::Text(name), Value::Text(value)]).await?;
    }
    let corrupt = || StoreError::Corrupt("purpose");
    let purpose = get(write, PURPOSE).await?.and_then(|word| Purpose::parse(&word)).ok_or_else(corrupt)?;
    Ok((get(write, KEYS).await?.unwrap_or_default(), purpose))
}

/// A setting of another record, as it was committed.
pub(crate) async fn committed(read: &Read<'_>, name: &str) -> Result<Option<String>> {
    let found = read.rows(READ, &[Value::Text(name)], |row| Ok(row.text(0)?.to_owned())).await?;
    Ok(found.into_iter().next())
}

/// A setting of another record.
pub(crate) async fn get(write: &mut Write<'_>, name: &str) -> Result<Option<String>> {
    let found = write.rows(READ, &[Value::Text(name)], |row| Ok(row.text(0)?.to_owned())).await?;
    Ok(found.into_iter().next())
}

/// Settles a setting of another record anew.
pub(crate) async fn set(write: &mut Write<'_>, name: &str, value: &str) -> Result<()> {
    write.execute(SET, &[Value::Text(name), Value::Text(value)]).await.map(drop)
}

/// A setting of another record that is a number, unless it was never settled.
pub(crate) async fn number(write: &mut Write<'_>, name: &str, otherwise: u32) -> Result<u32> {
    Ok(get(write, name).await?.and_then(|number| number.parse().ok()).unwrap_or(otherwise))
}

/// Settles such a number; where it is settled already, or is what goes without saying, nothing is written.
pub(crate) async fn settle_number(
    store: &Store,
    entry: Entry,
    name: &'static str,
    (otherwise, settled): (u32, u32),
) -> Result<()> {
    store
        .change(move |write| -> Work<'_, ()> {
            Box::pin(async move {
                if number(write, name, otherwise).await? == settled {
                    return Ok(());
                }
                set(write, name, &settled.to_string()).await?;
                audit::insert(write, &entry).await
            })
        })
        .await
}
