//! Rows as bytes, the same on both engines: each cell begins with a byte for its type; numbers and lengths are 8 bytes,
//! little-endian.

use super::{Cell, Cells};

const NULL: u8 = 0;
const INT: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// Adds a row behind others.
pub(crate) fn write(row: &[Cell], bytes: &mut Vec<u8>) {
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
        bytes.push(kind);
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(content);
    }
}

/// Takes the row of so many cells at the front; none where there is no such row.
pub(crate) fn read(bytes: &mut &[u8], columns: usize) -> Option<Cells> {
    (0..columns).map(|_| cell(bytes)).collect()
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
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (content, rest) = rest.split_at_checked(length)?;
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
