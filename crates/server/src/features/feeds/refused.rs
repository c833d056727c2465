//! What a feed is told where its message is not taken.

use super::intake::Closed;
use super::words;
use axum::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use i18n::Language;
use std::borrow::Cow;
use store::StoreError;
use web::{Failure, Fault, Problem};

/// Why a message is not taken, and a header that says what to do.
pub struct Refused {
    failure: Failure,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// A problem in words.
    pub(super) fn of(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Failure::from(Problem {
            status,
            kind,
            title: title.into(),
            detail: detail.into(),
            faults: Vec::new(),
        })
        .into()
    }

    /// The same with a header.
    pub(super) fn with(self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        Self { header: Some((name, value.into())), ..self }
    }

    /// It does not fit to how things stand.
    pub(super) fn conflict(
        kind: &'static str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::of(StatusCode::CONFLICT, kind, title, detail)
    }

    /// The name stands for another message, or for a question that was answered.
    pub(super) fn reused(l: Language) -> Self {
        let (title, detail) = (l.feeds_problem_name_used_title(), l.feeds_problem_name_used_detail());
        Self::conflict("webhook-id-reused", title, detail)
    }

    /// One thing is wrong, and nothing was taken.
    pub(super) fn invalid(l: Language, pointer: String, code: &'static str, detail: &'static str) -> Self {
        Failure::from(Problem {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            kind: "invalid",
            title: l.feeds_problem_invalid_title().into(),
            detail: l.feeds_problem_invalid_detail().into(),
            faults: vec![Fault::pointing(pointer, code, detail)],
        })
        .into()
    }

    /// The same in the words of a reason.
    pub(super) fn wrong(l: Language, pointer: &str, code: &'static str) -> Self {
        Self::invalid(l, pointer.to_owned(), code, words::reason(l, "rejected", code).text)
    }

    /// More events than a message may have, or a larger body.
    pub(super) fn too_large(l: Language, detail: &'static str) -> Self {
        // What was not read of the body is not worth waiting for.
        Self::of(StatusCode::PAYLOAD_TOO_LARGE, "too-large", l.feeds_problem_too_large_title(), detail)
            .with(CONNECTION, HeaderValue::from_static("close"))
    }

    /// A type that is not read here.
    pub(super) fn media_type(l: Language, detail: &'static str) -> Self {
        let title = l.feeds_problem_media_type_title();
        Self::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", title, detail)
    }

    /// A body, a header or an address of another form.
    pub(super) fn malformed(l: Language, detail: &'static str) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "malformed", l.feeds_problem_malformed_title(), detail)
    }

    /// Nothing of this feed has that number.
    pub(super) fn not_found(l: Language) -> Self {
        let (title, detail) = (l.feeds_problem_not_found_title(), l.feeds_problem_not_found_detail());
        Self::of(StatusCode::NOT_FOUND, "not-found", title, detail)
    }

    /// It could not be recorded, or not completely.
    pub(super) fn unavailable(l: Language) -> Self {
        let (title, detail) = (l.feeds_problem_unavailable_title(), l.feeds_problem_unavailable_detail());
        Self::of(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title, detail).with(RETRY_AFTER, 5)
    }

    /// Too many are sent; when the next one is taken.
    pub(super) fn too_many(l: Language, detail: &'static str, seconds: u64) -> Self {
        let title = l.feeds_problem_too_many_requests_title();
        Self::of(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", title, detail).with(RETRY_AFTER, seconds)
    }

    /// Too much is being received at this moment.
    pub(super) fn busy(l: Language, detail: &'static str, seconds: u64) -> Self {
        Self::of(StatusCode::SERVICE_UNAVAILABLE, "busy", l.feeds_problem_busy_title(), detail)
            .with(RETRY_AFTER, seconds)
    }

    /// Nobody that we know signed it.
    pub(super) fn unsigned(l: Language, detail: &'static str) -> Self {
        Self::of(StatusCode::UNAUTHORIZED, "unsigned", l.feeds_problem_unsigned_title(), detail)
            .with(WWW_AUTHENTICATE, HeaderValue::from_static("Standard-Webhooks"))
    }

    /// The store failed: for a while, or because something in it cannot be read.
    pub(super) fn store(l: Language, error: StoreError) -> Self {
        if !error.is_passing() {
            return Failure::internal(error).into();
        }
        tracing::error!(error = &error as &dyn std::error::Error, "a message of a feed was not taken");
        Self::unavailable(l)
    }

    /// Nothing of the feed is taken.
    pub(super) fn closed(l: Language, closed: Closed) -> Self {
        match closed {
            Closed::Store(error) => Self::store(l, error),
            // Since the message came in; the next one is told.
            Closed::Paused(_) | Closed::Removed(_) => Self::unavailable(l),
            closed => Failure::internal(closed).into(),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, header: None }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.failure.into_response();
        response.headers_mut().extend(self.header);
        response
    }
}
