//! What is held of a feed, for whoever answers for the feed: listed, explained, and decided with a reason.
//!
//! The signature is over the body alone, so a decision names in its body what it decides.

use super::door::{Allowed, Refused, Signed, receive};
use super::examples;
use super::fields::{Field, Fields};
use super::held_view::{DecisionView, HeldListView, HeldView};
use super::http::{Named, intake, invalid};
use super::report::Fate;
use super::words;
use crate::app::App;
use crate::shell::problem::ProblemView;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use domain::milestone::Step;
use i18n::Language;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use store::held::{self, Beyond, Correction, Decided, Explained, Filter, HeldId, Verb, Why};
use web::{Context, Reply, media_type, parse_json};

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
    ("feed" = String, Path, description = "The feed's name.", example = "county"),
    ("after" = Option<i64>, Query, description = "Items after this number; for the next page."),
    ("reason" = Option<String>, Query, description = "Items of this reason only.", example = "backwards"),
    ("settled" = Option<bool>, Query, description = "Those that are settled too."),
    ("webhook-id" = String, Header, description = "Names the message, whose body is empty."),
    ("webhook-timestamp" = i64, Header, description = "When it was signed, in seconds since 1970."),
    ("webhook-signature" = String, Header, description = "As for milestones, over an empty body."),
), responses(
    (status = 200, description = "The items, at most 100.", body = HeldListView, example = json!(examples::held_list())),
    (status = 400, description = "The query is of another form.", body = ProblemView, content_type = "application/problem+json"),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    context: Context,
    feed: Named<String>,
    which: Result<Query<Which>, QueryRejection>,
    request: Request,
) -> Result<Reply, Refused> {
    let l = context.language;
    let Path(feed) = feed.map_err(|_| Refused::not_found(l))?;
    let signed = receive(&app, &context, &feed, request, Allowed::MESSAGE).await?;
    let malformed = || Refused::malformed(l, l.feeds_problem_malformed_query());
    let Query(which) = which.map_err(|_| malformed())?;
    let why = which.reason.as_deref().map(|word| Why::parse(word).ok_or_else(malformed)).transpose()?;
    let filter = Filter { feed: Some(signed.feed.id), why, closed: which.settled };
    let after = HeldId(which.after.unwrap_or_default());
    let items = held::list(&app.store.read(), &filter, after, PAGE).await;
    let items = items.map_err(|error| Refused::store(l, error))?;
    let next = items.last().filter(|_| items.len() == usize::from(PAGE)).map(|item| item.id.0);
    let items = items.iter().map(|item| HeldView::listed(l, item)).collect();
    Ok(Reply::json(&HeldListView { items, next })?)
}

/// Explains one held item: what was reported, and where its application stands without it.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/feeds/{feed}/held/{held}", tag = "feeds", params(
    ("feed" = String, Path, description = "The feed's name.", example = "county"),
    ("held" = i64, Path, description = "The item's number.", example = 7),
    ("webhook-id" = String, Header, description = "Names the message, whose body is empty."),
    ("webhook-timestamp" = i64, Header, description = "When it was signed, in seconds since 1970."),
    ("webhook-signature" = String, Header, description = "As for milestones, over an empty body."),
), responses(
    (status = 200, description = "The item.", body = HeldView, example = json!(examples::held())),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "This feed has no such item.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn explain(
    State(app): State<Arc<App>>,
    context: Context,
    named: Named<(String, String)>,
    request: Request,
) -> Result<Reply, Refused> {
    let l = context.language;
    let Path((feed, held)) = named.map_err(|_| Refused::not_found(l))?;
    let signed = receive(&app, &context, &feed, request, Allowed::MESSAGE).await?;
    let explained = own(&app, &signed, &held, l).await?;
    Ok(Reply::json(&HeldView::explained(l, &explained))?)
}

