//! The log that outsiders can check: every look at somebody's application and every change is one leaf of a tree of hashes
//! (C2SP tlog-tiles). Whoever keeps a signed checkpoint of it notices when what was before is changed, taken out or put
//! in later.
//!
//! A leaf is a commitment: the hash of an entry and of a number that only our keys give. It says nothing to anybody, until
//! the entry and its number are shown to the person whom it is about.
//!
//! Looks and changes are durable before they are taken in: the record of inquiries and the table of changes hold them. One
//! server at a time takes them in, some hundreds at once, a few seconds later.

mod checkpoint;
mod files;
mod looks;
mod source;
mod taking;
#[cfg(test)]
mod tests;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, Verifier, checkpoint, sign, verifier};
pub use files::{CHECKPOINT, Tile, tile};
pub use looks::{Look, Proof, of_subject, proven, tries};
pub use taking::{Taken, take_in};
pub use tree::Leaf;
pub use verify::{Files, Finding, Verified, beyond, compare, verify};

use crate::error::{Result, StoreError};
use crate::keys::Keys;
use crate::{Read, setting};
use aws_lc_rs::digest::{Context, SHA256};

/// The setting that says how many leaves there are.
const SIZE: &str = "log:size";

/// What a leaf commits to.
#[derive(Clone, Copy)]
pub(crate) enum Entry<'a> {
    /// A look, as the record of inquiries holds it.
    Look(&'a [u8]),
    /// A change.
    Change { at: i64, actor: &'a str, action: &'a str, detail: &'a str },
}

impl Entry<'_> {
    /// What is hashed. No two entries have the same bytes: no actor and no action has a zero byte.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Look(entry) => [b"look\0", *entry].concat(),
            Self::Change { at, actor, action, detail } => {
                let at = at.to_be_bytes();
                let parts: [&[u8]; 7] =
                    [b"change\0", &at, actor.as_bytes(), b"\0", action.as_bytes(), b"\0", detail.as_bytes()];
                parts.concat()
            }
        }
    }
}

/// The commitment to an entry that is a leaf of a number.
pub(crate) fn leaf(keys: &Keys, number: u64, entry: &[u8]) -> Leaf {
    committed(&keys.blind(number), entry)
}

/// The commitment to an entry, with the number that blinds it.
#[must_use]
pub fn committed(blind: &[u8], entry: &[u8]) -> Leaf {
    let mut context = Context::new(&SHA256);
    context.update(b"jindu leaf\0");
    context.update(blind);
    context.update(entry);
    let mut leaf = [0; 32];
    leaf.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    leaf
}

/// How many leaves there are.
async fn size(read: &Read<'_>) -> Result<u64> {
    let size = setting::committed(read, SIZE).await?;
    size.map_or(Ok(0), |size| size.parse().map_err(|_| StoreError::Corrupt("log")))
}
