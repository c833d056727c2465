//! What is done with the keys: hash what identifies, seal what is personal, sign what the log comes to.
//!
//! The keys live in one small file that only its owner may read, each wrapped with one key more. The database never holds
//! them: whoever takes the database or a backup alone learns no number and no name.

mod file;
mod ring;
mod rotation;
mod suite;
#[cfg(test)]
pub(crate) mod tests;
mod token;
mod wrapping;

use crate::error::{Result, StoreError};
pub use file::State;
use file::{KeyFile, Put};
use ring::Ring;
pub use rotation::{Listed, Listing};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use suite::Hasher;
pub(crate) use suite::SIGNER;
pub use suite::{Purpose, Suite};
pub use token::Token;
pub use wrapping::Wrapping;

/// How often a process that seals looks whether the key file is another.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// After so long every process that can see the file seals with the key that it names.
pub const TAKEN_UP_AFTER: Duration = Duration::from_secs(3);
/// After so long nothing is on its way any more that was sealed before: a change waits for half a minute at the most.
pub const ARRIVED_AFTER: Duration = Duration::from_secs(40);

/// Bytes of a keyed hash as stored: half of HMAC-SHA-256, 2⁶⁴ work to find two alike.
pub const HASH_LENGTH: usize = 16;

/// Keyed hash of a citizen number: the key of everything about one person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Subject(pub [u8; HASH_LENGTH]);

impl Subject {
    /// In hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
}

/// Keyed hash of a receipt number: names one application.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Receipt(pub [u8; HASH_LENGTH]);

/// What tells one state of a file from another.
type Stamp = Option<[i64; 6]>;

/// The keys, ready for use. Has no `Debug` on purpose.
pub struct Keys {
    path: PathBuf,
    hasher: Hasher,
    ring: RwLock<Arc<Ring>>,
    looked: Mutex<Looked>,
}

/// When the file was last looked at, how it was when it was last read, and whether it cannot be read since.
struct Looked {
    at: Instant,
    stamp: Stamp,
    fails: bool,
}

impl Keys {
    /// Makes new keys of the international suite, wrapped by one in the same file.
    ///
    /// # Errors
    /// What [`Keys::make`] refuses.
    pub fn init(path: &Path) -> Result<()> {
        Self::make(path, Suite::International, &Wrapping::Here)
    }

