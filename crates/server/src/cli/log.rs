//! What can be typed about the log.
#![expect(clippy::print_stderr, reason = "commands speak on the terminal")]

use super::Place;
use super::run::{configured, on_runtime};
use super::say;
use crate::app::Failed;
use crate::features::log::cli::{self, Said, Verdict, Verifying};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

/// `jindu log …`
#[derive(Debug, Subcommand)]
pub(super) enum Log {
    /// Prints the key with which others verify the log
    Key {
        #[command(flatten)]
        place: Place,
    },
    /// Checks the proofs of looks that somebody was shown
    Check {
        /// The file with the looks, as POST /api/v1/inquiries/looks or the page gives them
        file: PathBuf,
        /// The verifier key, as `jindu log key` prints it, and those before it
        #[arg(long, value_name = "KEY", required = true)]
        key: Vec<String>,
    },
    /// Verifies the log: its signature, every hash, and that nothing that was there before is gone
    Verify {
        /// A folder with the files of the log, by the names under /log/
        #[arg(long, value_name = "FOLDER", conflicts_with = "server", required_unless_present = "server")]
        folder: Option<PathBuf>,
        /// The server to fetch them from, such as https://jindu.example
        #[arg(long, value_name = "ADDRESS")]
        server: Option<String>,
        /// Also put what is fetched into this folder; the next time the log has to go on from there
        #[arg(long, value_name = "FOLDER", requires = "server")]
        keep: Option<PathBuf>,
        /// The verifier key, as `jindu log key` prints it, and those before it; without any the one of the key file
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        /// A checkpoint that you kept: the log has to go on from there
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Also compare every leaf with the looks and changes in the database
        #[arg(long)]
        compare: bool,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn log(does: Log) -> Result<ExitCode, Failed> {
    match does {
        Log::Key { place } => {
            say::line(cli::key(&configured(&place)?)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Log::Check { file, key } => {
            let text =
                std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            told(cli::check(&text, &key)?)
        }
        Log::Verify { folder, server, keep, key, from, compare, place } => on_runtime(async move {
            let files = match (folder, server) {
                (Some(folder), _) => cli::Place::Folder(folder),
                (None, Some(server)) => cli::Place::Server(server, keep),
                (None, None) => return Err("name a folder or a server".into()),
            };
            let verifying = Verifying { place: files, keys: key, from, compare };
            let said = cli::run(|| configured(&place), &verifying, say::beside).await?;
            told(said)
        }),
    }
}

/// Where it cannot be read nobody knows whether it is well.
const UNKNOWN: u8 = 3;

fn told(said: Said) -> Result<ExitCode, Failed> {
    if said.verdict == Verdict::Well {
        say::line(said.text)?;
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{}", said.text);
    Ok(if said.verdict == Verdict::Wrong { ExitCode::FAILURE } else { ExitCode::from(UNKNOWN) })
}
