//! What many rows are, in 32 bytes.

use super::Cell;
use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 over rows, one after another, in an encoding that is the same on both engines: each cell begins with a byte
/// for its type; numbers and lengths are 8 bytes, little-endian.
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
        for cell in row {
            match cell {
                Cell::Null => self.encoded.push(0),
                Cell::Int(number) => {
                    self.encoded.push(1);
                    self.encoded.extend_from_slice(&number.to_le_bytes());
                }
                Cell::Text(text) => self.add_bytes(2, text.as_bytes()),
                Cell::Blob(bytes) => self.add_bytes(3, bytes),
            }
        }
        self.context.update(&self.encoded);
    }

    /// The hash of all rows that were added.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.iter_mut().zip(self.context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }

    fn add_bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.encoded.push(kind);
        self.encoded.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.encoded.extend_from_slice(bytes);
    }
}

impl Default for RowHash {
    fn default() -> Self {
        Self::new()
    }
}
