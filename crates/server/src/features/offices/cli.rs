//! `jindu office import FILE`: offices from a CSV or GeoJSON file, so that answers and the directory can name them.

use super::lines::{Lines, Refused};
use crate::app::Failed;
use crate::clock::Clock;
use crate::progress;
use std::fmt;
use std::path::Path;
use store::Store;
use store::audit::Entry;
use store::office::{self, Fate};

/// The most refused lines that are told one by one.
const MOST_TOLD: usize = 20;

/// Whether an import changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Put,
    /// It only says what it would do.
    Try,
}

/// What became of a file's offices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    mode: Mode,
    fate: Fate,
}

impl Imported {
    /// How many offices the file lists.
    #[must_use]
    pub const fn offices(self) -> usize {
        self.fate.added + self.fate.changed + self.fate.unchanged
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fate { added, changed, unchanged } = self.fate;
        write!(f, "Offices: {} ({added} added, {changed} changed, {unchanged} unchanged)", self.offices())?;
        if self.mode == Mode::Try { f.write_str("; nothing was changed, this was a trial") } else { Ok(()) }
    }
}

/// Imports the file: all of it, or nothing where a line does not fit.
///
/// # Errors
/// Names the lines that do not fit, each with the reason.
pub async fn import(store: &Store, clock: Clock, file: &Path, mode: Mode) -> Result<Imported, Failed> {
    let named = |error: &dyn fmt::Display| format!("{}: {error}", file.display());
    let bytes = std::fs::read(file).map_err(|error| named(&error))?;
    let Lines { offices, refused, .. } = Lines::read(&bytes).map_err(|why| named(&why))?;
    if !refused.is_empty() {
        return Err(told(offices.len() + refused.len(), &refused).into());
    }
    if mode == Mode::Try {
        return Ok(Imported { mode, fate: office::compare(&store.read(), &offices).await? });
    }
    let bar = progress::things(offices.len() as u64, "offices");
    let (actor, detail) = ("command:office_import".to_owned(), format!("{} offices", offices.len()));
    let entry = Entry { at: clock.now(), actor, action: "put_offices", detail };
    let drawn = bar.clone();
    let fate = office::put_all(store, entry, offices, move |done| drawn.set_position(done as u64)).await;
    bar.finish_and_clear();
    Ok(Imported { mode, fate: fate? })
}

/// The lines that do not fit, the first of many.
fn told(all: usize, refused: &[Refused]) -> String {
    let each = refused.iter().take(MOST_TOLD).map(|Refused { line, why }| format!("\n  line {line}: {why}"));
    let rest = refused.len().saturating_sub(MOST_TOLD);
    let rest = if rest == 0 { String::new() } else { format!("\n  and {rest} more") };
    let each: String = each.collect();
    format!("nothing was imported, for {} of {all} lines are refused:{each}{rest}", refused.len())
}
