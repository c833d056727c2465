//! What can be typed about the keys.

use super::Place;
use super::run::{configured, on_runtime, start_log};
use super::say;
use crate::app::Failed;
use crate::clock::Clock;
use crate::features::keys::cli;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use store::keys::{Purpose, Suite, Token, Wrapping};

/// The algorithms, as they are typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Algorithms {
    /// HMAC-SHA-256, AES-256-GCM, Ed25519
    International,
    /// HMAC-SM3, SM4-GCM, SM2
    Guomi,
}

/// Where the wrapping key shall lie; without any of these in the key file itself.
#[derive(Debug, Args)]
pub(super) struct Wrapped {
    /// Wraps the keys with one in a file apart; it is made if it is not there
    #[arg(long, value_name = "FILE", conflicts_with = "module")]
    wrapping_file: Option<PathBuf>,
    /// Wraps the keys with one on a PKCS #11 token: the maker's library
    #[arg(long = "token-module", id = "module", value_name = "LIBRARY", requires_all = ["token", "pin_file"])]
    module: Option<PathBuf>,
    /// The token's label
    #[arg(long, requires = "module")]
    token: Option<String>,
    /// The label of the AES-256 key on it; it is made if it is not there
    #[arg(long = "token-key", value_name = "LABEL", default_value = "jindu-wrapping")]
    object: String,
    /// The file that holds the token's PIN
    #[arg(long = "token-pin-file", id = "pin_file", value_name = "FILE", requires = "module")]
    pin_file: Option<PathBuf>,
}

impl Wrapped {
    fn wrapping(self) -> Wrapping {
        match (self.wrapping_file, self.module, self.token, self.pin_file) {
            (Some(file), ..) => Wrapping::Apart(file),
            (None, Some(module), Some(token), Some(pin_file)) => {
                Wrapping::On(Token { module, token, object: self.object, pin_file })
            }
            _ => Wrapping::Here,
        }
    }
}

/// Which key is replaced.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Which {
    /// The one that seals; everything is sealed anew
    Seal,
    /// The one that signs the log
    Sign,
}

/// `jindu keys …`
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Makes new keys in a file that only its owner may read
    Init {
        /// The algorithms; they stay as long as the database
        #[arg(long, value_enum, default_value = "international")]
        suite: Algorithms,
        #[command(flatten)]
        wrapped: Wrapped,
        #[command(flatten)]
        place: Place,
    },
    /// Lists the keys, without showing them
    List {
        /// Also count the values that each key sealed
        #[arg(long)]
        values: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Replaces a key beside running servers; broken off, it goes on when it is run again
    Rotate {
        #[arg(value_enum, default_value = "seal")]
        which: Which,
        /// Only put the new key into the file, to copy it to other servers first
        #[arg(long)]
        prepare: bool,
        /// No other server uses the database, or none with another key file
        #[arg(long)]
        everywhere: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Wraps the same keys with another wrapping key
    Rewrap {
        /// Puts the wrapping key into the key file itself
        #[arg(long, conflicts_with_all = ["wrapping_file", "module"], required_unless_present_any = ["wrapping_file", "module"])]
        here: bool,
        #[command(flatten)]
        wrapped: Wrapped,
        #[command(flatten)]
        place: Place,
    },
    /// Takes an old key out of the file, once nothing is sealed with it
    Retire {
        /// Its number, as `jindu keys list` shows it
        id: u8,
        /// The key files of all servers have it as old already
        #[arg(long)]
        everywhere: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Makes a key file of this version of one of the version before
    Upgrade {
        #[command(flatten)]
        place: Place,
    },
}

pub(super) fn keys(does: Keys) -> Result<ExitCode, Failed> {
    let text = match does {
        Keys::Init { suite, wrapped, place } => {
            let suite = match suite {
                Algorithms::International => Suite::International,
                Algorithms::Guomi => Suite::Guomi,
            };
            cli::init(&configured(&place)?, suite, &wrapped.wrapping())?
        }
        Keys::Rewrap { wrapped, place, .. } => cli::rewrap(&configured(&place)?, &wrapped.wrapping())?,
        Keys::Upgrade { place } => cli::upgrade(&configured(&place)?)?,
        Keys::List { values: false, place } => on_file(&place)?,
        beside => return on_runtime(beside_servers(beside)),
    };
    say::line(text)?;
    Ok(ExitCode::SUCCESS)
}

/// The file alone is listed where there is no database yet, too.
fn on_file(place: &Place) -> Result<String, Failed> {
    let config = configured(place)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(cli::list(&config, false))
}

async fn beside_servers(does: Keys) -> Result<ExitCode, Failed> {
    let now = Clock::System.now();
    let place = match &does {
        Keys::List { place, .. } | Keys::Rotate { place, .. } | Keys::Retire { place, .. } => place,
        Keys::Init { place, .. } | Keys::Rewrap { place, .. } | Keys::Upgrade { place } => place,
    };
    let config = configured(place)?;
    start_log(&config)?;
    let text = match does {
        Keys::Rotate { which, prepare, everywhere, .. } => {
            let purpose = match which {
                Which::Seal => Purpose::Seal,
                Which::Sign => Purpose::Sign,
            };
            cli::rotate(&config, (purpose, everywhere), prepare, now, say::beside).await?
        }
        Keys::Retire { id, everywhere, .. } => cli::retire(&config, id, everywhere, now).await?,
        _ => cli::list(&config, true).await?,
    };
    say::line(text)?;
    Ok(ExitCode::SUCCESS)
}
