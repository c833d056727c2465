//! Packed files: gz and zst, known by their first bytes, with a limit to what they may unpack to.

use flate2::read::MultiGzDecoder;
use std::io::{self, BufReader, Cursor, Error, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const GZ: &[u8] = &[0x1f, 0x8b];
const ZST: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// 2 to this many bytes are looked back on by zst at the most: more than any of its usual levels asks for.
const WINDOW: u32 = 25;

/// How much a packed file may unpack to.
#[derive(Clone, Copy, Debug)]
pub(in crate::features::feeds) struct Expansion {
    /// Bytes in all.
    pub(in crate::features::feeds) total: u64,
    /// Bytes for each packed byte, once it is more than `free`.
    pub(in crate::features::feeds) ratio: u64,
    /// Bytes that no ratio is asked of.
    pub(in crate::features::feeds) free: u64,
}

impl Expansion {
    /// What feeds' files stay far below.
    pub(in crate::features::feeds) const USUAL: Self = Self { total: 1 << 36, ratio: 200, free: 1 << 24 };
    /// The same for a file that is sent in a message.
    pub(in crate::features::feeds) const SENT: Self = Self { total: 1 << 30, ratio: 50, free: 1 << 24 };
}

/// What a file holds, unpacked where it is packed; `count` is told how many bytes of the file are read.
///
/// # Errors
/// Fails when the file cannot be read.
pub(in crate::features::feeds) fn unpacked<'r>(
    file: impl Read + Send + 'r,
    count: &Arc<AtomicU64>,
    expansion: Expansion,
) -> io::Result<Box<dyn Read + Send + 'r>> {
    let mut file = Counted { file, count: Arc::clone(count) };
    let mut start = Vec::with_capacity(ZST.len());
    file.by_ref().take(ZST.len() as u64).read_to_end(&mut start)?;
    let (gz, zst) = (start.starts_with(GZ), start.starts_with(ZST));
    let file = BufReader::with_capacity(1 << 16, Cursor::new(start).chain(file));
    let limited = |unpacking| Limited { unpacking, count: Arc::clone(count), done: 0, expansion };
    if gz {
        return Ok(Box::new(limited(Unpacking::Gz(Box::new(MultiGzDecoder::new(file))))));
    }
    if zst {
        let mut decoder = zstd::Decoder::with_buffer(file)?;
        decoder.window_log_max(WINDOW)?;
        return Ok(Box::new(limited(Unpacking::Zst(Box::new(decoder)))));
    }
    Ok(Box::new(file))
}

/// A file whose bytes are counted as they are read.
struct Counted<R> {
    file: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

type Packed<R> = BufReader<io::Chain<Cursor<Vec<u8>>, Counted<R>>>;

/// A packed file on its way out.
enum Unpacking<'d, R: Read> {
    Gz(Box<MultiGzDecoder<Packed<R>>>),
    Zst(Box<zstd::Decoder<'d, Packed<R>>>),
}

/// What is wrong with a packed file, in words for who sends it.
fn spoken(error: Error) -> Error {
    match error.kind() {
        kind @ ErrorKind::UnexpectedEof => Error::new(kind, "the packed file is cut off; have it sent again"),
        _ => error,
    }
}

/// Stops a file that unpacks to more than it may.
struct Limited<'d, R: Read> {
    unpacking: Unpacking<'d, R>,
    count: Arc<AtomicU64>,
    done: u64,
    expansion: Expansion,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.unpacking {
            Unpacking::Gz(decoder) => decoder.read(into),
            Unpacking::Zst(decoder) => decoder.read(into),
        }
        .map_err(spoken)?;
        self.done += read as u64;
        let Expansion { total, ratio, free } = self.expansion;
        let packed = self.count.load(Ordering::Relaxed);
        if self.done > total || self.done > free.max(packed.saturating_mul(ratio)) {
            return Err(Error::new(
                ErrorKind::InvalidData,
                "the file unpacks to more than a feed's file holds",
            ));
        }
        Ok(read)
    }
}
