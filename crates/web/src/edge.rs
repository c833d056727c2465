//! Opens and closes every request: id, language, format, cross-site refusal, headers, panics, failures.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as Task, Poll, ready};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service, ServiceBuilder};
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError};
use uuid::Builder;

use crate::context::{self, Context, Format, LANGUAGE_COOKIE, Peer, RequestId};
use crate::failure::Failure;
use crate::input::BodyLimit;
use crate::security;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How the edge of the service behaves.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The addresses that speak JSON: a path that starts with one of these; all others are pages.
    pub json: &'static [&'static str],
    /// Whether every page says that its people are invented.
    pub demonstration: bool,
    /// How much and how long a body may be.
    pub body: BodyLimit,
    /// The first half of every request id, drawn at random when the process starts.
    pub seed: u64,
    /// Other origins that may post to pages, as browsers send them (`https://example.com`); mostly none.
    pub trusted_origins: Vec<String>,
}

impl Edge {
    /// Puts the edge around every route and fallback of `router`; call it last.
    ///
    /// # Errors
    /// A trusted origin is not an origin.
    pub fn wrap(self, router: Router) -> Result<Router, ConfigError> {
        let json = self.json;
        let mut csrf = CsrfLayer::new();
        for origin in &self.trusted_origins {
            csrf = csrf.add_trusted_origin(origin)?;
        }
        // Programs hold no cookies that a foreign page could borrow, and browsers never preflight our API.
        let csrf = csrf
            .with_insecure_bypass(move |_, uri| format_of(json, uri) == Format::Json)
            .with_rejection_response(|_: ProtectionError| Failure::CrossSite.into_response());
        let edge = EdgeLayer(Arc::new(Shared { edge: self, served: AtomicU64::new(0) }));
        Ok(router.layer(ServiceBuilder::new().layer(edge).layer(csrf)))
    }
}

fn format_of(json: &[&str], uri: &Uri) -> Format {
    if json.iter().any(|prefix| uri.path().starts_with(prefix)) { Format::Json } else { Format::Page }
}

struct Shared {
    edge: Edge,
    served: AtomicU64,
}

#[derive(Clone)]
struct EdgeLayer(Arc<Shared>);

impl<S> Layer<S> for EdgeLayer {
    type Service = EdgeService<S>;

    fn layer(&self, inner: S) -> EdgeService<S> {
        EdgeService { shared: Arc::clone(&self.0), inner }
    }
}

#[derive(Clone)]
struct EdgeService<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request> for EdgeService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Closing<S::Future>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let (context, remember) = self.shared.open(&request);
        request.extensions_mut().insert(context.clone());
        // Such a body may have had its length twice, and a proxy before us may have read the other one: nothing that comes
        // after it on the connection is believed (RFC 9112, section 6.3).
        let is_last = request.headers().contains_key(header::TRANSFER_ENCODING);
        Closing { inner: self.inner.call(request), context, remember, is_last }
    }
}

impl Shared {
    /// The context of a request, and whether to remember its language.
    fn open(&self, request: &Request) -> (Context, bool) {
        let format = format_of(self.edge.json, request.uri());
        let asked = context::asked_language(request.uri());
        let context = Context {
            language: asked.unwrap_or_else(|| context::usual_language(format, request.headers())),
            format,
            request_id: self.next_id(),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0),
            uri: request.uri().clone(),
            demonstration: self.edge.demonstration,
            body: self.edge.body,
        };
        (context, asked.is_some() && format == Format::Page)
    }

    fn next_id(&self) -> RequestId {
        let count = self.served.fetch_add(1, Ordering::Relaxed);
        let bytes = (u128::from(self.edge.seed) << 64 | u128::from(count)).to_be_bytes();
        RequestId(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

pin_project! {
    /// The reply under way; it is closed when the handler is done or has panicked.
    struct Closing<F> {
        #[pin]
        inner: F,
        context: Context,
        remember: bool,
        is_last: bool,
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Closing<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Caught here and not by tower-http's layer, which would put every body into one more box.
        let polled = catch_unwind(AssertUnwindSafe(|| this.inner.poll(task)));
        let response = match polled {
            Ok(poll) => match ready!(poll) {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Err(panic) => Failure::panicked(panic.as_ref()).into_response(),
        };
        let mut response = close(response, this.context, *this.remember);
        if *this.is_last {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}

fn close(mut response: Response, context: &Context, remember: bool) -> Response {
    if let Some(failure) = Failure::take(&mut response) {
        failure.render(&mut response, context);
    }
    let headers = response.headers_mut();
    // What others may keep must not carry somebody's choice.
    let remember = remember && !headers.contains_key(header::CACHE_CONTROL);
    security::protect(headers);
    let mut id = uuid::Uuid::encode_buffer();
    if let Ok(id) = HeaderValue::from_str(context.request_id.0.as_hyphenated().encode_lower(&mut id)) {
        headers.insert(REQUEST_ID.clone(), id);
    }
    if remember {
        let code = context.language.code();
        let cookie = format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    response
}
