//! Batches as a feed announces them, compared with what arrived.

use super::door::Signed;
use super::events::Fault;
use super::examples;
use super::held::{said, wrong};
use super::line;
use super::params::{OfFeed, SignedBy};
use super::refused::Refused;
use crate::shell::problem::ProblemView;
use domain::batch::BatchNumber;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::receipt::{ReceiptError, ReceiptFormat, ReceiptNumber};
use serde::{Deserialize, Serialize};
use store::audit::Entry;
use store::manifest::{self, Comparison, Declaration, Line};
use utoipa::ToSchema;
use web::Reply;

/// A day: China has no summer time.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A batch as its sender announces it, in a message or a file; fields that are not listed are refused.
#[derive(Deserialize, ToSchema)]
pub(super) struct ManifestView {
    /// The batch's number, the sender's own; as in the address, for the body is what is signed.
    #[schema(example = "ZZ-2026-0117")]
    pub batch: String,
    /// How many cards the sender counts.
    #[schema(example = 1)]
    pub count: u32,
    /// When all of it should have arrived, written like `happened_at`.
    #[schema(example = "2026-04-01 18:00")]
    pub due: String,
    /// The receipt numbers of its cards.
    #[serde(default)]
    #[schema(example = json!(["1199000012026010500001"]))]
    pub receipts: Vec<String>,
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
    /// How many of those that were listed arrived.
    pub arrived: u64,
    /// Listed and not arrived; of each of the three at most 10,000 in all.
    pub missing: Vec<CardView>,
    /// Arrived, and listed in no batch of this number.
    pub extra: Vec<CardView>,
    /// Listed, and arrived after the batch was due.
    pub late: Vec<CardView>,
}

/// A card of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CardView {
    /// Its receipt number; null where it was not listed and its application is not opened.
    pub receipt_number: Option<String>,
    /// When it arrived.
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
), request_body(content = ManifestView, example = json!(examples::manifest())), responses(
    (status = 200, description = "It is kept; what has arrived of it by now.", body = ComparisonView, example = json!(examples::comparison())),
    (status = 400, description = "The body is no JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
    (status = 413, description = "More than 1 MiB: declare it in parts.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Something is missing or wrong; `errors` points at it.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn declare(signed: Signed) -> Result<Reply, Refused> {
    let (app, l) = (&signed.app, signed.l);
    let view: ManifestView = said(&signed)?;
    let declaration = view.declaration(signed.feed.id, &app.receipts);
    let declaration = declaration.map_err(|Fault { pointer, code }| wrong(l, &pointer, code))?;
    if BatchNumber::parse(signed.named("batch")).as_ref() != Some(&declaration.batch) {
        return Err(wrong(l, "/batch", "differs"));
    }
    let number = declaration.batch.clone();
    let detail = format!("batch {number}: {} listed", declaration.receipts.len());
    let actor = format!("feed:{}", signed.feed.name);
    let entry = Entry { at: app.clock.now(), actor, action: "declare_batch", detail };
    let kept = manifest::declare(&app.store, entry, declaration).await;
    kept.map_err(|error| Refused::store(l, error))?;
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
    (status = 200, description = "The comparison.", body = ComparisonView, example = json!(examples::comparison())),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "This feed has declared no such batch.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn compare(signed: Signed) -> Result<Reply, Refused> {
    let batch = BatchNumber::parse(signed.named("batch")).ok_or_else(|| Refused::not_found(signed.l))?;
    compared(&signed, &batch).await
}

async fn compared(signed: &Signed, batch: &BatchNumber) -> Result<Reply, Refused> {
    let (app, l) = (&signed.app, signed.l);
    let found = manifest::compare(&app.store.read(), app.store.keys(), signed.feed.id, batch).await;
    let found = found.map_err(|error| Refused::store(l, error))?.ok_or_else(|| Refused::not_found(l))?;
    signed.answer(&ComparisonView::new(batch, found))
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
        let receipts = self.receipts.iter().enumerate().map(|(place, receipt)| {
            let wrong =
                |error: ReceiptError| Fault { pointer: format!("/receipts/{place}"), code: error.code() };
            ReceiptNumber::parse(receipt, format).map_err(wrong)
        });
        let receipts = receipts.collect::<Result<_, _>>()?;
        Ok(Declaration { feed, batch, due, receipts, count: self.count })
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
    fn new(batch: &BatchNumber, compared: Comparison) -> Self {
        let Comparison { declared_at, due, declared, listed, arrived, missing, extra, late, .. } = compared;
        Self {
            batch: batch.to_string(),
            declared_at: declared_at.to_rfc3339(),
            due: due.to_rfc3339(),
            declared,
            listed,
            arrived,
            missing: cards(missing),
            extra: cards(extra),
            late: cards(late),
        }
    }
}

fn cards(lines: Vec<Line>) -> Vec<CardView> {
    let card = |Line { number, arrived, .. }| CardView {
        receipt_number: number,
        arrived_at: arrived.map(Moment::to_rfc3339),
    };
    lines.into_iter().map(card).collect()
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
