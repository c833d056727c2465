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
use std::borrow::Cow;
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
/// The Resident Identity Card Law is in force since this day: nothing is older.
const FIRST_DAY: Date = Date::constant(2004, 1, 1);
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
pub(super) struct Columns {
    places: BTreeMap<&'static str, usize>,
    width: usize,
}

impl Columns {
    /// Reads the first line; names in any order and case.
    ///
    /// # Errors
    /// Names the columns that are missing, unknown or there twice.
    pub(super) fn parse(header: &csv::StringRecord) -> Result<Self, String> {
        let mut places = BTreeMap::new();
        for (place, title) in header.iter().enumerate() {
            let title = title.trim().to_ascii_lowercase();
            let known = REQUIRED.iter().chain(&OPTIONAL).find(|known| **known == title);
            let known = known.ok_or_else(|| format!("column {title:?} is unknown"))?;
            if places.insert(*known, place).is_some() {
                return Err(format!("column {title:?} is there twice"));
            }
        }
        match REQUIRED.iter().find(|required| !places.contains_key(*required)) {
            Some(missing) => Err(format!("column {missing:?} is missing")),
            None => Ok(Self { places, width: header.len() }),
        }
    }

    /// Whether a line has as many cells as there are columns.
    pub(super) fn fit(&self, record: &csv::StringRecord) -> bool {
        record.len() == self.width
    }

    /// The cell of a column, trimmed; none where the column or its text is missing.
    fn cell<'r>(&self, record: &'r csv::StringRecord, column: &str) -> Option<&'r str> {
        let cell = record.get(*self.places.get(column)?)?.trim();
        (!cell.is_empty()).then_some(cell)
    }
}

