//! CSV: a quoted cell may go on over line breaks, but a stray quote swallows nothing.
//!
//! A line that is rejected after it went on over line breaks is read again from its second physical line,
//! for the quote that held it together may be the mistake.

use super::{Items, Numbered};
use crate::app::Failed;
use crate::features::feeds::fields::{Broken, Field, Fields, Item};
use crate::features::feeds::lines::{LONGEST, Lines, Physical};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use std::collections::VecDeque;
use std::io::{self, Read};

/// Physical lines that a quoted line may take at the most.
const MOST: usize = 16;
/// More cells than any feed has columns; what stands beyond is one cell too many in any case.
const CELLS: usize = 64;

/// The first bytes of a spreadsheet before XLSX, and of an XLSX that needs a password.
pub(super) const OLD_SPREADSHEET: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// The field that each column of the file holds.
pub(super) struct Columns(Vec<Field>);

impl Columns {
    /// Reads the first line; names in any order and case.
    ///
    /// # Errors
    /// Names the columns that are missing, unknown or there twice.
    pub(super) fn parse<'h>(header: impl Iterator<Item = &'h str>) -> Result<Self, String> {
        let titles: Vec<String> = header.map(|title| title.trim().to_ascii_lowercase()).collect();
        if titles.iter().all(|title| Field::parse(title).is_none()) {
            return Err(none_known(titles.first().map_or("", String::as_str)));
        }
        let mut fields = Vec::new();
        for (place, title) in titles.into_iter().enumerate() {
            let field = Field::parse(&title).ok_or_else(|| unknown(place + 1, &title))?;
            if fields.contains(&field) {
                return Err(format!("column {title:?} is there twice"));
            }
            fields.push(field);
        }
        match Field::REQUIRED.into_iter().find(|required| !fields.contains(required)) {
            Some(missing) => Err(format!("column {:?} is missing", missing.as_str())),
            None => Ok(Self(fields)),
        }
    }

    /// The field of a column, counted from 0.
    pub(super) fn field(&self, place: usize) -> Option<Field> {
        self.0.get(place).copied()
    }
}

/// What the first line must say, where no title of it is a column's.
fn none_known(first: &str) -> String {
    let required = Field::REQUIRED.map(Field::as_str).join(", ");
    let why = unknown(1, first);
    format!("{why} (this line must name {required}, and may name more; in CSV with commas between them)")
}

/// What a file is that is no CSV, by its first bytes, and what to do.
fn looks_like(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'P', b'K', 3, 4, ..] => {
            Some("this looks like an XLSX file; add --format xlsx, or give it a name that ends in .xlsx")
        }
        _ if start.starts_with(OLD_SPREADSHEET) => {
            Some("this looks like an old spreadsheet (XLS); save it as XLSX, or as CSV UTF-8")
        }
        [b'{' | b'[', ..] => Some(
            "this looks like JSON; write one object a line, and add --format jsonl, or give it a name that ends in \
             .jsonl",
        ),
        [b'<', ..] => {
            Some("this looks like XML; add --format xml with --mapping, or give it a name that ends in .xml")
        }
        _ => None,
    }
}

/// Names a column by its place, and by its title only where that is one: the first line of a file that lacks its titles
/// names a person.
fn unknown(number: usize, title: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if (1..=30).contains(&title.len()) && title.bytes().all(plain) {
        format!("column {number}, {title:?}, is unknown")
    } else {
        format!("column {number} is unknown; is the line that names the columns missing?")
    }
}

/// The reports of a CSV file.
pub(super) struct Csv<R> {
    columns: Columns,
    records: Records<R>,
}

impl<R: Read> Csv<R> {
    /// Reads the first line, which names the columns.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn open(file: R) -> Result<Self, Failed> {
        let mut records = Records::new(file);
        let none = "the file is empty; its first line names the columns";
        let (number, count) = records.next()?.ok_or(none)?;
        let header = count.and_then(|count| records.cells(count).collect::<Result<Vec<_>, _>>());
        let columns = match header {
            Ok(header) => Columns::parse(header.into_iter()),
            Err(Broken::NotUtf8) => {
                Err("not_utf8: the file is not UTF-8; in Excel choose CSV UTF-8".to_owned())
            }
            Err(broken) => Err(broken.as_str().to_owned()),
        };
        let columns = columns.map_err(|why| {
            let looks = records.last.first().and_then(|first| looks_like(&first.text));
            looks.map_or_else(|| format!("line {number}, which names the columns: {why}"), str::to_owned)
        })?;
        Ok(Self { columns, records })
    }

    fn fields(&self, count: usize) -> Item {
        if count != self.columns.0.len() {
            return Err(Broken::NumberOfColumns);
        }
        let mut fields = Fields::with_capacity(self.records.length(count));
        for (field, cell) in self.columns.0.iter().zip(self.records.cells(count)) {
            fields.set(*field, cell?)?;
        }
        Ok(fields)
    }
}

impl<R: Read + Send> Items for Csv<R> {
    fn next(&mut self) -> Result<Option<Numbered>, Failed> {
        let Some((number, count)) = self.records.next()? else { return Ok(None) };
        Ok(Some(Numbered { number, item: count.and_then(|count| self.fields(count)) }))
    }

    fn reread(&mut self) {
        self.records.reread();
    }
}

/// Splits lines into cells, one line at a time, and again from its second physical line where asked.
struct Records<R> {
    lines: Lines<R>,
    /// Physical lines read ahead and given back.
    ahead: VecDeque<Physical>,
    /// The physical lines of the last line.
    last: Vec<Physical>,
    reader: Reader,
    /// The cells of the last line, and where each ends.
    plain: Vec<u8>,
    ends: [usize; CELLS],
}

