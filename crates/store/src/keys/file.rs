//! The key file: what stands in it, and how it is written. It is there whole or not at all, and for its owner alone.

use super::refused;
use super::suite::{Purpose, Suite};
use super::wrapping::{Said, Unwrapped, Wrapper, Wrapping};
use crate::error::{Result, at, private_folder};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The version that this one writes.
const VERSION: u8 = 2;
const HEAD: &str = "# The keys of a Jindu database. Keep a copy in a safe place, apart from the backups:\n\
    # without this file no name or number can be read again. `jindu keys` changes it.\n";

/// What is said of a key file that is not there.
const MISSING: &str =
    "it does not exist; put the database's own there, or make one for a new database with `jindu keys init`";

/// What a key is used for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It opens what others sealed with it, and seals nothing yet: until every server has it.
    Prepared,
    /// It seals, or signs.
    Active,
    /// It opens what it sealed, and seals nothing more.
    Old,
}

impl State {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Active => "active",
            Self::Old => "old",
        }
    }
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    version: u8,
    pub(super) suite: Suite,
    /// The number of the next key.
    next: u8,
    pub(super) wrapping: Said,
    pub(super) key: Vec<Entry>,
}

/// A key in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Unique in the file, and never given again.
    pub(super) id: u8,
    pub(super) purpose: Purpose,
    pub(super) state: State,
    /// Hexadecimal.
    wrapped: String,
}

/// The file of version 1, with its keys in the clear.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    version: u8,
    key_id: u8,
    hash: String,
    seal: String,
}

impl KeyFile {
    fn empty(suite: Suite, wrapping: Said) -> Self {
        Self { version: VERSION, suite, next: 1, wrapping, key: Vec::new() }
    }

    /// The number of the next key; none where there is none left.
    pub(super) const fn next(&self) -> Option<u8> {
        match self.next {
            0 => None,
            next => Some(next),
        }
    }

    /// New keys of a suite.
    pub(super) fn fresh(suite: Suite, wrapping: &Wrapping, path: &Path) -> Result<Self> {
        let mut file = Self::empty(suite, wrapping.make(suite)?);
        let wrapper = file.wrapping.wrapper(suite, path)?;
        for (id, purpose) in (1..).zip([Purpose::Seal, Purpose::Hash, Purpose::Sign]) {
            let key = suite.fresh(purpose)?;
            file.add(&wrapper, (id, purpose, State::Active), &key)?;
        }
        Ok(file)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Refuses a missing file, one that others can read, and one that is not a key file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = private_text(path, MISSING)?;
        // The parser's message would quote the line, and the line is a key.
        let file: Self = toml::from_str(&text).map_err(|_| {
            let is_first = toml::from_str::<First>(&text).is_ok_and(|first| first.version == 1);
            let newer = text.lines().find_map(|line| line.strip_prefix("version = ")?.parse::<u8>().ok());
            refused(
                path,
                match newer {
                    Some(version) if version > VERSION => "it was made by a newer version",
                    _ if is_first => "it was made by an older version; run `jindu keys upgrade`",
                    _ => "it is not a key file",
                },
            )
        })?;
        match file.version {
            VERSION => Ok(file),
            _ => Err(refused(path, "it was made by a newer version")),
        }
    }

    /// What a file of version 1 becomes: its two keys, and one that signs.
    pub(super) fn of_first(path: &Path, wrapping: &Wrapping) -> Result<Self> {
        let first: First = toml::from_str(&private_text(path, MISSING)?)
            .map_err(|_| refused(path, "it is no key file of the version before"))?;
        let suite = Suite::International;
        let mut file = Self::empty(suite, wrapping.make(suite)?);
        let wrapper = file.wrapping.wrapper(suite, path)?;
        let next =
            first.key_id.checked_add(2).ok_or_else(|| refused(path, "it has no number left for a key"))?;
        for (id, purpose, text) in
            [(first.key_id, Purpose::Seal, &first.seal), (next - 1, Purpose::Hash, &first.hash)]
        {
            let key = Unwrapped::new(hex::decode(text).unwrap_or_default());
            if key.len() != suite.length(purpose) {
                return Err(refused(path, "a key in it is not 64 hexadecimal digits"));
            }
            file.add(&wrapper, (id, purpose, State::Active), &key)?;
        }
        file.add(&wrapper, (next, Purpose::Sign, State::Active), &suite.fresh(Purpose::Sign)?)?;
        Ok(file)
    }

    /// Every key, unwrapped.
    pub(super) fn unwrapped(&self, path: &Path) -> Result<Vec<(&Entry, Unwrapped)>> {
        let wrapper = self.wrapping.wrapper(self.suite, path)?;
        let unwrapped = |entry: &Entry| {
            let wrapped = hex::decode(&entry.wrapped).unwrap_or_default();
            wrapper.unwrap(&bound_to(self.suite, entry.purpose, entry.id), &wrapped).map_err(|_| {
                refused(path, "a key in it does not open with the wrapping key; they do not belong together")
            })
        };
        self.key.iter().map(|entry| Ok((entry, unwrapped(entry)?))).collect()
    }

