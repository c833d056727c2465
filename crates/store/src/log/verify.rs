//! Verifies the log from its files alone, and compares it with the database.

use super::checkpoint::{Checkpoint, Verifier};
use super::files::{CHECKPOINT, Tile, unbundled};
use super::taking::signed;
use super::tree::{Address, LEAVES, Leaf, Tree, WIDTH};
use super::{Entry, leaf, looks};
use crate::engine::Value;
use crate::error::Result;
use crate::keys::Keys;
use crate::{Read, Store};
use std::collections::BTreeMap;

const CHANGES: &str = "SELECT leaf, at, actor, action, detail FROM audit
    WHERE leaf >= $1 AND leaf < $2 ORDER BY leaf, id";
const BEYOND: &str = "SELECT count(*) FROM audit WHERE leaf >= $1";

/// Findings after which nobody needs more.
const ENOUGH: usize = 20;
/// Leaves that are compared with the database at once.
const PAGE: usize = 16 * WIDTH;

/// Where the files of a log are.
pub trait Files {
    /// A file's bytes; none where there is no such file.
    ///
    /// # Errors
    /// Says why it cannot be read.
    fn read(&self, name: &str) -> std::result::Result<Option<Vec<u8>>, String>;
}

/// Something that is not as it should be, in words.
pub type Finding = String;

/// What a verification came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What was signed last; none where that cannot be read.
    pub checkpoint: Option<Checkpoint>,
    /// The note that says it.
    pub note: Vec<u8>,
    /// Why something could not be read; then nobody knows whether all is well.
    pub unread: Option<String>,
    /// What is wrong; the first twenty things at the most.
    pub findings: Vec<Finding>,
}

/// Verifies the signature of the newest checkpoint, every tile, and the root; with an older checkpoint also that the log
/// goes on from there. `heard` is told how many leaves are done, and of how many.
pub fn verify(
    files: &dyn Files,
    verifiers: &[Verifier],
    from: Option<&[u8]>,
    mut heard: impl FnMut(u64, u64),
) -> Verified {
    let nothing = |unread, findings| Verified { checkpoint: None, note: Vec::new(), unread, findings };
    let read = |note: Option<Vec<u8>>| -> std::result::Result<(Vec<u8>, Checkpoint), Finding> {
        let note = note.ok_or("there is no checkpoint")?;
        let checkpoint = Checkpoint::read(&note, verifiers).map_err(|why| format!("checkpoint: {why}"))?;
        Ok((note, checkpoint))
    };
    let found = match files.read(CHECKPOINT) {
        Ok(found) => found,
        Err(why) => return nothing(Some(format!("{CHECKPOINT}: {why}")), Vec::new()),
    };
    let (note, checkpoint) = match read(found) {
        Ok(read) => read,
        Err(finding) => return nothing(None, vec![finding]),
    };
    let mut walk = Walk { files, tree: Tree::default(), unread: None, findings: Vec::new() };
    let from = from.and_then(|note| walk.earlier(note, verifiers, &checkpoint));
    walk.all(&checkpoint, from.as_ref(), &mut heard);
    walk.findings.truncate(ENOUGH);
    Verified { checkpoint: Some(checkpoint), note, unread: walk.unread, findings: walk.findings }
}

struct Walk<'f> {
    files: &'f dyn Files,
    tree: Tree,
    /// Why something could not be read: then the walk ends.
    unread: Option<String>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    /// The older checkpoint, where there is one that can be a part of this log.
    fn earlier(&mut self, note: &[u8], verifiers: &[Verifier], now: &Checkpoint) -> Option<Checkpoint> {
        match Checkpoint::read(note, verifiers) {
            Err(why) => self.findings.push(format!("the checkpoint that was kept: {why}")),
            Ok(earlier) if earlier.size > now.size => self.findings.push(format!(
                "the log has {} leaves and had {} before: some were taken out",
                now.size, earlier.size
            )),
            Ok(earlier) => return Some(earlier),
        }
        None
    }

    fn all(&mut self, checkpoint: &Checkpoint, from: Option<&Checkpoint>, heard: &mut impl FnMut(u64, u64)) {
        let mut number = 0;
        while number < checkpoint.size && self.findings.len() < ENOUGH && self.unread.is_none() {
            let width = width_at(number, checkpoint.size);
            let leaves = self.leaves(number, width);
            for leaf in leaves.unwrap_or_else(|| vec![[0; 32]; width]) {
                self.push(&leaf);
                self.is_part(from);
            }
            number += width as u64;
            heard(number, checkpoint.size);
        }
        if self.findings.len() >= ENOUGH || self.unread.is_some() {
            return;
        }
        let edge: Vec<(Address, Vec<u8>)> =
            self.tree.edge().map(|(address, hashes)| (address, hashes.to_vec())).collect();
        for (address, hashes) in edge.into_iter().filter(|((level, _), _)| *level != LEAVES) {
            self.same(address, &hashes);
        }
        if self.tree.root().ok().map(|root| root.0) != Some(checkpoint.root) {
            self.findings.push("the hash over all leaves is not the one that was signed".to_owned());
        }
    }

    /// The leaves of a bundle; none, and a finding, where they are not there.
    fn leaves(&mut self, number: u64, width: usize) -> Option<Vec<Leaf>> {
        let name = Tile::of(LEAVES, number / WIDTH as u64, width).name();
        let leaves = match self.files.read(&format!("tile/{name}")) {
            Ok(Some(bytes)) => unbundled(&bytes).filter(|leaves| leaves.len() == width),
            Ok(None) => {
                self.findings.push(format!("tile/{name} is missing"));
                return None;
            }
            Err(why) => {
                self.unread = Some(format!("tile/{name}: {why}"));
                return None;
            }
        };
        if leaves.is_none() {
            self.findings.push(format!("tile/{name} does not hold {width} leaves"));
        }
        leaves
    }

    fn push(&mut self, leaf: &Leaf) {
        let mut whole = Vec::new();
        self.tree.push(leaf, |address, hashes| {
            if address.0 != LEAVES {
                whole.push((address, hashes.to_vec()));
            }
        });
        for (address, hashes) in whole {
            self.same(address, &hashes);
        }
    }

    /// Whether a tile is what its leaves make of it.
    fn same(&mut self, (level, number): Address, hashes: &[u8]) {
        let name = Tile::of(level, number, hashes.len() / 32).name();
        match self.files.read(&format!("tile/{name}")) {
            Ok(Some(bytes)) if bytes == hashes => {}
            Ok(Some(_)) => self.findings.push(format!("tile/{name} is not what its leaves make of it")),
            Ok(None) => self.findings.push(format!("tile/{name} is missing")),
            Err(why) => self.unread = Some(format!("tile/{name}: {why}")),
        }
    }

    /// Whether the log was at its size then what was signed then.
    fn is_part(&mut self, from: Option<&Checkpoint>) {
        let Some(from) = from.filter(|from| from.size == self.tree.size()) else { return };
        if self.tree.root().ok().map(|root| root.0) != Some(from.root) {
            self.findings.push(format!(
                "the first {} leaves are not those of the checkpoint that was kept: the log was made anew",
                from.size
            ));
        }
    }
}

