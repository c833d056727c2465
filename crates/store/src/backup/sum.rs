//! The sum that tells whether two tables hold the same rows.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// How many rows, and the sum of their hashes: SHA-256 of each, added up as numbers of 256 bits. So it does not matter in
/// which order a later program, or another engine, walks over them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Rows.
    pub rows: u64,
    /// Sum of the hashes, least digits first, in hexadecimal.
    #[serde(with = "hex")]
    hashes: [u8; 32],
}

impl Sum {
    /// Adds a row by its bytes.
    pub(super) fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        let mut carry = 0;
        for (digit, more) in self.hashes.iter_mut().zip(digest(&SHA256, row).as_ref()) {
            let sum = u16::from(*digit) + u16::from(*more) + carry;
            (*digit, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
    }
}
