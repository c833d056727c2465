//! That a backup was made by a holder of the keys: a recipient's public key alone does not make one.

use super::frame::Hash;
use crate::keys::{HASH_LENGTH, Keys};
use subtle::ConstantTimeEq as _;

/// A keyed hash over all frames before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    over: Hash,
    said: [u8; HASH_LENGTH],
}

impl Mark {
    pub(super) fn new(over: Hash, said: [u8; HASH_LENGTH]) -> Self {
        Self { over, said }
    }

    pub(super) fn by(keys: &Keys, over: Hash) -> Self {
        Self { over, said: keys.backup(&over) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.said
    }

    pub(super) fn is_by(&self, keys: &Keys) -> bool {
        keys.backup(&self.over).ct_eq(&self.said).into()
    }
}
