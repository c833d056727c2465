//! The frames of the segment files, one after the other, as a database server keeps them in rows.

use super::frame::{self, Hash};
use super::segment::{numbers, path, whole};
use crate::error::{Result, StoreError, at};
use aws_lc_rs::digest::{SHA256, digest};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What names the run of a server. All segments of a folder are one chain, and count as one run.
pub(crate) const RUN: usize = 16;

/// How often a segment is read again before it counts as damaged, and how long between.
const TRIES: u32 = 5;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// A frame of a segment as a row.
pub(crate) struct Stored {
    pub(crate) run: [u8; RUN],
    pub(crate) number: i64,
    /// The moment of its first entry.
    pub(crate) at: i64,
    pub(crate) frame: Vec<u8>,
}

/// A walk over all frames that were whole when it was made.
pub(crate) struct Walk {
    folder: PathBuf,
    numbers: Vec<u64>,
    /// Where the last segment ended.
    end: usize,
    run: [u8; RUN],
    /// The segment that is walked over, and which of `numbers` comes next.
    bytes: Vec<u8>,
    frames: std::vec::IntoIter<(Range<usize>, i64)>,
    next: usize,
    last: Hash,
    number: i64,
}

impl Walk {
    /// Looks where the record of a folder ends now; a folder that is not there has no frames.
    pub(crate) fn of(folder: &Path) -> Result<Self> {
        let numbers = if folder.is_dir() { numbers(folder)? } else { Vec::new() };
        let end: Result<usize> = numbers.last().map_or(Ok(0), |last| Ok(settled(&path(folder, *last))?.1));
        let first = numbers.first().map(|first| settled(&path(folder, *first))).transpose()?;
        Ok(Self {
            folder: folder.to_owned(),
            end: end?,
            run: first.and_then(|(bytes, _)| run(&bytes)).unwrap_or_default(),
            numbers,
            bytes: Vec::new(),
            frames: Vec::new().into_iter(),
            next: 0,
            last: [0; 32],
            number: 0,
        })
    }

    /// Begins anew.
    pub(crate) fn rewind(&mut self) {
        (self.frames, self.next, self.last, self.number) = (Vec::new().into_iter(), 0, [0; 32], 0);
    }

    /// The next frame.
    ///
    /// # Errors
    /// Fails when a segment cannot be read or does not follow the one before it.
    pub(crate) fn next(&mut self) -> Result<Option<Stored>> {
        loop {
            if let Some((range, at)) = self.frames.next() {
                let frame = self.bytes.get(range).unwrap_or_default().to_vec();
                let number = self.number;
                self.number += 1;
                return Ok(Some(Stored { run: self.run, number, at, frame }));
            }
            if !self.load()? {
                return Ok(None);
            }
        }
    }

    /// Reads the next segment; there may be none.
    fn load(&mut self) -> Result<bool> {
        let Some(number) = self.numbers.get(self.next) else { return Ok(false) };
        self.next += 1;
        let path = path(&self.folder, *number);
        self.bytes = std::fs::read(&path).map_err(at(&path))?;
        if self.next == self.numbers.len() {
            self.bytes.truncate(self.end);
        }
        let walked = whole(&self.bytes, |_| ())?;
        if walked.first != self.last {
            return Err(StoreError::Corrupt("chain of inquiries"));
        }
        self.frames = ranges(&self.bytes, walked.start, walked.first).into_iter();
        self.last = walked.last;
        Ok(true)
    }
}

/// A segment that a server may be adding to, and where it ends now. A frame that comes while the file is read may be seen
/// without the one before it; then it is read again.
fn settled(path: &Path) -> Result<(Vec<u8>, usize)> {
    let mut tries = 0..TRIES;
    loop {
        let bytes = std::fs::read(path).map_err(at(path))?;
        match whole(&bytes, |_| ()) {
            Ok(walked) => {
                let end = usize::try_from(walked.end).unwrap_or(usize::MAX).min(bytes.len());
                return Ok((bytes.get(..end).unwrap_or_default().to_vec(), end));
            }
            Err(_) if tries.next().is_some() => std::thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
}

/// Where the frames of a segment are, and the moment of the first entry of each.
fn ranges(segment: &[u8], start: usize, mut last: Hash) -> Vec<(Range<usize>, i64)> {
    let (mut ranges, mut from) = (Vec::new(), start);
    while let Some((hash, entries, after)) = segment.get(from..).and_then(|rest| frame::next(rest, last)) {
        let to = segment.len() - after.len();
        let at = entries.first_chunk().map_or(0, |at| i64::from_le_bytes(*at));
        ranges.push((from..to, at));
        (last, from) = (hash, to);
    }
    ranges
}

/// What a chain is called: it follows from its first frame, so that it is the same whenever somebody looks.
fn run(segment: &[u8]) -> Option<[u8; RUN]> {
    let walked = whole(segment, |_| ()).ok()?;
    let (first, _) = ranges(segment, walked.start, walked.first).into_iter().next()?;
    named(segment.get(first)?)
}

/// The name of the chain that begins with a frame.
pub(super) fn named(first: &[u8]) -> Option<[u8; RUN]> {
    digest(&SHA256, first).as_ref().first_chunk().copied()
}
