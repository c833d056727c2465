//! What is held of a feed, for whoever answers for the feed: listed, explained, and decided with a reason.
//!
//! Where there is a body, it alone is signed: a decision names in its body what it decides.

use super::correction;
use super::door::Signed;
use super::events::{Fault, broken_cell};
use super::examples;
use super::fields::Fields;
use super::held_view::{Decision, DecisionView, HeldListView, HeldView};
use super::params::{OfFeed, ReasonWord, Refusals, SignedBy};
use super::refused::Refused;
use super::words;
use crate::shell::problem::ProblemView;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use domain::milestone::Milestone;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use store::held::{self, Beyond, Correction, Decided, Explained, Filter, HeldId, Verb, Why};
use store::{StoreError, application, milestone};
use utoipa::IntoParams;
use web::Reply;

/// Items on one page at the most.
const PAGE: u16 = 100;

/// Which held items to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Items after this number; for the next page.
    after: Option<i64>,
    /// Items of this reason only.
    #[param(value_type = ReasonWord, inline, required = false, example = "backwards")]
    reason: Option<String>,
    /// Those that are settled too.
    #[serde(default)]
    settled: bool,
    /// The language, which the edge has read already.
    #[serde(rename = "lang")]
    #[param(ignore)]
    _lang: Option<String>,
}

/// Lists what is held of a feed, oldest first.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/feeds/{feed}/held", tag = "feeds", params(
    OfFeed,
    Which,
    SignedBy,
), responses(
    Refusals,
    (status = 200, description = "The items, at most 100.", body = HeldListView, example = json!(examples::held_list())),
))]
pub async fn list(which: Result<Query<Which>, QueryRejection>, signed: Signed) -> Result<Reply, Refused> {
    let l = signed.l;
    let malformed = || Refused::malformed(l, l.feeds_problem_malformed_query());
    let Query(which) = which.map_err(|_| malformed())?;
    let unknown = || Refused::malformed(l, l.feeds_problem_malformed_reason());
    let why = which.reason.as_deref().map(|word| Why::parse(word).ok_or_else(unknown)).transpose()?;
    let filter = Filter { feed: Some(signed.feed.id), why, closed: which.settled };
    let after = HeldId(which.after.unwrap_or_default());
    let items = held::list(&signed.app.store.read(), &filter, after, PAGE).await;
    let items = items.map_err(|error| Refused::store(l, error))?;
    let next = items.last().filter(|_| items.len() == usize::from(PAGE)).map(|item| item.id.0);
    let items = items.iter().map(|item| HeldView::listed(l, item)).collect();
    signed.answer(&HeldListView { items, next })
}

