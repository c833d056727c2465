//! The keys that can be replaced, as they are used: each has a number, and what was sealed or signed names it.

use super::file::{KeyFile, State};
use super::suite::{Hasher, Purpose, Sealer, Signer};
use super::{HASH_LENGTH, refused};
use crate::error::Result;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The keys of a file, ready for use.
#[derive(Clone)]
pub(super) struct Ring {
    seals: BTreeMap<u8, Arc<Seal>>,
    /// Which one seals.
    sealing: u8,
    /// The one that signs.
    pub(super) signer: Arc<Signer>,
    /// What tells the keys that sign or did from each other.
    signs: BTreeMap<u8, ([u8; HASH_LENGTH], State)>,
}

/// A sealing key.
pub(super) struct Seal {
    pub(super) sealer: Sealer,
    /// Tells whether two are the same; says nothing else of it.
    print: [u8; HASH_LENGTH],
    state: State,
}

impl Ring {
    /// The keys of a file, and the one that hashes.
    pub(super) fn of(file: &KeyFile, path: &Path) -> Result<(Hasher, Self)> {
        let keys = file.unwrapped(path)?;
        let lacks = |purpose: Purpose| refused(path, &format!("it has no active {} key", purpose.as_str()));
        let active = |purpose| {
            let found =
                keys.iter().find(|(entry, _)| entry.purpose == purpose && entry.state == State::Active);
            found.ok_or_else(|| lacks(purpose))
        };
        let unusable = || refused(path, "a key in it is unusable");
        let hasher = Hasher::new(file.suite, &active(Purpose::Hash)?.1).ok_or_else(unusable)?;
        let signer = Signer::new(file.suite, &active(Purpose::Sign)?.1).ok_or_else(unusable)?;
        let sealing = active(Purpose::Seal)?.0.id;
        let mut seals = BTreeMap::new();
        for (entry, key) in keys.iter().filter(|(entry, _)| entry.purpose == Purpose::Seal) {
            let print = hasher.hash("seal key", &[key]);
            let sealer = Sealer::new(file.suite, key).ok_or_else(unusable)?;
            if seals.insert(entry.id, Arc::new(Seal { sealer, print, state: entry.state })).is_some() {
                return Err(refused(path, "two keys in it have one number"));
            }
        }
        let signs = keys.iter().filter(|(entry, _)| entry.purpose == Purpose::Sign);
        let signs = signs.map(|(entry, key)| (entry.id, (hasher.hash("sign key", &[key]), entry.state)));
        let signs = signs.collect();
        Ok((hasher, Self { seals, sealing, signer: Arc::new(signer), signs }))
    }

    /// The key that seals, and its number.
    pub(super) fn sealing(&self) -> Option<(u8, Arc<Seal>)> {
        Some((self.sealing, Arc::clone(self.seals.get(&self.sealing)?)))
    }

    /// A key by its number.
    pub(super) fn seal(&self, id: u8) -> Option<Arc<Seal>> {
        self.seals.get(&id).cloned()
    }

    /// The numbers of keys that seal, with what tells them apart.
    pub(super) fn prints(&self, of: impl Fn(State) -> bool) -> BTreeMap<u8, String> {
        let wanted = self.seals.iter().filter(|(_, seal)| of(seal.state));
        wanted.map(|(id, seal)| (*id, hex::encode(seal.print))).collect()
    }

    /// The same of keys that sign.
    pub(super) fn sign_prints(&self, of: impl Fn(State) -> bool) -> BTreeMap<u8, String> {
        let wanted = self.signs.iter().filter(|(_, (_, state))| of(*state));
        wanted.map(|(id, (print, _))| (*id, hex::encode(print))).collect()
    }

    /// With the keys of a ring before it that it lacks: somebody may hold what they sealed.
    #[must_use]
    pub(super) fn after(mut self, before: &Self) -> Self {
        for (id, seal) in &before.seals {
            self.seals.entry(*id).or_insert_with(|| Arc::clone(seal));
        }
        self
    }
}
