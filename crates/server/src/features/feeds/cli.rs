//! `jindu feed import FILE --feed NAME`.

use super::import::Import;
pub use super::report::Tally;
use crate::app::{Failed, demonstration, open_store};
use crate::clock::Clock;
use crate::config::Config;
use crate::progress;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Imports a file of milestones and writes a report beside it, or where `report` says.
///
/// # Errors
/// Says what is wrong with the file, its first line or the database.
pub async fn import(
    config: &Config,
    clock: Clock,
    file: &Path,
    feed: &str,
    report: Option<PathBuf>,
) -> Result<(Tally, PathBuf), Failed> {
    let store = open_store(config, None).await?;
    let report = report.unwrap_or_else(|| {
        let mut name = file.as_os_str().to_owned();
        name.push(".report.csv");
        PathBuf::from(name)
    });
    let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let bar = progress::bytes(opened.metadata()?.len());
    let import = Import {
        demonstration: demonstration(&store),
        store: &store,
        receipts: &config.receipt_format()?,
        feed,
        now: clock.now(),
    };
    let tally = import.run(opened, &report, |bytes| bar.set_position(bytes)).await?;
    bar.finish_and_clear();
    Ok((tally, report))
}
