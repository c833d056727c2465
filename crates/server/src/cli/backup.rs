//! What can be typed about backups, and what is said of it.
#![expect(clippy::print_stderr, reason = "commands speak on the terminal")]

use super::run::{configured, on_runtime, start_log};
use super::{Place, say};
use crate::app::{Failed, open_store};
use crate::clock::Clock;
use crate::config::recipients;
use crate::features::backup::cli as backup;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Not checked: without an identity nobody can tell whether it is whole, and without the keys not who made it.
const NOT_CHECKED: u8 = 3;

/// `jindu backup …`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Backup {
    #[command(subcommand)]
    does: Option<DoesBackup>,
    /// The file, which must not exist; or a folder, in which the file is named by the moment
    #[arg(long, required = true)]
    to: Option<PathBuf>,
    /// For whom it is sealed, as age-keygen prints it; may be repeated [default: the configured `backup_recipients`]
    #[arg(long)]
    recipient: Vec<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum DoesBackup {
    /// Reads a backup to its end and says whether it is whole
    Verify {
        /// The backup
        file: PathBuf,
        /// The file with the identity that opens it; without it nothing in the backup can be checked
        #[arg(long)]
        identity: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

/// `jindu restore …`
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    #[arg(long)]
    from: PathBuf,
    /// The file with the identity that opens it
    #[arg(long)]
    identity: PathBuf,
    #[command(flatten)]
    place: Place,
}

pub(super) fn backup(does: Backup) -> Result<ExitCode, Failed> {
    match (does.does, does.to) {
        (Some(DoesBackup::Verify { file, identity, place }), _) => verify(&file, identity, &place),
        (None, Some(to)) => on_runtime(make(to, does.recipient, does.place)),
        (None, None) => Err("where to? Give --to".into()),
    }
}

async fn make(to: PathBuf, told: Vec<String>, place: Place) -> Result<ExitCode, Failed> {
    let config = configured(&place)?;
    start_log(&config)?;
    let recipients = recipients(if told.is_empty() { &config.backup_recipients } else { &told })?;
    let store = open_store(&config, None).await?;
    let made = backup::make(&store, Clock::System.now(), (&to, &recipients), say::beside).await?;
    say::line(format_args!("Backup: {} ({} rows, {} bytes)", made.file.display(), made.rows, made.bytes))?;
    Ok(ExitCode::SUCCESS)
}

fn verify(file: &std::path::Path, identity: Option<PathBuf>, place: &Place) -> Result<ExitCode, Failed> {
    let key_file = configured(place)?.key_file();
    let Some(identity) = identity else {
        backup::is_sealed(file)?;
        eprintln!("It is a file of age. Whether it is whole can be told only with --identity.");
        return Ok(ExitCode::from(NOT_CHECKED));
    };
    let whole = backup::verify(file, &identity, say::beside)?;
    let backup::Whole { header, closing } = &whole;
    for table in &closing.tables {
        say::line(format_args!("{:22} {}", table.table, table.sum.rows))?;
    }
    say::line(format_args!(
        "Whole: {} rows of {} tables, of {}, from {}, {} data, schema {}, Jindu {}",
        closing.rows(),
        closing.tables.len(),
        header.at,
        header.engine,
        header.purpose,
        header.schema,
        header.program
    ))?;
    match whole.fits(&key_file)? {
        Some(true) => say::line(format_args!("Keys: {} fits", key_file.display()))?,
        Some(false) => {
            eprintln!("Keys: {} does not fit: the backup was made with other keys", key_file.display());
            return Ok(ExitCode::FAILURE);
        }
        None => {
            say::beside(format_args!("Keys and maker: not checked, there is no {}", key_file.display()));
            return Ok(ExitCode::from(NOT_CHECKED));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(asked: Restore) -> Result<ExitCode, Failed> {
    on_runtime(async move {
        let config = configured(&asked.place)?;
        start_log(&config)?;
        let whole =
            backup::restore(&config, Clock::System.now(), (&asked.from, &asked.identity), say::beside)
                .await?;
        say::line(format_args!(
            "Restored and compared: {} rows of {} tables, as of {}",
            whole.closing.rows(),
            whole.closing.tables.len(),
            whole.header.at
        ))?;
        Ok(ExitCode::SUCCESS)
    })
}
