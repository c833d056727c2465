//! One line of a feed's file: columns in, a report out, or the reason why not.

use super::codes::{Codes, Meaning};
use domain::Date;
use domain::kind::{Delivery, Reason};
use domain::milestone::Step;
use domain::moment::Moment;
use domain::name::Name;
use domain::number::{CitizenNumber, Demonstration};
use domain::organ::OrganCode;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use domain::stage::{Cause, Ground, Pause, Stage};
use domain::text::{digits_normalised, parse_date};
use std::collections::BTreeMap;
use store::application::Opening;
use store::keys::Keys;
use store::record::Report;

/// The columns that a file must have.
const REQUIRED: [&str; 4] = ["receipt_number", "step", "organ", "happened_at"];
/// The columns that a file may have besides.
const OPTIONAL: [&str; 11] = [
    "event_id",
    "cause",
    "citizen_number",
    "name",
    "guardian",
    "applied_on",
    "reason",
    "delivery",
    "signing_organ",
    "handing_out_organ",
    "promised_days",
];
/// A clock of another system may be a little ahead of ours.
const AHEAD_MILLIS: i64 = 10 * 60 * 1000;

/// Why a line is rejected: the column, a word for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) column: &'static str,
    pub(super) code: &'static str,
}

/// What reading a line needs besides the line.
pub(super) struct Reading<'a> {
    pub(super) codes: &'a Codes,
    pub(super) keys: &'a Keys,
    pub(super) receipts: &'a ReceiptFormat,
    pub(super) demonstration: Demonstration,
    pub(super) now: Moment,
}

/// Where each column stands in the file.
pub(super) struct Columns(BTreeMap<&'static str, usize>);

impl Columns {
    /// Reads the first line; names in any order and case.
    ///
    /// # Errors
    /// Names the columns that are missing, unknown or there twice.
    pub(super) fn parse(header: &csv::StringRecord) -> Result<Self, String> {
        let mut places = BTreeMap::new();
        for (place, title) in header.iter().enumerate() {
            let title = title.trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
            let known = REQUIRED.iter().chain(&OPTIONAL).find(|known| **known == title);
            let known = known.ok_or_else(|| format!("column {title:?} is unknown"))?;
            if places.insert(*known, place).is_some() {
                return Err(format!("column {title:?} is there twice"));
            }
        }
        match REQUIRED.iter().find(|required| !places.contains_key(*required)) {
            Some(missing) => Err(format!("column {missing:?} is missing")),
            None => Ok(Self(places)),
        }
    }

    /// The cell of a column, trimmed; none where the column or its text is missing.
    fn cell<'r>(&self, record: &'r csv::StringRecord, column: &str) -> Option<&'r str> {
        let cell = record.get(*self.0.get(column)?)?.trim();
        (!cell.is_empty()).then_some(cell)
    }
}

/// One line with its columns.
struct Line<'a> {
    columns: &'a Columns,
    record: &'a csv::StringRecord,
}

