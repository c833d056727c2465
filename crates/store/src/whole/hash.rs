//! What many rows are, in 32 bytes.

use super::{Cell, cells};
use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 over rows, one after another, as their bytes.
#[derive(Clone)]
pub struct RowHash {
    context: Context,
    encoded: Vec<u8>,
}

impl RowHash {
    /// Of no row yet.
    #[must_use]
    pub fn new() -> Self {
        Self { context: Context::new(&SHA256), encoded: Vec::new() }
    }

    /// Takes the next row in.
    pub fn add(&mut self, row: &[Cell]) {
        self.encoded.clear();
        cells::write(row, &mut self.encoded);
        self.context.update(&self.encoded);
    }

    /// The hash of all rows that were added.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.iter_mut().zip(self.context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }
}

impl Default for RowHash {
    fn default() -> Self {
        Self::new()
    }
}
