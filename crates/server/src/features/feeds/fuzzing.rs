//! Doors for the fuzz targets: whatever reads the bytes of strangers, with bytes and nothing else.

use super::codes::Codes;
use super::events;
use super::formats::{Format, Mapping, Shape, read_all};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::io::{Cursor, Write as _};
use std::sync::Once;
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

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

/// A spreadsheet: the bytes as they are; and, well packed, as its sheet, shared texts and styles, with form feeds
/// between them.
pub fn xlsx(bytes: &[u8]) {
    // What reads spreadsheets panics on some of them, and that is caught; a panic that nobody catches still ends the
    // process, without this one's words.
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| ())));
    drop(read_all(bytes, &Shape::of(Format::Xlsx)));
    if let Ok(book) = book(bytes) {
        drop(read_all(&book, &Shape::of(Format::Xlsx)));
    }
}

/// A spreadsheet of one sheet.
fn book(bytes: &[u8]) -> ZipResult<Vec<u8>> {
    const WORKBOOK: &[u8] =
        br#"<workbook xmlns:r="r"><sheets><sheet name="1" sheetId="1" r:id="s"/></sheets></workbook>"#;
    const PARTS: &[u8] = br#"<Relationships><Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let mut parts = bytes.split(|byte| *byte == b'\x0c');
    let mut book = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, part: &[u8]| {
        book.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))?;
        Ok::<_, ZipError>(book.write_all(part)?)
    };
    add("xl/workbook.xml", WORKBOOK)?;
    add("xl/_rels/workbook.xml.rels", PARTS)?;
    for name in ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"] {
        parts.next().map_or(Ok(()), |part| add(name, part))?;
    }
    Ok(book.finish()?.into_inner())
}

/// A CloudEvent: alone, as a list, and with its attributes in headers, one a line before an empty line.
pub fn event(bytes: &[u8]) {
    for kind in ["application/cloudevents+json", "application/cloudevents-batch+json"] {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        drop(events::read(&headers, bytes));
    }
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(0);
    let (head, body) = bytes.split_at(end);
    let line = |line: &[u8]| {
        let at = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (line.get(..at)?, line.get(at + 1..)?);
        Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let headers = head.split(|byte| *byte == b'\n').filter_map(line).collect::<HeaderMap>();
    drop(events::read(&headers, body.get(2..).unwrap_or_default()));
    drop(events::read_believed(&headers, body.get(2..).unwrap_or_default()));
}

/// A table of codes.
pub fn codes(bytes: &[u8]) {
    drop(Codes::parse(bytes));
}
