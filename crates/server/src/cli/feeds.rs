//! What can be typed about feeds, held reports and batches.

pub(super) mod run;

use super::Place;
use crate::config::{self, DropFolder};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `jindu feed …`
#[derive(Debug, Subcommand)]
pub(super) enum Feed {
    /// Adds a feed and prints its signing secret, once
    Add(AddFeed),
    /// Shows every feed: its owner, what it may report, and when it was last heard
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Takes no reports of a feed until it is resumed; a stream keeps them meanwhile
    Pause(OneFeed),
    /// Takes reports of a paused feed again
    Resume(OneFeed),
    /// Takes no reports of a feed any more; this cannot be undone, `pause` can. What it reported stays
    Remove(OneFeed),
    /// Changes the organ, stages, rhythm or rank of a feed, and says what was changed
    Set(SetFeed),
    /// Makes a new signing secret; each one before is accepted for 24 hours from its replacement
    Rotate {
        #[command(flatten)]
        which: OneFeed,
        /// Accept none of the secrets before any more: one of them leaked
        #[arg(long)]
        now: bool,
        /// Write the secret to this new file, readable by its owner alone, instead of printing it
        #[arg(long)]
        secret_file: Option<PathBuf>,
    },
    /// Gives a feed its own table of codes, or the built-in one again, or prints the one it has
    Codes {
        #[command(flatten)]
        which: OneFeed,
        /// The table, as TOML; docs/FEEDS.md shows one
        #[arg(conflicts_with = "built_in")]
        file: Option<PathBuf>,
        /// Read its codes by the table that comes with the product again
        #[arg(long)]
        built_in: bool,
    },
    /// Imports a file of milestones; docs/FEEDS.md lists forms and columns
    Import(Import),
    /// Watches a folder and imports every file that is put there
    Watch(Watch),
    /// Consumes a stream of a NATS JetStream server
    Consume(Consume),
}

/// One feed, by name.
#[derive(Debug, Args)]
pub(super) struct OneFeed {
    /// The feed
    pub(super) name: String,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub(super) struct AddFeed {
    /// The feed's name: up to 50 letters, digits, hyphens, full stops or underscores
    pub(super) name: String,
    /// The organ that owns the feed: region and station, nine digits
    #[arg(long)]
    pub(super) organ: String,
    /// What reports: intake, provincial_centre, production, carrier or handing_out
    #[arg(long)]
    pub(super) kind: String,
    /// The stages it may report, with commas between them [default: those of its kind]
    #[arg(long, value_delimiter = ',')]
    pub(super) stages: Vec<String>,
    /// Its precedence: of two feeds that contradict each other the smaller rank is believed; 0 is the desk's
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) rank: u8,
    /// How often it should be heard: 6h, or 1d for a working day; a longer silence is noticed
    #[arg(long)]
    pub(super) rhythm: Option<String>,
    /// Its own table of codes, as TOML
    #[arg(long)]
    pub(super) codes: Option<PathBuf>,
    /// Write the secret to this new file, readable by its owner alone, instead of printing it
    #[arg(long)]
    pub(super) secret_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub(super) struct SetFeed {
    #[command(flatten)]
    pub(super) which: OneFeed,
    #[command(flatten)]
    pub(super) to: FeedSetting,
}

/// What may be changed about a feed: one of these or several.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct FeedSetting {
    /// The organ that owns the feed: region and station, nine digits
    #[arg(long)]
    pub(super) organ: Option<String>,
    /// The stages it may report, with commas between them; they replace those of before
    #[arg(long, value_delimiter = ',')]
    pub(super) stages: Vec<String>,
    /// How often it should be heard: 6h, or 1d for a working day
    #[arg(long, conflicts_with = "no_rhythm")]
    pub(super) rhythm: Option<String>,
    /// No silence of it is noticed any more
    #[arg(long)]
    pub(super) no_rhythm: bool,
    /// Its precedence for what it reports from now on; what it reported keeps the rank that it came with
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) rank: Option<u8>,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file
    pub(super) file: PathBuf,
    /// The feed that reports it
    #[arg(long)]
    pub(super) feed: String,
    /// What the file is: csv, jsonl, xml or xlsx [default: by its name]
    #[arg(long)]
    pub(super) format: Option<String>,
    /// Which elements mean what, for XML
    #[arg(long)]
    pub(super) mapping: Option<PathBuf>,
    /// The sheet, for XLSX [default: the first]
    #[arg(long)]
    pub(super) sheet: Option<String>,
    /// Say what would become of each line, and record nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Where to write what became of each line [default: beside the file]
    #[arg(long)]
    pub(super) report: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// The folder
    pub(super) folder: PathBuf,
    /// The feed whose files these are
    #[arg(long)]
    pub(super) feed: String,
    /// Which elements mean what, for XML
    #[arg(long)]
    pub(super) mapping: Option<PathBuf>,
    /// Seconds that a file must have been still before it is taken
    #[arg(long, default_value_t = DropFolder::usual_stillness())]
    pub(super) still_seconds: u32,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
