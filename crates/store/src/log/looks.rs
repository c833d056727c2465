//! Who looked at somebody's application, and the proof that each look is in the log.

use super::checkpoint::{Checkpoint, checkpoint, signed_size};
use super::taking::{self, signed};
use super::tree::HEIGHT;
use super::{Entry, Leaf, committed, leaf};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::inquiry_log::{InquiryEntry, Outcome};
use crate::keys::{Keys, Subject};
use crate::{Read, log::tree::Address};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tlog_tiles::{Error, Hash, HashReader, Tile, check_record, prove_record, record_hash};

/// Byte 26 says how an inquiry ended: those that showed nothing are counted only, for whoever wants to hide a look could
/// bury it under them.
const OF_SUBJECT: &str = "SELECT leaf, entry FROM look
    WHERE subject = $1 AND substr(entry, 26, 1) NOT IN ($2, $3) ORDER BY leaf DESC LIMIT $4";
const TRIES: &str = "SELECT count(*) FROM look WHERE subject = $1 AND substr(entry, 26, 1) IN ($2, $3)";

/// How inquiries end that fit nothing.
const IN_VAIN: [[u8; 1]; 2] = [[Outcome::NoMatch.number()], [Outcome::Limited.number()]];

/// A look at somebody's application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The number of its leaf.
    pub number: u64,
    /// What it was.
    pub entry: InquiryEntry,
    bytes: Vec<u8>,
}

/// That a look is in the log: whoever hashes the entry after the blinding number has the leaf, and with the hashes the
/// root of the checkpoint (RFC 6962, section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The number that blinds the entry.
    pub blind: [u8; 16],
    /// What the leaf commits to.
    pub entry: Vec<u8>,
    /// The leaf.
    pub leaf: Leaf,
    /// The hashes from the leaf to the root.
    pub hashes: Vec<[u8; 32]>,
}

impl Proof {
    /// The look that the entry is; none where it is none.
    #[must_use]
    pub fn look(&self) -> Option<InquiryEntry> {
        InquiryEntry::parse(self.entry.strip_prefix(b"look\0")?.try_into().ok()?)
    }

    /// Whether it proves that the entry is the leaf of a number in the log that a checkpoint was signed for.
    #[must_use]
    pub fn holds(&self, number: u64, checkpoint: &Checkpoint) -> bool {
        let hashes = self.hashes.iter().map(|hash| Hash(*hash)).collect();
        let (leaf, root) = (committed(&self.blind, &self.entry), Hash(checkpoint.root));
        let is_in = || check_record(&hashes, checkpoint.size, root, number, record_hash(&leaf)).is_ok();
        leaf == self.leaf && number < checkpoint.size && is_in()
    }
}

/// The newest looks at the applications of a person that showed something, the newest first.
///
/// # Errors
/// Fails when the database does.
pub async fn of_subject(read: &Read<'_>, subject: Subject, most: u32) -> Result<Vec<Look>> {
    let [none, limited] = IN_VAIN;
    let values =
        [Value::Blob(&subject.0), Value::Blob(&none), Value::Blob(&limited), Value::Int(most.into())];
    let rows = read.rows(OF_SUBJECT, &values, |row| {
        let bytes = row.array(1)?;
        let entry = InquiryEntry::parse(&bytes).ok_or(StoreError::Corrupt("look"))?;
        Ok(Look { number: row.int(0)?.unsigned_abs(), entry, bytes: bytes.to_vec() })
    });
    rows.await
}

/// How many inquiries about a person fitted nothing.
///
/// # Errors
/// Fails when the database does.
pub async fn tries(read: &Read<'_>, subject: Subject) -> Result<u64> {
    let [none, limited] = IN_VAIN;
    let values = [Value::Blob(&subject.0), Value::Blob(&none), Value::Blob(&limited)];
    let rows = read.rows(TRIES, &values, |row| row.int(0)).await?;
    Ok(rows.into_iter().map(i64::unsigned_abs).sum())
}

/// The proofs of looks that the newest checkpoint covers, with that checkpoint.
///
/// # Errors
/// Fails when the database does.
pub async fn proven(
    read: &Read<'_>,
    keys: &Keys,
    looks: &[Look],
) -> Result<Option<(String, BTreeMap<u64, Proof>)>> {
    let Some(note) = checkpoint(read).await? else { return Ok(None) };
    let size = signed_size(Some(&note)).ok_or(StoreError::Corrupt("checkpoint"))?;
    let mut tiles = Tiles::default();
    let mut proofs = BTreeMap::new();
    for look in looks.iter().filter(|look| look.number < size) {
        let hashes = tiles.prove(read, size, look.number).await?;
        let entry = Entry::Look(&look.bytes).bytes();
        let blind = keys.blind(look.number);
        let leaf = leaf(keys, look.number, &entry);
        let hashes = hashes.into_iter().map(|hash| hash.0).collect();
        proofs.insert(look.number, Proof { blind, entry, leaf, hashes });
    }
    Ok(Some((note, proofs)))
}

/// Tiles that were read, and those that are wanted.
#[derive(Default)]
struct Tiles {
    read: BTreeMap<Address, Vec<u8>>,
    wanted: RefCell<BTreeSet<Address>>,
}

impl Tiles {
    /// The proof of a leaf in the tree of a size. Which hashes it needs does not depend on what they are: they are asked
    /// for once to know which, and once to have them.
    async fn prove(&mut self, read: &Read<'_>, size: u64, number: u64) -> Result<Vec<Hash>> {
        let failed = |_| StoreError::Corrupt("log");
        prove_record(size, number, self).map_err(failed)?;
        for address in self.wanted.take() {
            let hashes = taking::tile(read, address).await?.ok_or(StoreError::Corrupt("log"))?;
            self.read.insert(address, hashes);
        }
        prove_record(size, number, self).map_err(failed)
    }
}

impl HashReader for Tiles {
    fn read_hashes(&self, indexes: &[u64]) -> std::result::Result<Vec<Hash>, Error> {
        let found = |index: &u64| {
            let tile = Tile::from_index(HEIGHT, *index);
            let address = (i64::from(tile.level()), tile.level_index());
            match self.read.get(&address) {
                Some(hashes) => tile.hash_at_index(hashes, *index),
                None => {
                    self.wanted.borrow_mut().insert(address);
                    Ok(Hash::default())
                }
            }
        };
        indexes.iter().map(found).collect()
    }
}

/// Looks by the numbers of their leaves, for whoever compares the log with the database.
pub(super) async fn from(read: &Read<'_>, number: u64, most: usize) -> Result<Vec<(u64, Subject, Vec<u8>)>> {
    const FROM: &str = "SELECT leaf, subject, entry FROM look WHERE leaf >= $1 ORDER BY leaf LIMIT $2";
    let values = [Value::Int(signed(number)), Value::Int(most as i64)];
    let rows = read.rows(FROM, &values, |row| {
        Ok((row.int(0)?.unsigned_abs(), Subject(row.array(1)?), row.blob(2)?.to_vec()))
    });
    rows.await
}
