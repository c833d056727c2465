//! `jindu batch …`: what was announced as one batch, and what arrived of it.

use super::change::known;
use crate::app::Failed;
use crate::features::feeds::manifests::due;
use domain::batch::BatchNumber;
use domain::moment::Moment;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use serde::{Deserialize, Serialize};
use std::path::Path;
use store::audit::Entry;
use store::manifest::{self, Comparison, Declaration};
use store::{Store, feed};

/// Who declares and settles at a terminal.
const ACTOR: &str = "command:batch";

/// A manifest as its sender writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    batch: String,
    due: String,
    count: u32,
    #[serde(default)]
    receipts: Vec<String>,
}

/// A batch as announced and as arrived; receipt numbers are for the person who looks for the cards.
#[derive(Debug, Serialize)]
pub struct Compared {
    batch: String,
    feed: String,
    due: String,
    declared: u64,
    listed: u64,
    arrived: u64,
    missing: Vec<String>,
    extra: Vec<String>,
    late: Vec<String>,
}

/// Announces a batch of a feed; gives its number.
///
/// # Errors
/// Says what is wrong in the manifest; then nothing is changed.
pub async fn declare(
    store: &Store,
    receipts: &ReceiptFormat,
    now: Moment,
    feed: &str,
    file: &Path,
) -> Result<BatchNumber, Failed> {
    let feed = known(store, feed).await?;
    let at = |fault: String| format!("{}: {fault}", file.display());
    let text = std::fs::read(file).map_err(|error| at(error.to_string()))?;
    // What does not read is not repeated: it may be a receipt number.
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| at(format!("line {}: no manifest; docs/FEEDS.md shows one", error.line())))?;
    let declaration = parse(&manifest, receipts, feed.id).map_err(at)?;
    let batch = declaration.batch.clone();
    let detail = format!("{}: {batch}, {} cards", feed.name, declaration.count);
    let entry = Entry { at: now, actor: ACTOR.to_owned(), action: "declare_batch", detail };
    match manifest::declare(store, entry, declaration).await? {
        true => Ok(batch),
        false => Err(format!("batch {batch} was declared by another feed; nothing is changed").into()),
    }
}

fn parse(
    manifest: &Manifest,
    format: &ReceiptFormat,
    feed: domain::milestone::FeedId,
) -> Result<Declaration, String> {
    let batch = BatchNumber::parse(&manifest.batch).ok_or("batch takes 1 to 50 visible characters")?;
    let due = due(&manifest.due).ok_or("due is no moment; write it as 2026-01-05 18:00")?;
    let numbered = manifest.receipts.iter().enumerate();
    let receipts = numbered.map(|(at, typed)| {
        let fault = |error| format!("receipt {} of the list does not read: {error}", at + 1);
        ReceiptNumber::parse(typed, format).map_err(fault)
    });
    let receipts = receipts.collect::<Result<Vec<_>, _>>()?;
    Ok(Declaration { feed, batch, due, receipts, count: manifest.count })
}

/// Compares what was announced with what arrived.
///
/// # Errors
/// Names a batch that nobody announced.
pub async fn compare(store: &Store, number: &str) -> Result<Compared, Failed> {
    let missing = || format!("nobody announced a batch {number:?}");
    let batch = BatchNumber::parse(number).ok_or_else(missing)?;
    let found = manifest::compare(&store.read(), store.keys(), &batch).await?.ok_or_else(missing)?;
    let Comparison { feed, due, declared, listed, arrived, missing, extra, late, .. } = found;
    let feed = feed::by_id(&store.read(), feed).await?.map(|feed| feed.name).unwrap_or_default();
    let numbers = |lines: Vec<manifest::Line>| {
        lines.into_iter().map(|line| line.number.unwrap_or_else(|| "unknown".to_owned())).collect()
    };
    Ok(Compared {
        batch: batch.to_string(),
        feed,
        due: due.to_rfc3339(),
        declared,
        listed,
        arrived,
        missing: numbers(missing),
        extra: numbers(extra),
        late: numbers(late),
    })
}

/// The comparison for people.
#[must_use]
pub fn in_words(compared: &Compared) -> String {
    let Compared { batch, feed, due, declared, listed, arrived, .. } = compared;
    let mut text = format!(
        "Batch {batch} of {feed}, due {due}: {declared} announced, {listed} listed, {arrived} of them arrived.\n"
    );
    let groups = [("missing", &compared.missing), ("extra", &compared.extra), ("late", &compared.late)];
    for (word, numbers) in groups {
        text += &format!("{word}: {}\n", numbers.len());
        text.extend(numbers.iter().map(|number| format!("  {number}\n")));
    }
    text
}

/// Flags what batches past their day lack; gives for how many applications something changed.
///
/// # Errors
/// Fails when the database does.
pub async fn settle(store: &Store, now: Moment) -> Result<usize, Failed> {
    Ok(manifest::settle(store, ACTOR, now).await?)
}
