//! The CSV files of the bench: invented people of region 119900, the same in every run.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const TITLES: &str = "receipt_number,step,organ,happened_at,event_id,citizen_number,name,applied_on,reason";
/// What follows the acceptance, each a day later.
const ROAD: [&str; 5] = ["under_review", "signed", "data_check", "in_production", "quality_check"];
/// Applications begin on one of so many days of March and April 2026, at one of so many stations.
const DAYS: u64 = 60;
const STATIONS: u64 = 40;
/// Weights and check characters of GB 11643-1999 (ISO 7064, MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// One invented application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Application(pub(super) u64);

impl Application {
    fn station(self) -> u64 {
        self.0 % STATIONS + 1
    }

    /// Days since the first of March; acceptance and each further step take a day.
    fn day(self) -> u64 {
        self.0 / STATIONS % DAYS
    }

    fn organ(self) -> String {
        format!("119900{:03}", self.station())
    }

    fn receipt(self) -> String {
        let counter = self.0 / STATIONS / DAYS + 1;
        format!("{}{}{counter:05}", self.organ(), date(self.day()).replace('-', ""))
    }

    /// The citizen number: 336 days of birth in each of 70 years, and 999 sequences.
    pub(super) fn number(self) -> String {
        let (sequence, rest) = (self.0 % 999 + 1, self.0 / 999);
        let (day, month, year) = (rest % 28 + 1, rest / 28 % 12 + 1, rest / 336 % 70 + 1940);
        let body = format!("119900{year}{month:02}{day:02}{sequence:03}");
        let digits = body.chars().filter_map(|digit| digit.to_digit(10));
        let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        let check = CHECKS.get(sum as usize % 11).copied().unwrap_or_default();
        format!("{body}{check}")
    }

    /// The day of the form.
    pub(super) fn applied_on(self) -> String {
        date(self.day())
    }

    fn accepted(self) -> String {
        let (receipt, organ, day) = (self.receipt(), self.organ(), self.applied_on());
        let number = self.number();
        format!("{receipt},accepted,{organ},{day} 09:00,A-{},{number},{NAME},{day},expired", self.0)
    }

    fn step(self, place: usize) -> String {
        let step = ROAD.get(place).copied().unwrap_or_default();
        let day = date(self.day() + place as u64 + 1);
        format!("{},{step},{},{day} 10:00,S{place}-{},,,,", self.receipt(), self.organ(), self.0)
    }
}

/// Everybody's name.
pub(super) const NAME: &str = "王小明";

/// A day from the first of March 2026 on.
fn date(day: u64) -> String {
    let lengths = [31, 30, 31, 30, 31];
    let (mut month, mut left) = (3, day);
    for length in lengths {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("2026-{month:02}-{:02}", left + 1)
}

/// Opens applications; each has `steps` further lines right behind its first.
pub(super) fn openings(path: &Path, range: std::ops::Range<u64>, steps: usize) -> Result<(), String> {
    let lines = range.flat_map(|index| {
        let application = Application(index);
        std::iter::once(application.accepted()).chain((0..steps).map(move |place| application.step(place)))
    });
    write(path, lines)
}

/// Five further steps of each application, all lines in random order.
pub(super) fn shuffled_steps(path: &Path, applications: impl Iterator<Item = u64>) -> Result<(), String> {
    let mut steps: Vec<(u64, usize)> =
        applications.flat_map(|index| (0..ROAD.len()).map(move |place| (index, place))).collect();
    let mut chance = 7_u64;
    for left in (1..steps.len()).rev() {
        steps.swap(left, usize::try_from(draw(&mut chance) % (left as u64 + 1)).unwrap_or(0));
    }
    write(path, steps.into_iter().map(|(index, place)| Application(index).step(place)))
}

/// SplitMix64: the same numbers in every run.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn write(path: &Path, lines: impl Iterator<Item = String>) -> Result<(), String> {
    let wrong = |reason: std::io::Error| format!("{}: {reason}", path.display());
    let mut file = BufWriter::new(File::create(path).map_err(wrong)?);
    writeln!(file, "{TITLES}").map_err(wrong)?;
    for line in lines {
        writeln!(file, "{line}").map_err(wrong)?;
    }
    file.flush().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_receipts_are_as_the_field_writes_them() {
        let first = Application(0);
        assert_eq!(first.receipt(), "1199000012026030100001");
        assert_eq!(first.number().len(), 18);
        // 11010519491231002X is the example of GB 11643-1999.
        let sum: u32 =
            "11010519491231002".chars().zip(WEIGHTS).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
        assert_eq!(CHECKS[sum as usize % 11], 'X');
        let many: HashSet<String> = (0..100_000).map(|index| Application(index).receipt()).collect();
        assert_eq!(many.len(), 100_000);
        let people: HashSet<String> = (0..100_000).map(|index| Application(index).number()).collect();
        assert_eq!(people.len(), 100_000);
    }

    #[test]
    fn days_follow_the_calendar() {
        assert_eq!(
            (date(0), date(30), date(31)),
            ("2026-03-01".into(), "2026-03-31".into(), "2026-04-01".into())
        );
        assert_eq!(date(DAYS + 5), "2026-05-05");
    }
}
