//! A page or JSON with its status.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::failure::Failure;
use crate::security;

pub(crate) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a handler answers.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    kind: HeaderValue,
    body: Body,
    asks_position: bool,
}

impl Reply {
    /// A page.
    ///
    /// # Errors
    /// The template failed, which is our fault.
    pub fn page(view: &impl Template) -> Result<Self, Failure> {
        let html = view.render().map_err(Failure::internal)?;
        Ok(Self { status: StatusCode::OK, kind: HTML, body: Body::from(html), asks_position: false })
    }

    /// A JSON document.
    ///
    /// # Errors
    /// The value cannot be written as JSON, which is our fault.
    pub fn json(value: &impl Serialize) -> Result<Self, Failure> {
        let mut text = Vec::with_capacity(4096);
        serde_json::to_writer(&mut text, value).map_err(Failure::internal)?;
        Ok(Self { status: StatusCode::OK, kind: JSON, body: Body::from(text), asks_position: false })
    }

    /// A JSON document that is written already.
    #[must_use]
    pub fn written_json(text: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, kind: JSON, body: Body::from(text), asks_position: false }
    }

    /// The same, with leave for the page's script to ask the person's device where it is.
    #[must_use]
    pub fn with_position(self) -> Self {
        Self { asks_position: true, ..self }
    }

    /// The same with another status, such as 422 for a form that is shown again.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, self.kind);
        if self.asks_position {
            security::allow_position(response.headers_mut());
        }
        response
    }
}
