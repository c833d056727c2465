//! What can be typed at the wish of a person.

use super::Place;
use super::run::{configured, on_runtime, start_log};
use super::say;
use crate::app::Failed;
use crate::clock::Clock;
use crate::features::feeds::cli::held;
use crate::features::person::cli::{self, Wish};
use clap::Subcommand;
use std::io::stdin;
use std::path::PathBuf;
use std::process::ExitCode;

/// `jindu person …`: the citizen number is read from the standard input.
#[derive(Debug, Subcommand)]
pub(super) enum Person {
    /// Writes all that is kept about a person into a new file; the number comes from the standard input
    Export {
        /// The file
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Erases the applications of a person; the number comes from the standard input
    Erase {
        /// Why; it stands in the log of changes, so it names nobody
        #[arg(long, value_parser = reason)]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Opens the applications of a person to inquiries online again; the number comes from the standard input
    OpenOnline {
        /// Why; it stands in the log of changes, so it names nobody
        #[arg(long, value_parser = reason)]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
}

/// A reason that stands in the log of changes for good, and names nobody by a number.
fn reason(text: &str) -> Result<String, String> {
    held::reason(text.to_owned()).map_err(|why| why.replace("--why", "--reason"))
}

pub(super) fn person(does: Person) -> Result<ExitCode, Failed> {
    on_runtime(async move {
        let (wish, place) = match &does {
            Person::Export { to, place } => (Wish::Export(to), place),
            Person::Erase { reason, place } => (Wish::Erase(reason), place),
            Person::OpenOnline { reason, place } => (Wish::OpenOnline(reason), place),
        };
        let config = configured(place)?;
        start_log(&config)?;
        say::line(cli::run(&config, Clock::System, wish, stdin().lock()).await?)?;
        Ok(ExitCode::SUCCESS)
    })
}
