//! Messages of a feed's streams that could not be taken, for whoever answers for the feed.

use super::door::Signed;
use super::examples;
use super::held_view::{LetterListView, LetterView};
use super::params::{OfFeed, Refusals, SignedBy};
use super::refused::Refused;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use store::dead_letter;
use web::Reply;

/// Letters on one page at the most.
const PAGE: u32 = 100;

/// Which letters to list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    after: Option<i64>,
    /// The language, which the edge has read already.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// Lists the dead letters of a feed, oldest first, without what they say.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(get, path = "/api/v1/feeds/{feed}/dead-letters", tag = "feeds", params(
    OfFeed,
    ("after" = Option<i64>, Query, description = "Letters after this number; for the next page."),
    SignedBy,
), responses(
    Refusals,
    (status = 200, description = "The letters that wait for a person, at most 100.", body = LetterListView, example = json!(examples::dead_letters())),
))]
pub async fn letters(after: Result<Query<After>, QueryRejection>, signed: Signed) -> Result<Reply, Refused> {
    let l = signed.l;
    let Query(After { after, .. }) =
        after.map_err(|_| Refused::malformed(l, l.feeds_problem_malformed_query()))?;
    let read = signed.app.store.read();
    let letters = dead_letter::of_feed(&read, signed.feed.id, after.unwrap_or_default(), PAGE).await;
    let letters = letters.map_err(|error| Refused::store(l, error))?;
    let is_full = u32::try_from(letters.len()).is_ok_and(|count| count == PAGE);
    let next = letters.last().filter(|_| is_full).map(|letter| letter.id);
    let items = letters.into_iter().map(|letter| LetterView::new(l, letter)).collect();
    signed.answer(&LetterListView { items, next })
}
