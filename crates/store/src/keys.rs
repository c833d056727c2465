//! The key file, and what is done with its keys: hash what identifies, seal what is personal.
//!
//! The keys live in one small file that only its owner may read. The database never holds them: whoever
//! takes the database or a backup alone learns no number and no name.

#[cfg(test)]
mod tests;

use crate::error::{Result, StoreError, at, private_folder};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Bytes of a keyed hash as stored: half of HMAC-SHA-256, 2⁶⁴ work to find two alike.
pub const HASH_LENGTH: usize = 16;

/// Keyed hash of a citizen number: the key of everything about one person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Subject(pub [u8; HASH_LENGTH]);

/// Keyed hash of a receipt number: names one application.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Receipt(pub [u8; HASH_LENGTH]);

/// The file's text; keys in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u8,
    key_id: u8,
    hash: String,
    seal: String,
}

/// The keys, ready for use. Has no `Debug` on purpose.
pub struct Keys {
    id: u8,
    hash: hmac::Key,
    seal: LessSafeKey,
}

impl Keys {
    /// Makes new keys and writes them to a file that only its owner may read (0600).
    ///
    /// # Errors
    /// Refuses to replace a file that exists, and to make one where a database lies that others were made with; fails
    /// when it cannot be written.
    pub fn init(path: &Path) -> Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !path.exists() && folder.join(crate::DATABASE_FILE).exists() {
            let why = "a database lies beside it that was made with other keys; put its own key file back";
            return Err(refused(path, why));
        }
        private_folder(folder)?;
        let fresh = || -> Result<String> {
            let mut key = [0_u8; 32];
            rand::fill(&mut key).map_err(|_| refused(path, "the system gave no random bytes"))?;
            Ok(hex::encode(key))
        };
        let file = KeyFile { version: 1, key_id: 1, hash: fresh()?, seal: fresh()? };
        let keys = toml::to_string(&file).map_err(|error| refused(path, &error.to_string()))?;
        let text = format!(
            "# The keys of a Jindu database. Keep a copy in a safe place, apart from the backups:\n\
             # without this file no name or number can be read again.\n{keys}"
        );
        let mut out =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
                match error.kind() {
                    std::io::ErrorKind::AlreadyExists => {
                        refused(path, "it exists already; existing keys are never replaced")
                    }
                    _ => at(path)(error),
                }
            })?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(at(path))?;
        // The folder too: after a power cut there must not be a database without its keys.
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// Refuses a missing file, one that others can read, and one that is not a key file.
    pub fn load(path: &Path) -> Result<Self> {
        let mode = fs::metadata(path)
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    refused(path, "it does not exist; put the database's own there, or make one for a new database with `jindu keys init`")
                }
                _ => at(path)(error),
            })?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(refused(path, "others can read it; run `chmod 600` on it"));
        }
        let text = fs::read_to_string(path).map_err(at(path))?;
        // The parser's message would quote the line, and the line is a key.
        let file: KeyFile = toml::from_str(&text).map_err(|_| refused(path, "it is not a key file"))?;
        if file.version != 1 {
            return Err(refused(path, "it was made by a newer version"));
        }
        let key = |text: &str| -> Result<[u8; 32]> {
            let mut key = [0_u8; 32];
            hex::decode_to_slice(text, &mut key)
                .map_err(|_| refused(path, "a key in it is not 64 hexadecimal digits"))?;
            Ok(key)
        };
        let seal = UnboundKey::new(&AES_256_GCM, &key(&file.seal)?)
            .map_err(|_| refused(path, "the sealing key is unusable"))?;
        Ok(Self {
            id: file.key_id,
            hash: hmac::Key::new(hmac::HMAC_SHA256, &key(&file.hash)?),
            seal: LessSafeKey::new(seal),
        })
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

    /// The keyed hash over all of a backup.
    pub(crate) fn backup(&self, over: &[u8]) -> [u8; HASH_LENGTH] {
        self.keyed_hash("backup", &[over])
    }

    /// A text that only these keys give: tells whether a database was made with them.
    pub(crate) fn fingerprint(&self) -> String {
        hex::encode(self.keyed_hash("fingerprint", &[]))
    }

    fn keyed_hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; HASH_LENGTH] {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(purpose.as_bytes());
        for part in parts {
            context.update(&[0]);
            context.update(part);
        }
        let tag = context.sign();
        let mut hash = [0; HASH_LENGTH];
        hash.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }

    /// Seals bytes for one place: key id, nonce, ciphertext and tag in one value.
    pub(crate) fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| StoreError::Unsealed)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.push(self.id);
        sealed.extend_from_slice(&nonce);
        let mut text = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.seal
            .seal_in_place_append_tag(nonce, Aad::from(place.bytes(self.id)), &mut text)
            .map_err(|_| StoreError::Unsealed)?;
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Opens what `seal` made for the same place.
    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        let (id, rest) = sealed.split_first().ok_or(StoreError::Unsealed)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(StoreError::Unsealed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StoreError::Unsealed)?;
        let mut text = text.to_vec();
        let plain = self
            .seal
            .open_in_place(nonce, Aad::from(place.bytes(*id)), &mut text)
            .map_err(|_| StoreError::Unsealed)?
            .len();
        text.truncate(plain);
        Ok(text)
    }
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
