//! The addresses for operators and their machines.

use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::application;
use web::{Failure, Input, Reply};

/// The process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// The database answers too, and the server is not about to stop. 503, in one word for machines, while the database does
/// not answer, and from when the server is told to stop.
pub async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.leaves.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "leaving\n");
    }
    if let Err(error) = application::any(&app.store.read()).await {
        tracing::error!(error = &error as &dyn std::error::Error, "not ready");
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready\n");
    }
    (StatusCode::OK, "ready\n")
}

/// Asks clients of a server that is about to stop to come back by another connection.
pub async fn parting(State(app): State<Arc<App>>, mut answer: Response) -> Response {
    if app.leaves.load(Ordering::Relaxed) {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// The meters, as Prometheus reads them.
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, TEXT)], app.meters.render()).into_response()
}

/// The description of the addresses for programs (OpenAPI 3.1), made from the router itself.
///
/// # Errors
/// Fails when it cannot be written as JSON, which it can.
pub async fn description(State(app): State<Arc<App>>) -> Result<Reply, Failure> {
    let (_, document) = crate::router::routes(app);
    Reply::json(&document)
}

/// Reads a body and answers: what the server costs before it does anything.
pub async fn nothing(Input(_): Input<Value>) -> Json<Value> {
    Json(json!({"nothing": "done"}))
}