/// Explains one held item: what was reported, and where its application stands without it.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/feeds/{feed}/held/{held}", tag = "feeds", params(
    OfFeed,
    ("held" = i64, Path, description = "The item's number.", example = 7),
    SignedBy,
), responses(
    Refusals,
    (status = 200, description = "The item.", body = HeldView, example = json!(examples::held())),
    (status = 404, description = "This feed has no such item.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn explain(signed: Signed) -> Result<Reply, Refused> {
    let explained = own(&signed).await?;
    shown(&signed, explained).await
}

/// Decides about a held item: it is true, it is wrong, or something else is true.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/feeds/{feed}/held/{held}", tag = "feeds", params(
    OfFeed,
    ("held" = i64, Path, description = "The item's number.", example = 7),
    SignedBy,
), request_body(content = Decision, example = json!(examples::decision())), responses(
    Refusals,
    (status = 200, description = "It is done; the item as it is now.", body = HeldView, example = json!(examples::held())),
    (status = 404, description = "This feed has no such item.", body = ProblemView, content_type = "application/problem+json"),
    (status = 409, description = "It is settled already, or would be held again; or the feed is paused or removed, or the webhook-id stands for another message.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Something is missing or wrong; `errors` points at it.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn decide(signed: Signed) -> Result<Reply, Refused> {
    let (l, signed) = (signed.l, Arc::new(signed));
    let decision: DecisionView = signed.said()?;
    let Explained { item, number, .. } = own(&signed).await?;
    if decision.held != item.id.0 {
        return Err(Refused::wrong(l, "/held", "differs"));
    }
    correction::reason(&decision.why).map_err(|code| Refused::wrong(l, "/why", code))?;
    let verb = match decision.decision.as_str() {
        "release" => Verb::Release,
        "discard" => Verb::Discard,
        "correct" => {
            let correction =
                decision.correction.ok_or_else(|| Refused::wrong(l, "/correction", "required"))?;
            Verb::Correct(corrected(&signed, &correction, &number)?)
        }
        _ => return Err(Refused::wrong(l, "/decision", "unknown")),
    };
    let now = signed.app.clock.now();
    let its = Arc::clone(&signed);
    let decided = signed.within(async move {
        let decided = held::by_feed(&its.app.store, &its.feed, item.id, verb, decision.why, now).await;
        let decided = decided.map_err(|error| Refused::store(l, error))?;
        if matches!(decided, Ok(Decided::Done)) {
            its.taken();
        }
        Ok(decided)
    });
    let decided = decided.await?.map_err(|beyond| match beyond {
        Beyond::Receipt => {
            let (pointer, text) = ("/correction/receipt_number", l.feeds_reason_correction_elsewhere());
            Refused::invalid(l, pointer.to_owned(), "other_application", text)
        }
        Beyond::Stage => Refused::wrong(l, "/correction/step", "not_its_stage"),
    })?;
    match decided {
        Decided::Done => {
            let explained = own(&signed).await?;
            shown(&signed, explained).await
        }
        Decided::Unknown => Err(Refused::not_found(l)),
        Decided::Settled => {
            let (title, detail) = (l.feeds_problem_decided_title(), l.feeds_problem_decided_detail());
            Err(Refused::conflict("settled", title, detail))
        }
        Decided::Refused(why) => {
            let detail = l.feeds_problem_held_again_detail(words::reason(l, "held", why.as_str()).text);
            Err(Refused::conflict("held-again", l.feeds_problem_held_again_title(), detail))
        }
    }
}

/// An item as its feed may see it: where the application stands only where something that the feed told of it counts.
/// Who names a receipt by chance learns nothing of it.
async fn shown(signed: &Signed, mut explained: Explained) -> Result<Reply, Refused> {
    let counts = counts(signed, &explained).await.map_err(|error| Refused::store(signed.l, error))?;
    explained.progress = explained.progress.filter(|_| counts);
    signed.answer(&HeldView::explained(signed.l, &explained))
}

async fn counts(signed: &Signed, Explained { item, progress, .. }: &Explained) -> Result<bool, StoreError> {
    let (read, Some(progress)) = (signed.app.store.read(), progress) else { return Ok(false) };
    let Some(application) = application::of_receipt(&read, item.receipt).await? else { return Ok(false) };
    let is_held = |told: &Milestone| {
        progress.held.iter().any(|held| (held.feed, held.event) == (told.feed, told.event))
    };
    let told = milestone::of(&read, &application).await?;
    Ok(told.iter().any(|told| told.feed == signed.feed.id && !is_held(told)))
}

/// A held item of this feed; another feed's is not there.
async fn own(signed: &Signed) -> Result<Explained, Refused> {
    let (app, l) = (&signed.app, signed.l);
    let id = signed.named("held").parse().map(HeldId).map_err(|_| Refused::not_found(l))?;
    let found = held::one(&app.store.read(), app.store.keys(), id).await;
    let found = found.map_err(|error| Refused::store(l, error))?;
    found.filter(|found| found.item.feed == signed.feed.id).ok_or_else(|| Refused::not_found(l))
}

/// Reads a correction; without a receipt number it is about the same application.
fn corrected(signed: &Signed, said: &Value, number: &str) -> Result<Correction, Refused> {
    let pointed = |Fault { pointer, code }: Fault| Refused::wrong(signed.l, &pointer, code);
    let fields =
        Fields::of_value(said).map_err(|broken| pointed(broken_cell("/correction", said, broken)))?;
    correction::read(&signed.intake()?, fields, number)
        .map_err(|Fault { pointer, code }| Refused::wrong(signed.l, &format!("/correction{pointer}"), code))
}
