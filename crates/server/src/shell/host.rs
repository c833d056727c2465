//! Whose pages answer under which host name: those of staff and those of citizens can be kept apart.

use crate::app::App;
use crate::shell::staff::HOME;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use web::Failure;

/// What answers under every name: what pages are made of, and what machines of the operator ask.
const COMMON: [&str; 4] = ["/assets/", "/favicon.ico", "/healthz", "/readyz"];

/// Answers what lives under the name that was asked for, and nothing else. Without a name of staff's own everything lives
/// under every name.
pub(crate) async fn keep_apart(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(host) = &app.staff_host else { return next.run(request).await };
    let path = request.uri().path();
    let of_staff = path == HOME || path.starts_with("/staff/");
    let is_common = COMMON.iter().any(|common| path.starts_with(common));
    if is_common || of_staff == (asked_for(&request) == Some(host)) {
        return next.run(request).await;
    }
    if path == "/" {
        return super::staff::see_other(HOME);
    }
    Failure::NotFound.into_response()
}

/// The host name without its port.
fn asked_for(request: &Request) -> Option<&str> {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let named = named.or_else(|| request.uri().authority().map(|authority| authority.as_str()))?;
    named.split(':').next()
}