/// How many leaves the bundle has that begins with a leaf.
fn width_at(number: u64, size: u64) -> usize {
    usize::try_from(size - number).unwrap_or(WIDTH).min(WIDTH)
}

/// Compares the leaves of a log that was verified with the looks and changes in the database.
///
/// # Errors
/// Fails when the database or a file cannot be read.
pub async fn compare(
    store: &Store,
    files: &dyn Files,
    checkpoint: &Checkpoint,
    mut heard: impl FnMut(u64, u64),
) -> std::result::Result<Vec<Finding>, Box<dyn std::error::Error + Send + Sync>> {
    let (read, mut findings) = (store.read(), Vec::new());
    let (mut number, size, mut tree) = (0, checkpoint.size, Tree::default());
    while number < size && findings.len() < ENOUGH {
        let mut leaves = Vec::new();
        while leaves.len() < PAGE && number + (leaves.len() as u64) < size {
            let at = number + leaves.len() as u64;
            let name = Tile::of(LEAVES, at / WIDTH as u64, width_at(at, size)).name();
            let bytes =
                files.read(&format!("tile/{name}"))?.ok_or_else(|| format!("tile/{name} is missing"))?;
            leaves.extend(unbundled(&bytes).ok_or_else(|| format!("tile/{name} cannot be read"))?);
        }
        let kept = kept(&read, store.keys(), number, leaves.len()).await?;
        for (leaf, number) in leaves.iter().zip(number..) {
            tree.push(leaf, |_, _| ());
            match kept.get(&number).map(Vec::as_slice) {
                None => findings.push(format!("leaf {number} has no look and no change in the database")),
                Some([Some(kept)]) if kept == leaf => {}
                Some([_]) => {
                    findings.push(format!("what leaf {number} stands for was changed in the database"))
                }
                Some(_) => findings.push(format!("leaf {number} stands for two things in the database")),
            }
        }
        number += leaves.len() as u64;
        heard(number, size);
    }
    // Whoever gives other leaves the second time is found out too.
    if findings.is_empty() && tree.root()?.0 != checkpoint.root {
        findings.push("the leaves that were compared are not those that were signed".to_owned());
    }
    findings.truncate(ENOUGH);
    Ok(findings)
}

/// Looks and changes in the database that say they are a leaf beyond the end of the log.
///
/// # Errors
/// Fails when the database does.
pub async fn beyond(store: &Store) -> Result<Option<Finding>> {
    let read = store.read();
    let size = super::size(&read).await?;
    let changes = read.rows(BEYOND, &[Value::Int(signed(size))], |row| row.int(0)).await?;
    let looks = looks::from(&read, size, 1).await?;
    let is_beyond = !looks.is_empty() || changes.into_iter().any(|count| count > 0);
    Ok(is_beyond
        .then(|| "the database holds looks or changes that say they are in the log and are not".to_owned()))
}

/// What each leaf should be by what the database holds; none where a look stands under another person.
async fn kept(
    read: &Read<'_>,
    keys: &Keys,
    number: u64,
    many: usize,
) -> Result<BTreeMap<u64, Vec<Option<Leaf>>>> {
    let mut kept: BTreeMap<u64, Vec<Option<Leaf>>> = BTreeMap::new();
    let end = number + many as u64;
    // Twice as many rows as there should be tell enough of what is there twice.
    for (leaf_number, subject, entry) in looks::from(read, number, 2 * many).await? {
        if leaf_number < end {
            let is_theirs = entry.get(8..24) == Some(&subject.0);
            let leaf = is_theirs.then(|| leaf(keys, leaf_number, &Entry::Look(&entry).bytes()));
            kept.entry(leaf_number).or_default().push(leaf);
        }
    }
    let values = [Value::Int(signed(number)), Value::Int(signed(end))];
    let rows = read.rows(CHANGES, &values, |row| {
        let entry = Entry::Change {
            at: row.int(1)?,
            actor: row.text(2)?,
            action: row.text(3)?,
            detail: row.text(4)?,
        };
        Ok((row.int(0)?.unsigned_abs(), entry.bytes()))
    });
    for (leaf_number, bytes) in rows.await? {
        kept.entry(leaf_number).or_default().push(Some(leaf(keys, leaf_number, &bytes)));
    }
    Ok(kept)
}
