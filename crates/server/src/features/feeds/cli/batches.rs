//! `jindu batch …`: what was announced as one batch, and what arrived of it.

use super::change::{known, system};
use super::held::looked;
use crate::app::Failed;
use crate::features::feeds::events::Fault;
use crate::features::feeds::manifests::{ManifestView, too_much};
use crate::features::feeds::words;
use domain::batch::BatchNumber;
use domain::moment::Moment;
use domain::receipt::ReceiptFormat;
use i18n::Language;
use serde::Serialize;
use std::path::Path;
use store::audit::Entry;
use store::feed::Feed;
use store::manifest::{self, Card, Comparison, Declaration, Settled, Sight};
use store::{Store, feed};
use web::Failure;

/// Who declares and settles at a terminal.
const ACTOR: &str = "command:batch";

/// A batch as announced and as arrived; receipt numbers are for the person who looks for the cards.
#[derive(Debug, Serialize)]
pub struct Compared {
    batch: String,
    feed: String,
    due: String,
    declared: u64,
    listed: u64,
    unlisted: u64,
    arrived: u64,
    missing: Vec<String>,
    extra: Vec<String>,
    late: Vec<String>,
}

/// Announces a batch of a feed; says what was announced.
///
/// # Errors
/// Says what is wrong in the manifest; then nothing is changed.
pub async fn declare(
    store: &Store,
    receipts: &ReceiptFormat,
    now: Moment,
    feed: &str,
    file: &Path,
) -> Result<String, Failed> {
    let feed = system(store, feed).await?;
    let at = |fault: String| format!("{}: {fault}", file.display());
    let text = std::fs::read(file).map_err(|error| at(error.to_string()))?;
    let manifest: ManifestView =
        web::parse_json(&text, Language::En).map_err(|failure| at(no_manifest(failure)))?;
    let fault = |Fault { pointer, code }| {
        format!("{pointer}: {}", words::reason(Language::En, "rejected", code).text)
    };
    let declaration = manifest.declaration(feed.id, receipts).map_err(|wrong| at(fault(wrong)))?;
    let Declaration { batch, count, receipts, .. } = &declaration;
    let said = format!("{batch}, {count} cards, {} of them listed here", receipts.len());
    let detail = format!("{}: {batch}, {count} cards", feed.name);
    let entry = Entry { at: now, actor: ACTOR.to_owned(), action: "declare_batch", detail };
    manifest::declare(store, entry, declaration).await?.map_err(|excess| at(fault(too_much(excess))))?;
    Ok(said)
}

/// Why a file is no manifest. What does not read is pointed at and not repeated: it may be a receipt number.
fn no_manifest(failure: Failure) -> String {
    let faults = match failure {
        Failure::Invalid(faults) => faults
            .iter()
            .map(|fault| format!("{}: {}", fault.field, fault.message))
            .collect::<Vec<_>>()
            .join(" "),
        Failure::Malformed { detail } => detail,
        _ => "It cannot be read.".to_owned(),
    };
    format!("{faults} docs/FEEDS.md shows a manifest")
}

/// Compares what was announced with what arrived. It names receipts, so the look stands in the log of changes.
///
/// # Errors
/// Names a batch that nobody announced, and the feeds of which one has to be named.
pub async fn compare(
    store: &Store,
    now: Moment,
    number: &str,
    feed: Option<&str>,
) -> Result<Compared, Failed> {
    let nobody = || format!("nobody announced a batch {number:?}");
    let batch = BatchNumber::parse(number).ok_or_else(nobody)?;
    let feed = match feed {
        Some(name) => known(store, name).await?,
        None => sender(store, &batch).await?,
    };
    let missing =
        || format!("{} announced no batch {number:?}; without --feed its sender is found", feed.name);
    let (read, keys) = (store.read(), store.keys());
    let found = manifest::compare(&read, keys, feed.id, &batch, Sight::Staff).await?.ok_or_else(missing)?;
    looked(store, ACTOR, now, "compare_batch", format!("{}: {batch}", feed.name)).await?;
    let Comparison { due, declared, listed, unlisted, arrived, missing, extra, late, .. } = found;
    let numbers = |cards: Vec<Card>| {
        cards.into_iter().map(|card| card.number.unwrap_or_else(|| "unknown".to_owned())).collect()
    };
    Ok(Compared {
        batch: batch.to_string(),
        feed: feed.name,
        due: due.to_rfc3339(),
        declared,
        listed,
        unlisted,
        arrived,
        missing: numbers(missing),
        extra: numbers(extra),
        late: numbers(late),
    })
}

/// The one feed that announced a batch of this number.
async fn sender(store: &Store, batch: &BatchNumber) -> Result<Feed, Failed> {
    let mut senders = Vec::new();
    for id in manifest::senders(&store.read(), batch).await? {
        senders.extend(feed::by_id(&store.read(), id).await?);
    }
    let names = senders.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>().join(", ");
    match senders.pop() {
        Some(only) if senders.is_empty() => Ok(only),
        None => Err(format!("nobody announced a batch {:?}", batch.as_str()).into()),
        Some(_) => {
            Err(format!("{names} announced a batch of this number; name one of them with --feed").into())
        }
    }
}

/// The comparison for people.
#[must_use]
pub fn in_words(compared: &Compared) -> String {
    let Compared { batch, feed, due, declared, listed, unlisted, arrived, .. } = compared;
    let mut text = format!(
        "Batch {batch} of {feed}, due {due}: {declared} announced, {listed} listed, {arrived} arrived.\n"
    );
    if *unlisted > 0 {
        text += &format!("not listed: {unlisted}\n");
    }
    let groups = [("missing", &compared.missing), ("extra", &compared.extra), ("late", &compared.late)];
    for (word, numbers) in groups {
        text += &format!("{word}: {}\n", numbers.len());
        text.extend(numbers.iter().map(|number| format!("  {number}\n")));
    }
    text
}

/// Flags what batches past their day lack; says for how many applications something changed.
///
/// # Errors
/// Fails when the database does.
pub async fn settle(store: &Store, now: Moment) -> Result<String, Failed> {
    let Settled { flagged, cleared } = manifest::settle(store, ACTOR, now).await?;
    Ok(format!("Flagged as missing: {flagged}; cleared: {cleared}"))
}
