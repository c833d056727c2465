//! `jindu feed pause`, `resume`, `remove` and `codes`: what changes about a feed.

use super::add::table;
use crate::app::Failed;
use crate::features::feeds::codes::{BUILT_IN, Codes};
use domain::moment::Moment;
use std::path::Path;
use store::audit::Entry;
use store::feed::{self, Feed, State};
use store::{Store, StoreError};

/// The feed of a name.
pub(super) async fn known(store: &Store, name: &str) -> Result<Feed, Failed> {
    let found = feed::by_name(&store.read(), name).await?;
    Ok(found.ok_or_else(|| format!("there is no feed {name:?}; `jindu feed list` shows them"))?)
}

/// The feed of a name, where it is a system's and not the desk's.
pub(super) async fn system(store: &Store, name: &str) -> Result<Feed, Failed> {
    match known(store, name).await? {
        desk if desk.name == feed::DESK_NAME => Err(StoreError::Desk.into()),
        system => Ok(system),
    }
}

/// Pauses a feed, lets it report again, or removes it for good.
///
/// # Errors
/// Names a feed that is unknown, or that was removed before.
pub async fn set_state(store: &Store, now: Moment, name: &str, state: State) -> Result<(), Failed> {
    let known = system(store, name).await?;
    let (actor, detail) = ("command:feed".to_owned(), format!("{}: {}", known.name, state.as_str()));
    let entry = Entry { at: now, actor, action: "set_feed_state", detail };
    match feed::set_state(store, entry, known.id, state).await? {
        true => Ok(()),
        false => Err(format!("feed {name:?} was removed; add a new feed with another name").into()),
    }
}

/// Gives a feed its own table of codes, or without a file the one that comes with the product again; gives the table's
/// version.
///
/// # Errors
/// Says what is wrong in the table; then nothing is changed.
pub async fn set_codes(
    store: &Store,
    now: Moment,
    name: &str,
    file: Option<&Path>,
) -> Result<String, Failed> {
    let known = system(store, name).await?;
    let text = file.map(table).transpose()?;
    let version = Codes::of(text.as_deref())?.version().to_owned();
    let detail = format!("{}: version {version}", known.name);
    let entry = Entry { at: now, actor: "command:feed_codes".to_owned(), action: "set_feed_codes", detail };
    match feed::set_codes(store, entry, known.id, text).await? {
        true => Ok(version),
        false => Err(format!("feed {name:?} was removed; its codes are not changed any more").into()),
    }
}

/// The table that a feed's codes are read by: its own, or the one that comes with the product.
///
/// # Errors
/// Names a feed that is unknown.
pub async fn codes(store: &Store, name: &str) -> Result<String, Failed> {
    Ok(known(store, name).await?.codes.unwrap_or_else(|| BUILT_IN.to_owned()))
}
