//! What went wrong: once in words for the person, once with its cause for the log.

use std::any::Any;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use i18n::Language;

use crate::context::{Context, Format};
use crate::problem::{Fault, Problem};
use crate::reply::{HTML, PROBLEM};
use crate::shell::Shell;

/// Why a request was not answered as asked. [`crate::Edge`] turns it into a page or into problem+json.
#[derive(Clone, Debug)]
pub enum Failure {
    /// 404: nothing lives at this address.
    NotFound,
    /// 405: the address does not know this method.
    MethodNotAllowed,
    /// 429: too many requests from one source.
    TooManyRequests {
        /// When to try again.
        retry_after: Duration,
    },
    /// 413: the body is larger than allowed.
    TooLarge,
    /// 415: the body is of a type that this address does not read.
    UnsupportedMediaType,
    /// 400: the body cannot be read at all.
    Malformed {
        /// What is wrong, for programs; never repeats what was sent.
        detail: String,
    },
    /// 422: fields are wrong.
    Invalid(Vec<Fault>),
    /// 403: a form of another site was posted to us.
    CrossSite,
    /// 408: the body did not arrive in time.
    TimedOut,
    /// 503: a resource is exhausted or away for a while.
    Unavailable,
    /// 500: our fault; the chain of causes goes to the log and never to the person.
    Internal(Arc<dyn Error + Send + Sync>),
    /// A problem that the application words itself.
    Problem(Box<Problem>),
}

/// A wait that is told in other words than a few minutes.
const LONG: Duration = Duration::from_secs(5 * 60);

impl Failure {
    /// Our fault, with its cause.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Problem(problem) => problem.status,
        }
    }

    /// The failure in words.
    pub fn problem(&self, language: Language) -> Problem {
        let l = language;
        let (kind, title, detail) = match self {
            Self::NotFound => ("not-found", l.shell_not_found_title(), l.shell_not_found_detail()),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                l.shell_method_not_allowed_title(),
                l.shell_method_not_allowed_detail(),
            ),
            Self::TooManyRequests { retry_after } if *retry_after > LONG => (
                "too-many-requests",
                l.shell_too_many_requests_title_long(),
                l.shell_too_many_requests_detail_long(),
            ),
            Self::TooManyRequests { .. } => {
                ("too-many-requests", l.shell_too_many_requests_title(), l.shell_too_many_requests_detail())
            }
            Self::TooLarge => ("too-large", l.shell_too_large_title(), l.shell_too_large_detail()),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                l.shell_unsupported_media_type_title(),
                l.shell_unsupported_media_type_detail(),
            ),
            Self::Malformed { .. } => ("malformed", l.shell_malformed_title(), l.shell_malformed_detail()),
            Self::Invalid(_) => ("invalid", l.shell_invalid_title(), l.shell_invalid_detail()),
            Self::CrossSite => ("cross-site", l.shell_cross_site_title(), l.shell_cross_site_detail()),
            Self::TimedOut => ("timed-out", l.shell_timed_out_title(), l.shell_timed_out_detail()),
            Self::Unavailable => ("unavailable", l.shell_unavailable_title(), l.shell_unavailable_detail()),
            Self::Internal(_) => ("internal", l.shell_internal_title(), l.shell_internal_detail()),
            Self::Problem(problem) => return Problem::clone(problem),
        };
        let faults = if let Self::Invalid(faults) = self { faults.clone() } else { Vec::new() };
        Problem { status: self.status(), kind, title: title.into(), detail: detail.into(), faults }
    }

    /// What a panic said, as a failure.
    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        let said = panic.downcast_ref::<&str>().copied();
        let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::internal(format!("a handler panicked: {}", said.unwrap_or("without words")))
    }

    /// Takes the failure out of a response, or reads it from a bare status that a router made by itself.
    pub(crate) fn take(response: &mut Response) -> Option<Self> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return None;
        }
        if let Some(failure) = response.extensions_mut().remove::<Self>() {
            return Some(failure);
        }
        if response.headers().contains_key(header::CONTENT_TYPE) {
            return None;
        }
        match status {
            StatusCode::NOT_FOUND => Some(Self::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::MethodNotAllowed),
            _ => None,
        }
    }

    /// Writes the failure into the response, in the language and format of the request.
    pub(crate) fn render(&self, response: &mut Response, context: &Context) {
        if let Self::Internal(cause) = self {
            tracing::error!(request_id = %context.request_id, error = %chain(cause.as_ref()), "internal error");
        }
        let mut problem = self.problem(context.language);
        if let (Self::Malformed { detail }, Format::Json) = (self, context.format) {
            problem.detail = detail.clone().into();
        }
        let (kind, body) = match context.format {
            Format::Page => (HTML, page(problem, context)),
            Format::Json => (PROBLEM, problem.json(context.request_id)),
        };
        *response.body_mut() = Body::from(body);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, kind);
        match self {
            Self::TooManyRequests { retry_after } => {
                headers.insert(header::RETRY_AFTER, retry_after.as_secs().max(1).into());
            }
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            // The rest of the body is not worth waiting for.
            Self::TimedOut | Self::TooLarge => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    shell: Shell,
    problem: Problem,
    reference: String,
}

