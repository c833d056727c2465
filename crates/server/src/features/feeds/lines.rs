//! The lines of a file, one by one and numbered; a line too long to keep is skipped, not kept.

use std::io::{BufRead, BufReader, Read, Result};

/// Bytes of a line at the most: a hundred times what a feed writes.
pub(super) const LONGEST: usize = 1 << 14;
/// Buffers kept for lines to come.
const SPARE: usize = 32;
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A line up to a line break, ended by a line feed alone.
pub(super) struct Physical {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) text: Vec<u8>,
    pub(super) too_long: bool,
}

impl Physical {
    /// Whether the line says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.text == b"\n" && !self.too_long
    }
}

/// Reads lines.
pub(super) struct Lines<R> {
    file: BufReader<R>,
    count: u64,
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(file: R) -> Self {
        Self { file: BufReader::with_capacity(1 << 16, file), count: 0, spare: Vec::new() }
    }

    /// The next line, empty or not; none at the end of the file.
    ///
    /// # Errors
    /// Fails when the file cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Physical>> {
        let mut text = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(256));
        let read = self.file.by_ref().take(LONGEST as u64).read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        self.count += 1;
        let too_long = read == LONGEST && !text.ends_with(b"\n");
        if too_long {
            self.file.skip_until(b'\n')?;
        }
        // A byte order mark stands at the front of a file, and of each file where several were joined.
        if text.starts_with(MARK) {
            text.drain(..MARK.len());
        }
        // Line ends of any kind, and spaces before them, carry nothing.
        let kept = text.trim_ascii_end().len();
        text.truncate(kept);
        text.push(b'\n');
        Ok(Some(Physical { number: self.count, text, too_long }))
    }

    /// Takes back a line that is done with: its room serves a line to come.
    pub(super) fn done(&mut self, line: Physical) {
        if self.spare.len() < SPARE {
            let mut text = line.text;
            text.clear();
            self.spare.push(text);
        }
    }
}
