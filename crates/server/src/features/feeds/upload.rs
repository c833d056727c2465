//! A whole file in one message: imported like a file on the command line, its report given back.

use super::door::Signed;
use super::formats::{Format, Mapping, Shape};
use super::http::intake;
use super::import::{Import, Most, Stopped, cause};
use super::intake::Closed;
use super::refused::Refused;
use super::report::{ReportFile, Tally};
use super::view::LineView;
use crate::app::Failed;
use axum::http::{HeaderMap, StatusCode, header};
use i18n::Language;
use serde::Deserialize;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::sync::Arc;
use tokio::runtime::Handle;
use web::{Failure, media_type};

/// Lines in one transaction; messages of others get a turn between.
const BATCH: usize = 10_000;

/// Lines that are told of one by one at the most; of the others the tally speaks.
const TOLD: usize = 10_000;

/// What became of a file.
pub(super) struct Uploaded {
    pub(super) tally: Tally,
    /// The first lines that were not recorded.
    pub(super) lines: Vec<LineView>,
}

/// A line of a report, as the import writes it.
#[derive(Deserialize)]
struct Line {
    line: u64,
    outcome: String,
    #[serde(default)]
    reason: String,
}

/// Imports the file of a message, beside the threads that answer others.
///
/// # Errors
/// The file is of no type that is read here, cannot be read, or the store failed; what was recorded before stays.
pub(super) async fn upload(signed: &Arc<Signed>) -> Result<Uploaded, Refused> {
    let l = signed.l;
    let shape =
        shape(&signed.headers).ok_or_else(|| Refused::media_type(l, l.feeds_problem_media_type_file()))?;
    let (runtime, signed) = (Handle::current(), Arc::clone(signed));
    let imported = tokio::task::spawn_blocking(move || runtime.block_on(import(&signed, &shape)));
    imported.await.map_err(Failure::internal)?
}

async fn import(signed: &Signed, shape: &Shape) -> Result<Uploaded, Refused> {
    let (l, intake) = (signed.l, intake(signed)?);
    let folder = tempfile::tempdir().map_err(Failure::internal)?;
    let path = folder.path().join("report.jsonl");
    let report = ReportFile::create(&path).map_err(Failure::internal)?;
    let shape = &mapped(signed, shape)?;
    let import = Import { intake: &intake, shape, dry_run: false, batch: BATCH, most: Most::SENT };
    let tally = import
        .run(Cursor::new(signed.body.clone()), report, |_| ())
        .await
        .map_err(|error| unread(l, error))?;
    let report = BufReader::new(File::open(&path).map_err(Failure::internal)?);
    let lines = not_recorded(l, report).map_err(Failure::internal)?;
    Ok(Uploaded { tally, lines })
}

/// The first lines of a report that were not recorded; it is read line by line.
fn not_recorded(l: Language, report: impl BufRead) -> Result<Vec<LineView>, Failed> {
    let mut lines = Vec::new();
    for line in report.lines() {
        let line: Line = serde_json::from_str(&line?)?;
        if line.outcome != "recorded" {
            lines.push(shown(l, line));
        }
        if lines.len() == TOLD {
            break;
        }
    }
    Ok(lines)
}

/// The shape with the feed's mapping, where its format needs one.
fn mapped(signed: &Signed, shape: &Shape) -> Result<Shape, Refused> {
    if shape.format != Format::Xml {
        return Ok(shape.clone());
    }
    let (l, file) = (signed.l, signed.app.xml_mappings.get(&signed.feed.name));
    let file = file.ok_or_else(|| Refused::media_type(l, l.feeds_problem_media_type_xml()))?;
    let text = std::fs::read(file).map_err(Failure::internal)?;
    let mapping = Mapping::parse(&text).map_err(Failure::internal)?;
    Ok(Shape { mapping: Some(mapping), ..shape.clone() })
}

fn shown(l: Language, line: Line) -> LineView {
    let Line { line, outcome, reason } = line;
    let (column, reason) = match reason.split_once(": ") {
        Some((column, reason)) => (Some(column), reason),
        None => (None, reason.as_str()),
    };
    LineView::new(l, line, outcome, column, Some(reason).filter(|reason| !reason.is_empty()))
}

/// Why a file was not read to its end: the store failed, the feed was paused, or the file is to blame.
fn unread(l: Language, error: Failed) -> Refused {
    if let Some(error) = cause::<Closed>(error.as_ref()) {
        tracing::error!(error = error as &dyn Error, "a file of a feed was not recorded to its end");
        return Refused::unavailable(l);
    }
    if !error.is::<Stopped>() {
        // What is wrong stands at its beginning: nothing was recorded.
        return problem(l, error.to_string());
    }
    let because = error.source().map(ToString::to_string).unwrap_or_default();
    problem(l, format!("{error} ({because})"))
}

fn problem(l: Language, detail: String) -> Refused {
    Refused::of(StatusCode::UNPROCESSABLE_ENTITY, "invalid", l.feeds_problem_invalid_title(), detail)
}

/// The format that the type says. What is packed is known by its first bytes.
fn shape(headers: &HeaderMap) -> Option<Shape> {
    let kind = media_type(headers).to_ascii_lowercase();
    let packed =
        headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !["", "identity", "gzip", "zstd"].contains(&packed) {
        return None;
    }
    let format = match kind.as_str() {
        "application/xml" | "text/xml" => Format::Xml,
        "text/csv" => Format::Csv,
        "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => Format::JsonLines,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Format::Xlsx,
        _ => return None,
    };
    Some(Shape::of(format))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn of_many_lines_the_first_that_were_not_recorded_are_told() {
        let mut report = String::new();
        for line in 1..=2 * TOLD + 10 {
            let outcome = if line % 2 == 0 { "repeated" } else { "recorded" };
            writeln!(report, "{{\"line\":{line},\"outcome\":\"{outcome}\"}}").unwrap();
        }
        let told = not_recorded(Language::En, report.as_bytes()).unwrap();
        assert_eq!((told.len(), told[0].line, told[TOLD - 1].line), (TOLD, 2, 2 * TOLD as u64));
    }
}
