//! What the log came to at a moment, signed (C2SP tlog-checkpoint, signed-note): how many leaves, and the hash over them.
//! The key that signs is in the key file; the database does not hold it.

use super::taking::tree_of;
use super::{SIZE, size};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, SIGNER, Signing, Suite};
use crate::{Read, Store, Work, setting};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use signed_note::{Note, Signer, StandardVerifier, VerifierList, key_id};
use sm2::dsa::signature::Verifier as _;
use std::fmt;
use tlog_tiles::Hash;

/// The setting that holds the newest.
const CHECKPOINT: &str = "log:checkpoint";

/// The kinds of keys in a verifier key: Ed25519, and what has no number of its own, said in words.
const ED25519: u8 = 1;
const OTHER: u8 = 0xff;
const SM2: &[u8] = b"SM2";

/// What is said of a note that is not signed with a key that is known.
const UNSIGNED: &str = "it is not signed with this key; where the key was replaced, name the new and the former one, each with --key";

/// What a signed checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The hash over them (RFC 6962).
    pub root: [u8; 32],
}

impl Checkpoint {
    /// Reads a note that was signed with the key of one of these verifiers.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(note: &[u8], verifiers: &[Verifier]) -> std::result::Result<Self, String> {
        let note = Note::from_bytes(note).map_err(|error| format!("it is no signed note: {error:?}"))?;
        let known =
            verifiers.iter().map(|verifier| Box::new(verifier.clone()) as Box<dyn signed_note::Verifier>);
        let known = VerifierList::new(known.collect());
        let signed = note.verify(&known).map_err(|_| UNSIGNED.to_owned())?;
        if signed.0.is_empty() {
            return Err(UNSIGNED.to_owned());
        }
        let said =
            tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| "it is no checkpoint of a log")?;
        if verifiers.iter().all(|verifier| said.origin() != verifier.name) {
            return Err("it is of another log".to_owned());
        }
        Ok(Self { origin: said.origin().to_owned(), size: said.size(), root: said.hash().0 })
    }
}

/// The newest signed checkpoint, as it is served; none before the first.
///
/// # Errors
/// Fails when the database does.
pub async fn checkpoint(read: &Read<'_>) -> Result<Option<String>> {
    setting::committed(read, CHECKPOINT).await
}

/// Signs what the log came to, if there is more of it than the newest checkpoint says; whether it did.
///
/// # Errors
/// Fails when the database does.
pub async fn sign(store: &Store) -> Result<bool> {
    let read = store.read();
    let size = size(&read).await?;
    let newest = checkpoint(&read).await?;
    let signing = store.keys().signing();
    let ours = verifier_of(store.keys(), &signing);
    // After a change of keys it is signed anew, whether there is more or not.
    let signed = newest.and_then(|note| Checkpoint::read(note.as_bytes(), std::slice::from_ref(&ours)).ok());
    if size == 0 || signed.is_some_and(|signed| signed.size == size) {
        return Ok(false);
    }
    let root = tree_of(&read, size).await?.root()?;
    let note = note(&signing, &ours, size, root)?;
    let keep = store.change(move |write| -> Work<'_, ()> {
        Box::pin(async move {
            // Somebody else may have taken in more meanwhile, and signed it.
            let now = setting::get(write, SIZE).await?;
            if now.is_some_and(|now| now == size.to_string()) {
                setting::set(write, CHECKPOINT, &note).await?;
            }
            Ok(())
        })
    });
    keep.await?;
    Ok(true)
}

/// The size that a note of ours says.
pub(super) fn signed_size(note: Option<&str>) -> Option<u64> {
    note?.lines().nth(1)?.parse().ok()
}

fn note(signing: &Signing, ours: &Verifier, size: u64, root: Hash) -> Result<String> {
    let unsigned = || StoreError::Corrupt("checkpoint");
    let text = tlog_tiles::Checkpoint::new(&ours.name, size, root, "").map_err(|_| unsigned())?.to_bytes();
    let mut note = Note::new(&text, &[]).map_err(|_| unsigned())?;
    note.add_sigs(&[&Signs { ours, signing }]).map_err(|_| unsigned())?;
    String::from_utf8(note.to_bytes()).map_err(|_| unsigned())
}

/// Which log: it goes with the keys, wherever its database lies.
fn origin(keys: &Keys) -> String {
    format!("jindu/{}", keys.fingerprint().get(..16).unwrap_or_default())
}

/// The key with which checkpoints are verified, as others want it: `name+id+key` (C2SP signed-note).
#[must_use]
pub fn verifier(keys: &Keys) -> Verifier {
    verifier_of(keys, &keys.signing())
}

fn verifier_of(keys: &Keys, signing: &Signing) -> Verifier {
    let name = origin(keys);
    let key = match signing.verifying() {
        (Suite::International, key) => [&[ED25519], &key[..]].concat(),
        (Suite::Guomi, key) => [&[OTHER], SM2, &key[..]].concat(),
    };
    Verifier { id: key_id(&name, &key), name, key }
}

/// Signs notes with our key.
struct Signs<'k> {
    ours: &'k Verifier,
    signing: &'k Signing,
}

impl Signer for Signs<'_> {
    fn name(&self) -> &str {
        &self.ours.name
    }

    fn key_id(&self) -> u32 {
        self.ours.id
    }

    fn sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        self.signing.sign(message).map_err(|_| signature::Error::new())
    }
}

/// Verifies notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: u32,
    key: Vec<u8>,
}

impl Verifier {
    /// Reads a verifier key; none where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = BASE64_STANDARD.decode(key).ok()?;
        let verifier = Self { name: name.to_owned(), id: u32::from_str_radix(id, 16).ok()?, key };
        let is_known =
            matches!(verifier.key.as_slice(), [ED25519, ..]) || verifier.key.starts_with(&[OTHER, b'S']);
        (is_known && key_id(&verifier.name, &verifier.key) == verifier.id).then_some(verifier)
    }

    fn is_signed_with_sm2(&self, message: &[u8], signature: &[u8]) -> Option<bool> {
        let key = self.key.strip_prefix(&[OTHER])?.strip_prefix(SM2)?;
        let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SIGNER, key).ok()?;
        let signature = sm2::dsa::Signature::from_slice(signature).ok()?;
        Some(key.verify(message, &signature).is_ok())
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.id, BASE64_STANDARD.encode(&self.key))
    }
}

impl signed_note::Verifier for Verifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.key.first() {
            Some(&ED25519) => StandardVerifier::new(&self.to_string())
                .is_ok_and(|verifier| signed_note::Verifier::verify(&verifier, message, signature)),
            _ => self.is_signed_with_sm2(message, signature).unwrap_or(false),
        }
    }
}
