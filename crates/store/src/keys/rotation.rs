//! Keys are listed, replaced and taken out of their file. A running server notices that the file is another.

use super::file::{self, KeyFile, Put, State};
use super::suite::{Purpose, Suite};
use super::wrapping::Wrapping;
use super::{Keys, refused};
use crate::error::{Result, StoreError};
use std::path::{Path, PathBuf};

/// What stands in a key file, without the keys.
pub struct Listing {
    /// The algorithms.
    pub suite: Suite,
    /// Where the wrapping key lies.
    pub wrapping: String,
    /// The keys.
    pub keys: Vec<Listed>,
}

/// A key in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: u8,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether it is used.
    pub state: State,
}

impl Keys {
    /// Lists the keys of a file.
    ///
    /// # Errors
    /// Refuses what [`Keys::load`] refuses.
    pub fn list(path: &Path) -> Result<Listing> {
        let file = KeyFile::read(path)?;
        file.unwrapped(path)?;
        Ok(Listing { suite: file.suite, wrapping: file.wrapping.word(), keys: listed(&file) })
    }

    /// Puts a new key beside the others. Of one purpose one is prepared at a time: the one that is there already is
    /// taken, so that what was cut off goes on.
    ///
    /// # Errors
    /// Refuses another key that hashes, for everything is found by it.
    pub fn prepare(path: &Path, purpose: Purpose) -> Result<u8> {
        if purpose == Purpose::Hash {
            return Err(refused(path, "the key that hashes is never replaced: everything is found by it"));
        }
        let _alone = file::alone(path)?;
        let mut file = KeyFile::read(path)?;
        if let Some(prepared) =
            file.key.iter().find(|key| (key.purpose, key.state) == (purpose, State::Prepared))
        {
            return Ok(prepared.id);
        }
        let id = file.next().ok_or_else(|| refused(path, "it has no number left for a key"))?;
        let wrapper = file.wrapping.wrapper(file.suite, path)?;
        let key = file.suite.fresh(purpose)?;
        file.add(&wrapper, (id, purpose, State::Prepared), &key)?;
        file.write(path, Put::Instead)?;
        Ok(id)
    }

    /// The prepared key takes over, and the one before it is old.
    ///
    /// # Errors
    /// Fails where the file cannot be written.
    pub fn activate(path: &Path, id: u8) -> Result<()> {
        let _alone = file::alone(path)?;
        let mut file = KeyFile::read(path)?;
        let new = file.key.iter().find(|key| key.id == id).map(|key| key.purpose);
        let purpose = new.ok_or(StoreError::NoKey(id))?;
        for key in file.key.iter_mut().filter(|key| key.purpose == purpose) {
            if key.id == id {
                key.state = State::Active;
            } else if key.state == State::Active {
                key.state = State::Old;
            }
        }
        file.write(path, Put::Instead)
    }

    /// Takes a key out of the file that does not seal now. What it sealed opens no more, and the caller has made sure that
    /// there is nothing; the file as it was stays beside it, for backups. Gives where.
    ///
    /// # Errors
    /// Refuses a key that is used.
    pub fn retire(path: &Path, id: u8) -> Result<PathBuf> {
        let _alone = file::alone(path)?;
        let mut file = KeyFile::read(path)?;
        match file.key.iter().find(|key| key.id == id).map(|key| key.state) {
            None => return Err(refused(path, &format!("it has no key {id}; see `jindu keys list`"))),
            Some(State::Old | State::Prepared) => {}
            Some(State::Active) => {
                return Err(refused(path, &format!("key {id} is active; only others are retired")));
            }
        }
        // Nothing is lost that was sealed with it unseen: the file as it was stays beside this one.
        file.write(&former(path, id), Put::New)?;
        file.key.retain(|key| key.id != id);
        file.write(path, Put::Instead)?;
        Ok(former(path, id))
    }

    /// Wraps the same keys with another key.
    ///
    /// # Errors
    /// Fails where either wrapping key cannot be had, or the file cannot be written.
    pub fn rewrap(path: &Path, wrapping: &Wrapping) -> Result<()> {
        let _alone = file::alone(path)?;
        KeyFile::read(path)?.rewrapped(path, wrapping)?.write(path, Put::Instead)
    }

    /// Makes a file of this version of one of the version before.
    ///
    /// # Errors
    /// Refuses what is no such file.
    pub fn upgrade(path: &Path, wrapping: &Wrapping) -> Result<()> {
        let _alone = file::alone(path)?;
        KeyFile::of_first(path, wrapping)?.write(path, Put::Instead)
    }
}

/// Where the file is kept that holds a retired key.
fn former(path: &Path, id: u8) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".with-{id}"));
    path.with_file_name(name)
}

fn listed(file: &KeyFile) -> Vec<Listed> {
    file.key.iter().map(|key| Listed { id: key.id, purpose: key.purpose, state: key.state }).collect()
}
