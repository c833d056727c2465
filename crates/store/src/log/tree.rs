//! The tree of hashes as it grows (RFC 6962), in tiles of 256 (C2SP tlog-tiles).

use crate::error::{Result, StoreError};
use std::collections::BTreeMap;
use tlog_tiles::{Error, HASH_SIZE, Hash, HashReader, Tile, node_hash, record_hash, tree_hash};

/// Hashes of a tile are 2 to the power of this.
pub(super) const HEIGHT: u8 = 8;
/// Hashes of a whole tile.
pub(crate) const WIDTH: usize = 1 << HEIGHT;
/// The level of the leaves themselves, below the hashes of leaves.
pub(crate) const LEAVES: i64 = -1;

/// A leaf: a commitment to an entry.
pub type Leaf = [u8; HASH_SIZE];
/// Which tile: its level, and its number in it.
pub(crate) type Address = (i64, u64);

/// A tree by its right edge: the tiles that are not whole yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    size: u64,
    edge: BTreeMap<i64, Vec<u8>>,
}

impl Tree {
    /// Which tiles are the right edge of a tree of a size, and how wide they are.
    pub(crate) fn edge_of(size: u64) -> Vec<(Address, usize)> {
        let mut edge: Vec<(Address, usize)> = (0_u8..8)
            .map(|level| (level, size.checked_shr(u32::from(HEIGHT) * u32::from(level)).unwrap_or_default()))
            .take_while(|(_, hashes)| *hashes > 0)
            .map(|(level, hashes)| ((i64::from(level), hashes / WIDTH as u64), narrow(hashes % WIDTH as u64)))
            .collect();
        if let Some(((_, number), width)) = edge.first().copied() {
            edge.push(((LEAVES, number), width));
        }
        edge.retain(|(_, width)| *width > 0);
        edge
    }

    /// A tree of a size, by the tiles of its edge.
    ///
    /// # Errors
    /// Fails where a tile is missing or too short.
    pub(crate) fn of(size: u64, mut tile: impl FnMut(Address) -> Option<Vec<u8>>) -> Result<Self> {
        let mut edge = BTreeMap::new();
        for (address, width) in Self::edge_of(size) {
            let mut hashes = tile(address).ok_or(StoreError::Corrupt("log"))?;
            if hashes.len() < width * HASH_SIZE {
                return Err(StoreError::Corrupt("log"));
            }
            hashes.truncate(width * HASH_SIZE);
            edge.insert(address.0, hashes);
        }
        Ok(Self { size, edge })
    }

    /// How many leaves it has.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; `whole` hears of each tile that is whole now.
    pub(crate) fn push(&mut self, leaf: &Leaf, mut whole: impl FnMut(Address, &[u8])) {
        let number = self.size;
        self.put(LEAVES, number, Hash(*leaf), &mut whole);
        let (mut level, mut hash) = (0, Some(record_hash(leaf)));
        while let Some(next) = hash {
            hash = self.put(level, number, next, &mut whole);
            level += 1;
        }
        self.size += 1;
    }

    /// Puts a hash into the tile at the edge of a level; where that is whole now, gives the hash over all of it.
    fn put(
        &mut self,
        level: i64,
        leaf: u64,
        hash: Hash,
        whole: &mut impl FnMut(Address, &[u8]),
    ) -> Option<Hash> {
        let tile = self.edge.entry(level).or_default();
        tile.extend_from_slice(&hash.0);
        if tile.len() < WIDTH * HASH_SIZE {
            return None;
        }
        let above = u32::try_from(level.max(0) + 1).unwrap_or_default() * u32::from(HEIGHT);
        whole((level, leaf.checked_shr(above).unwrap_or_default()), tile);
        let over = over_all(tile);
        self.edge.remove(&level);
        (level != LEAVES).then_some(over)
    }

    /// The tiles that are not whole.
    pub(crate) fn edge(&self) -> impl Iterator<Item = (Address, &[u8])> {
        let addresses = Self::edge_of(self.size);
        addresses
            .into_iter()
            .filter_map(|(address, _)| Some((address, self.edge.get(&address.0)?.as_slice())))
    }

    /// The hash over all of it.
    ///
    /// # Errors
    /// Fails where its tiles do not belong together.
    pub(crate) fn root(&self) -> Result<Hash> {
        tree_hash(self.size, self).map_err(|_| StoreError::Corrupt("log"))
    }
}

/// The hash over the hashes of a whole tile.
fn over_all(hashes: &[u8]) -> Hash {
    let (hashes, _) = hashes.as_chunks::<HASH_SIZE>();
    let mut level: Vec<Hash> = hashes.iter().map(|hash| Hash(*hash)).collect();
    while level.len() > 1 {
        level = level.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(*left, *right)).collect();
    }
    level.into_iter().next().unwrap_or_default()
}

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> std::result::Result<Vec<Hash>, Error> {
        let found = |index: &u64| {
            let tile = Tile::from_index(HEIGHT, *index);
            let hashes = self.edge.get(&i64::from(tile.level())).ok_or(Error::InvalidTile)?;
            tile.hash_at_index(hashes, *index)
        };
        indexes.iter().map(found).collect()
    }
}

fn narrow(width: u64) -> usize {
    usize::try_from(width).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962, section 2.1, written down as it stands there.
    fn by_definition(leaves: &[Leaf]) -> Hash {
        match leaves {
            [] => tlog_tiles::EMPTY_HASH,
            [leaf] => record_hash(leaf),
            many => {
                let half = many.len().next_power_of_two() / 2;
                node_hash(by_definition(&many[..half]), by_definition(&many[half..]))
            }
        }
    }

    #[test]
    fn a_tree_that_grew_is_the_tree_of_the_definition_and_goes_on_from_its_edge() {
        let leaves: Vec<Leaf> = (0_u32..70_000)
            .map(|n| {
                let mut leaf = [7; 32];
                leaf[..4].copy_from_slice(&n.to_be_bytes());
                leaf
            })
            .collect();
        let mut tree = Tree::default();
        for (size, leaf) in (1_usize..).zip(&leaves) {
            tree.push(leaf, |_, _| ());
            if size < 600 || size.is_multiple_of(9_973) || [65_535, 65_536, 65_537].contains(&size) {
                assert_eq!(tree.root().unwrap(), by_definition(&leaves[..size]), "{size}");
                let tiles: BTreeMap<Address, Vec<u8>> =
                    tree.edge().map(|(address, tile)| (address, tile.to_vec())).collect();
                let again = Tree::of(size as u64, |address| tiles.get(&address).cloned()).unwrap();
                assert_eq!(again, tree);
            }
        }
    }
}
