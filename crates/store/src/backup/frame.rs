//! A frame of a backup: what kind, how long, the content, and a hash over it and the frame before.

use super::{BackupError, Result};
use aws_lc_rs::digest::{Context, SHA256};
use std::io::{ErrorKind, Read, Write};

/// What a stream begins with.
pub(super) const MAGIC: [u8; 8] = *b"JDBACKUP";
/// Bytes of content at the most: more than any row has, and little enough for any machine.
pub(super) const MOST: usize = 64 << 20;
/// Bytes of a frame that is no rows.
const MOST_OF_TEXT: usize = 1 << 20;

pub(super) type Hash = [u8; 32];

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Header = 1,
    Table = 2,
    Rows = 3,
    Closing = 4,
    Mark = 5,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        let all = [Self::Header, Self::Table, Self::Rows, Self::Closing, Self::Mark];
        all.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// Frames on their way out.
pub(super) struct Out<W> {
    out: W,
    last: Hash,
}

impl<W: Write> Out<W> {
    pub(super) fn begin(mut out: W) -> Result<Self> {
        out.write_all(&MAGIC).map_err(BackupError::Write)?;
        Ok(Self { out, last: [0; 32] })
    }

    pub(super) fn frame(&mut self, kind: Kind, content: &[u8]) -> Result<()> {
        let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= MOST);
        let length = length.ok_or(BackupError::Damaged("a row is larger than a backup takes"))?;
        self.last = hash(self.last, kind, length, content);
        let parts: [&[u8]; 4] = [&[kind as u8], &length.to_le_bytes(), content, &self.last];
        parts.into_iter().try_for_each(|part| self.out.write_all(part)).map_err(BackupError::Write)
    }

    /// The hash of all that came so far.
    pub(super) fn hash(&self) -> Hash {
        self.last
    }

    pub(super) fn end(self) -> W {
        self.out
    }
}

/// Frames on their way in.
pub(super) struct In<R> {
    input: R,
    last: Hash,
}

impl<R: Read> In<R> {
    pub(super) fn begin(mut input: R) -> Result<Self> {
        let mut magic = [0; MAGIC.len()];
        read(&mut input, &mut magic)?;
        if magic == MAGIC { Ok(Self { input, last: [0; 32] }) } else { Err(BackupError::Foreign) }
    }

    /// The next frame, whose hash is right.
    pub(super) fn frame(&mut self) -> Result<(Kind, Vec<u8>)> {
        let (mut kind, mut length, mut told) = ([0; 1], [0; 4], [0; 32]);
        read(&mut self.input, &mut kind)?;
        read(&mut self.input, &mut length)?;
        let kind = Kind::of(kind[0]).ok_or(BackupError::Damaged("a frame is of no known kind"))?;
        let length = u32::from_le_bytes(length);
        if length as usize > if kind == Kind::Rows { MOST } else { MOST_OF_TEXT } {
            return Err(BackupError::Damaged("a frame is longer than any"));
        }
        // Room grows with what is really there, whatever the length says.
        let mut content = Vec::new();
        let came = self.input.by_ref().take(u64::from(length)).read_to_end(&mut content);
        if came.map_err(unread)? < length as usize {
            return Err(BackupError::Cut);
        }
        read(&mut self.input, &mut told)?;
        self.last = hash(self.last, kind, length, &content);
        if told == self.last { Ok((kind, content)) } else { Err(BackupError::Damaged("a frame's hash")) }
    }

    /// The hash of all that came so far.
    pub(super) fn hash(&self) -> Hash {
        self.last
    }

    /// Makes sure that nothing follows; whatever unpacks or opens the file looks at its own end then, too.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.input.read(&mut [0]).map_err(unread)? {
            0 => Ok(()),
            _ => Err(BackupError::Damaged("something follows its end")),
        }
    }
}

fn read(input: &mut impl Read, bytes: &mut [u8]) -> Result<()> {
    input.read_exact(bytes).map_err(unread)
}

fn unread(error: std::io::Error) -> BackupError {
    match error.kind() {
        ErrorKind::UnexpectedEof => BackupError::Cut,
        _ => BackupError::Read(error),
    }
}

fn hash(before: Hash, kind: Kind, length: u32, content: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&before);
    context.update(&[kind as u8]);
    context.update(&length.to_le_bytes());
    context.update(content);
    let mut hash = [0; 32];
    hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    hash
}