    /// Makes new keys and writes them to a file that only its owner may read (0600).
    ///
    /// # Errors
    /// Refuses to replace a file that exists, and to make one where a database lies that others were made with; fails
    /// when it cannot be written, or the wrapping key cannot be had.
    pub fn make(path: &Path, suite: Suite, wrapping: &Wrapping) -> Result<()> {
        if path.exists() {
            return Err(refused(path, "it exists already; existing keys are never replaced"));
        }
        if file::folder_of(path).join(crate::DATABASE_FILE).exists() {
            let why = "a database lies beside it that was made with other keys; put its own key file back";
            return Err(refused(path, why));
        }
        KeyFile::fresh(suite, wrapping, path)?.write(path, Put::New)
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// Refuses a missing file, one that others can read, one that is not a key file, and one whose wrapping key cannot be
    /// had.
    pub fn load(path: &Path) -> Result<Self> {
        let stamp = stamp(path);
        let (hasher, ring) = Ring::of(&KeyFile::read(path)?, path)?;
        Ok(Self {
            path: path.to_owned(),
            hasher,
            ring: RwLock::new(Arc::new(ring)),
            looked: Mutex::new(Looked { at: Instant::now(), stamp, fails: false }),
        })
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again if it is another than when it was last read, and it was last looked at so long ago. A file that
    /// cannot be used now is tried again.
    fn look_again(&self, after: Duration) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let after = if looked.fails { after.max(LOOKED_EVERY) } else { after };
        if looked.at.elapsed() < after {
            return;
        }
        looked.at = Instant::now();
        let now = stamp(&self.path);
        if now == looked.stamp && !looked.fails {
            return;
        }
        let read = KeyFile::read(&self.path).and_then(|file| Ring::of(&file, &self.path));
        let fails = std::mem::replace(&mut looked.fails, true);
        match read {
            Ok((hasher, ring)) if hasher.hash("fingerprint", &[]) == self.hasher.hash("fingerprint", &[]) => {
                let mut own = self.ring.write().unwrap_or_else(PoisonError::into_inner);
                *own = Arc::new(ring.after(&own));
                (looked.stamp, looked.fails) = (now, false);
                tracing::info!("the key file is another, and its keys are used from now on");
            }
            Ok(_) if !fails => {
                tracing::error!(
                    "the key file holds the keys of another database now; the former ones are used on"
                );
            }
            Err(error) if !fails => {
                tracing::error!("the key file cannot be used now; the former keys are used on: {error}");
            }
            _ => {}
        }
    }

    /// The subject of a citizen number.
    #[must_use]
    pub fn subject(&self, number: &domain::number::CitizenNumber) -> Subject {
        Subject(self.keyed_hash("subject", &[number.as_str().as_bytes()]))
    }

    /// The keyed hash of a receipt number.
    #[must_use]
    pub fn receipt(&self, number: &domain::receipt::ReceiptNumber) -> Receipt {
        Receipt(self.keyed_hash("receipt", &[number.as_str().as_bytes()]))
    }

    /// The keyed hash of a feed's own event id (or of a line that has none).
    #[must_use]
    pub fn event(&self, event: &[u8]) -> domain::milestone::EventKey {
        domain::milestone::EventKey(self.keyed_hash("event", &[event]))
    }

    /// The keyed hash of where requests come from.
    #[must_use]
    pub fn source(&self, address: &[u8]) -> [u8; HASH_LENGTH] {
        self.keyed_hash("source", &[address])
    }

    /// A secret with which work that is asked of suspicious sources is signed: the same at all servers.
    #[must_use]
    pub fn work(&self) -> String {
        let halves = [b"signs", b"found"].map(|half| hex::encode(self.keyed_hash("work", &[half])));
        halves.concat()
    }

    /// The keyed hash that names a piece of work.
    #[must_use]
    pub fn work_done(&self, asked: &[u8]) -> [u8; HASH_LENGTH] {
        self.keyed_hash("work done", &[asked])
    }

    /// The keyed hash of what staff show or come from.
    pub(crate) fn of_staff(&self, what: &'static str, shown: &[u8]) -> [u8; HASH_LENGTH] {
        self.keyed_hash(what, &[shown])
    }

    /// The keyed hash over all of a backup.
    pub(crate) fn backup(&self, over: &[u8]) -> [u8; HASH_LENGTH] {
        self.keyed_hash("backup", &[over])
    }

    /// The number that blinds a leaf of the log.
    pub(crate) fn blind(&self, leaf: u64) -> [u8; HASH_LENGTH] {
        self.keyed_hash("leaf", &[&leaf.to_be_bytes()])
    }

    /// The key that signs what the log comes to, as it is now.
    pub(crate) fn signing(&self) -> Signing {
        self.look_again(LOOKED_EVERY);
        Signing(self.ring())
    }

    /// A text that only these keys give: tells whether a database was made with them.
    pub(crate) fn fingerprint(&self) -> String {
        hex::encode(self.keyed_hash("fingerprint", &[]))
    }

    /// The same of each key that seals or is about to, by its number; old ones are of no interest to others.
    pub(crate) fn seal_prints(&self) -> BTreeMap<u8, String> {
        self.ring().prints(|state| state != State::Old)
    }

    /// The same of each key that signs or is about to.
    pub(crate) fn sign_prints(&self) -> BTreeMap<u8, String> {
        self.ring().sign_prints(|state| state != State::Old)
    }

    /// Whether there is a key of a number that signs or did, and what tells it from others.
    pub(crate) fn signs(&self, id: u8) -> Option<String> {
        self.ring().sign_prints(|_| true).remove(&id)
    }

    /// Whether there is a key that opens what was sealed with it under a number, and what tells it from others.
    pub(crate) fn opens(&self, id: u8) -> Option<String> {
        self.ring().prints(|_| true).remove(&id)
    }

    fn keyed_hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; HASH_LENGTH] {
        self.hasher.hash(purpose, parts)
    }

    /// The number of the key that seals now.
    pub(crate) fn sealing(&self) -> Result<u8> {
        self.look_again(Duration::ZERO);
        self.ring().sealing().map(|(id, _)| id).ok_or(StoreError::Unsealed)
    }

    /// Seals bytes for one place: key id, nonce, ciphertext and tag in one value.
    pub(crate) fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        self.look_again(LOOKED_EVERY);
        let (id, seal) = self.ring().sealing().ok_or(StoreError::Unsealed)?;
        let mut sealed = Vec::with_capacity(1 + 12 + plain.len() + 16);
        sealed.push(id);
        seal.sealer.seal(&place.bytes(id), plain, &mut sealed)?;
        Ok(sealed)
    }

    /// Opens what `seal` made for the same place. A key that is not known yet may be in the file meanwhile.
    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        let (id, rest) = sealed.split_first().ok_or(StoreError::Unsealed)?;
        let known = self.ring().seal(*id).or_else(|| {
            self.look_again(Duration::ZERO);
            self.ring().seal(*id)
        });
        known.ok_or(StoreError::NoKey(*id))?.sealer.open(&place.bytes(*id), rest)
    }
}

/// A key that signs, and stays the same while it is used.
pub(crate) struct Signing(Arc<Ring>);

impl Signing {
    /// The key with which its signatures are verified, and of which algorithm.
    pub(crate) fn verifying(&self) -> (Suite, Vec<u8>) {
        (self.0.signer.suite(), self.0.signer.public())
    }

    /// Signs.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.0.signer.sign(message)
    }
}

/// How a file is now: who may read it too.
fn stamp(path: &Path) -> Stamp {
    let meta = fs::metadata(path).ok()?;
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (inode, length) = (signed(meta.ino()), signed(meta.len()));
    Some([meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec(), inode, length])
}

/// Where a sealed value stands; a value moved to another place does not open.
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) row: &'a [u8],
}

impl Place<'_> {
    fn bytes(&self, key_id: u8) -> Vec<u8> {
        [self.table.as_bytes(), &[0], self.column.as_bytes(), &[0], self.row, &[key_id]].concat()
    }
}

fn refused(path: &Path, why: &str) -> StoreError {
    StoreError::Keys { path: path.to_owned(), why: why.to_owned() }
}
