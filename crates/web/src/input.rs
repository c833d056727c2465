//! Reads the body of a request into a typed value, within limits of size and time.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use i18n::Language;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::context::{self, Context, Format};
use crate::failure::Failure;
use crate::problem::Fault;

/// More unknown fields than this are not listed one by one.
const MOST_FAULTS: usize = 20;

/// How much and how long a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit {
    /// The largest body, in bytes.
    pub bytes: usize,
    /// How long it may take to arrive.
    pub time: Duration,
}

impl Default for BodyLimit {
    /// 16 KiB in 15 seconds.
    fn default() -> Self {
        Self { bytes: 16 * 1024, time: Duration::from_secs(15) }
    }
}

/// The body as a `T`: a form where pages are spoken, JSON where JSON is spoken.
///
/// `T` is the *raw* input: texts as typed, every field optional (`#[serde(default)]`), so that the feature can
/// show a form again with what was typed. JSON fields that `T` does not know are refused with 422.
#[derive(Clone, Copy, Debug)]
pub struct Input<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let context = context::of(&parts)?;
        check_type(&parts.headers, context.format)?;
        let bytes = read_body(&parts.headers, body, context.body).await?;
        parse(&bytes, &context).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], context: &Context) -> Result<T, Failure> {
    match context.format {
        Format::Page => serde_urlencoded::from_bytes(bytes)
            .map_err(|_| Failure::Malformed { detail: "The form cannot be read.".to_owned() }),
        Format::Json => parse_json(bytes, context.language),
    }
}

/// What a body is said to be, without parameters, in the case it was written; empty where nothing is said.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> &str {
    essence(headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

/// A media type without its parameters (RFC 9110, 8.3.1), in the case it was written.
#[must_use]
pub fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn check_type(headers: &HeaderMap, format: Format) -> Result<(), Failure> {
    let kind = media_type(headers);
    let expected = match format {
        Format::Page => "application/x-www-form-urlencoded",
        Format::Json => "application/json",
    };
    if kind.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(Failure::UnsupportedMediaType) }
}

/// A whole body as it came, for what is neither a form nor our JSON.
///
/// # Errors
/// The body is larger than the limit, comes too slowly, or breaks off.
pub async fn read_body(
    headers: &HeaderMap,
    body: axum::body::Body,
    limit: BodyLimit,
) -> Result<Bytes, Failure> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|n| n > limit.bytes as u64) {
        return Err(Failure::TooLarge);
    }
    let whole = tokio::time::timeout(limit.time, Limited::new(body, limit.bytes).collect());
    match whole.await {
        Err(_) => Err(Failure::TimedOut),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Failure::TooLarge),
        Ok(Err(_)) => Err(Failure::Malformed { detail: "The body broke off.".to_owned() }),
    }
}

/// JSON as a `T`; fields that `T` does not know are refused.
///
/// # Errors
/// It is no JSON, or fields are unknown or of another type; each is pointed at.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8], language: Language) -> Result<T, Failure> {
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        // The reader would take a list for the fields in their order.
        let fault = Fault::new("", "wrong_type", language.shell_fault_wrong_type());
        return Err(Failure::Invalid(vec![fault]));
    }
    let mut unknown = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_ignored::deserialize(&mut reader, |path| unknown.push(path.to_string()));
    let value = parsed.and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(value) if unknown.is_empty() => Ok(value),
        Ok(_) => Err(Failure::Invalid(
            unknown
                .into_iter()
                .take(MOST_FAULTS)
                .map(|field| Fault::new(field, "unknown_field", language.shell_fault_unknown_field()))
                .collect(),
        )),
        Err(error) if error.is_data() => Err(wrong_type::<T>(bytes, language)),
        Err(error) => {
            let detail =
                format!("The JSON text ends or breaks at line {}, column {}.", error.line(), error.column());
            Err(Failure::Malformed { detail })
        }
    }
}

/// A step of a JSON pointer (RFC 6901).
fn step(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

/// Reads once more, slowly, to learn which field is wrong.
fn wrong_type<T: DeserializeOwned>(bytes: &[u8], language: Language) -> Failure {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => {
            let mut pointer: String = error.path().iter().map(step).collect();
            let said = error.inner().to_string();
            // The reader names a field that is not there in words alone, and points at what should hold it.
            let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            let (code, message) = match missing {
                Some(_) => ("required", language.shell_fault_required()),
                None => ("wrong_type", language.shell_fault_wrong_type()),
            };
            pointer.extend(missing.map(|field| format!("/{field}")));
            Failure::Invalid(vec![Fault::pointing(pointer, code, message)])
        }
        Ok(_) => Failure::Malformed { detail: "The JSON text cannot be read.".to_owned() },
    }
}
