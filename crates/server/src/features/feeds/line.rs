//! One report of a feed: cells in, a report of ours out, or the reason why not.

use super::codes::{Codes, Meaning};
use super::fields::{Field, Fields};
use domain::Date;
use domain::batch::BatchNumber;
use domain::kind::{Delivery, Reason};
use domain::milestone::Step;
use domain::moment::Moment;
use domain::name::Name;
use domain::number::{CitizenNumber, Demonstration};
use domain::organ::OrganCode;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use domain::stage::Cause;
use domain::text::{digits_normalised, parse_date};
use std::borrow::Cow;
use store::application::Opening;
use store::keys::Keys;
use store::record::Report;

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

impl Rejection {
    const fn new(field: Field, code: &'static str) -> Self {
        Self { column: field.as_str(), code }
    }
}

/// What reading a line needs besides the line.
pub(super) struct Reading<'a> {
    pub(super) codes: &'a Codes,
    pub(super) keys: &'a Keys,
    pub(super) receipts: &'a ReceiptFormat,
    pub(super) demonstration: Demonstration,
    /// Whether the feed may open applications.
    pub(super) opens: bool,
    pub(super) now: Moment,
}

/// The cells of one report.
struct Row<'a>(&'a Fields);

impl<'a> Row<'a> {
    fn required(&self, field: Field) -> Result<&'a str, Rejection> {
        self.0.get(field).ok_or(Rejection::new(field, "empty"))
    }

    fn parsed<T>(&self, field: Field, parse: impl Fn(&'a str) -> Option<T>) -> Result<T, Rejection> {
        parse(self.required(field)?).ok_or(Rejection::new(field, "unreadable"))
    }

    fn optional<T>(
        &self,
        field: Field,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Rejection> {
        self.0.get(field).map(|cell| parse(cell).ok_or(Rejection::new(field, "unreadable"))).transpose()
    }
}

/// Reads a report.
///
/// # Errors
/// The first column that does not fit.
pub(crate) fn parse(reading: &Reading<'_>, fields: &Fields) -> Result<Report, Rejection> {
    let row = Row(fields);
    let receipt = ReceiptNumber::parse(row.required(Field::ReceiptNumber)?, reading.receipts)
        .map_err(|error| Rejection::new(Field::ReceiptNumber, error.code()))?;
    let Stepped { step, written, cause: meant, names } = step(reading, row.required(Field::Step)?)?;
    let happened = row.parsed(Field::HappenedAt, moment)?;
    if happened.millis() > reading.now.millis().saturating_add(AHEAD_MILLIS) {
        return Err(Rejection::new(Field::HappenedAt, "future"));
    }
    if happened.date() < FIRST_DAY {
        return Err(Rejection::new(Field::HappenedAt, "too_early"));
    }
    let organ = row.parsed(Field::Organ, organ)?;
    let cause = row.optional(Field::Cause, Cause::parse)?;
    // A line without an id is known by what it says, however it is written. No id holds the separator.
    let known_by = |written: &str| {
        let cause = cause.map_or("", Cause::as_str);
        let said = [receipt.as_str(), written, &organ.to_string(), &happened.millis().to_string(), cause];
        reading.keys.event(said.join("\u{1f}").as_bytes())
    };
    let event = match row.optional(Field::EventId, event_id)? {
        Some(id) => reading.keys.event(id.as_bytes()),
        None => known_by(&written),
    };
    Ok(Report {
        step: names.map_or(step, |names| Step::Withdraws(known_by(&names))),
        organ,
        happened,
        cause: cause.or(meant),
        event,
        opening: opening(reading, &row, &receipt)?,
        batch: row.optional(Field::Batch, BatchNumber::parse)?,
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
    /// What was written in a line without an id that is withdrawn; the other cells are that line's own.
    names: Option<String>,
}

/// The step of a line without an id that was wrong: it stands behind an equals sign, where another line has its id.
fn of_line(cell: &str) -> Option<&str> {
    Some(cell.strip_prefix("withdraws:")?.trim().strip_prefix('=')?.trim())
}

/// A code of the feed's table, or a step's own word.
fn step<'a>(reading: &Reading<'_>, cell: &'a str) -> Result<Stepped<'a>, Rejection> {
    let of_code = |meaning, written: Cow<'a, str>| match meaning {
        Meaning::Happened(step, cause) => Ok(Stepped { step, written, cause, names: None }),
        Meaning::OfTheCard => Err(Rejection::new(Field::Step, "not_of_an_application")),
    };
    if let Some(meaning) = reading.codes.meaning(cell) {
        return of_code(meaning, cell.into());
    }
    if let Some(wrong) = of_line(cell) {
        let wrong = step(reading, wrong)?;
        let written = format!("withdraws:={}", wrong.written).into();
        return Ok(Stepped { written, cause: None, names: Some(wrong.written.into_owned()), ..wrong });
    }
    if let Some(step) = step_of_word(reading, cell) {
        let plain = |(word, of): (&str, &str)| format!("{word}:{}", of.trim());
        let written = cell.split_once(':').map_or(cell.into(), |parts| plain(parts).into());
        return Ok(Stepped { step, written, cause: None, names: None });
    }
    // A spreadsheet takes the zero from 03.
    let code = digits(cell).map(|digits| format!("{digits:0>2}"));
    let known = code.and_then(|code| Some((reading.codes.meaning(&code)?, code)));
    let (meaning, code) = known.ok_or(Rejection::new(Field::Step, "unknown"))?;
    of_code(meaning, code.into())
}

/// A step's own word; what a correction names is the feed's event.
fn step_of_word(reading: &Reading<'_>, cell: &str) -> Option<Step> {
    Step::parse(cell, |event| event_id(event).map(|event| reading.keys.event(event.as_bytes())))
}

/// A feed's own id of an event: anything visible, up to 200 bytes.
fn event_id(text: &str) -> Option<&str> {
    let fits = !text.is_empty() && text.len() <= 200 && !text.contains(char::is_control);
    fits.then_some(text)
}

/// A moment as feeds write it, or as a spreadsheet writes it again (`2026/1/5 9:30`); a day alone means
/// its beginning.
pub(super) fn moment(cell: &str) -> Option<Moment> {
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

/// What a line says that opens an application.
const TO_OPEN: [Field; 3] = [Field::Name, Field::AppliedOn, Field::Reason];

/// The facts of the form, where the line has them: a line with a citizen number opens its application. Who may not
/// open one need not say all of them; what is said in part opens nothing and is compared with nothing.
fn opening(
    reading: &Reading<'_>,
    row: &Row<'_>,
    receipt: &ReceiptNumber,
) -> Result<Option<Opening>, Rejection> {
    let Some(typed) = row.0.get(Field::CitizenNumber) else { return Ok(None) };
    let today = reading.now.date();
    let number = CitizenNumber::parse(typed, today, reading.demonstration)
        .map_err(|error| Rejection::new(Field::CitizenNumber, error.code()))?;
    if !reading.opens && TO_OPEN.into_iter().any(|field| row.0.get(field).is_none()) {
        return Ok(None);
    }
    let name =
        |field: Field, cell: &str| Name::parse(cell).map_err(|error| Rejection::new(field, error.code()));
    let reason: Reason = row.parsed(Field::Reason, Reason::parse)?;
    let accepting = receipt.accepting_organ().or(row.optional(Field::Organ, organ)?);
    let accepting = accepting.ok_or(Rejection::new(Field::Organ, "empty"))?;
    Ok(Some(Opening {
        number,
        name: name(Field::Name, row.required(Field::Name)?)?,
        guardian: row.0.get(Field::Guardian).map(|cell| name(Field::Guardian, cell)).transpose()?,
        receipt: receipt.clone(),
        applied_on: applied_on(row, today)?,
        kind: reason.kind(),
        reason,
        delivery: row.optional(Field::Delivery, Delivery::parse)?.unwrap_or(Delivery::Counter),
        accepting,
        signing: row.optional(Field::SigningOrgan, organ)?.unwrap_or(accepting),
        handing_out: row.optional(Field::HandingOutOrgan, organ)?.unwrap_or(accepting),
        promised_days: row.optional(Field::PromisedDays, promised_days)?.unwrap_or(0),
    }))
}

fn applied_on(row: &Row<'_>, today: Date) -> Result<Date, Rejection> {
    let date = row.parsed(Field::AppliedOn, parse_date)?;
    match date {
        date if date > today => Err(Rejection::new(Field::AppliedOn, "future")),
        date if date < FIRST_DAY => Err(Rejection::new(Field::AppliedOn, "too_early")),
        date => Ok(date),
    }
}

fn organ(cell: &str) -> Option<OrganCode> {
    OrganCode::parse(&digits_normalised(cell))
}
