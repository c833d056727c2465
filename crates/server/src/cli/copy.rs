//! What can be typed about moving to another database.
#![expect(clippy::print_stderr, reason = "commands speak on the terminal")]

use super::run::{on_runtime, start_log};
use super::say;
use crate::app::Failed;
use crate::clock::Clock;
use crate::config::Config;
use crate::features::copy::{End, cli};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Copied, but not to the end: the server still runs.
const NOT_YET: u8 = 3;

/// The steps, below what can be typed.
const STEPS: &str = "\
How to move without a long stop:
  1. Run this command while the server runs on --from. It goes on answering.
     Broken off, it goes on where it stopped when you run it again.
  2. Run it again, until it says that few rows were put.
  3. Stop the server, and run it once more: both databases are compared row by row.
  4. Change `database` in jindu.toml as it says, and start the server.

Until step 3 has succeeded no server starts on --to. Both databases need the same key file.
The password of a PostgreSQL database is read from database_password_file of the configuration.

It ends with 0 when both databases are the same, with 3 while a server still runs on --from,
and with 1 when something is wrong.";

/// `jindu copy …`
#[derive(Debug, Args)]
#[command(after_help = STEPS)]
pub(super) struct Copy {
    /// The database to copy: sqlite:FOLDER or postgres://user@host/name
    #[arg(long, value_name = "DATABASE")]
    from: End,
    /// The database to fill: an empty one, or one that an earlier run began to fill
    #[arg(long, value_name = "DATABASE")]
    to: End,
    /// The configuration file; without it the one in the folder of sqlite:FOLDER, if there is one
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) fn copy(does: Copy) -> Result<ExitCode, Failed> {
    let Copy { from, to, config } = does;
    on_runtime(async move {
        let folder = from.folder().or_else(|| to.folder());
        let config = Config::load(config.as_deref(), folder)?;
        start_log(&config)?;
        let said = cli::run(&config, (&from, &to), Clock::System.now(), say::beside).await?;
        if said.is_complete {
            say::line(said.text)?;
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("{}", said.text);
        Ok(if said.is_served { ExitCode::from(NOT_YET) } else { ExitCode::FAILURE })
    })
}
