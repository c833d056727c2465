//! Somebody who writes into the database behind our back: a failing disk, an administrator.

use std::path::Path;
use store::fresh::FreshDatabase;

/// Bytes that none of our code wrote.
pub(crate) const GARBAGE: &str = "ff00ff00ff";

/// Puts bytes into the `progress` of an application or the sealed `report` of what is held; gives what stood there.
pub(crate) fn overwrite(data: &Path, what: &str, row: u32, bytes: &str) -> String {
    behind(data).overwrite(what, row, bytes)
}

/// The database of a folder, past all of our code.
pub(crate) fn behind(data: &Path) -> FreshDatabase {
    let own = std::fs::read_to_string(data.join("jindu.toml")).unwrap_or_default();
    let address = own.lines().find_map(|line| line.strip_prefix("database = "));
    FreshDatabase::found(data, address.map(|address| address.trim_matches('"')))
}
