//! What is true instead of something held: read as a report is read, whoever says it.

use super::events::Fault;
use super::fields::{Broken, Field, Fields};
use super::intake::Intake;
use domain::milestone::Step;
use store::held::Correction;

/// Reads a correction; without a receipt number it is about the application of `number`.
///
/// # Errors
/// What is wrong, and in which cell: a pointer below the correction.
pub(super) fn read(intake: &Intake<'_>, mut fields: Fields, number: &str) -> Result<Correction, Fault> {
    let broken = |broken: Broken| Fault { pointer: String::new(), code: broken.as_str() };
    let another = fields.get(Field::ReceiptNumber).is_some();
    if !another {
        fields.set(Field::ReceiptNumber, number).map_err(broken)?;
    }
    let report = intake.understand(&Ok(fields)).map_err(|fate| {
        let (column, code) = fate.reason();
        Fault { pointer: format!("/{}", column.unwrap_or_default()), code: code.unwrap_or_default() }
    })?;
    if matches!(report.step, Step::Withdraws(_)) {
        return Err(Fault { pointer: "/step".to_owned(), code: "unknown" });
    }
    Ok(Correction {
        receipt: another.then_some(report.receipt),
        step: report.step,
        organ: report.organ,
        happened: report.happened,
        cause: report.cause,
    })
}

/// Characters of a reason at the most.
pub(super) const LONGEST: usize = 500;

/// Digits in a row that a citizen or receipt number has at the least.
const PERSONAL: usize = 15;

/// The most digits in a row, of whatever width.
fn digits(why: &str) -> usize {
    why.split(|c: char| !c.is_numeric()).map(|run| run.chars().count()).max().unwrap_or_default()
}

/// Whether a decision's reason names nobody by a number, says something and stays on its line: it stands in the log of changes for good.
///
/// # Errors
/// The word for what is wrong with it.
pub(super) fn reason(why: &str) -> Result<(), &'static str> {
    // Separators of lines and paragraphs, and what turns the writing round.
    let unseen = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match why {
        why if why.trim().is_empty() => Err("empty"),
        why if why.chars().count() > LONGEST => Err("too_long"),
        why if why.contains(unseen) => Err("character"),
        why if digits(why) >= PERSONAL => Err("names_people"),
        _ => Ok(()),
    }
}
