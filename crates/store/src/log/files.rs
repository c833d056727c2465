//! The log as files, by the names that C2SP tlog-tiles gives them.

use super::taking;
use super::tree::{LEAVES, Leaf, WIDTH};
use crate::Read;
use crate::error::Result;

/// The name of the signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// A tile: so many hashes of a level, or leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    level: i64,
    number: u64,
    /// From 1 to 256.
    width: usize,
}

impl Tile {
    pub(super) const fn of(level: i64, number: u64, width: usize) -> Self {
        Self { level, number, width }
    }

    /// The tile of a name below `tile/`: `0/x001/067`, `entries/000.p/9`. Every tile has one name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (level, rest) = name.split_once('/')?;
        let level = match level {
            "entries" => LEAVES,
            level => level.parse::<u8>().ok().filter(|level| *level < 8)?.into(),
        };
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, WIDTH),
            Some((number, width)) => (number, width.parse().ok().filter(|width| (1..WIDTH).contains(width))?),
        };
        let parts = number.split('/').map(|part| part.trim_start_matches('x').parse::<u64>().ok());
        let number = parts.take(7).try_fold(0_u64, |sum, part| sum.checked_mul(1000)?.checked_add(part?))?;
        let tile = Self { level, number, width };
        (tile.name() == name).then_some(tile)
    }

    /// Its name below `tile/`.
    #[must_use]
    pub fn name(&self) -> String {
        let level = if self.level == LEAVES { "entries".to_owned() } else { self.level.to_string() };
        let (mut number, mut path) = (self.number / 1000, format!("{:03}", self.number % 1000));
        while number > 0 {
            path = format!("x{:03}/{path}", number % 1000);
            number /= 1000;
        }
        let part = if self.width == WIDTH { String::new() } else { format!(".p/{}", self.width) };
        format!("{level}/{path}{part}")
    }

    /// Whether nothing can be added to it any more.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.width == WIDTH
    }
}

/// The bytes of a tile as they are served; none where the log does not reach so far.
///
/// # Errors
/// Fails when the database does.
pub async fn tile(read: &Read<'_>, tile: Tile) -> Result<Option<Vec<u8>>> {
    let found = taking::tile(read, (tile.level, tile.number)).await?;
    let Some(mut hashes) = found.filter(|hashes| hashes.len() >= tile.width * 32) else { return Ok(None) };
    hashes.truncate(tile.width * 32);
    Ok(Some(if tile.level == LEAVES { bundle(hashes.as_chunks().0) } else { hashes }))
}

/// Leaves as they are served: each after its length, two bytes with the larger one first.
#[must_use]
pub(super) fn bundle(leaves: &[Leaf]) -> Vec<u8> {
    leaves.iter().flat_map(|leaf| [0, 32].into_iter().chain(*leaf)).collect()
}

/// The leaves of a bundle; none where it is none of ours.
pub(super) fn unbundled(bytes: &[u8]) -> Option<Vec<Leaf>> {
    let (entries, rest) = bytes.as_chunks::<34>();
    let leaves = entries.iter().map(|entry| entry.strip_prefix(&[0, 32])?.try_into().ok());
    rest.is_empty().then(|| leaves.collect())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_tile_has_one_name_and_no_other_is_taken() {
        for (tile, name) in [
            (Tile::of(0, 0, 256), "0/000"),
            (Tile::of(1, 1_234_067, 256), "1/x001/x234/067"),
            (Tile::of(LEAVES, 67, 9), "entries/067.p/9"),
        ] {
            assert_eq!(tile.name(), name);
            assert_eq!(Tile::parse(name), Some(tile));
        }
        for wrong in [
            "",
            "0",
            "0/",
            "0/0",
            "0/0000",
            "00/000",
            "8/000",
            "data/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/09",
            "0/x000/000",
            "0/1/067",
            "0/x001/67",
            "entries/000.p/",
            "0/999/999/999/999/999/999/999/999",
            "0/000.p/1/2",
            "0/-01",
            "0/+01",
            "0/x+01/000",
        ] {
            assert_eq!(Tile::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn any_text_is_a_tile_or_none() {
        proptest!(|(text in "[0-9xep./ntris]{0,40}")| {
            if let Some(tile) = Tile::parse(&text) {
                prop_assert_eq!(tile.name(), text);
            }
        });
    }
}
