//! A reader that refuses to go on for too long without a mark, so that no single tag or text fills the memory.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

/// Counts the bytes since the last mark.
pub(super) struct Measured<R> {
    inner: R,
    since: u64,
    most: u64,
}

impl<R> Measured<R> {
    pub(super) fn new(inner: R, most: u64) -> Self {
        Self { inner, since: 0, most }
    }

    /// Begins to count anew.
    pub(super) fn mark(&mut self) {
        self.since = 0;
    }
}

impl<R: BufRead> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(into.len());
        into.iter_mut().zip(from).for_each(|(into, from)| *into = *from);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Measured<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.since > self.most {
            return Err(Error::new(
                ErrorKind::InvalidData,
                "a tag or text in it is longer than any feed writes",
            ));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.since += count as u64;
        self.inner.consume(count);
    }
}
