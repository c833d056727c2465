//! Replaces keys, and takes out those that have sealed nothing that is left.

use crate::app::{Failed, open_store};
use crate::config::Config;
use domain::moment::Moment;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::audit::Entry;
use store::keys::{ARRIVED_AFTER, Keys, Purpose, State, TAKEN_UP_AFTER};
use store::sealed::{self, Anew};
use store::{Store, Work};

/// Who does it, in the log of changes.
const ACTOR: &str = "command:keys";

/// What became of a change of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rotated {
    /// The key is in the file, and seals nothing yet.
    Prepared(u8),
    /// Other servers would not know the key: somebody has to say that there are none, or copy the file first.
    Asks,
    /// The key signs from now on.
    Signs(u8),
    /// Everything is sealed with the key from now on, and with none of the old ones.
    Sealed(u8, Anew, Old),
}

/// The old keys that are in the file still, by their numbers.
pub(super) type Old = Vec<u8>;

/// What became of a key that shall go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Retired {
    /// It is gone; the file as it was lies there.
    Gone(PathBuf),
    /// Other servers may seal with it still: somebody has to say that they do not.
    Asks,
}

/// Puts a key beside the others that seals nothing until [`rotate`] is called.
///
/// # Errors
/// Says what is refused or has failed.
pub(super) async fn prepare(config: &Config, purpose: Purpose, now: Moment) -> Result<Rotated, Failed> {
    // Opened before it, so that a file that does not belong to the database is left as it is; and after it, so that the
    // database knows the key before anything is sealed with it.
    drop(open_store(config, None).await?);
    let id = Keys::prepare(&config.key_file(), purpose)?;
    let store = open_store(config, None).await?;
    note(&store, entry(now, "key_prepared", purpose, id)).await?;
    Ok(Rotated::Prepared(id))
}

/// Has another key take over, and seals everything with it; where that was begun and not ended, it goes on. `everywhere`
/// says that no other server seals with a file that lacks the key.
///
/// # Errors
/// Says what is refused or has failed; running it again goes on.
pub(super) async fn rotate(
    config: &Config,
    (purpose, everywhere): (Purpose, bool),
    now: Moment,
    mut heard: impl FnMut(u64, u64),
) -> Result<Rotated, Failed> {
    let file = config.key_file();
    let store = open_store(config, None).await?;
    if purpose == Purpose::Seal && is_unfinished(&file, &sealed::counted(&store).await?)? {
        let (id, anew) = sealed_anew(config, now, &mut heard).await?;
        // Where nothing was left but what does not open, another key takes over all the same.
        if anew.sealed > 0 {
            return Ok(Rotated::Sealed(id, anew, old(&file)?));
        }
    }
    let is_prepared = of(&file, purpose, State::Prepared)?.is_some();
    if store.is_shared() && !is_prepared && !everywhere {
        return Ok(Rotated::Asks);
    }
    drop(store);
    let id = Keys::prepare(&file, purpose)?;
    let store = open_store(config, None).await?;
    note(&store, entry(now, "key_active", purpose, id)).await?;
    drop(store);
    Keys::activate(&file, id)?;
    if purpose == Purpose::Sign {
        return Ok(Rotated::Signs(id));
    }
    // Until then servers seal with the former one.
    tokio::time::sleep(TAKEN_UP_AFTER).await;
    let (id, anew) = sealed_anew(config, now, &mut heard).await?;
    Ok(Rotated::Sealed(id, anew, old(&file)?))
}

/// Seals everything with the key that is active.
async fn sealed_anew(
    config: &Config,
    now: Moment,
    heard: &mut impl FnMut(u64, u64),
) -> Result<(u8, Anew), Failed> {
    let id =
        of(&config.key_file(), Purpose::Seal, State::Active)?.ok_or("the key file has no key that seals")?;
    let store = open_store(config, None).await?;
    let counted = sealed::counted(&store).await?;
    let all = counted.into_iter().filter(|(key, _)| *key != id).map(|(_, count)| count).sum();
    Ok((id, sealed::anew(&store, ACTOR, now, |done| heard(all, done)).await?))
}

/// The keys that sealed once and do not any more.
fn old(file: &Path) -> Result<Old, Failed> {
    let keys = Keys::list(file)?.keys.into_iter();
    let old = keys.filter(|key| (key.purpose, key.state) == (Purpose::Seal, State::Old));
    Ok(old.map(|key| key.id).collect())
}

/// The key of a purpose and state.
fn of(file: &Path, purpose: Purpose, state: State) -> Result<Option<u8>, Failed> {
    let keys = Keys::list(file)?.keys;
    Ok(keys.iter().find(|key| (key.purpose, key.state) == (purpose, state)).map(|key| key.id))
}

/// Whether values are sealed with an old key, and no other key waits to take over.
fn is_unfinished(file: &Path, counted: &BTreeMap<u8, u64>) -> Result<bool, Failed> {
    let keys = Keys::list(file)?.keys;
    let of = |state| keys.iter().filter(move |key| (key.purpose, key.state) == (Purpose::Seal, state));
    let is_left = of(State::Old).any(|key| counted.contains_key(&key.id));
    Ok(is_left && of(State::Prepared).next().is_none())
}

/// Takes an old key out of the file. `everywhere` says that the key files of all servers have it as old.
///
/// # Errors
/// Refuses a key with which something is sealed, or that is used.
pub(super) async fn retire(
    config: &Config,
    id: u8,
    everywhere: bool,
    now: Moment,
) -> Result<Retired, Failed> {
    let file = config.key_file();
    let found = Keys::list(&file)?.keys.into_iter().find(|key| key.id == id);
    let key = found.ok_or_else(|| format!("there is no key {id} in the key file; see `jindu keys list`"))?;
    let store = open_store(config, None).await?;
    if store.is_shared() && !everywhere {
        return Ok(Retired::Asks);
    }
    if key.state != State::Active {
        if key.purpose == Purpose::Seal {
            // What was sealed with it, and was still on its way when another took over, is there when it is counted.
            tokio::time::sleep(ARRIVED_AFTER.saturating_sub(age(&file))).await;
        }
        sealed::forget_key(&store, entry(now, "key_retired", key.purpose, id), (key.purpose, id)).await?;
    }
    Ok(Retired::Gone(Keys::retire(&file, id)?))
}

/// How long ago a file was changed.
fn age(file: &Path) -> Duration {
    let changed = std::fs::metadata(file).and_then(|meta| meta.modified()).ok();
    changed.and_then(|changed| changed.elapsed().ok()).unwrap_or_default()
}

/// How many values each key sealed.
///
/// # Errors
/// Says what is refused or has failed.
pub(super) async fn counted(config: &Config) -> Result<BTreeMap<u8, u64>, Failed> {
    Ok(sealed::counted(&open_store(config, None).await?).await?)
}

fn entry(at: Moment, action: &'static str, purpose: Purpose, id: u8) -> Entry {
    Entry { at, actor: ACTOR.to_owned(), action, detail: format!("{} key {id}", purpose.as_str()) }
}

/// An entry in the log of changes, for what is changed in the file.
async fn note(store: &Store, entry: Entry) -> store::Result<()> {
    store.write(entry, |_| -> Work<'_, ()> { Box::pin(async { Ok(()) }) }).await
}
