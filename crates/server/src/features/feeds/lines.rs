//! The lines of a feed's file: a quoted cell may go on over line breaks, but a stray quote swallows nothing.
//!
//! A line that is rejected after it went on over line breaks is read again from its second physical line,
//! for the quote that held it together may be the mistake.

use csv::{ByteRecord, StringRecord};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Result};

/// Bytes of a physical line at the most: a hundred times what a feed writes.
const LONGEST: usize = 1 << 14;
/// Physical lines that a quoted line may take at the most.
const MOST: usize = 16;
/// More cells than any feed has columns; what stands beyond is one cell too many in any case.
const CELLS: usize = 64;

/// Why a line cannot be read as cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Its bytes are no UTF-8.
    NotUtf8,
    /// A quote is opened and not closed.
    OpenQuote,
    /// It is longer than a feed's line can be.
    TooLong,
    /// It has more or fewer cells than the first line has columns.
    NumberOfColumns,
}

impl Broken {
    /// The word in the report.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::OpenQuote => "open_quote",
            Self::TooLong => "too_long",
            Self::NumberOfColumns => "number_of_columns",
        }
    }
}

/// A line: the number of its first physical line, counted from 1, and its cells.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) cells: std::result::Result<StringRecord, Broken>,
}

/// A line up to a line break, ended by a line feed alone; none where it was too long to keep.
struct Physical {
    number: u64,
    text: Option<Vec<u8>>,
}

/// Reads lines one by one, and again from their second physical line where asked.
pub(super) struct Lines<R> {
    file: BufReader<R>,
    bytes: u64,
    count: u64,
    /// Physical lines read ahead and given back.
    ahead: VecDeque<Physical>,
    /// The physical lines of the last line.
    last: Vec<Physical>,
    reader: Reader,
    plain: Vec<u8>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            file: BufReader::with_capacity(1 << 16, file),
            bytes: 0,
            count: 0,
            ahead: VecDeque::new(),
            last: Vec::new(),
            reader: ReaderBuilder::new().terminator(Terminator::Any(b'\n')).build(),
            plain: vec![0; MOST * (LONGEST + 2)],
        }
    }

    /// How many bytes of the file were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line that is not empty; none at the end of the file.
    ///
    /// # Errors
    /// Fails when the file cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Line>> {
        self.last.clear();
        while let Some(first) = self.physical()? {
            if first.text.as_deref() == Some(b"\n") {
                continue;
            }
            let number = first.number;
            let cells = self.cells(first)?;
            return Ok(Some(Line { number, cells }));
        }
        Ok(None)
    }

    /// Gives back all but the first physical line of the last line.
    pub(super) fn reread(&mut self) {
        for line in self.last.drain(..).skip(1).rev() {
            self.ahead.push_front(line);
        }
    }

    /// The cells of the line that begins with a physical line; as many more are read as its quotes ask for.
    fn cells(&mut self, first: Physical) -> Result<std::result::Result<StringRecord, Broken>> {
        self.reader.reset();
        let mut ends = [0; CELLS];
        let (mut written, mut count) = (0, 0);
        let mut next = Some(first);
        while let Some(line) = next {
            self.last.push(line);
            let Some(text) = self.last.last().and_then(|line| line.text.as_deref()) else { break };
            let plain = self.plain.get_mut(written..).unwrap_or_default();
            let free = ends.get_mut(count..).unwrap_or_default();
            let (read, _, bytes, cells) = self.reader.read_record(text, plain, free);
            (written, count) = (written + bytes, count + cells);
            match read {
                ReadRecordResult::Record => return Ok(self.text(ends.get(..count).unwrap_or_default())),
                ReadRecordResult::OutputEndsFull => return Ok(Err(Broken::NumberOfColumns)),
                _ if self.last.len() == MOST => break,
                _ => next = self.physical()?,
            }
        }
        let alone = self.last.first().is_some_and(|first| first.text.is_none());
        Ok(Err(if alone { Broken::TooLong } else { Broken::OpenQuote }))
    }

    fn text(&self, ends: &[usize]) -> std::result::Result<StringRecord, Broken> {
        let mut record = ByteRecord::with_capacity(ends.last().copied().unwrap_or(0), ends.len());
        let starts = std::iter::once(&0).chain(ends);
        for (start, end) in starts.zip(ends) {
            record.push_field(self.plain.get(*start..*end).unwrap_or_default());
        }
        StringRecord::from_byte_record(record).map_err(|_| Broken::NotUtf8)
    }

    /// The next physical line: one given back, or one of the file.
    fn physical(&mut self) -> Result<Option<Physical>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let mut text = Vec::with_capacity(256);
        let read = self.file.by_ref().take(LONGEST as u64).read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        self.bytes += read as u64;
        self.count += 1;
        let too_long = read == LONGEST && !text.ends_with(b"\n");
        if too_long {
            self.bytes += self.file.skip_until(b'\n')? as u64;
        }
        // A byte order mark stands at the front of a file, and of each file where several were joined.
        if text.starts_with("\u{feff}".as_bytes()) {
            text.drain(.."\u{feff}".len());
        }
        // Line ends of any kind, and spaces before them, carry nothing.
        let kept = text.trim_ascii_end().len();
        text.truncate(kept);
        text.push(b'\n');
        Ok(Some(Physical { number: self.count, text: (!too_long).then_some(text) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Read = Vec<(u64, std::result::Result<Vec<String>, Broken>)>;

    fn read(bytes: &[u8], reread: bool) -> Read {
        let mut lines = Lines::new(bytes);
        let mut read = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            if reread {
                lines.reread();
            }
            let cells = line.cells.map(|cells| cells.iter().map(str::to_owned).collect());
            read.push((line.number, cells));
        }
        assert_eq!(lines.bytes(), bytes.len() as u64);
        read
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
