//! `jindu office import FILE`: offices from a CSV file, so that answers can name them.

use crate::app::Failed;
use crate::clock::Clock;
use domain::organ::OrganCode;
use serde::Deserialize;
use std::path::Path;
use store::Store;
use store::audit::Entry;
use store::office::{self, Bilingual, Office};

/// A line of the file; a missing English text repeats the Chinese.
#[derive(Deserialize)]
struct Line {
    organ: String,
    name: String,
    #[serde(default)]
    name_en: String,
    address: String,
    #[serde(default)]
    address_en: String,
    phone: String,
    hours: String,
    #[serde(default)]
    hours_en: String,
}

/// Imports the file; all of it or nothing. Gives how many offices it lists.
///
/// # Errors
/// Names the first line that does not fit.
pub async fn import(store: &Store, clock: Clock, file: &Path) -> Result<usize, Failed> {
    let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file);
    let mut reader = reader.map_err(|error| format!("{}: {error}", file.display()))?;
    let mut offices = Vec::new();
    for (index, line) in reader.deserialize::<Line>().enumerate() {
        let number = index + 2;
        let office = line.map_err(|error| format!("line {number}: {error}")).and_then(|line| {
            parse(line).ok_or_else(|| format!("line {number}: organ must be 9 digits, region and station"))
        })?;
        offices.push(office);
    }
    let count = offices.len();
    let (actor, detail) = ("command:office_import".to_owned(), format!("{count} offices"));
    office::put_all(store, Entry { at: clock.now(), actor, action: "put_offices", detail }, offices).await?;
    Ok(count)
}

fn parse(line: Line) -> Option<Office> {
    let both = |zh: String, en: String| {
        let en = if en.is_empty() { zh.clone() } else { en };
        Bilingual { zh, en }
    };
    Some(Office {
        organ: OrganCode::parse(&line.organ)?,
        name: both(line.name, line.name_en),
        address: both(line.address, line.address_en),
        phone: line.phone,
        hours: both(line.hours, line.hours_en),
    })
}
