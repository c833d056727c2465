//! XLSX: the first sheet or a named one. A spreadsheet is read whole, so its size is limited.

use super::csv::{Columns, OLD_SPREADSHEET};
use super::{Items, Numbered};
use crate::app::Failed;
use crate::features::feeds::fields::{Broken, Field, Fields, Item};
use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType, Reader as _, Xlsx};
use std::io::{Cursor, Read, sink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zip::ZipArchive;

/// Bytes of the file at the most.
const PACKED: u64 = 1 << 25;
/// Bytes that the file may unpack to.
const UNPACKED: u64 = 1 << 27;
/// Rows of a sheet at the most, as spreadsheets themselves have it.
const ROWS: usize = 1 << 20;
/// Parts of the file at the most.
const PARTS: usize = 1_000;
/// Numbers below this are exact in a spreadsheet; of longer ones the last digits are lost.
const EXACT: f64 = 1e15;
/// The days from 2000 to 2100 as a spreadsheet counts them.
const DAYS: std::ops::Range<f64> = 36_526.0..73_051.0;
/// Bytes of a cell at the most: far more than any of a report's. Cells may share one text, so it is asked of each.
const CELL: usize = 1 << 14;
/// Bytes of all cells together at the most.
const KEPT: usize = 1 << 28;
/// The widest row that can be a report's.
const COLUMNS: usize = 64;

/// The reports of a sheet, last first.
pub(super) struct Rows(Vec<Numbered>);

impl Items for Rows {
    fn next(&mut self) -> Result<Option<Numbered>, Failed> {
        Ok(self.0.pop())
    }
}

/// Reads a sheet; its first row that is not empty names the columns.
///
/// # Errors
/// Refuses a file that is too large packed or unpacked, is no spreadsheet, or has no such sheet.
pub(super) fn open(file: impl Read, sheet: Option<&str>) -> Result<Rows, Failed> {
    let mut bytes = Vec::new();
    file.take(PACKED + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > PACKED {
        return Err(format!("the spreadsheet has more than {} MiB; export it as CSV", PACKED >> 20).into());
    }
    // What reads spreadsheets counts rows and columns without care: a number that is out of all bounds ends in
    // a panic, which must not end more than this file.
    let read = catch_unwind(AssertUnwindSafe(|| rows(bytes, sheet)));
    read.unwrap_or_else(|_| Err(unreadable())).map(Rows)
}

/// The reports of a sheet, last first.
fn rows(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Vec<Numbered>, Failed> {
    if bytes.starts_with(OLD_SPREADSHEET) {
        return Err(
            "this is an old spreadsheet (XLS), or one with a password; save it as XLSX without".into()
        );
    }
    measure(&bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let names = book.sheet_names();
    let name = match sheet {
        // Which names there are is not told: a sheet may be called by a person's.
        Some(sheet) => names.iter().find(|name| *name == sheet).ok_or_else(|| {
            let count = names.len();
            format!("the spreadsheet has no sheet of that name, of {count} in all; without --sheet the first is read")
        }),
        None => names.first().ok_or_else(|| "the spreadsheet has no sheet".to_owned()),
    };
    let mut rows = read(&mut book, &name?.clone())?;
    rows.reverse();
    Ok(rows)
}

/// Unpacks every part once, keeping nothing: what a file says of its own sizes is not believed.
fn measure(bytes: &[u8]) -> Result<(), Failed> {
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    if parts.len() > PARTS {
        return Err(format!("the spreadsheet has more than {PARTS} parts").into());
    }
    let mut left = UNPACKED;
    for part in 0..parts.len() {
        let part = parts.by_index(part).map_err(|_| unreadable())?;
        let read = std::io::copy(&mut part.take(left + 1), &mut sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(read).ok_or_else(|| {
            format!("the spreadsheet unpacks to more than {} MiB; export it as CSV", UNPACKED >> 20)
        })?;
    }
    Ok(())
}

/// A row under way: its number and what its cells say.
type Row = (u64, Vec<(usize, Result<String, Broken>)>);

fn read(book: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str) -> Result<Vec<Numbered>, Failed> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(|_| unreadable())?;
    let mut columns: Option<Columns> = None;
    let mut rows = Vec::new();
    let mut row: Row = (0, Vec::new());
    let mut kept = Kept::default();
    loop {
        let cell = cells.next_cell().map_err(|_| unreadable())?;
        let number = cell.as_ref().map(|cell| u64::from(cell.get_position().0) + 1);
        if number != Some(row.0) {
            let done = std::mem::replace(&mut row, (number.unwrap_or_default(), Vec::new()));
            finish(done, &mut columns, &mut rows)?;
        }
        let Some(cell) = cell else { return Ok(rows) };
        let place = cell.get_position().1 as usize;
        if *cell.get_value() != DataRef::Empty && row.1.len() <= COLUMNS {
            let field = columns.as_ref().and_then(|columns| columns.field(place));
            let said = text(cell.get_value(), field);
            kept.add(said.as_ref().map_or(0, String::len))?;
            row.1.push((place, said));
        }
    }
}

/// Bytes that are copied out of a file.
#[derive(Default)]
struct Kept(usize);

impl Kept {
    /// Counts a cell.
    fn add(&mut self, bytes: usize) -> Result<(), Failed> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > KEPT {
            let most = KEPT >> 20;
            return Err(format!("the cells of the sheet hold more than {most} MiB; export it as CSV").into());
        }
        Ok(())
    }
}

/// A row is whole: the first names the columns, the others are reports.
fn finish(
    (number, cells): Row,
    columns: &mut Option<Columns>,
    rows: &mut Vec<Numbered>,
) -> Result<(), Failed> {
    if rows.len() == ROWS {
        return Err(format!("the spreadsheet has more than {ROWS} rows; export it as CSV").into());
    }
    let says_nothing = |cell: &Result<String, Broken>| matches!(cell, Ok(text) if text.trim().is_empty());
    if cells.iter().all(|(_, cell)| says_nothing(cell)) {
        return Ok(());
    }
    match columns {
        Some(columns) => rows.push(Numbered { number, item: item(cells, columns) }),
        None => {
            let gapless = cells.iter().enumerate().all(|(expected, (place, _))| expected == *place);
            let titles = cells.iter().map(|(_, title)| title.as_deref().unwrap_or_default());
            let parsed =
                if gapless { Columns::parse(titles) } else { Err("a column has no name".to_owned()) };
            *columns = Some(parsed.map_err(|why| format!("row {number}, which names the columns: {why}"))?);
        }
    }
    Ok(())
}

fn item(cells: Vec<(usize, Result<String, Broken>)>, columns: &Columns) -> Item {
    let mut fields = Fields::with_capacity(256);
    for (place, cell) in cells {
        let cell = cell?;
        match columns.field(place) {
            Some(field) => fields.set(field, &cell)?,
            None if cell.trim().is_empty() => {}
            None => return Err(Broken::NumberOfColumns),
        }
    }
    fields.shrink();
    Ok(fields)
}

/// What a cell says; a number in a column of days or moments is one, whatever its style.
fn text(value: &DataRef<'_>, field: Option<Field>) -> Result<String, Broken> {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) if text.len() > CELL => Err(Broken::TooLong),
        DataRef::SharedString(text) if text.len() > CELL => Err(Broken::TooLong),
        DataRef::String(text) | DataRef::DateTimeIso(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::DateTime(moment) => Ok(written(moment)),
        DataRef::Float(number) if field.is_some_and(Field::is_time) && DAYS.contains(number) => {
            Ok(written(&ExcelDateTime::new(*number, ExcelDateTimeType::DateTime, false)))
        }
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => Ok(format!("{number}")),
        DataRef::Float(_) => Err(Broken::LostDigits),
        DataRef::Empty => Ok(String::new()),
        DataRef::Bool(_) | DataRef::DurationIso(_) | DataRef::Error(_) => Err(Broken::NotACell),
    }
}

/// A moment as our columns write it; a day alone where it is the day's beginning.
fn written(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

fn unreadable() -> Failed {
    "the file is no spreadsheet that can be read (XLSX)".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_many_cells_share_is_limited_in_each_and_in_all() {
        let (long, fits) = ("x".repeat(CELL + 1), "x".repeat(CELL));
        assert_eq!(text(&DataRef::SharedString(&long), None), Err(Broken::TooLong));
        assert_eq!(text(&DataRef::String(long), None), Err(Broken::TooLong));
        assert_eq!(text(&DataRef::SharedString(&fits), None), Ok(fits));
        let mut kept = Kept::default();
        assert!((0..KEPT / CELL).all(|_| kept.add(CELL).is_ok()));
        assert!(kept.add(1).err().unwrap().to_string().contains("256 MiB"));
    }
}
