//! `jindu feed import FILE --feed NAME`.

use super::import::Import;
use super::report::ReportFile;
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
/// Says what is wrong with the file, its first line or the database; once lines are recorded, up to which.
pub async fn import(
    config: &Config,
    clock: Clock,
    file: &Path,
    feed: &str,
    report: Option<PathBuf>,
) -> Result<(Tally, PathBuf), Failed> {
    let feed = named(feed)?;
    let store = open_store(config, None).await?;
    let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let about = opened.metadata().map_err(|error| format!("{}: {error}", file.display()))?;
    if about.is_dir() {
        return Err(format!("{} is a folder, not a file of milestones", file.display()).into());
    }
    let report = report.unwrap_or_else(|| beside(file));
    if report.canonicalize().is_ok_and(|report| file.canonicalize().is_ok_and(|file| file == report)) {
        return Err("the report would replace the file that is imported".into());
    }
    let reporting = ReportFile::create(&report).map_err(|error| format!("{}: {error}", report.display()))?;
    let bar = progress::bytes(about.len());
    let import = Import {
        demonstration: demonstration(&store),
        store: &store,
        receipts: &config.receipt_format()?,
        feed,
        now: clock.now(),
    };
    let tally = import.run(opened, reporting, |bytes| bar.set_position(bytes)).await;
    bar.finish_and_clear();
    Ok((tally?, report))
}

/// The feed's name: letters, digits and `-_.`, for it stands in the log of changes.
fn named(feed: &str) -> Result<&str, String> {
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let whole = (1..=50).contains(&feed.chars().count()) && feed.chars().all(fits);
    whole.then_some(feed).ok_or_else(|| {
        format!("feed {feed:?} is no name; use 1 to 50 letters, digits, hyphens, full stops or underscores")
    })
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".report.csv");
    PathBuf::from(name)
}
