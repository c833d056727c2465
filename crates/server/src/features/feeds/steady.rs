//! A file that must not change while it is read: of one that does, the last line may be half of one.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;

/// What a file looks like: when this stays the same, nobody writes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    file: u64,
    size: u64,
    modified: (i64, i64),
}

impl Look {
    pub(super) fn of(about: &Metadata) -> Self {
        Self { file: about.ino(), size: about.size(), modified: (about.mtime(), about.mtime_nsec()) }
    }
}

/// Reads a file; where it has changed by its end, there is no end but an error, so that nothing is taken of a last
/// line that may go on. Of a pipe no look is asked.
pub(super) struct Steady {
    file: File,
    before: Option<Look>,
}

impl Steady {
    /// # Errors
    /// Fails when the file cannot be looked at.
    pub(super) fn of(file: File) -> io::Result<Self> {
        let about = file.metadata()?;
        Ok(Self { before: about.is_file().then(|| Look::of(&about)), file })
    }
}

impl Read for Steady {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        let ended = read == 0 && !into.is_empty();
        match self.before {
            Some(before) if ended && Look::of(&self.file.metadata()?) != before => {
                Err(io::Error::other("the file changed while it was read"))
            }
            _ => Ok(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_that_grows_while_it_is_read_has_no_end() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut writer = path.reopen().unwrap();
        writer.write_all(b"one\ntw").unwrap();
        let read = |steady: &mut Steady| steady.read(&mut [0; 64]);
        let mut steady = Steady::of(File::open(path.path()).unwrap()).unwrap();
        assert_eq!((read(&mut steady).unwrap(), read(&mut steady).unwrap()), (6, 0));
        let mut steady = Steady::of(File::open(path.path()).unwrap()).unwrap();
        assert_eq!(read(&mut steady).unwrap(), 6);
        writer.write_all(b"o\n").unwrap();
        assert_eq!(read(&mut steady).unwrap(), 2);
        assert!(read(&mut steady).unwrap_err().to_string().contains("changed"));
    }
}
