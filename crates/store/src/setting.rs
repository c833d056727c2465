//! What the database says about itself: what it is for, and with which keys it was made.

use crate::engine::Value;
use crate::error::Result;
use crate::{Read, Write};

const READ: &str = "SELECT value FROM setting WHERE name = $1";
const INSERT: &str = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

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

/// The value of a setting, if it was ever set.
pub(crate) async fn get(read: &Read<'_>, name: &str) -> Result<Option<String>> {
    let found = read.rows(READ, &[Value::Text(name)], |row| Ok(row.text(0)?.to_owned())).await?;
    Ok(found.into_iter().next())
}

/// Sets a value once; a value that stands is kept.
pub(crate) async fn settle(write: &mut Write<'_>, name: &str, value: &str) -> Result<()> {
    write.execute(INSERT, &[Value::Text(name), Value::Text(value)]).await.map(drop)
}
