//! Batches as a feed announces them, compared with what arrived.

use super::door::Signed;
use super::events::Fault;
use super::examples;
use super::line;
use super::params::{OfFeed, Refusals, SignedBy, Whole};
use super::refused::Refused;
use crate::shell::problem::ProblemView;
use domain::batch::BatchNumber;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::receipt::{ReceiptError, ReceiptFormat, ReceiptNumber};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::audit::Entry;
use store::manifest::{self, Card, Comparison, Declaration, Excess, Sight};
use tokio::runtime::Handle;
use utoipa::ToSchema;
use web::{Failure, Reply};

/// A day: China has no summer time.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// [`ManifestView`], of which nothing else is understood.
type Manifest = Whole<ManifestView>;

/// A batch as its sender announces it, in a message or a file; fields that are not listed are refused.
#[derive(Deserialize, ToSchema)]
pub(super) struct ManifestView {
    /// The batch's number, the sender's own; as in the address, for the body is what is signed.
    #[schema(example = "ZZ-2026-0117")]
    pub batch: String,
    /// How many cards the sender counts: no fewer than are listed, and at most 100,000.
    #[schema(example = 1)]
    pub count: u32,
    /// When all of it should have arrived, written like `happened_at`.
    #[schema(example = "2026-04-01 18:00")]
    pub due: String,
    /// The receipt numbers of its cards; those that were listed before stay listed.
    #[serde(default)]
    #[schema(example = json!(["1199000012026010500001"]))]
    pub receipts: Vec<String>,
    /// The receipt numbers of cards that were listed by mistake.
    #[serde(default)]
    #[schema(example = json!([]))]
    pub removed: Vec<String>,
}

/// A batch as announced and as arrived.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ComparisonView {
    /// The batch's number.
    pub batch: String,
    /// When it was announced (RFC 3339).
    pub declared_at: String,
    /// When all of it should have arrived.
    pub due: String,
    /// How many cards the sender counted.
    pub declared: u64,
    /// How many it listed.
    pub listed: u64,
    /// How many it counted and did not list.
    pub unlisted: u64,
    /// How many arrived: of those that were listed, and as many others as were counted and not listed.
    pub arrived: u64,
    /// Listed and not arrived; of each of the three at most 10,000. All three are left out of a repeated declaration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<CardView>>,
    /// Arrived beyond what was counted, and listed in no batch of this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Vec<CardView>>,
    /// Listed, and arrived, as Jindu was told, after the batch was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<Vec<CardView>>,
}

/// A card of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CardView {
    /// Its receipt number; null where it was not listed and this feed told nothing of its application.
    pub receipt_number: Option<String>,
    /// When Jindu was told that it arrived.
    pub arrived_at: Option<String>,
}

