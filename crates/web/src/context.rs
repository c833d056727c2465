//! What is known of every request before its handler runs: language, format, request id, peer.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use i18n::Language;
use uuid::Uuid;

use crate::failure::Failure;
use crate::input::BodyLimit;
use crate::shell::Shell;

/// The cookie that remembers the language; it holds nothing else.
pub(crate) const LANGUAGE_COOKIE: &str = "jindu_lang";

/// The address that the connection came from; the accept loop puts it into every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Names one request in the reply, in problems and in the log. Unique, but no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// The form in which a group of addresses answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HTML for people.
    Page,
    /// JSON for programs; failures are RFC 9457 problems.
    Json,
}

/// What a handler may know of the request besides its input.
#[derive(Clone, Debug)]
pub struct Context {
    /// The language to answer in.
    pub language: Language,
    /// Page or JSON, by the address.
    pub format: Format,
    /// The name of this request.
    pub request_id: RequestId,
    /// Where the connection came from; `None` where no socket is involved (tests).
    pub peer: Option<SocketAddr>,
    /// The address asked for, with its query.
    pub uri: Uri,
    /// Whether all people shown are invented.
    pub demonstration: bool,
    pub(crate) body: BodyLimit,
}

impl Context {
    /// The frame of a page with this title.
    pub fn shell(&self, title: impl Into<Cow<'static, str>>) -> Shell {
        Shell {
            language: self.language,
            title: title.into(),
            path: own_path(self.uri.path()),
            query: self.uri.query().unwrap_or_default().to_owned(),
            demonstration: self.demonstration,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        of(parts)
    }
}

/// The path for links to the same page. `//host` and `/\\host` would lead a browser to another site.
fn own_path(path: &str) -> String {
    if path.starts_with("//") || path.contains('\\') { "/".to_owned() } else { path.to_owned() }
}

/// The context that the edge put into the request.
pub(crate) fn of(parts: &Parts) -> Result<Context, Failure> {
    let context = parts.extensions.get::<Context>().cloned();
    context.ok_or_else(|| Failure::internal(std::io::Error::other("the router is not wrapped by web::Edge")))
}

/// The language asked for in the address: `?lang=en`.
pub(crate) fn asked_language(uri: &Uri) -> Option<Language> {
    let pairs = uri.query()?.split('&');
    pairs.filter_map(|pair| pair.strip_prefix("lang=")).find_map(Language::parse)
}

/// The language for a request that does not ask for one in its address.
pub(crate) fn usual_language(format: Format, headers: &HeaderMap) -> Language {
    let found = match format {
        Format::Page => cookie_language(headers),
        Format::Json => {
            headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).and_then(Language::from_accept)
        }
    };
    found.unwrap_or_default()
}

fn cookie_language(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookie| cookie.split(';'));
    pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == LANGUAGE_COOKIE).then(|| Language::parse(value)).flatten()
    })
}
