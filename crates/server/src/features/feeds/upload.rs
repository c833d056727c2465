//! A whole file in one message: imported like a file on the command line, its report given back.

use super::door::Signed;
use super::drop::is_ours;
use super::formats::{Format, Mapping, Shape};
use super::import::{Import, Most, Stopped};
use super::refused::Refused;
use super::report::{Fate, ReportFile, Tally};
use super::view::LineView;
use super::ways::{Way, around};
use crate::app::Failed;
use axum::http::{HeaderMap, StatusCode, header};
use i18n::Language;
use serde::Deserialize;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::sync::Arc;
use store::record::Outcome;
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
    signed.may_guess()?;
    let (l, intake) = (signed.l, signed.intake()?);
    // What a kill leaves of it is swept with everything else that is temporary; it names nobody.
    let folder = tempfile::tempdir().map_err(|error| full(l, &error))?;
    let path = folder.path().join("report.jsonl");
    let report = ReportFile::create(&path).map_err(|error| full(l, &error))?;
    let shape = &mapped(signed, shape)?;
    let import = Import { intake: &intake, shape, dry_run: false, batch: BATCH, most: Most::SENT };
    let imported = import.run(Cursor::new(signed.body.clone()), report, |_| ()).await;
    // Also of a file that ended too early some lines were taken.
    if imported.as_ref().map_or_else(|error| error.is::<Stopped>(), |_| true) {
        signed.taken();
    }
    let written = BufReader::new(File::open(&path).map_err(Failure::internal)?);
    let lines = not_recorded(l, written).map_err(Failure::internal);
    let guess = Fate::Told(Outcome::OtherApplication).reason().1;
    signed.guessed(lines.iter().flatten().filter(|line| line.reason == guess).count());
    let tally = imported.map_err(|error| unread(l, error))?;
    around(&signed.app).count_all(&signed.feed.name, Way::Api, tally);
    Ok(Uploaded { tally, lines: lines? })
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

/// Why a file was not read to its end: we are to blame, or the feed was paused, or the file is.
fn unread(l: Language, error: Failed) -> Refused {
    if is_ours(error.as_ref()) {
        return full(l, error.as_ref());
    }
    if !error.is::<Stopped>() {
        // What is wrong stands at its beginning: nothing was recorded.
        return problem(l, l.feeds_problem_broken_file(error));
    }
    let because = error.source().map(ToString::to_string).unwrap_or_default();
    problem(l, l.feeds_problem_broken_off(format_args!("{error} ({because})")))
}

/// What is not the sender's fault, and nobody else's business.
fn full(l: Language, error: &(dyn Error + 'static)) -> Refused {
    tracing::error!(error, "a file of a feed was not recorded to its end");
    Refused::unavailable(l)
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

    #[test]
    fn that_our_disk_is_full_is_not_the_senders_fault_and_names_no_path() {
        use axum::response::IntoResponse as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/report.jsonl");
        let unwritten = ReportFile::create(&path).err().unwrap();
        let response = unread(Language::En, unwritten.into()).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}
