//! `jindu demo` and `jindu fill`.

pub use super::fill::{Recipe, Sample};
use super::fill::{fill, samples};
pub use super::staff::{Enrolment, staff};
use crate::app::{App, Failed};
use crate::clock::Clock;
use crate::config::Config;
use crate::progress;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use store::DATABASE_FILE;
use store::application;
use store::keys::Keys;
use store::setting::Purpose;

/// The sample inquiries, kept beside the database they belong to.
const SAMPLES_FILE: &str = "samples.json";

/// Opens the demonstration's database, making and filling it if it is empty; gives the sample inquiries.
///
/// # Errors
/// Refuses a database that holds real data.
pub async fn prepare(
    config: &Config,
    clock: Clock,
    recipe: Recipe,
) -> Result<(Arc<App>, Vec<Sample>), Failed> {
    // A database whose keys lie elsewhere is somebody's: it gets no new ones, and is refused.
    let has_file = config.address().is_none() && config.data.join(DATABASE_FILE).exists();
    if !config.key_file().exists() && !has_file {
        Keys::init(&config.key_file())?;
    }
    let app = App::open(config, Some(Purpose::Demonstration), clock).await?;
    let kept = config.data.join(SAMPLES_FILE);
    if application::any(&app.store.read()).await? {
        let samples = File::open(&kept).map_err(|_| unfinished(&config.data))?;
        return Ok((app, serde_json::from_reader(samples)?));
    }
    let bar = progress::things(recipe.applications, "applications");
    fill(&app, recipe, |done| bar.set_position(done), |_| {}).await?;
    bar.finish_and_clear();
    let samples = samples(&app, recipe).ok_or("the samples could not be made")?;
    write_json(&kept, &samples)?;
    Ok((app, samples))
}

/// The samples are written last: without them nobody knows what else is missing.
fn unfinished(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "{folder} holds applications without sample inquiries: its filling was broken off, or another command filled it; remove the folder or choose another"
    )
}

/// Writes the samples as JSON.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn write_json(path: &Path, samples: &[Sample]) -> Result<(), Failed> {
    // Under another name first: whoever waits for the file finds it whole.
    let unnamed = path.with_extension("part");
    serde_json::to_writer_pretty(File::create(&unnamed)?, samples)?;
    std::fs::rename(unnamed, path)?;
    Ok(())
}

/// Fills a database for the benchmark and writes inquiries that fit it, one JSON object a line.
///
/// # Errors
/// Refuses a database that holds real data, and one that is filled already.
pub async fn fill_for_bench(
    config: &Config,
    clock: Clock,
    recipe: Recipe,
    inquiries: &Path,
) -> Result<(), Failed> {
    /// Inquiries written: enough that they do not all fit in a small cache.
    const INQUIRIES: u64 = 100_000;
    Keys::init(&config.key_file())?;
    let app = App::open(config, Some(Purpose::Demonstration), clock).await?;
    let mut out = BufWriter::new(File::create(inquiries)?);
    let every = (recipe.applications / INQUIRIES).max(1);
    let (mut index, mut failed) = (0_u64, None);
    let bar = progress::things(recipe.applications, "applications");
    let each = |made: &super::fill::Made| {
        if index.is_multiple_of(every) {
            let opening = &made.opening;
            let mut inquiry = serde_json::json!({
                "citizen_number": opening.number.as_str(), "applied_on": opening.applied_on,
            });
            // Every other one asks with the receipt number, at the full level.
            let (fact, value) = match (index / every) % 2 {
                0 => ("name", opening.name.as_str()),
                _ => ("receipt_number", opening.receipt.as_str()),
            };
            inquiry.as_object_mut().into_iter().for_each(|facts| {
                facts.insert(fact.to_owned(), value.into());
            });
            failed = failed.take().or_else(|| writeln!(out, "{inquiry}").err());
        }
        index += 1;
    };
    fill(&app, recipe, |done| bar.set_position(done), each).await?;
    bar.finish_and_clear();
    out.flush()?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}
