//! The door of the feeds: a body is read and its signature checked before anything else is looked at.

use super::signature::{Check, Envelope, Unsigned};
use crate::app::App;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use i18n::Language;
use std::borrow::Cow;
use std::time::Duration;
use store::StoreError;
use store::feed::{self, Feed, State};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, spawn_blocking};
use web::{BodyLimit, Context, Failure, Problem, read_body};

/// A message that a feed has signed.
pub(super) struct Signed {
    /// Who says it.
    pub(super) feed: Feed,
    /// The sender's name for the message.
    pub(super) id: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The place of a file, taken until it is imported.
    _place: Option<OwnedSemaphorePermit>,
}

/// How large a body may be, and how long it may take.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    bytes: usize,
    time: Duration,
    /// Whether it takes one of the few places of files.
    place: bool,
    /// What is said where it is larger.
    too_large: fn(Language) -> &'static str,
}

impl Allowed {
    /// A message of events, or a decision about one: 1 MiB.
    pub(super) const MESSAGE: Self = Self {
        bytes: 1 << 20,
        time: Duration::from_secs(15),
        place: false,
        too_large: Language::feeds_problem_too_large_events,
    };
    /// A file as it is sent: 32 MiB.
    pub(super) const FILE: Self = Self {
        bytes: 32 << 20,
        time: Duration::from_secs(120),
        place: true,
        too_large: Language::feeds_problem_too_large_file,
    };
}

/// Bytes that are signed where others wait for it; what is larger is signed beside them.
const INLINE: usize = 64 << 10;
/// Bytes of a file in a second at the least, where it says its size.
const SLOWEST: u64 = 256 << 10;
/// What any file may take before that.
const START: Duration = Duration::from_secs(15);

impl Allowed {
    /// The limit of this message: a file that says its size gets no longer than its size takes.
    fn limit(self, headers: &HeaderMap) -> BodyLimit {
        let enough = announced(headers).map(|bytes| START + Duration::from_secs(bytes / SLOWEST));
        BodyLimit { bytes: self.bytes, time: enough.map_or(self.time, |enough| enough.min(self.time)) }
    }
}

/// How large a body says it is.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
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
    let limit = allowed.limit(&parts.headers);
    let too_large = |bytes| bytes > limit.bytes as u64;
    let place = if allowed.place { place(app, l, name).await? } else { None };
    let read = if allowed.place && place.is_none() && !announced(&parts.headers).is_some_and(too_large) {
        // Nobody's file is not held: it takes no place.
        pass_by(envelope.check(&[]), body, limit).await.map(|()| Bytes::new())
    } else {
        read_body(&parts.headers, body, limit).await
    };
    let body = read.map_err(|failure| match failure {
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
    let fits = fits(envelope.check(&secrets), &body).await.map_err(Failure::internal)?;
    let feed = feed.filter(|_| fits).ok_or_else(|| unsigned(l, l.feeds_problem_unsigned_signature()))?;
    admit(app, l, &feed)?;
    Ok(Signed { feed, id: envelope.id.to_owned(), headers: parts.headers.clone(), body, _place: place })
}

/// A place for a file of a feed that is there; none for another. While all are taken, everybody is told to wait.
async fn place(app: &App, l: Language, name: &str) -> Result<Option<OwnedSemaphorePermit>, Refused> {
    let place = app.feeds.file().ok_or_else(|| {
        let (title, detail) = (l.feeds_problem_busy_title(), l.feeds_problem_busy_detail());
        Refused::of(StatusCode::SERVICE_UNAVAILABLE, "busy", title, detail).with(RETRY_AFTER, 5)
    })?;
    let known = feed::by_name(&app.store.read(), name).await.map_err(|error| Refused::store(l, error))?;
    Ok(known.map(|_| place))
}

/// Reads a body that nobody may send as if somebody might, and keeps nothing of it.
async fn pass_by(mut check: Check, body: Body, limit: BodyLimit) -> Result<(), Failure> {
    let broken = |_| Failure::Malformed { detail: "The body broke off.".to_owned() };
    let reading = async {
        let (mut pieces, mut left) = (body.into_data_stream(), limit.bytes);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(broken)?;
            left = left.checked_sub(piece.len()).ok_or(Failure::TooLarge)?;
            check.update(&piece);
        }
        Ok(())
    };
    tokio::time::timeout(limit.time, reading).await.unwrap_or(Err(Failure::TimedOut))
}

/// Whether the signature fits the body; a large one is not signed where others wait.
async fn fits(mut check: Check, body: &Bytes) -> Result<bool, JoinError> {
    let (body, small) = (body.clone(), body.len() <= INLINE);
    let whole = move || {
        check.update(&body);
        check.fits()
    };
    if small { Ok(whole()) } else { spawn_blocking(whole).await }
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
