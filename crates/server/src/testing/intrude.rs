//! Somebody who writes into the database behind our back: a failing disk, an administrator.

use std::path::Path;
use std::process::Command;

/// Bytes that none of our code wrote.
pub(crate) const GARBAGE: &str = "ff00ff00ff";

/// Puts bytes into the `progress` of an application or the sealed `report` of what is held; gives what stood there.
pub(crate) fn overwrite(data: &Path, what: &str, row: u32, bytes: &str) -> String {
    intrude(data, &[what, &row.to_string(), bytes])
}

/// Does what `tests/intrude.py` has this word for; gives what that says.
pub(crate) fn intrude(data: &Path, words: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/intrude.py");
    let output = Command::new("python3").arg(script).arg(data).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
