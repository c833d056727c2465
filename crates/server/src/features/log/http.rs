//! The files of the log (C2SP tlog-tiles): the signed checkpoint, the tiles, and the key to verify with.

use crate::app::App;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use store::log::{self, Tile};
use web::Failure;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// A tile never changes: a whole one for good, and a part of one is that part.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-cache");

/// The newest signed checkpoint.
///
/// # Errors
/// There is none yet, or the database fails.
pub async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let note = log::checkpoint(&app.store.read()).await.map_err(Failure::internal)?;
    Ok(file(note.ok_or(Failure::NotFound)?, TEXT, NOT_KEPT))
}

/// A tile of hashes, or a bundle of leaves.
///
/// # Errors
/// There is no such tile, or the database fails.
pub async fn tile(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Response, Failure> {
    let tile = Tile::parse(&name).ok_or(Failure::NotFound)?;
    let bytes = log::tile(&app.store.read(), tile).await.map_err(Failure::internal)?;
    Ok(file(bytes.ok_or(Failure::NotFound)?, BYTES, FOREVER))
}

/// The key with which the checkpoint is verified. Whoever wants to rely on it has it from somewhere else.
pub async fn key(State(app): State<Arc<App>>) -> Response {
    file(format!("{}\n", log::verifier(app.store.keys())), TEXT, NOT_KEPT)
}

fn file(body: impl IntoResponse, kind: HeaderValue, kept: HeaderValue) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], body).into_response()
}
