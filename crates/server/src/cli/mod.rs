//! The command line: what can be typed, and which feature does it.

mod backup;
mod copy;
mod feeds;
mod keys;
mod log;
mod person;
mod run;
mod say;
mod staff;

pub use run::run;

use backup::{Backup, Restore};
use clap::{Args, Parser, Subcommand};
use feeds::{Batch, Feed, Held};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How far has my new identity card come? 居民身份证办理进度
#[derive(Debug, Parser)]
#[command(name = "jindu", version, about)]
pub struct Command {
    #[command(subcommand)]
    does: Does,
}

#[derive(Debug, Subcommand)]
enum Does {
    /// Starts with invented people, to try everything
    Demo(Demo),
    /// Answers inquiries
    Serve(Serve),
    /// Asks a server how far a card has come
    Inquire(Inquire),
    /// Reports of production systems
    #[command(subcommand)]
    Feed(Feed),
    /// Reports that wait for a person
    #[command(subcommand)]
    Held(Held),
    /// Batches of cards that a feed announced
    #[command(subcommand)]
    Batch(Batch),
    /// Offices with address and phone
    #[command(subcommand)]
    Office(Office),
    /// The key file: made, listed, its keys replaced
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The log of all looks and changes, which outsiders can check
    #[command(subcommand)]
    Log(log::Log),
    /// What a person may ask for: all that is kept about them, that it is erased
    #[command(subcommand)]
    Person(person::Person),
    /// People who work with the system: accounts, enrolment codes
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Writes everything into a sealed file, beside a running server
    Backup(Backup),
    /// Puts a backup into a fresh folder or an empty database
    Restore(Restore),
    /// Copies everything to another database, from SQLite to PostgreSQL or back
    Copy(copy::Copy),
    /// Citizen numbers
    #[command(subcommand)]
    Number(Number),
    /// Fills a folder for the benchmark
    #[command(hide = true)]
    Fill(Fill),
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
struct Place {
    /// The configuration file; without it the jindu.toml of the data folder, if there is one
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data folder, instead of the configured one
    #[arg(long)]
    data: Option<PathBuf>,
    /// The database, instead of the configured one: `sqlite` for the one in the data folder, or postgres://user@host/name
    #[arg(long, value_name = "DATABASE")]
    database: Option<String>,
}

#[derive(Debug, Args)]
struct Demo {
    /// How many applications to invent
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(4..=20_000_000))]
    applications: u64,
    /// Which people and ways: the same seed on the same day makes the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A folder that is kept; without it everything is gone at the end
    #[arg(long)]
    data: Option<PathBuf>,
    /// Also write the five sample inquiries to this file, as JSON
    #[arg(long)]
    samples: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen, instead of the configured address
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Adds the address that does nothing, and takes the limit of inquiries away
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Args)]
struct Inquire {
    /// The citizen number
    #[arg(long)]
    number: String,
    /// The application date, such as 2026-01-05
    #[arg(long)]
    applied_on: String,
    /// The holder's name
    #[arg(long, required_unless_present = "receipt")]
    name: Option<String>,
    /// The receipt number; shows more than the name
    #[arg(long)]
    receipt: Option<String>,
    /// The server to ask
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    /// The language of the answer: zh or en
    #[arg(long, default_value = "zh")]
    language: String,
}

/// Names the fields that are given and never what they say: a debug line must not name a person.
impl fmt::Debug for Inquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut inquire = f.debug_struct("Inquire");
        inquire.field("name", &self.name.is_some()).field("receipt", &self.receipt.is_some());
        inquire.field("server", &self.server).field("language", &self.language).finish_non_exhaustive()
    }
}

#[derive(Debug, Subcommand)]
enum Office {
    /// Imports a CSV or GeoJSON file of offices, all of it or nothing; docs/OPERATING.md lists the columns
    Import {
        /// The file
        file: PathBuf,
        /// Only say what would become of each line
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
enum Number {
    /// Says of each number whether it is right and what it tells, as JSON lines
    Check {
        /// The numbers; without any, one per line of the standard input
        numbers: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Fill {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    applications: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    bench_samples: PathBuf,
}