/// The number of a line's first physical line, and how many cells it has.
type Split = (u64, Result<usize, Broken>);

impl<R: Read> Records<R> {
    fn new(file: R) -> Self {
        Self {
            lines: Lines::new(file),
            ahead: VecDeque::new(),
            last: Vec::new(),
            reader: ReaderBuilder::new().terminator(Terminator::Any(b'\n')).build(),
            plain: vec![0; MOST * (LONGEST + 2)],
            ends: [0; CELLS],
        }
    }

    /// The next line that is not empty; none at the end of the file.
    fn next(&mut self) -> io::Result<Option<Split>> {
        self.last.drain(..).for_each(|line| self.lines.done(line));
        while let Some(first) = self.physical()? {
            if first.is_empty() {
                self.lines.done(first);
                continue;
            }
            let number = first.number;
            return Ok(Some((number, self.split(first)?)));
        }
        Ok(None)
    }

    /// Gives back all but the first physical line of the last line.
    fn reread(&mut self) {
        self.last.drain(1.min(self.last.len())..).rev().for_each(|line| self.ahead.push_front(line));
    }

    /// Splits the line that begins with a physical line; as many more are read as its quotes ask for.
    fn split(&mut self, first: Physical) -> io::Result<Result<usize, Broken>> {
        self.reader.reset();
        let (mut written, mut count) = (0, 0);
        let mut next = Some(first);
        while let Some(line) = next {
            self.last.push(line);
            let Some(line) = self.last.last().filter(|line| !line.too_long) else { break };
            let plain = self.plain.get_mut(written..).unwrap_or_default();
            let free = self.ends.get_mut(count..).unwrap_or_default();
            let (read, _, bytes, cells) = self.reader.read_record(&line.text, plain, free);
            (written, count) = (written + bytes, count + cells);
            match read {
                ReadRecordResult::Record => return Ok(Ok(count)),
                ReadRecordResult::OutputEndsFull => return Ok(Err(Broken::NumberOfColumns)),
                _ if self.last.len() == MOST => break,
                _ => next = self.physical()?,
            }
        }
        let alone = self.last.first().is_some_and(|first| first.too_long);
        Ok(Err(if alone { Broken::TooLong } else { Broken::OpenQuote }))
    }

    /// The first cells of the last line.
    fn cells(&self, count: usize) -> impl Iterator<Item = Result<&str, Broken>> {
        let ends = self.ends.get(..count).unwrap_or_default();
        let cell = |(start, end): (&usize, &usize)| {
            let bytes = self.plain.get(*start..*end).unwrap_or_default();
            std::str::from_utf8(bytes).map_err(|_| Broken::NotUtf8)
        };
        std::iter::once(&0).chain(ends).zip(ends).map(cell)
    }

    /// Bytes of the first cells of the last line.
    fn length(&self, count: usize) -> usize {
        count.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0)
    }

    /// The next physical line: one given back, or one of the file.
    fn physical(&mut self) -> io::Result<Option<Physical>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Met = Vec<(u64, Result<Vec<String>, Broken>)>;

    fn read(bytes: &[u8], reread: bool) -> Met {
        let mut records = Records::new(bytes);
        let mut met = Vec::new();
        while let Some((number, count)) = records.next().unwrap() {
            let cells =
                count.and_then(|count| records.cells(count).map(|cell| cell.map(str::to_owned)).collect());
            met.push((number, cells));
            if reread {
                records.reread();
            }
        }
        met
    }

    #[test]
    fn a_quote_that_is_not_closed_within_sixteen_lines_is_open() {
        let quoted = |breaks: usize| format!("\"a{}\",b\nc,d", "\nx".repeat(breaks));
        assert_eq!(read(quoted(MOST - 1).as_bytes(), false).len(), 2);
        let open = read(quoted(MOST).as_bytes(), false);
        assert_eq!(open[0], (1, Err(Broken::OpenQuote)));
    }

    #[test]
    fn a_line_given_back_is_read_again_with_its_number() {
        let again = read(b"\"a\nb,c\nd\",e\nf", true);
        let numbers: Vec<u64> = again.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(again[1].1, Ok(vec!["b".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn half_a_character_in_each_of_two_cells_is_no_text() {
        assert_eq!(read(b"\xe7,\x8e\x8b", false)[0].1, Err(Broken::NotUtf8));
    }

    proptest! {
        #[test]
        fn cells_are_the_same_however_they_are_quoted(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z0-9,\"中\n]{0,12}", 2..6), 1..6),
            always in any::<bool>(), crlf in any::<bool>(),
        ) {
            let style = if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
            let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().flexible(true).quote_style(style).terminator(end).from_writer(vec![]);
            let rows: Vec<Vec<String>> =
                rows.into_iter().filter(|row| row.concat().matches('\n').count() < MOST).collect();
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let read = read(&writer.into_inner().unwrap(), false);
            let cells: Vec<Vec<String>> = read.into_iter().map(|(_, cells)| cells.unwrap()).collect();
            prop_assert_eq!(cells, rows);
        }

        #[test]
        fn any_bytes_are_read_to_their_end_and_every_line_is_met(bytes in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()], 0..300,
        )) {
            let met: Vec<u64> = read(&bytes, true).into_iter().map(|(number, _)| number).collect();
            let unmarked = |line: &'_ [u8]| line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line).len();
            let expected: Vec<u64> = (1..)
                .zip(bytes.split(|byte| *byte == b'\n'))
                .filter(|(_, line)| !line[line.len() - unmarked(line)..].trim_ascii().is_empty())
                .map(|(number, _)| number)
                .collect();
            prop_assert_eq!(met, expected);
        }
    }
}