pub(super) struct Consume {
    /// The feed whose messages these are
    #[arg(long)]
    feed: String,
    /// The server, such as tls://nats.example.org:4222; several with commas between them
    #[arg(long)]
    server: String,
    /// The stream's name
    #[arg(long)]
    stream: String,
    /// The durable consumer's name; it is made where it is missing
    #[arg(long)]
    durable: String,
    /// The file with the account's credentials (.creds)
    #[arg(long)]
    credentials: Option<PathBuf>,
    /// The certificates that the server's is checked with, instead of the system's (PEM)
    #[arg(long)]
    tls_root_certificates: Option<PathBuf>,
    /// Our own certificate, where the server asks for one (PEM)
    #[arg(long, requires = "tls_certificate_key")]
    tls_certificate: Option<PathBuf>,
    /// The key of our own certificate (PEM)
    #[arg(long, requires = "tls_certificate")]
    tls_certificate_key: Option<PathBuf>,
    /// Messages in one transaction at most
    #[arg(long, default_value_t = config::Stream::usual_batch(), value_parser = clap::value_parser!(u16).range(1..))]
    batch: u16,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Consume {
    /// The same as it stands in a configuration.
    pub(super) fn setting(self) -> (config::Stream, Place) {
        let stream = config::Stream {
            feed: self.feed,
            server: self.server,
            stream: self.stream,
            durable: self.durable,
            credentials: self.credentials,
            root_certificates: self.tls_root_certificates,
            certificate: self.tls_certificate,
            certificate_key: self.tls_certificate_key,
            batch: self.batch,
        };
        (stream, self.place)
    }
}

/// `jindu held …`
#[derive(Debug, Subcommand)]
pub(super) enum Held {
    /// Lists what waits for a person, oldest first
    List {
        /// Of this feed only
        #[arg(long)]
        feed: Option<String>,
        /// For this reason only, as `jindu held list` prints it
        #[arg(long)]
        reason: Option<String>,
        /// Learned at this moment or later: 2026-01-05 or 2026-01-05 09:00
        #[arg(long)]
        since: Option<String>,
        /// Reports that are settled too
        #[arg(long)]
        settled: bool,
        /// Behind this one, by its number in the list
        #[arg(long)]
        after: Option<String>,
        /// So many at the most
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..))]
        limit: u16,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Explains one, and says what could be done about it
    Show {
        /// Its number in the list
        number: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Lets it count as it is: the desk says so
    Release(Decision),
    /// Says what really happened instead: one fact or several; the others stay as they were told
    Correct {
        #[command(flatten)]
        decision: Decision,
        /// What really happened: a stage, or one of the words of docs/FEEDS.md
        #[arg(long)]
        step: Option<String>,
        /// When it really happened
        #[arg(long)]
        happened: Option<String>,
        /// Where it really happened: nine digits
        #[arg(long)]
        organ: Option<String>,
        /// To which application it really happened: its receipt number
        #[arg(long)]
        receipt: Option<String>,
    },
    /// Sets it aside: it never happened
    Discard(Decision),
    /// Says for how many days a report waits for its application, or settles it for those that come from now on
    Days {
        /// 1 to 3650
        days: Option<u16>,
        #[command(flatten)]
        place: Place,
    },
}

/// Which one, and why: the reason stands in the log of changes.
#[derive(Debug, Args)]
pub(super) struct Decision {
    /// Its number in the list
    pub(super) number: String,
    /// Why, in a sentence without anything personal
    #[arg(long)]
    pub(super) why: String,
    #[command(flatten)]
    pub(super) place: Place,
}

/// `jindu batch …`
#[derive(Debug, Subcommand)]
pub(super) enum Batch {
    /// Announces a batch: its number, how many cards, which ones, and until when
    Declare {
        /// The manifest, as JSON; docs/FEEDS.md shows one
        file: PathBuf,
        /// The feed whose batch it is
        #[arg(long)]
        feed: String,
        #[command(flatten)]
        place: Place,
    },
    /// Compares what was announced with what arrived
    Compare {
        /// The batch number
        number: String,
        /// The feed that announced it, where several have a batch of this number
        #[arg(long)]
        feed: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Flags the cards that are missing from batches past their day, and clears the flags of those that came
    Settle {
        #[command(flatten)]
        place: Place,
    },
}