impl<'a> Line<'a> {
    fn cell(&self, column: &'static str) -> Option<&'a str> {
        self.columns.cell(self.record, column)
    }

    fn required(&self, column: &'static str) -> Result<&'a str, Rejection> {
        self.cell(column).ok_or(Rejection { column, code: "empty" })
    }

    fn parsed<T>(&self, column: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Rejection> {
        parse(self.required(column)?).ok_or(Rejection { column, code: "unreadable" })
    }

    fn optional<T>(&self, column: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Rejection> {
        self.cell(column).map(|cell| parse(cell).ok_or(Rejection { column, code: "unreadable" })).transpose()
    }
}

/// Reads a line.
///
/// # Errors
/// The first column that does not fit.
pub(super) fn parse(
    reading: &Reading<'_>,
    columns: &Columns,
    record: &csv::StringRecord,
) -> Result<Report, Rejection> {
    let line = Line { columns, record };
    let receipt = ReceiptNumber::parse(line.required("receipt_number")?, reading.receipts)
        .map_err(|error| Rejection { column: "receipt_number", code: error.code() })?;
    let (step, meant) = step(reading, line.required("step")?)?;
    let happened = line.parsed("happened_at", Moment::parse)?;
    if happened.millis() > reading.now.millis().saturating_add(AHEAD_MILLIS) {
        return Err(Rejection { column: "happened_at", code: "future" });
    }
    let organ = line.parsed("organ", organ)?;
    let event = match line.cell("event_id") {
        Some(id) => reading.keys.event(id.as_bytes()),
        // A line without an id is known by what it says.
        None => reading.keys.event(record.iter().collect::<Vec<_>>().join("\u{1f}").as_bytes()),
    };
    Ok(Report {
        step,
        organ,
        happened,
        cause: line.optional("cause", Cause::parse)?.or(meant),
        event,
        opening: opening(reading, &line, &receipt)?,
        receipt,
    })
}

/// A step's own word, or a code of the table.
fn step(reading: &Reading<'_>, cell: &str) -> Result<(Step, Option<Cause>), Rejection> {
    let rejected = |code| Rejection { column: "step", code };
    if let Some((word, why)) = cell.split_once(':') {
        let step = match word {
            "paused" => Pause::parse(why).map(Step::Paused),
            "extended" => Ground::parse(why).map(Step::Extended),
            "withdraws" => Some(Step::Withdraws(reading.keys.event(why.as_bytes()))),
            _ => None,
        };
        return step.map(|step| (step, None)).ok_or(rejected("unknown"));
    }
    if cell == "resumed" {
        return Ok((Step::Resumed, None));
    }
    if let Some(stage) = Stage::parse(cell) {
        return Ok((Step::Reached(stage), None));
    }
    match reading.codes.meaning(&digits_normalised(cell)) {
        Some(Meaning::Reached(stage, cause)) => Ok((Step::Reached(stage), cause)),
        Some(Meaning::OfTheCard) => Err(rejected("not_of_an_application")),
        None => Err(rejected("unknown")),
    }
}

/// The facts of the form, where the line has them: a line with a citizen number opens its application.
fn opening(
    reading: &Reading<'_>,
    line: &Line<'_>,
    receipt: &ReceiptNumber,
) -> Result<Option<Opening>, Rejection> {
    let Some(typed) = line.cell("citizen_number") else { return Ok(None) };
    let today = reading.now.date();
    let number = CitizenNumber::parse(typed, today, reading.demonstration)
        .map_err(|error| Rejection { column: "citizen_number", code: error.code() })?;
    let name = |column: &'static str, cell: &str| {
        Name::parse(cell).map_err(|error| Rejection { column, code: error.code() })
    };
    let reason: Reason = line.parsed("reason", Reason::parse)?;
    let accepting = receipt.accepting_organ().or(line.optional("organ", organ)?);
    let accepting = accepting.ok_or(Rejection { column: "organ", code: "empty" })?;
    Ok(Some(Opening {
        number,
        name: name("name", line.required("name")?)?,
        guardian: line.cell("guardian").map(|cell| name("guardian", cell)).transpose()?,
        receipt: receipt.clone(),
        applied_on: applied_on(line, today)?,
        kind: reason.kind(),
        reason,
        delivery: line.optional("delivery", Delivery::parse)?.unwrap_or(Delivery::Counter),
        accepting,
        signing: line.optional("signing_organ", organ)?.unwrap_or(accepting),
        handing_out: line.optional("handing_out_organ", organ)?.unwrap_or(accepting),
        promised_days: line.optional("promised_days", |cell| digits_normalised(cell).parse().ok())?.unwrap_or(0),
    }))
}

fn applied_on(line: &Line<'_>, today: Date) -> Result<Date, Rejection> {
    let date = line.parsed("applied_on", parse_date)?;
    if date > today { Err(Rejection { column: "applied_on", code: "future" }) } else { Ok(date) }
}

fn organ(cell: &str) -> Option<OrganCode> {
    OrganCode::parse(&digits_normalised(cell))
}
