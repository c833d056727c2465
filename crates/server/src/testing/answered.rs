//! A reply as people and programs read it.

use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use std::fmt::Write as _;

/// Elements that do not begin a line of their own.
const INLINE: [&str; 10] =
    ["a", "/a", "span", "/span", "strong", "/strong", "svg", "button", "/button", "/svg"];

/// A reply.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answered {
    pub(super) async fn read(response: Response<axum::body::Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A header's text; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Every header, a line each.
    pub(crate) fn head(&self) -> String {
        let mut head = String::new();
        for (name, value) in &self.headers {
            writeln!(head, "{name}: {}", String::from_utf8_lossy(value.as_bytes())).unwrap();
        }
        head
    }

    /// Which page it is: the mark on `main`.
    pub(crate) fn page(&self) -> &str {
        between(&self.body, "data-page=\"", "\"").unwrap_or_default()
    }

    /// A fact's mark, such as `stage` on `data-stage`.
    pub(crate) fn fact(&self, name: &str) -> &str {
        between(&self.body, &format!("data-{name}=\""), "\"").unwrap_or_default()
    }

    /// What a person reads in the main part, a line for each paragraph, without pictures.
    pub(crate) fn words(&self) -> String {
        let main = between(&self.body, "<main", "</main>").unwrap();
        let (_, mut rest) = main.split_once('>').unwrap();
        let mut words = String::new();
        while let Some((text, from_tag)) = rest.split_once('<') {
            words.push_str(text);
            let (tag, after) = from_tag.split_once('>').unwrap();
            let name = tag.split([' ', '\n']).next().unwrap();
            rest = if name == "svg" { after.split_once("</svg>").unwrap().1 } else { after };
            if !INLINE.contains(&name) {
                words.push('\n');
            }
        }
        let words = words
            .replace("&#34;", "\"")
            .replace("&#38;", "&")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">");
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Every address that the reply leads to.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        let mut addresses = vec![self.header("location")];
        for attribute in ["href=\"", "action=\"", "src=\""] {
            let found = self.body.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            addresses.extend(found);
        }
        addresses
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}
