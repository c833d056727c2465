//! Rows as bytes, the same on both engines, and the sum that tells whether two tables hold the same rows.

use super::{BackupError, Result};
use crate::whole::Cell;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

const NULL: u8 = 0;
const INT: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// Adds a row behind others.
pub(super) fn write(row: &[Cell], bytes: &mut Vec<u8>) -> Result<()> {
    for cell in row {
        let (kind, content) = match cell {
            Cell::Null => {
                bytes.push(NULL);
                continue;
            }
            Cell::Int(number) => {
                bytes.push(INT);
                bytes.extend_from_slice(&number.to_le_bytes());
                continue;
            }
            Cell::Text(text) => (TEXT, text.as_bytes()),
            Cell::Blob(blob) => (BLOB, blob.as_slice()),
        };
        let too_large = |_| BackupError::Damaged("a row is larger than a backup takes");
        bytes.push(kind);
        bytes.extend_from_slice(&u32::try_from(content.len()).map_err(too_large)?.to_le_bytes());
        bytes.extend_from_slice(content);
    }
    Ok(())
}

/// Takes the row of so many cells at the front.
pub(super) fn read(bytes: &mut &[u8], columns: usize) -> Result<Vec<Cell>> {
    (0..columns).map(|_| cell(bytes).ok_or(BackupError::Damaged("a row does not read"))).collect()
}

fn cell(bytes: &mut &[u8]) -> Option<Cell> {
    let (kind, rest) = bytes.split_first()?;
    let (cell, rest) = match *kind {
        NULL => (Cell::Null, rest),
        INT => {
            let (number, rest) = rest.split_first_chunk()?;
            (Cell::Int(i64::from_le_bytes(*number)), rest)
        }
        TEXT | BLOB => {
            let (length, rest) = rest.split_first_chunk()?;
            let (content, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            let content = content.to_vec();
            let cell = if *kind == TEXT {
                Cell::Text(String::from_utf8(content).ok()?)
            } else {
                Cell::Blob(content)
            };
            (cell, rest)
        }
        _ => return None,
    };
    *bytes = rest;
    Some(cell)
}

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
