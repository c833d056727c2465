//! What every message of a feed has, for the description that programs read: a name in the address and three headers.
#![expect(dead_code, reason = "described; the door reads them")]

use utoipa::IntoParams;

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
