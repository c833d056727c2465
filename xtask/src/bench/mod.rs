//! Benches drive the release binary from outside. Ratios are taken within one run, because absolute figures
//! drift from hour to hour; the last line is JSON.

mod against;
mod engine;
mod feeds;
mod figures;
mod filled;
mod http;
mod inquiry;
mod load;
mod offices;
mod peer;
mod proc;

use std::fs;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::{places, setup, test};

/// Runs the named bench.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    match args.subject().as_deref() {
        Some("inquiry") => inquiry::run(args),
        Some("feeds") => feeds::run(args),
        Some("offices") => offices::run(args),
        _ => Err("there are three benches: cargo xtask bench inquiry, feeds or offices".into()),
    }
}

/// The named binary, else the release build of this clone.
fn binary(named: Option<&Path>) -> Result<PathBuf, String> {
    let Some(named) = named else {
        setup::run()?;
        test::build_release()?;
        return Ok(places::binary());
    };
    fs::canonicalize(named).map_err(|reason| format!("{}: {reason}", named.display()))
}

fn last_lines(log: &Path) -> String {
    let words = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = words.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}
