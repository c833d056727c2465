//! What is held of a feed, for whoever answers for the feed: listed, explained, and decided with a reason.
//!
//! Where there is a body, it alone is signed: a decision names in its body what it decides.

use super::correction;
use super::door::Signed;
use super::events::{Fault, broken_cell};
use super::examples;
use super::fields::Fields;
use super::held_view::{DecisionView, HeldListView, HeldView};
use super::http::{intake, invalid};
use super::params::{OfFeed, SignedBy};
use super::refused::Refused;
use super::words;
use crate::shell::problem::ProblemView;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use i18n::Language;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::held::{self, Beyond, Correction, Decided, Explained, Filter, HeldId, Verb, Why};
use web::{Reply, media_type, parse_json};

/// Items on one page at the most.
const PAGE: u16 = 100;
/// Characters of a reason at the most.
const LONGEST: usize = 500;

/// Which held items to list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    after: Option<i64>,
    reason: Option<String>,
    #[serde(default)]
    settled: bool,
    /// The language, which the edge has read already.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// Lists what is held of a feed, oldest first.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/feeds/{feed}/held", tag = "feeds", params(
    OfFeed,
    ("after" = Option<i64>, Query, description = "Items after this number; for the next page."),
    ("reason" = Option<String>, Query, description = "Items of this reason only.", example = "backwards"),
    ("settled" = Option<bool>, Query, description = "Those that are settled too."),
    SignedBy,
), responses(
    (status = 200, description = "The items, at most 100.", body = HeldListView, example = json!(examples::held_list())),
    (status = 400, description = "The query is of another form.", body = ProblemView, content_type = "application/problem+json"),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn list(which: Result<Query<Which>, QueryRejection>, signed: Signed) -> Result<Reply, Refused> {
    let l = signed.l;
    let malformed = || Refused::malformed(l, l.feeds_problem_malformed_query());
    let Query(which) = which.map_err(|_| malformed())?;
    let why = which.reason.as_deref().map(|word| Why::parse(word).ok_or_else(malformed)).transpose()?;
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
    (status = 200, description = "The item.", body = HeldView, example = json!(examples::held())),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "This feed has no such item.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn explain(signed: Signed) -> Result<Reply, Refused> {
    let explained = own(&signed).await?;
    signed.answer(&HeldView::explained(signed.l, &explained))
}

/// Decides about a held item: it is true, it is wrong, or something else is true.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/feeds/{feed}/held/{held}", tag = "feeds", params(
    OfFeed,
    ("held" = i64, Path, description = "The item's number.", example = 7),
    SignedBy,
), request_body(content = DecisionView, example = json!(examples::decision())), responses(
    (status = 200, description = "It is done; the item as it is now.", body = HeldView, example = json!(examples::held())),
    (status = 400, description = "The body is no JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "This feed has no such item.", body = ProblemView, content_type = "application/problem+json"),
    (status = 409, description = "It is settled already, or would be held again.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Something is missing or wrong; `errors` points at it.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn decide(signed: Signed) -> Result<Reply, Refused> {
    let l = signed.l;
    let decision: DecisionView = said(&signed)?;
    let Explained { item, number, .. } = own(&signed).await?;
    if decision.held != item.id.0 {
        return Err(wrong(l, "/held", "differs"));
    }
    if decision.why.trim().is_empty() || decision.why.chars().count() > LONGEST {
        return Err(wrong(l, "/why", if decision.why.trim().is_empty() { "empty" } else { "too_long" }));
    }
    let verb = match decision.decision.as_str() {
        "release" => Verb::Release,
        "discard" => Verb::Discard,
        "correct" => {
            let correction = decision.correction.ok_or_else(|| wrong(l, "/correction", "required"))?;
            Verb::Correct(corrected(&signed, &correction, &number)?)
        }
        _ => return Err(wrong(l, "/decision", "unknown")),
    };
    let now = signed.app.clock.now();
    let decided = held::by_feed(&signed.app.store, &signed.feed, item.id, verb, decision.why, now).await;
    let decided = decided.map_err(|error| Refused::store(l, error))?.map_err(|beyond| match beyond {
        Beyond::Receipt => {
            let (pointer, text) = ("/correction/receipt_number", l.feeds_reason_correction_elsewhere());
            invalid(l, pointer.to_owned(), "other_application", text)
        }
        Beyond::Stage => wrong(l, "/correction/step", "not_its_stage"),
    })?;
    match decided {
        Decided::Done => {
            let explained = own(&signed).await?;
            signed.answer(&HeldView::explained(l, &explained))
        }
        Decided::Unknown => Err(Refused::not_found(l)),
        Decided::Settled => {
            let (title, detail) = (l.feeds_problem_decided_title(), l.feeds_problem_decided_detail());
            Err(Refused::of(StatusCode::CONFLICT, "settled", title, detail))
        }
        Decided::Refused(why) => {
            let detail = l.feeds_problem_held_again_detail(words::reason(l, "held", why.as_str()).text);
            Err(Refused::of(StatusCode::CONFLICT, "held-again", l.feeds_problem_held_again_title(), detail))
        }
    }
}

/// What a signed body says as JSON.
///
/// # Errors
/// It is not said to be JSON, is none, or has another shape.
pub(super) fn said<T: DeserializeOwned>(signed: &Signed) -> Result<T, Refused> {
    let l = signed.l;
    if !media_type(&signed.headers).eq_ignore_ascii_case("application/json") {
        return Err(Refused::media_type(l, l.feeds_problem_media_type_json()));
    }
    Ok(parse_json(&signed.body, l)?)
}

/// One thing is wrong with what was said.
pub(super) fn wrong(l: Language, pointer: &str, code: &'static str) -> Refused {
    invalid(l, pointer.to_owned(), code, words::reason(l, "rejected", code).text)
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
    let pointed = |Fault { pointer, code }: Fault| wrong(signed.l, &pointer, code);
    let fields =
        Fields::of_value(said).map_err(|broken| pointed(broken_cell("/correction", said, broken)))?;
    correction::read(&intake(signed)?, fields, number)
        .map_err(|Fault { pointer, code }| wrong(signed.l, &format!("/correction{pointer}"), code))
}
