//! What every message of a feed has, for the description that programs read: a name in the address and three headers,
//! and how it may be refused.
#![expect(dead_code, reason = "described; the door reads them")]

use crate::shell::problem::ProblemView;
use utoipa::{IntoParams, IntoResponses};

/// Who says it.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfFeed {
    /// The feed's name.
    #[param(example = "county")]
    feed: String,
}

/// How it is signed.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct SignedBy {
    /// Names the message, and no other within ten minutes.
    #[param(rename = "webhook-id")]
    id: String,
    /// When it was signed, in seconds since 1970; five minutes either way.
    #[param(rename = "webhook-timestamp")]
    timestamp: i64,
    /// `v1,` and the base64 of HMAC-SHA-256 over id, timestamp and body, joined by full stops. Where there is no body,
    /// method and address stand in its place: `GET /api/v1/feeds/county/held?after=100`.
    #[param(rename = "webhook-signature")]
    signature: String,
}

/// How any message of a feed may be refused.
#[derive(IntoResponses)]
pub(super) enum Refusals {
    /// The body, a header or the query is of another form, or the body broke off.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemView),
    /// It is not signed as it should be.
    #[response(status = 401, content_type = "application/problem+json")]
    Unsigned(ProblemView),
    /// The body did not come in time.
    #[response(status = 408, content_type = "application/problem+json")]
    TimedOut(ProblemView),
    /// The feed is paused or removed, or the webhook-id stands for another message or an answered question.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemView),
    /// The body is larger than it may be: 1 MiB, or 32 MiB of a file.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemView),
    /// This feed sent too much, this source failed too often, or the same came too often; see Retry-After.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemView),
    /// The database or the disk failed, or too many are being received; send it again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemView),
}
