//! What every message of a feed has, for the description that programs read: a name in the address and three headers,
//! and how it may be refused.
#![expect(dead_code, reason = "described; the door reads them")]

use crate::shell::problem::ProblemView;
use std::borrow::Cow;
use std::marker::PhantomData;
use store::held::Why;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

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

/// A body whose fields are all listed: others are refused.
pub(super) struct Whole<T>(PhantomData<T>);

impl<T: PartialSchema> PartialSchema for Whole<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        schema
    }
}

impl<T: ToSchema> ToSchema for Whole<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

/// A word for why something is held.
pub(super) struct ReasonWord;

impl PartialSchema for ReasonWord {
    fn schema() -> RefOr<Schema> {
        let words = Why::all().map(Why::as_str);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
    }
}

impl ToSchema for ReasonWord {}