    /// Adds a key.
    pub(super) fn add(
        &mut self,
        wrapper: &Wrapper,
        (id, purpose, state): (u8, Purpose, State),
        key: &[u8],
    ) -> Result<()> {
        let wrapped = hex::encode(wrapper.wrap(&bound_to(self.suite, purpose, id), key)?);
        self.key.push(Entry { id, purpose, state, wrapped });
        // After the last one there is none: numbers are never given again.
        self.next = if self.next == 0 { 0 } else { self.next.max(id.wrapping_add(1)) };
        if id == u8::MAX {
            self.next = 0;
        }
        Ok(())
    }

    /// Puts the same keys under another wrapping key.
    pub(super) fn rewrapped(&self, path: &Path, wrapping: &Wrapping) -> Result<Self> {
        let suite = self.suite;
        let mut file = Self::empty(suite, wrapping.make(suite)?);
        file.next = self.next;
        let wrapper = file.wrapping.wrapper(suite, path)?;
        for (entry, key) in self.unwrapped(path)? {
            file.add(&wrapper, (entry.id, entry.purpose, entry.state), &key)?;
        }
        Ok(file)
    }

    /// With two keys in each other's place.
    #[cfg(test)]
    pub(super) fn swapped(&self, path: &Path, one: u8, other: u8) -> Result<Self> {
        let wrapper = self.wrapping.wrapper(self.suite, path)?;
        let wrapping = toml::from_str(&toml::to_string(&self.wrapping).unwrap_or_default());
        let wrapping = wrapping.map_err(|_| refused(path, "its wrapping cannot be written"))?;
        let mut file = Self::empty(self.suite, wrapping);
        file.next = self.next;
        for (entry, key) in self.unwrapped(path)? {
            let id = [(one, other), (other, one)].into_iter().find(|(from, _)| *from == entry.id);
            file.add(&wrapper, (id.map_or(entry.id, |(_, to)| to), entry.purpose, entry.state), &key)?;
        }
        Ok(file)
    }

    /// Writes it. Where it takes the place of another, that one goes only when every key in this one opens.
    pub(super) fn write(&self, path: &Path, how: Put) -> Result<()> {
        if how == Put::Instead {
            self.unwrapped(path)?;
        }
        let keys = toml::to_string(self).map_err(|error| refused(path, &error.to_string()))?;
        put(path, &format!("{HEAD}{keys}"), how)
    }
}

/// What a wrapped key is bound to: it opens as nothing else.
fn bound_to(suite: Suite, purpose: Purpose, id: u8) -> Vec<u8> {
    [b"jindu key\0", suite.as_str().as_bytes(), b"\0", purpose.as_str().as_bytes(), b"\0", &[id]].concat()
}

/// The text of a file that only its owner may read.
///
/// # Errors
/// Refuses a missing file, and one that others can read.
pub(super) fn private_text(path: &Path, missing: &str) -> Result<String> {
    let mode = fs::metadata(path)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => refused(path, missing),
            _ => at(path)(error),
        })?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(refused(path, "others can read it; run `chmod 600` on it"));
    }
    fs::read_to_string(path).map_err(at(path))
}

/// Whether a file may be there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It must not.
    New,
    /// The new one takes its place at once.
    Instead,
}

/// Writes a file that only its owner may read (0600), and waits for the disk: for its folder too, for after a power cut
/// there must not be a database without its keys.
pub(super) fn put(path: &Path, text: &str, how: Put) -> Result<()> {
    // A link leads to where the keys shall lie.
    let real = fs::canonicalize(path).ok().filter(|_| how == Put::Instead);
    let path = real.as_deref().unwrap_or(path);
    let folder = folder_of(path);
    private_folder(folder)?;
    let target = match how {
        Put::New => path.to_owned(),
        Put::Instead => beside(path),
    };
    if how == Put::Instead {
        // What a command left that was killed.
        drop(fs::remove_file(&target));
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
    let mut out = made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            refused(path, "it exists already; existing keys are never replaced")
        }
        _ => at(path)(error),
    })?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(at(path))?;
    if how == Put::Instead {
        fs::rename(&target, path).map_err(at(path))?;
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

/// Where the file lies that takes its place.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Keeps other commands from changing a key file, as long as it lives.
pub(super) fn alone(path: &Path) -> Result<File> {
    let folder = folder_of(path);
    let lock = File::open(folder).map_err(at(folder))?;
    lock.try_lock().map_err(|_| refused(path, "another command changes it"))?;
    Ok(lock)
}
