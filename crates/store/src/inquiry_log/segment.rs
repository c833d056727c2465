//! Segment files: pre-zeroed, written front to back in hash-chained frames.

use super::ENTRY_LENGTH;
use super::frame::{self, Hash};
use crate::error::{Result, StoreError, at};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// A segment is filled with zeros first: overwriting syncs cheaper than growing.
const SEGMENT_LENGTH: u64 = 8 << 20;
const SEGMENT_MAGIC: [u8; 4] = *b"JDIS";
/// Magic, and the hash of the last frame of the segment before.
pub(super) const HEADER: usize = 4 + 32;
/// The folder's segments and the place where the next frame goes.
pub(crate) struct Segments {
    folder: PathBuf,
    number: u64,
    file: File,
    offset: u64,
    last: Hash,
    frame: Vec<u8>,
}

impl Segments {
    /// Finds the end of the newest segment, or starts the first.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let number = numbers(folder)?.last().copied().unwrap_or(1);
        let file = prepared(folder, number, [0; 32])?;
        let bytes = fs::read(path(folder, number)).map_err(at(folder))?;
        // What a process wrote that was killed may be on no disk yet.
        file.sync_data().map_err(at(folder))?;
        let walked = whole(&bytes, |_| ())?;
        let folder = folder.to_owned();
        let (offset, last) = (walked.end, walked.last);
        Ok(Self { folder, number, file, offset, last, frame: Vec::new() })
    }

    /// Writes the entries in frames and syncs once per frame.
    ///
    /// After a failed write the next frame goes to the same place: it replaces what nobody was told of, and its
    /// pages are written and synced anew.
    pub(crate) fn append<'a>(&mut self, entries: impl Iterator<Item = &'a [u8; ENTRY_LENGTH]>) -> Result<()> {
        let mut entries = entries.peekable();
        while entries.peek().is_some() {
            let hash = frame::fill(&mut self.frame, self.last, &mut entries);
            self.write_frame()?;
            self.last = hash;
        }
        Ok(())
    }

    /// Which segment is written, and where its next frame goes.
    pub(super) const fn end(&self) -> (u64, u64) {
        (self.number, self.offset)
    }

    fn write_frame(&mut self) -> Result<()> {
        let length = self.frame.len() as u64;
        if self.offset + length > SEGMENT_LENGTH {
            self.file = prepared(&self.folder, self.number + 1, self.last)?;
            self.number += 1;
            self.offset = HEADER as u64;
        }
        let written = self.file.write_all_at(&self.frame, self.offset).and_then(|()| self.file.sync_data());
        written.map_err(at(path(&self.folder, self.number)))?;
        self.offset += length;
        Ok(())
    }
}

/// Where a segment's whole frames end, and the hashes before its first and of its last frame.
pub(super) struct Walked {
    pub(super) first: Hash,
    pub(super) last: Hash,
    pub(super) start: usize,
    pub(super) end: u64,
}

/// Goes through a segment to its end. A torn last frame is what a power cut leaves; a frame that does not fit and
/// has others behind it is damage, and nobody writes over that.
pub(super) fn whole(segment: &[u8], each: impl FnMut(&[u8])) -> Result<Walked> {
    let walked = walk(segment, each).ok_or(StoreError::Corrupt("segment of inquiries"))?;
    let end = usize::try_from(walked.end).unwrap_or(usize::MAX);
    let behind = segment.get(end..).and_then(|rest| rest.get(1..)).unwrap_or_default();
    if has_frame(behind) { Err(StoreError::Corrupt("record of inquiries")) } else { Ok(walked) }
}

/// Whether something that looks like a frame stands anywhere in these bytes.
fn has_frame(bytes: &[u8]) -> bool {
    let starts = bytes.windows(frame::HEADER).enumerate();
    let mut frames = starts.filter(|(_, header)| header.starts_with(&frame::MAGIC));
    frames.any(|(start, header)| {
        let count = header.get(4..8).and_then(|count| count.try_into().ok()).map_or(0, u32::from_le_bytes);
        let length = frame::HEADER + count as usize * ENTRY_LENGTH;
        (1..=frame::ENTRIES as u32).contains(&count) && start + length <= bytes.len()
    })
}

/// The hash that the header of a segment names; none if it is no segment.
pub(super) fn first(header: &[u8; HEADER]) -> Option<Hash> {
    header.strip_prefix(&SEGMENT_MAGIC)?.first_chunk().copied()
}

/// Goes through the whole frames of a segment; none if it is no segment.
fn walk(segment: &[u8], mut each: impl FnMut(&[u8])) -> Option<Walked> {
    let (header, mut rest) = segment.split_first_chunk::<HEADER>()?;
    let first = first(header)?;
    let mut last = first;
    while let Some((hash, entries, after)) = frame::next(rest, last) {
        each(entries);
        (last, rest) = (hash, after);
    }
    Some(Walked { first, last, start: HEADER, end: (segment.len() - rest.len()) as u64 })
}

/// Every entry of the folder in order.
///
/// # Errors
/// Fails when a file cannot be read, is no segment, or does not follow the one before it.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<[u8; ENTRY_LENGTH]>> {
    let (mut last, mut all) = ([0; 32], Vec::new());
    for number in numbers(folder)? {
        let bytes = fs::read(path(folder, number)).map_err(at(folder))?;
        let walked = whole(&bytes, |entries| all.extend_from_slice(entries.as_chunks().0))?;
        if walked.first != last {
            return Err(StoreError::Corrupt("chain of inquiries"));
        }
        last = walked.last;
    }
    Ok(all)
}

pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.log"))
}

pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log")?.parse::<u64>().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Opens a segment; a new one is filled with zeros and its header before it gets its name.
fn prepared(folder: &Path, number: u64, last: Hash) -> Result<File> {
    let path = path(folder, number);
    let make = || -> io::Result<()> {
        let unnamed = folder.join("next");
        let file = File::create(&unnamed)?;
        file.write_all_at(&vec![0; usize::try_from(SEGMENT_LENGTH).unwrap_or(0)], 0)?;
        file.write_all_at(&[&SEGMENT_MAGIC, last.as_slice()].concat(), 0)?;
        file.sync_all()?;
        fs::rename(&unnamed, &path)?;
        File::open(folder)?.sync_all()
    };
    if !path.exists() {
        make().map_err(at(&path))?;
    }
    OpenOptions::new().write(true).open(&path).map_err(at(&path))
}
