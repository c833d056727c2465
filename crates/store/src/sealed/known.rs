//! The keys that a database knows, by a hash of each: those that seal in it, and those that sign its log.

use crate::Read;
use crate::engine::Row;
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Purpose};
use std::collections::BTreeMap;

/// From the first key that seals to the last that signs; `note` passes over whatever else stands between.
const PRINTS: &str = "SELECT name, value FROM setting WHERE name >= 'seal:' AND name < 'sign;'";
/// What stands in the place of a retired key's hash: no file need hold it, and none brings it back.
pub(super) const RETIRED: &str = "retired";

/// The keys by their numbers, with what tells each from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    seals: BTreeMap<u8, String>,
    signs: BTreeMap<u8, String>,
}

/// The setting that tells of a key.
pub(super) fn name(purpose: Purpose, id: u8) -> String {
    format!("{}:{id}", purpose.as_str())
}

impl Known {
    /// Those of a database.
    pub(super) async fn of(read: &Read<'_>) -> Result<Self> {
        let mut known = Self::default();
        let print = |row: &Row<'_>| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
        read.rows(PRINTS, &[], print).await?.iter().for_each(|(name, print)| known.note(name, print));
        Ok(known)
    }

    /// Takes a setting in, if it tells of a key.
    pub(crate) fn note(&mut self, name: &str, print: &str) {
        let Some((word, id)) = name.split_once(':') else { return };
        let Ok(id) = id.parse() else { return };
        if word == Purpose::Seal.as_str() {
            self.seals.insert(id, print.to_owned());
        } else if word == Purpose::Sign.as_str() {
            self.signs.insert(id, print.to_owned());
        }
    }

    /// Whether a file of keys opens what is sealed, and holds the newest key that signs: with a former one a log would go
    /// on under a key that was replaced.
    ///
    /// # Errors
    /// Names a key that the file lacks, or has another of that number for.
    pub(crate) fn are_held_by(&self, keys: &Keys) -> Result<()> {
        for (id, print) in self.seals.iter().filter(|(_, print)| *print != RETIRED) {
            same(*id, print, keys.opens(*id))?;
        }
        match self.signs.iter().rfind(|(_, print)| *print != RETIRED) {
            Some((id, print)) => same(*id, print, keys.signs(*id)),
            None => Ok(()),
        }
    }

    /// Settings for the keys of a file that are not known yet. An old key that the database does not know was retired
    /// elsewhere.
    pub(super) fn fresh(&self, keys: &Keys) -> Vec<(String, String)> {
        let of = |purpose, prints: BTreeMap<u8, String>, known: &BTreeMap<u8, String>| {
            let fresh = prints.into_iter().filter(|(id, _)| !known.contains_key(id));
            fresh.map(|(id, print)| (name(purpose, id), print)).collect::<Vec<_>>()
        };
        let mut fresh = of(Purpose::Seal, keys.seal_prints(), &self.seals);
        fresh.extend(of(Purpose::Sign, keys.sign_prints(), &self.signs));
        fresh
    }
}

fn same(id: u8, known: &str, held: Option<String>) -> Result<()> {
    match held {
        None => Err(StoreError::NoKey(id)),
        Some(held) if held != known => Err(StoreError::OtherKey(id)),
        Some(_) => Ok(()),
    }
}
