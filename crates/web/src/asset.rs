//! Style sheet, script and pictures: inside the binary, at addresses that change with their content.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;

use crate::failure::Failure;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

#[derive(RustEmbed)]
#[folder = "../../assets"]
struct Files;

struct Asset {
    kind: HeaderValue,
    plain: Bytes,
    gzip: Bytes,
}

struct Assets {
    /// The name in the source tree → the address.
    addresses: HashMap<String, String>,
    /// The name in the address → the content.
    served: HashMap<String, Asset>,
}

/// Made once: compressing on every request would cost more than the inquiry itself.
static ASSETS: LazyLock<Assets> = LazyLock::new(load);

/// The address of the asset `name`: `site.css` → `/assets/site.1f2e3d4c.css`; `/assets/missing` for a wrong name.
pub fn asset(name: &str) -> &'static str {
    ASSETS.addresses.get(name).map_or("/assets/missing", String::as_str)
}

/// The routes of all assets.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve_asset)).route("/favicon.ico", get(serve_favicon))
}

async fn serve_asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Failure> {
    let asset = ASSETS.served.get(&name).ok_or(Failure::NotFound)?;
    Ok(send(asset, &headers, FOREVER))
}

async fn serve_favicon(headers: HeaderMap) -> Result<Response, Failure> {
    let name = asset("favicon.svg").trim_start_matches("/assets/");
    let asset = ASSETS.served.get(name).ok_or(Failure::NotFound)?;
    Ok(send(asset, &headers, DAY))
}

fn send(asset: &Asset, headers: &HeaderMap, keep: HeaderValue) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let gzip = accepted.is_some_and(accepts_gzip);
    let body = if gzip { &asset.gzip } else { &asset.plain };
    let mut response = axum::body::Body::from(body.clone()).into_response();
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, asset.kind.clone());
    sent.insert(header::CACHE_CONTROL, keep);
    sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        sent.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn accepts_gzip(header: &str) -> bool {
    header.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip")
            && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn load() -> Assets {
    let mut assets = Assets { addresses: HashMap::new(), served: HashMap::new() };
    for name in Files::iter() {
        let Some(file) = Files::get(&name) else { continue };
        let Some((stem, extension)) = name.rsplit_once('.') else { continue };
        let [a, b, c, d, ..] = file.metadata.sha256_hash();
        // Pictures in folders are served flat: the hash keeps them apart.
        let flat = stem.replace('/', "-");
        let served = format!("{flat}.{a:02x}{b:02x}{c:02x}{d:02x}.{extension}");
        assets.addresses.insert(name.to_string(), format!("/assets/{served}"));
        let plain = Bytes::from(file.data.into_owned());
        let asset = Asset { kind: kind(extension), gzip: gzip(&plain), plain };
        assets.served.insert(served, asset);
    }
    assets
}

fn kind(extension: &str) -> HeaderValue {
    HeaderValue::from_static(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    })
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::best());
    // Writing into memory cannot fail; if it did, an empty answer would be noticed by the tests.
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    Bytes::from(written.unwrap_or_default())
}
