//! Who is signed in: extractors that a handler of a staff page names among its arguments.
//!
//! [`SignedIn`] lets in everybody who is signed in, [`Allowed`] those whose role has a right. Nobody else gets as far as
//! the handler: strangers are sent to the door, and who has another role is told so.

use crate::app::App;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use domain::permit::{Permit, Permitted};
use std::sync::Arc;
use store::StoreError;
use store::audit::Entry;
use store::staff::session::{self, Session, Token};
use store::staff::{Account, Deed};
use web::{Context, Failure, Problem};

/// The cookie that holds a session. The prefix makes browsers refuse it without `Secure`, with a domain, or for a part of
/// the site (RFC 6265bis, 4.1.3.2). Browsers take `http://localhost` for secure.
const COOKIE: &str = "__Host-jindu-staff";
/// Where whoever is not signed in is sent.
pub(crate) const DOOR: &str = "/staff/sign-in";
/// Where whoever is to show a passkey again is sent.
const CONFIRM: &str = "/staff/confirm";
/// Where whoever came in is sent.
pub(crate) const HOME: &str = "/staff";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Account,
    /// The session.
    pub session: Session,
}

/// Somebody who is signed in and whose role has a right.
#[derive(Clone, Debug)]
pub struct Allowed<R> {
    /// Who it is.
    pub who: SignedIn,
    /// What lets services do it.
    pub permit: Permit<R>,
}

/// The same, for what is delicate: whoever has shown no passkey for some minutes shows it again first.
#[derive(Clone, Debug)]
pub struct Confirmed<R>(pub Allowed<R>);

/// Why somebody is not let in.
#[derive(Debug)]
pub enum Stranger {
    /// Not signed in, or not any more.
    NotSignedIn,
    /// Signed in some minutes ago, for what wants a passkey of now.
    NotConfirmed,
    /// Another role, or our fault.
    Failure(Failure),
}

impl IntoResponse for Stranger {
    fn into_response(self) -> Response {
        match self {
            Self::NotSignedIn => see_other(DOOR),
            Self::NotConfirmed => see_other(CONFIRM),
            Self::Failure(failure) => failure.into_response(),
        }
    }
}

impl From<StoreError> for Stranger {
    fn from(error: StoreError) -> Self {
        Self::Failure(failed(error))
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Stranger;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Stranger> {
        let token = token(&parts.headers).ok_or(Stranger::NotSignedIn)?;
        let (read, now) = (app.store.read(), app.clock.now());
        let found = session::of_token(&read, app.store.keys(), &token, now).await?;
        let (session, account) = found.ok_or(Stranger::NotSignedIn)?;
        session::seen(&app.store, &session, now).await?;
        Ok(Self { account, session })
    }
}

impl<R: Permitted> FromRequestParts<Arc<App>> for Allowed<R> {
    type Rejection = Stranger;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Stranger> {
        let who = SignedIn::from_request_parts(parts, app).await?;
        let Some(permit) = Permit::of(who.account.bearer()) else {
            let context = Context::from_request_parts(parts, app).await.map_err(Stranger::Failure)?;
            return Err(Stranger::Failure(other_role(&context)));
        };
        Ok(Self { who, permit })
    }
}

impl<R: Permitted> FromRequestParts<Arc<App>> for Confirmed<R> {
    type Rejection = Stranger;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Stranger> {
        let allowed = Allowed::from_request_parts(parts, app).await?;
        let is_confirmed = allowed.who.session.times.is_stepped_up(app.clock.now());
        if is_confirmed { Ok(Self(allowed)) } else { Err(Stranger::NotConfirmed) }
    }
}

impl SignedIn {
    /// An entry in the log of changes of what they do.
    pub(crate) fn entry(&self, app: &App, action: &'static str, detail: String) -> Entry {
        Entry { at: app.clock.now(), actor: self.account.actor(), action, detail }
    }

    /// What they do to accounts, as long as their session goes on.
    pub(crate) fn deed(&self, app: &App, action: &'static str) -> Deed {
        Deed { entry: self.entry(app, action, String::new()), session: Some(self.session.id) }
    }
}

/// What somebody is told whose role may not do this.
fn other_role(context: &Context) -> Failure {
    let l = context.language;
    let problem = Problem {
        status: StatusCode::FORBIDDEN,
        kind: "other-role",
        title: l.staff_other_role_title().into(),
        detail: l.staff_other_role_detail().into(),
        faults: Vec::new(),
    };
    problem.into()
}

/// What the store failed with: away for a while, or our fault. Whose session has ended meanwhile finds nothing any more.
pub(crate) fn failed(error: StoreError) -> Failure {
    if matches!(error, StoreError::SignedOut) {
        return Failure::NotFound;
    }
    super::failed(error, "a page of staff")
}

/// Sends the browser elsewhere, with GET.
pub(crate) fn see_other(address: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, HeaderValue::from_static(address))]).into_response()
}

/// Lets the browser in: it holds the session from now on, as long as it stays open.
pub(crate) fn let_in(token: &Token, to: &'static str) -> Response {
    with_cookie(see_other(to), &format!("{COOKIE}={}", BASE64_URL_SAFE_NO_PAD.encode(token.0)), "")
}

/// Sends the browser to the door, where it forgets its session.
pub(crate) fn let_out() -> Response {
    with_cookie(see_other(DOOR), &format!("{COOKIE}="), "; Max-Age=0")
}

fn with_cookie(mut response: Response, cookie: &str, more: &str) -> Response {
    let cookie = format!("{cookie}; Path=/; Secure; HttpOnly; SameSite=Strict{more}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The session that the browser holds.
fn token(headers: &HeaderMap) -> Option<Token> {
    // Another's cookie beside it may hold any bytes.
    let mut pairs =
        headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let held =
        pairs.find_map(|pair| pair.trim_ascii().strip_prefix(COOKIE.as_bytes())?.strip_prefix(b"="))?;
    BASE64_URL_SAFE_NO_PAD.decode(held).ok()?.try_into().ok().map(Token)
}