/// One line with its columns.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    fn cell(&self, column: &'static str) -> Option<&'a str> {
        self.columns.cell(self.record, column)
    }

    fn required(&self, column: &'static str) -> Result<&'a str, Rejection> {
        self.cell(column).ok_or(Rejection { column, code: "empty" })
    }

    fn parsed<T>(&self, column: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Rejection> {
        parse(self.required(column)?).ok_or(Rejection { column, code: "unreadable" })
    }

    fn optional<T>(
        &self,
        column: &'static str,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Rejection> {
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
    let row = Row { columns, record };
    let receipt = ReceiptNumber::parse(row.required("receipt_number")?, reading.receipts)
        .map_err(|error| Rejection { column: "receipt_number", code: error.code() })?;
    let Stepped { step, written, cause: meant } = step(reading, row.required("step")?)?;
    let happened = row.parsed("happened_at", moment)?;
    if happened.millis() > reading.now.millis().saturating_add(AHEAD_MILLIS) {
        return Err(Rejection { column: "happened_at", code: "future" });
    }
    if happened.date() < FIRST_DAY {
        return Err(Rejection { column: "happened_at", code: "too_early" });
    }
    let organ = row.parsed("organ", organ)?;
    let cause = row.optional("cause", Cause::parse)?;
    let event = match row.optional("event_id", event_id)? {
        Some(id) => reading.keys.event(id.as_bytes()),
        // A line without an id is known by what it says, however it is written. No id holds the separator.
        None => {
            let cause = cause.map_or("", Cause::as_str);
            let said =
                [receipt.as_str(), &written, &organ.to_string(), &happened.millis().to_string(), cause];
            reading.keys.event(said.join("\u{1f}").as_bytes())
        }
    };
    Ok(Report {
        step,
        organ,
        happened,
        cause: cause.or(meant),
        event,
        opening: opening(reading, &row, &receipt)?,
        receipt,
    })
}

/// What a cell says happened.
struct Stepped<'a> {
    step: Step,
    /// The word or code, brought to one form.
    written: Cow<'a, str>,
    /// Why, where the code says it.
    cause: Option<Cause>,
}

/// A step's own word, or a code of the table.
fn step<'a>(reading: &Reading<'_>, cell: &'a str) -> Result<Stepped<'a>, Rejection> {
    let rejected = |code| Rejection { column: "step", code };
    if let Some(step) = step_of_word(reading, cell) {
        let plain = |(word, of): (&str, &str)| format!("{word}:{}", of.trim());
        let written = cell.split_once(':').map_or(cell.into(), |parts| plain(parts).into());
        return Ok(Stepped { step, written, cause: None });
    }
    // A spreadsheet takes the zero from 03.
    let code = digits(cell).map(|digits| format!("{digits:0>2}")).ok_or(rejected("unknown"))?;
    match reading.codes.meaning(&code) {
        Some(Meaning::Reached(stage, cause)) => {
            Ok(Stepped { step: Step::Reached(stage), written: code.into(), cause })
        }
        Some(Meaning::OfTheCard) => Err(rejected("not_of_an_application")),
        None => Err(rejected("unknown")),
    }
}

fn step_of_word(reading: &Reading<'_>, cell: &str) -> Option<Step> {
    match cell.split_once(':') {
        None if cell == "resumed" => Some(Step::Resumed),
        None => Stage::parse(cell).map(Step::Reached),
        Some(("paused", why)) => Pause::parse(why.trim()).map(Step::Paused),
        Some(("extended", ground)) => Ground::parse(ground.trim()).map(Step::Extended),
        Some(("withdraws", event)) => {
            event_id(event.trim()).map(|event| Step::Withdraws(reading.keys.event(event.as_bytes())))
        }
        Some(_) => None,
    }
}

/// A feed's own id of an event: anything visible, up to 200 bytes.
fn event_id(text: &str) -> Option<&str> {
    let fits = !text.is_empty() && text.len() <= 200 && !text.contains(char::is_control);
    fits.then_some(text)
}

/// A moment as feeds write it, or as a spreadsheet writes it again (`2026/1/5 9:30`); a day alone means
/// its beginning.
fn moment(cell: &str) -> Option<Moment> {
    let day = |text: &str| parse_date(text).map(|day| Moment::at(day, 0, 0));
    Moment::parse(cell).or_else(|| day(cell)).or_else(|| {
        let (day, time) = cell.split_once(' ')?;
        let zero = if time.trim().find([':', '：'])? == 1 { "0" } else { "" };
        Moment::parse(&format!("{}T{zero}{}", parse_date(day)?, time.trim()))
    })
}

/// Digits and nothing else, full-width ones made narrow.
fn digits(cell: &str) -> Option<String> {
    let digits = digits_normalised(cell);
    let whole = digits.chars().count() == cell.chars().count();
    (whole && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A promised time in working days; more than a year is a mistake.
fn promised_days(cell: &str) -> Option<u16> {
    digits(cell)?.parse().ok().filter(|days| *days <= 366)
}

/// The facts of the form, where the line has them: a line with a citizen number opens its application.
fn opening(
    reading: &Reading<'_>,
    row: &Row<'_>,
    receipt: &ReceiptNumber,
) -> Result<Option<Opening>, Rejection> {
    let Some(typed) = row.cell("citizen_number") else { return Ok(None) };
    let today = reading.now.date();
    let number = CitizenNumber::parse(typed, today, reading.demonstration)
        .map_err(|error| Rejection { column: "citizen_number", code: error.code() })?;
    let name = |column: &'static str, cell: &str| {
        Name::parse(cell).map_err(|error| Rejection { column, code: error.code() })
    };
    let reason: Reason = row.parsed("reason", Reason::parse)?;
    let accepting = receipt.accepting_organ().or(row.optional("organ", organ)?);
    let accepting = accepting.ok_or(Rejection { column: "organ", code: "empty" })?;
    Ok(Some(Opening {
        number,
        name: name("name", row.required("name")?)?,
        guardian: row.cell("guardian").map(|cell| name("guardian", cell)).transpose()?,
        receipt: receipt.clone(),
        applied_on: applied_on(row, today)?,
        kind: reason.kind(),
        reason,
        delivery: row.optional("delivery", Delivery::parse)?.unwrap_or(Delivery::Counter),
        accepting,
        signing: row.optional("signing_organ", organ)?.unwrap_or(accepting),
        handing_out: row.optional("handing_out_organ", organ)?.unwrap_or(accepting),
        promised_days: row.optional("promised_days", promised_days)?.unwrap_or(0),
    }))
}

fn applied_on(row: &Row<'_>, today: Date) -> Result<Date, Rejection> {
    let date = row.parsed("applied_on", parse_date)?;
    match date {
        date if date > today => Err(Rejection { column: "applied_on", code: "future" }),
        date if date < FIRST_DAY => Err(Rejection { column: "applied_on", code: "too_early" }),
        date => Ok(date),
    }
}

fn organ(cell: &str) -> Option<OrganCode> {
    OrganCode::parse(&digits_normalised(cell))
}
