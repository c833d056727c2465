//! The door of the feeds: a body is read and its signature checked before anything else is looked at.

use super::signature::{Envelope, Unsigned};
use crate::app::App;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use i18n::Language;
use std::time::Duration;
use store::StoreError;
use store::feed::{self, Feed, State};
use web::{BodyLimit, Context, Failure, Problem, read_body};

/// A message that a feed has signed.
pub(super) struct Signed {
    /// Who says it.
    pub(super) feed: Feed,
    /// The sender's name for the message.
    pub(super) id: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// How large a body may be, and how long it may take.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    bytes: usize,
    time: Duration,
    /// What is said where it is larger.
    too_large: fn(Language) -> &'static str,
}

impl Allowed {
    /// A message of events, or a decision about one: 1 MiB.
    pub(super) const MESSAGE: Self = Self {
        bytes: 1 << 20,
        time: Duration::from_secs(15),
        too_large: Language::feeds_problem_too_large_events,
    };
    /// A file as it is sent: 32 MiB.
    pub(super) const FILE: Self = Self {
        bytes: 32 << 20,
        time: Duration::from_secs(120),
        too_large: Language::feeds_problem_too_large_file,
    };
}

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
        detail: &'static str,
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

    /// The store failed: for a while, or because something in it cannot be read.
    pub(super) fn store(l: Language, error: StoreError) -> Self {
        match error {
            StoreError::Stopped
            | StoreError::Abandoned
            | StoreError::Commit(_)
            | StoreError::Database(_)
            | StoreError::File { .. } => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a message of a feed was not taken"
                );
                Self::unavailable(l)
            }
            error => Failure::internal(error).into(),
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

/// Reads a message and gives it where its signature fits. A stranger learns nothing from what is refused: an unknown
/// feed, a paused one and a wrong signature get one answer.
///
/// # Errors
/// The message is not signed, too large, of a feed that may not report, or one too many.
pub(super) async fn receive(
    app: &App,
    context: &Context,
    name: &str,
    request: Request,
    allowed: Allowed,
) -> Result<Signed, Refused> {
    let (l, now) = (context.language, app.clock.now());
    let (parts, body) = request.into_parts();
    let envelope = Envelope::read(&parts.headers, now).map_err(|why| match why {
        Unsigned::Headers => unsigned(l, l.feeds_problem_unsigned_headers()),
        Unsigned::Window => unsigned(l, l.feeds_problem_unsigned_window()),
    })?;
    let limit = BodyLimit { bytes: allowed.bytes, time: allowed.time };
    let body = read_body(&parts.headers, body, limit).await.map_err(|failure| match failure {
        Failure::TooLarge => Refused::too_large(l, (allowed.too_large)(l)),
        failure => failure.into(),
    })?;
    let read = app.store.read();
    let feed = feed::by_name(&read, name).await.map_err(|error| Refused::store(l, error))?;
    let secrets = match &feed {
        Some(feed) => feed::secrets(&read, app.store.keys(), feed.id, now).await,
        None => Ok(Vec::new()),
    };
    let secrets = secrets.map_err(|error| Refused::store(l, error))?;
    let fits = envelope.fits(&body, &secrets);
    let feed = feed.filter(|_| fits).ok_or_else(|| unsigned(l, l.feeds_problem_unsigned_signature()))?;
    admit(app, l, &feed)?;
    Ok(Signed { feed, id: envelope.id.to_owned(), headers: parts.headers.clone(), body })
}

fn unsigned(l: Language, detail: &'static str) -> Refused {
    Refused::of(StatusCode::UNAUTHORIZED, "unsigned", l.feeds_problem_unsigned_title(), detail)
        .with(WWW_AUTHENTICATE, HeaderValue::from_static("Standard-Webhooks"))
}

/// Whether a feed that is who it says may report now.
fn admit(app: &App, l: Language, feed: &Feed) -> Result<(), Refused> {
    let (kind, title, detail) = match feed.state {
        State::Active => {
            return app.feeds.admit(feed.id).map_err(|seconds| {
                let title = l.feeds_problem_too_many_requests_title();
                let detail = l.feeds_problem_too_many_requests_detail();
                Refused::of(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", title, detail)
                    .with(RETRY_AFTER, seconds)
            });
        }
        State::Paused => ("feed-paused", l.feeds_problem_paused_title(), l.feeds_problem_paused_detail()),
        State::Removed => ("feed-removed", l.feeds_problem_removed_title(), l.feeds_problem_removed_detail()),
    };
    Err(Refused::of(StatusCode::CONFLICT, kind, title, detail))
}