/// Declares a batch; declared again, cards are added, and count and date replaced.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(put, path = "/api/v1/feeds/{feed}/batches/{batch}", tag = "feeds", params(
    OfFeed,
    ("batch" = String, Path, description = "The batch's number.", example = "ZZ-2026-0117"),
    SignedBy,
), request_body(content = Manifest, example = json!(examples::manifest())), responses(
    Refusals,
    (status = 200, description = "It is kept; what has arrived of it by now.", body = ComparisonView, example = json!(examples::comparison())),
    (status = 413, description = "More than 1 MiB: declare it in parts.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Something is missing or wrong; `errors` points at it.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn declare(signed: Signed) -> Result<Reply, Refused> {
    let signed = Arc::new(signed);
    let (app, l) = (&signed.app, signed.l);
    let view: ManifestView = signed.said()?;
    let declaration = view.declaration(signed.feed.id, &app.receipts);
    let declaration = declaration.map_err(|Fault { pointer, code }| Refused::wrong(l, &pointer, code))?;
    if BatchNumber::parse(signed.named("batch")).as_ref() != Some(&declaration.batch) {
        return Err(Refused::wrong(l, "/batch", "differs"));
    }
    let number = declaration.batch.clone();
    if signed.is_repeated() {
        // Whoever heard it declares nothing anew, and learns which batch it is and no card.
        return compared(&signed, &number).await;
    }
    let detail = format!("batch {number}: {} listed", declaration.receipts.len());
    let actor = format!("feed:{}", signed.feed.name);
    let entry = Entry { at: app.clock.now(), actor, action: "declare_batch", detail };
    let its = Arc::clone(&signed);
    let kept = signed.within(async move {
        let kept = manifest::declare(&its.app.store, entry, declaration).await;
        let kept = kept.map_err(|error| Refused::store(l, error))?;
        if kept.is_ok() {
            its.taken();
        }
        Ok(kept)
    });
    kept.await?.map_err(|excess| {
        let Fault { pointer, code } = too_much(excess);
        Refused::wrong(l, &pointer, code)
    })?;
    compared(&signed, &number).await
}

/// Compares a batch as announced with what arrived.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/feeds/{feed}/batches/{batch}", tag = "feeds", params(
    OfFeed,
    ("batch" = String, Path, description = "The batch's number.", example = "ZZ-2026-0117"),
    SignedBy,
), responses(
    Refusals,
    (status = 200, description = "The comparison.", body = ComparisonView, example = json!(examples::comparison())),
    (status = 404, description = "This feed has declared no such batch.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn compare(signed: Signed) -> Result<Reply, Refused> {
    let batch = BatchNumber::parse(signed.named("batch")).ok_or_else(|| Refused::not_found(signed.l))?;
    compared(&signed, &batch).await
}

async fn compared(signed: &Signed, batch: &BatchNumber) -> Result<Reply, Refused> {
    let (l, feed, number) = (signed.l, signed.feed.id, batch.clone());
    let (runtime, app) = (Handle::current(), Arc::clone(&signed.app));
    // A batch is large, and others are answered meanwhile.
    let found = tokio::task::spawn_blocking(move || {
        let (read, keys) = (app.store.read(), app.store.keys());
        runtime.block_on(manifest::compare(&read, keys, feed, &number, Sight::Sender))
    });
    let found = found.await.map_err(Failure::internal)?.map_err(|error| Refused::store(l, error))?;
    let found = found.ok_or_else(|| Refused::not_found(l))?;
    signed.answer(&ComparisonView::new(batch, found, !signed.is_repeated()))
}

/// What is wrong with a batch that cannot be announced.
pub(super) fn too_much(excess: Excess) -> Fault {
    let (pointer, code) = match excess {
        Excess::Batch => ("/count", "too_large_batch"),
        Excess::Listed => ("/count", "fewer_than_listed"),
        Excess::Feed => ("/receipts", "too_many_cards"),
    };
    Fault { pointer: pointer.to_owned(), code }
}

impl ManifestView {
    /// What is announced.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub(super) fn declaration(&self, feed: FeedId, format: &ReceiptFormat) -> Result<Declaration, Fault> {
        let fault = |pointer: &str| Fault { pointer: pointer.to_owned(), code: "unreadable" };
        let batch = BatchNumber::parse(&self.batch).ok_or_else(|| fault("/batch"))?;
        let due = due(&self.due).ok_or_else(|| fault("/due"))?;
        let numbers = |field: &'static str, written: &[String]| {
            let numbers = written.iter().enumerate().map(|(place, number)| {
                let wrong =
                    |error: ReceiptError| Fault { pointer: format!("/{field}/{place}"), code: error.code() };
                ReceiptNumber::parse(number, format).map_err(wrong)
            });
            numbers.collect::<Result<Vec<_>, _>>()
        };
        let receipts = numbers("receipts", &self.receipts)?;
        let removed = numbers("removed", &self.removed)?;
        Ok(Declaration { feed, batch, due, receipts, removed, count: self.count })
    }
}

/// When a batch is due, written like any moment; a day alone means its end.
fn due(text: &str) -> Option<Moment> {
    let moment = line::moment(text)?;
    // To a day alone an hour can be added, to nothing else.
    let is_day = line::moment(&format!("{} 00:00", text.trim())).is_some();
    Some(if is_day { Moment::from_millis(moment.millis().saturating_add(DAY_MILLIS - 1)) } else { moment })
}

impl ComparisonView {
    fn new(batch: &BatchNumber, compared: Comparison, with_cards: bool) -> Self {
        let Comparison { declared_at, due, declared, listed, unlisted, arrived, missing, extra, late } =
            compared;
        Self {
            batch: batch.to_string(),
            declared_at: declared_at.to_rfc3339(),
            due: due.to_rfc3339(),
            declared,
            listed,
            unlisted,
            arrived,
            missing: with_cards.then(|| cards(missing)),
            extra: with_cards.then(|| cards(extra)),
            late: with_cards.then(|| cards(late)),
        }
    }
}

fn cards(cards: Vec<Card>) -> Vec<CardView> {
    let card = |Card { number, arrived, .. }| CardView {
        receipt_number: number,
        arrived_at: arrived.map(Moment::to_rfc3339),
    };
    cards.into_iter().map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_alone_is_due_at_its_end() {
        let shown = |text| due(text).map(Moment::to_rfc3339);
        for day in ["2026-03-18", "20260318", "2026/3/18", "2026年3月18日", "２０２６-03-18"] {
            assert_eq!(shown(day).as_deref(), Some("2026-03-18T23:59:59+08:00"), "{day}");
        }
        for moment in ["2026-03-18 00:00", "2026-03-18T00:00:00+08:00", "20260318000000"] {
            assert_eq!(shown(moment).as_deref(), Some("2026-03-18T00:00:00+08:00"), "{moment}");
        }
        assert_eq!(shown("soon"), None);
    }
}
