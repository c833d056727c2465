//! `jindu number check [NUMBER…]`: one JSON object a line for each number.

use domain::Date;
use domain::number::{Demonstration, Examined, examine};
use domain::region::Regions;
use serde::Serialize;
use std::io::{self, BufRead, Read as _, Write};

/// A longer line is taken apart; no number comes near it.
const LONGEST_LINE: u64 = 4096;

/// What is said about one number.
#[derive(Serialize)]
struct Said<'a> {
    input: &'a str,
    valid: bool,
    kind: Option<&'static str>,
    number: Option<&'a str>,
    birth_date: Option<Date>,
    sex: Option<&'static str>,
    region: Option<Vec<&'a str>>,
    warnings: Vec<&'static str>,
    error: Option<&'static str>,
}

/// Checks the numbers, or each line of `input` where there are none.
///
/// # Errors
/// Fails when `input` or `output` does.
pub fn check(
    numbers: &[String],
    today: Date,
    regions: &Regions,
    input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let mut checker = Checker { today, regions, output: &mut output };
    if numbers.is_empty() {
        checker.lines(input)?;
    } else {
        numbers.iter().try_for_each(|number| checker.say(number))?;
    }
    output.flush()
}

struct Checker<'a, W> {
    today: Date,
    regions: &'a Regions,
    output: &'a mut W,
}

impl<W: Write> Checker<'_, W> {
    fn lines(&mut self, mut input: impl BufRead) -> io::Result<()> {
        let mut line = Vec::with_capacity(64);
        while input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
            let end = line.trim_ascii_end().len();
            // Bytes that are no text become a character that is in no number.
            self.say(&String::from_utf8_lossy(line.get(..end).unwrap_or_default()))?;
            line.clear();
        }
        Ok(())
    }

    fn say(&mut self, typed: &str) -> io::Result<()> {
        let examined = examine(typed, self.today, Demonstration::Accepted, self.regions);
        serde_json::to_writer(&mut *self.output, &said(self.regions, typed, &examined))?;
        self.output.write_all(b"\n")
    }
}

fn said<'a>(regions: &'a Regions, typed: &'a str, examined: &'a Examined) -> Said<'a> {
    let year = examined.birth_date.map(Date::year);
    // A code that is in no table has no name, not even its province's.
    let region = examined.region.filter(|region| regions.knows(*region));
    Said {
        input: typed,
        valid: examined.valid(),
        kind: examined.kind.map(|kind| kind.as_str()),
        number: examined.normalised.as_deref(),
        birth_date: examined.birth_date,
        sex: examined.sex.map(|sex| sex.as_str()),
        region: region.map(|region| regions.path(region, year)),
        warnings: examined.warnings.iter().map(|warning| warning.as_str()).collect(),
        error: examined.error.as_ref().map(|error| error.code()),
    }
}
