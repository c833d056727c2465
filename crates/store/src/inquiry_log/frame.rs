//! A frame: the entries that were written together, and the hash of the frame before it.

use super::ENTRY_LENGTH;
use aws_lc_rs::digest::{Context, SHA256};

pub(super) const MAGIC: [u8; 4] = *b"JDIF";
/// Magic, number of entries, and the hash of the frame before, that number and the entries.
pub(super) const HEADER: usize = 4 + 4 + 32;
/// Entries in one frame at the most, so that a frame always fits a fresh segment.
pub(super) const ENTRIES: usize = 65_536;

pub(super) type Hash = [u8; 32];

/// Writes a frame of the next entries behind the frame of hash `last`; gives its own hash.
pub(super) fn fill<'a>(
    frame: &mut Vec<u8>,
    last: Hash,
    entries: &mut impl Iterator<Item = &'a [u8; ENTRY_LENGTH]>,
) -> Hash {
    frame.clear();
    frame.resize(HEADER, 0);
    let mut count = 0_u32;
    for entry in entries.take(ENTRIES) {
        frame.extend_from_slice(entry);
        count += 1;
    }
    let hash = hash(last, count, frame.get(HEADER..).unwrap_or_default());
    let header = MAGIC.into_iter().chain(count.to_le_bytes()).chain(hash);
    frame.iter_mut().zip(header).for_each(|(to, from)| *to = from);
    hash
}

/// The frame at the front, its entries and what follows, if it is whole and follows `last`.
pub(super) fn next(bytes: &[u8], last: Hash) -> Option<(Hash, &[u8], &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    let (count, told) = header.strip_prefix(&MAGIC)?.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count);
    let (entries, after) = rest.split_at_checked(usize::try_from(count).ok()?.checked_mul(ENTRY_LENGTH)?)?;
    let expected = hash(last, count, entries);
    (told == expected).then_some((expected, entries, after))
}

/// Bytes of the frame that begins with a header; none where it is no header of a frame.
pub(super) fn length(header: &[u8; HEADER]) -> Option<usize> {
    let count = u32::from_le_bytes(*header.strip_prefix(&MAGIC)?.first_chunk()?);
    let count = usize::try_from(count).ok().filter(|count| *count <= ENTRIES)?;
    Some(HEADER + count * ENTRY_LENGTH)
}

fn hash(before: Hash, count: u32, entries: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&before);
    context.update(&count.to_le_bytes());
    context.update(entries);
    let mut hash = [0; 32];
    hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    hash
}
