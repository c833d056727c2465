//! The frames of the record one after the other, for whoever takes them in elsewhere.

use super::ENTRY_LENGTH;
use super::frame::{self, Hash};
use super::segment::{self, HEADER};
use crate::error::{Result, StoreError, at};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The entries of a frame.
pub(crate) type Entries = Vec<[u8; ENTRY_LENGTH]>;

/// The hashes of the newest frame of a run and of the one before it: a frame that nobody was told of may stand there too,
/// and the one after it names the frame before it.
#[derive(Default)]
pub(crate) struct Ends {
    newest: Hash,
    before: Hash,
}

impl Ends {
    /// As they were written; what is missing is none.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hashes = bytes.as_chunks::<32>().0.iter().copied();
        Self { newest: hashes.next().unwrap_or_default(), before: hashes.next().unwrap_or_default() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.newest, self.before].concat()
    }

    /// The entries of the frame that is next; none where it follows neither.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Option<Entries> {
        let follows = |hash| frame::next(bytes, hash).map(|(is, entries, _)| (hash, is, entries));
        let (named, hash, entries) = follows(self.newest).or_else(|| follows(self.before))?;
        *self = Self { newest: hash, before: named };
        Some(entries.as_chunks().0.to_vec())
    }
}

/// Up to where the files are on the disk; none while nobody writes them in this process.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged(Mutex<Option<(u64, u64)>>);

impl Acknowledged {
    pub(crate) fn set(&self, segment: u64, offset: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((segment, offset));
    }

    pub(crate) fn get(&self) -> Option<(u64, u64)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the files, and the hash of the frame before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    last: Hash,
    /// 0 before the first.
    segment: u64,
    offset: u64,
}

impl Place {
    /// As it was written: the hash first, where [`Ends`] have theirs.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut place =
            Self { last: bytes.first_chunk().copied().unwrap_or_default(), segment: 0, offset: 0 };
        if let Some((segment, offset)) = bytes.get(32..48).and_then(|rest| {
            let (segment, offset) = rest.split_first_chunk::<8>()?;
            Some((u64::from_le_bytes(*segment), u64::from_le_bytes(offset.try_into().ok()?)))
        }) {
            (place.segment, place.offset) = (segment, offset);
        }
        place
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&self.last[..], &self.segment.to_le_bytes(), &self.offset.to_le_bytes()].concat()
    }
}

/// Frames, and the place after them.
pub(crate) struct ReadOn {
    pub(crate) frames: Vec<Entries>,
    pub(crate) place: Place,
    /// Whether there may be more.
    pub(crate) is_cut: bool,
}

/// The frames after a place as far as they are acknowledged, about so many entries.
pub(crate) fn after(folder: &Path, end: (u64, u64), mut place: Place, most: usize) -> Result<Option<ReadOn>> {
    let first = place.segment;
    let numbers = segment::numbers(folder)?.into_iter().filter(|number| (first..=end.0).contains(number));
    let (mut frames, mut entries) = (Vec::new(), 0);
    for number in numbers {
        if number > place.segment {
            place = entered(folder, number, place)?;
        }
        let bytes = unread(folder, place, end)?;
        let mut rest = bytes.as_slice();
        while entries < most
            && let Some((hash, found, after)) = frame::next(rest, place.last)
        {
            entries += found.len() / ENTRY_LENGTH;
            frames.push(found.as_chunks().0.to_vec());
            place.offset += (rest.len() - after.len()) as u64;
            (place.last, rest) = (hash, after);
        }
        let is_broken = number == end.0 && entries < most && place.offset < end.1;
        if is_broken {
            return Err(StoreError::Corrupt("chain of inquiries"));
        }
        if entries >= most {
            break;
        }
    }
    Ok((!frames.is_empty()).then_some(ReadOn { frames, place, is_cut: entries >= most }))
}

/// The beginning of the next segment, which names the frame before it.
fn entered(folder: &Path, number: u64, place: Place) -> Result<Place> {
    let path = segment::path(folder, number);
    let mut header = [0; HEADER];
    File::open(&path).and_then(|file| file.read_exact_at(&mut header, 0)).map_err(at(&path))?;
    match segment::first(&header) {
        Some(first) if first == place.last => Ok(Place { segment: number, offset: HEADER as u64, ..place }),
        _ => Err(StoreError::Corrupt("chain of inquiries")),
    }
}

fn unread(folder: &Path, place: Place, (last, end): (u64, u64)) -> Result<Vec<u8>> {
    let path = segment::path(folder, place.segment);
    let file = File::open(&path).map_err(at(&path))?;
    let length = if place.segment == last { end } else { file.metadata().map_err(at(&path))?.len() };
    let mut bytes = vec![0; usize::try_from(length.saturating_sub(place.offset)).unwrap_or_default()];
    file.read_exact_at(&mut bytes, place.offset).map_err(at(&path))?;
    Ok(bytes)
}

/// What the chain of a folder's files is called; none while there is no frame.
///
/// # Errors
/// Fails where the first file cannot be read or does not begin with a frame.
pub(crate) fn run(folder: &Path) -> Result<Option<[u8; 16]>> {
    let Some(first) = segment::numbers(folder)?.first().copied() else { return Ok(None) };
    let path = segment::path(folder, first);
    let file = File::open(&path).map_err(at(&path))?;
    let mut header = [0; frame::HEADER];
    file.read_exact_at(&mut header, HEADER as u64).map_err(at(&path))?;
    if header == [0; frame::HEADER] {
        return Ok(None);
    }
    let length = frame::length(&header).ok_or(StoreError::Corrupt("segment of inquiries"))?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, HEADER as u64).map_err(at(&path))?;
    Ok(super::walk::named(&bytes))
}