fn page(problem: Problem, context: &Context) -> String {
    let shell = context.shell(problem.title.clone());
    let text = format!("{}\n{}", problem.title, problem.detail);
    FailurePage { shell, problem, reference: context.request_id.to_string() }.render().unwrap_or(text)
}

/// An error and what caused it, in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;
    use uuid::Uuid;

    use super::*;
    use crate::context::RequestId;
    use crate::input::BodyLimit;

    fn every_failure() -> Vec<Failure> {
        vec![
            Failure::NotFound,
            Failure::MethodNotAllowed,
            Failure::TooManyRequests { retry_after: Duration::ZERO },
            Failure::TooLarge,
            Failure::UnsupportedMediaType,
            Failure::Malformed { detail: "The form cannot be read.".to_owned() },
            Failure::Invalid(vec![Fault::new("name", "required", "Please give a name.")]),
            Failure::CrossSite,
            Failure::TimedOut,
            Failure::Unavailable,
            Failure::internal("a secret cause"),
        ]
    }

    fn render(failure: &Failure, language: Language, format: Format) -> (Response, String) {
        let context = Context {
            language,
            format,
            request_id: RequestId(Uuid::nil()),
            peer: None,
            uri: Uri::from_static("/"),
            demonstration: false,
            body: BodyLimit::default(),
        };
        let mut response = failure.clone().into_response();
        failure.render(&mut response, &context);
        let text = match format {
            Format::Page => page(failure.problem(language), &context),
            Format::Json => failure.problem(language).json(context.request_id),
        };
        (response, text)
    }

    #[test]
    fn every_failure_speaks_every_language_in_both_formats() {
        for failure in every_failure() {
            for language in Language::ALL {
                let title = failure.problem(language).title;
                let (response, html) = render(&failure, language, Format::Page);
                assert_eq!(response.status(), failure.status());
                assert!(html.contains(&format!("<h1>{title}</h1>")), "{html}");
                assert!(html.contains(&format!("<html lang=\"{}\"", language.code())), "{html}");
                let (response, json) = render(&failure, language, Format::Json);
                assert_eq!(response.headers().get(header::CONTENT_TYPE), Some(&PROBLEM));
                assert!(json.contains(&format!("\"title\":\"{title}\"")), "{json}");
                assert!(!format!("{html}{json}").contains("secret"), "{failure:?}");
            }
        }
    }

    #[test]
    fn every_kind_of_failure_has_its_own_type() {
        let kinds: std::collections::BTreeSet<_> =
            every_failure().iter().map(|failure| failure.problem(Language::En).kind).collect();
        assert_eq!(kinds.len(), every_failure().len());
    }

    #[test]
    fn the_log_gets_the_whole_chain() {
        #[derive(Debug)]
        struct Outer(std::fmt::Error);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("cannot show the card")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        assert_eq!(chain(&Outer(std::fmt::Error)), format!("cannot show the card: {}", std::fmt::Error));
    }
}
