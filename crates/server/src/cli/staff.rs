//! What can be typed about people who work with the system.

use super::Place;
use super::run::{configured, on_runtime, start_log};
use super::say;
use crate::app::Failed;
use crate::clock::Clock;
use crate::features::sign_in::cli::{self, Does, NewStaff};
use clap::Subcommand;
use std::process::ExitCode;
use store::staff::State;

/// `jindu staff …`
#[derive(Debug, Subcommand)]
pub(super) enum Staff {
    /// Adds an account and prints its enrolment code, once
    Add {
        /// The name of the account: letters, digits, dots and hyphens
        login: String,
        /// Police or employee number; a person's accounts have the same
        #[arg(long)]
        number: String,
        /// system_administrator, security_administrator, auditor, hotline_clerk, counter_clerk, production_clerk or
        /// supervisor
        #[arg(long)]
        role: String,
        /// The organ's nine digits; the account's scope is this organ and those below it
        #[arg(long)]
        organ: String,
        #[command(flatten)]
        place: Place,
    },
    /// Lists the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Blocks an account: it is signed out everywhere, and does not come in again
    Block {
        /// The account
        login: String,
        #[command(flatten)]
        place: Place,
    },
    /// Lets a blocked account in again
    Unblock {
        /// The account
        login: String,
        #[command(flatten)]
        place: Place,
    },
    /// Takes the passkeys of an account away, and signs it out everywhere: a device was lost
    Disenrol {
        /// The account
        login: String,
        #[command(flatten)]
        place: Place,
    },
    /// Prints a new enrolment code for an account, once
    Enrol {
        /// The account
        login: String,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn staff(typed: Staff) -> Result<ExitCode, Failed> {
    let (does, place) = match typed {
        Staff::Add { login, number, role, organ, place } => {
            (Does::Add(NewStaff { login, number, role, organ }), place)
        }
        Staff::List { place } => (Does::List, place),
        Staff::Block { login, place } => (Does::Set(login, State::Blocked), place),
        Staff::Unblock { login, place } => (Does::Set(login, State::Active), place),
        Staff::Disenrol { login, place } => (Does::Disenrol(login), place),
        Staff::Enrol { login, place } => (Does::Enrol(login), place),
    };
    on_runtime(async move {
        let config = configured(&place)?;
        start_log(&config)?;
        let says_a_code = matches!(does, Does::Add(_) | Does::Enrol(_));
        let said = cli::run(&config, Clock::System, does).await?;
        if says_a_code {
            say::once(said)?
        } else {
            say::line(said)?
        }
        Ok(ExitCode::SUCCESS)
    })
}