/// Decides about a held item: it is true, it is wrong, or something else is true.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/feeds/{feed}/held/{held}", tag = "feeds", params(
    ("feed" = String, Path, description = "The feed's name.", example = "county"),
    ("held" = i64, Path, description = "The item's number.", example = 7),
    ("webhook-id" = String, Header, description = "Names the message."),
    ("webhook-timestamp" = i64, Header, description = "When it was signed, in seconds since 1970."),
    ("webhook-signature" = String, Header, description = "As for milestones."),
), request_body(content = DecisionView, example = json!(examples::decision())), responses(
    (status = 200, description = "It is done; the item as it is now.", body = HeldView, example = json!(examples::held())),
    (status = 400, description = "The body is no JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 401, description = "It is not signed as it should be.", body = ProblemView, content_type = "application/problem+json"),
    (status = 404, description = "This feed has no such item.", body = ProblemView, content_type = "application/problem+json"),
    (status = 409, description = "It is settled already, or would be held again.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "The body is not said to be JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "Something is missing or wrong; `errors` points at it.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn decide(
    State(app): State<Arc<App>>,
    context: Context,
    named: Named<(String, String)>,
    request: Request,
) -> Result<Reply, Refused> {
    let l = context.language;
    let Path((feed, held)) = named.map_err(|_| Refused::not_found(l))?;
    let signed = receive(&app, &context, &feed, request, Allowed::MESSAGE).await?;
    let decision: DecisionView = said(&signed, l)?;
    let Explained { item, number, .. } = own(&app, &signed, &held, l).await?;
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
            Verb::Correct(corrected(&app, &signed, &correction, &number, l)?)
        }
        _ => return Err(wrong(l, "/decision", "unknown")),
    };
    let now = app.clock.now();
    let decided = held::by_feed(&app.store, &signed.feed, item.id, verb, decision.why, now).await;
    let decided = decided.map_err(|error| Refused::store(l, error))?.map_err(|beyond| match beyond {
        Beyond::Receipt => wrong(l, "/correction/receipt_number", "other_application"),
        Beyond::Stage => wrong(l, "/correction/step", "not_its_stage"),
    })?;
    match decided {
        Decided::Done => {
            let explained = own(&app, &signed, &held, l).await?;
            Ok(Reply::json(&HeldView::explained(l, &explained))?)
        }
        Decided::Unknown => Err(Refused::not_found(l)),
        Decided::Settled => {
            let (title, detail) = (l.feeds_problem_decided_title(), l.feeds_problem_decided_detail());
            Err(Refused::of(StatusCode::CONFLICT, "settled", title, detail))
        }
        Decided::Refused(why) => {
            let detail = words::reason(l, "held", why.as_str()).text;
            Err(Refused::of(StatusCode::CONFLICT, "held-again", l.feeds_problem_held_again_title(), detail))
        }
    }
}

/// What a signed body says as JSON.
///
/// # Errors
/// It is not said to be JSON, is none, or has another shape.
pub(super) fn said<T: DeserializeOwned>(signed: &Signed, l: Language) -> Result<T, Refused> {
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
async fn own(app: &App, signed: &Signed, held: &str, l: Language) -> Result<Explained, Refused> {
    let id = held.parse().map(HeldId).map_err(|_| Refused::not_found(l))?;
    let found = held::one(&app.store.read(), app.store.keys(), id).await;
    let found = found.map_err(|error| Refused::store(l, error))?;
    found.filter(|found| found.item.feed == signed.feed.id).ok_or_else(|| Refused::not_found(l))
}

/// Reads a correction as a report is read; without a receipt number it is about the same application.
fn corrected(
    app: &App,
    signed: &Signed,
    correction: &serde_json::Value,
    number: &str,
    l: Language,
) -> Result<Correction, Refused> {
    let broken = |broken: super::fields::Broken| wrong(l, "/correction", broken.as_str());
    let mut fields = Fields::of_value(correction).map_err(broken)?;
    let another = fields.get(Field::ReceiptNumber).is_some();
    if !another {
        fields.set(Field::ReceiptNumber, number).map_err(broken)?;
    }
    let report = intake(app, signed, l)?.understand(&Ok(fields)).map_err(|fate: Fate| {
        let (column, code) = fate.reason();
        wrong(l, &format!("/correction/{}", column.unwrap_or_default()), code.unwrap_or_default())
    })?;
    if matches!(report.step, Step::Withdraws(_)) {
        return Err(wrong(l, "/correction/step", "unknown"));
    }
    let receipt = another.then_some(report.receipt);
    Ok(Correction {
        receipt,
        step: report.step,
        organ: report.organ,
        happened: report.happened,
        cause: report.cause,
    })
}
