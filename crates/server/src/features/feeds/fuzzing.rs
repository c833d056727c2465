//! Doors for the fuzz targets: whatever reads the bytes of strangers, with bytes and nothing else.

use super::codes::Codes;
use super::events;
use super::formats::{Format, Mapping, Shape, read_all};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A mapping as a production centre has it.
const MAPPING: &[u8] = include_bytes!("../../../../../docs/samples/centre.toml");

/// A CSV file.
pub fn csv(bytes: &[u8]) {
    drop(read_all(bytes, &Shape::of(Format::Csv)));
}

/// A file of JSON lines.
pub fn json_lines(bytes: &[u8]) {
    drop(read_all(bytes, &Shape::of(Format::JsonLines)));
}

/// An XML file, read by the mapping of the samples; and the same bytes as a mapping.
pub fn xml(bytes: &[u8]) {
    let shape = Shape { mapping: Mapping::parse(MAPPING).ok(), ..Shape::of(Format::Xml) };
    drop(read_all(bytes, &shape));
    drop(Mapping::parse(bytes));
}

/// A CloudEvent: alone, as a list, and with its attributes in headers, one a line before an empty line.
pub fn event(bytes: &[u8]) {
    for kind in ["application/cloudevents+json", "application/cloudevents-batch+json"] {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        drop(events::read(&headers, bytes, "id"));
    }
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(0);
    let (head, body) = bytes.split_at(end);
    let line = |line: &[u8]| {
        let at = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (line.get(..at)?, line.get(at + 1..)?);
        Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let headers = head.split(|byte| *byte == b'\n').filter_map(line).collect::<HeaderMap>();
    drop(events::read_believed(&headers, body.get(2..).unwrap_or_default()));
}

/// A table of codes.
pub fn codes(bytes: &[u8]) {
    drop(Codes::parse(bytes));
}
