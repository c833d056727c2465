//! Configuration: one TOML file, environment over it, unknown keys refused.

mod backup;
mod staff;
#[cfg(test)]
mod tests;
mod ways;

pub use backup::recipients;
pub use staff::Staff;
pub use ways::{DropFolder, Stream};

use domain::moment::Moment;
use domain::receipt::ReceiptFormat;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU8;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use store::{Database, Server, StoreError};

/// The configuration's name in a data folder.
const FILE: &str = "jindu.toml";
/// The word for the database in the data folder.
const EMBEDDED: &str = "sqlite";

/// Everything an installation sets. `docs/jindu.toml` explains each key.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The data folder: database, record of inquiries, and the keys unless `key_file` says otherwise.
    pub data: PathBuf,
    /// The PostgreSQL database, such as `postgres://jindu@host1,host2/jindu`; without it, or as `sqlite`, the embedded
    /// engine keeps the data in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The file with the password for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_password_file: Option<PathBuf>,
    /// The certificates (PEM) that the database server's is checked with, instead of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_root_certificates: Option<PathBuf>,
    /// The key file, where it is not `keys.toml` in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// For whom backups are sealed: recipients of age (`age1…`), each of whom can open them.
    pub backup_recipients: Vec<String>,
    /// Whether a fresh database is for demonstration: invented people of region 119900.
    pub demonstration: bool,
    /// The local format of receipt numbers: R region, S station, Y M D date, N sequence.
    pub receipt_format: String,
    /// The address of an office on a map, with `{latitude}`, `{longitude}` and, where it is wanted, `{name}`.
    pub map_link: String,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// What one source or one connection may take.
    pub limits: Limits,
    /// How the log is written.
    pub log: Log,
    /// Where staff sign in.
    #[serde(default)]
    pub staff: Staff,
    /// The files that say which element of a feed's XML is which cell, by the feed's name; for files it sends.
    #[serde(default)]
    pub xml_mappings: BTreeMap<String, PathBuf>,
    /// How long records are kept.
    pub retention: Retention,
    /// Folders that are watched for files of feeds.
    pub drop: Vec<DropFolder>,
    /// Streams of messages that are consumed.
    pub stream: Vec<Stream>,
}

/// What one source or one connection may take.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Inquiries one source (IPv4 address, IPv6 /64) may make in a minute.
    pub inquiries_per_minute: u32,
    /// Inquiries of one source whose facts may fit nothing in an hour; after one more it waits for an hour.
    pub mismatches_per_hour: u32,
    /// Inquiries of all sources whose facts may fit nothing in a minute; beyond that everybody who asks by name does a
    /// little work first, for a minute.
    pub mismatches_per_minute_of_all: u32,
    /// Messages one feed may send in a minute.
    pub feed_messages_per_minute: u32,
    /// Events in messages of one feed in a minute.
    pub feed_events_per_minute: u32,
    /// Reports of one feed that may wait for their applications.
    pub waiting_per_feed: u32,
    /// Messages of streams of one feed that could not be taken and may wait for a person.
    pub dead_letters_per_feed: u32,
    /// Connections open at the same time.
    pub connections: usize,
    /// Connections of one source (IPv4 address, IPv6 /64) open at the same time; trusted proxies have no limit.
    pub connections_per_source: usize,
    /// Seconds a client may take to send its headers.
    pub header_seconds: u64,
    /// Seconds a client may take to send its body.
    pub body_seconds: u64,
    /// Seconds a client may leave an answer unread.
    pub write_stall_seconds: u64,
    /// Seconds without a beat after which another server takes over what only one does; the same on all servers.
    pub lease_seconds: u64,
    /// Seconds for which a server that is asked to stop goes on answering while it says that it is not ready, where others
    /// serve the same database.
    pub leave_seconds: u64,
    /// Seconds that open requests get to finish when the server is asked to stop.
    pub drain_seconds: u64,
}

/// How long records are kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Years for which an application is kept after it came to its end; one at least.
    pub application_years: NonZeroU8,
}

impl Retention {
    /// What ended before this moment is kept no longer.
    #[must_use]
    pub fn before(self, now: Moment) -> Moment {
        const YEAR_MILLIS: i64 = 365 * 24 * 60 * 60 * 1000 + 6 * 60 * 60 * 1000;
        Moment::from_millis(
            now.millis().saturating_sub(i64::from(self.application_years.get()) * YEAR_MILLIS),
        )
    }
}

/// How the log is written.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `text` for people, `json` for collectors.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or a filter as of tracing-subscriber.
    pub level: String,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data-of-jindu"),
            database: None,
            database_password_file: None,
            database_root_certificates: None,
            key_file: None,
            backup_recipients: Vec::new(),
            demonstration: false,
            receipt_format: "RRRRRRSSSYYYYMMDDNNNNN".to_owned(),
            map_link: "geo:{latitude},{longitude}?q={latitude},{longitude}".to_owned(),
            trusted_proxies: Vec::new(),
            retention: Retention { application_years: NonZeroU8::MIN.saturating_add(1) },
            limits: Limits {
                inquiries_per_minute: 60,
                mismatches_per_hour: 60,
                mismatches_per_minute_of_all: 600,
                feed_messages_per_minute: 6_000,
                feed_events_per_minute: 600_000,
                waiting_per_feed: store::held::DEFAULT_MOST,
                dead_letters_per_feed: store::dead_letter::DEFAULT_MOST,
                connections: 10_000,
                connections_per_source: 256,
                header_seconds: 5,
                body_seconds: 15,
                write_stall_seconds: 15,
                lease_seconds: 20,
                leave_seconds: 4,
                drain_seconds: 20,
            },
            log: Log { format: LogFormat::Text, level: "info".to_owned() },
            staff: Staff::default(),
            xml_mappings: BTreeMap::new(),
            drop: Vec::new(),
            stream: Vec::new(),
        }
    }
}

/// Whether the file in a data folder says where its database is.
fn names_database(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join(FILE)).unwrap_or_default();
    text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("database"))
}

fn unfit(error: figment::Error) -> ConfigError {
    ConfigError::Unfit(Box::new(error))
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file was named but is not there.
    #[error("configuration file {0} does not exist")]
    Missing(PathBuf),
    /// Everybody on this machine may write the file.
    #[error("configuration file {0} may be written by everybody; take that away with chmod o-w")]
    Anybodys(PathBuf),
    /// The configured database is on a server, and the command was told another folder and no database.
    #[error(
        "the configured database is on a server, and --data does not choose another one; add --database sqlite for the \
         one in the folder, or --database postgres://…"
    )]
    WhichDatabase,
    /// A key is unknown or a value does not fit; the text names it.
    #[error("the configuration does not fit: {0}")]
    Unfit(Box<figment::Error>),
    /// The receipt format does not read.
    #[error("receipt_format {0:?} does not read: use R, S, Y, M, D and N for digits")]
    ReceiptFormat(String),
    /// A recipient of backups does not read.
    #[error("backup_recipients: {0}")]
    Recipient(String),
    /// A stream's settings do not fit one another.
    #[error("{0}")]
    Stream(String),
    /// Where staff sign in does not fit.
    #[error("[staff]: {0}")]
    Staff(String),
}

impl Config {
    /// Reads the file and the environment (`JINDU_LISTEN`, `JINDU_LIMITS__CONNECTIONS`). Where no file is named it is
    /// the one in the data folder, if there is one: every command on a folder goes by the same settings.
    ///
    /// # Errors
    /// Refuses a missing file, unknown keys and values that do not fit.
    pub fn load(file: Option<&Path>, data: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = || Env::prefixed("JINDU_").split("__");
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        let folder = match data {
            Some(folder) => folder.to_owned(),
            None => figment.clone().merge(environment()).extract_inner("data").map_err(unfit)?,
        };
        let own = folder.join(FILE);
        let file = file.or_else(|| Some(own.as_path()).filter(|own| own.is_file()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            // Whoever may write it may say where people's data goes.
            if std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o002 != 0) {
                return Err(ConfigError::Anybodys(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let mut config: Self = figment.merge(environment()).extract().map_err(unfit)?;
        if data.is_some() || file == Some(&own) {
            config.data = folder;
        }
        config.receipt_format()?;
        recipients(&config.backup_recipients).map_err(ConfigError::Recipient)?;
        config.staff.fault().map_or(Ok(()), Err)?;
        config
            .stream
            .iter()
            .find_map(Stream::fault)
            .map_or(Ok(config), |fault| Err(ConfigError::Stream(fault)))
    }

    /// Reads the file for a command that was told a folder, a database, or both, instead of the configured ones.
    ///
    /// # Errors
    /// As [`load`](Self::load). Refuses a folder alone where the named file has its database on a server: whoever names
    /// another folder means another database, and would get that one.
    pub fn load_for(
        file: Option<&Path>,
        data: Option<&Path>,
        database: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::load(file, data)?;
        match (database, data) {
            (Some(database), _) => config.database = Some(database.to_owned()),
            (None, Some(folder))
                if config.address().is_some() && !(file.is_none() && names_database(folder)) =>
            {
                return Err(ConfigError::WhichDatabase);
            }
            _ => {}
        }
        Ok(config)
    }

    /// The address of the database, where it is on a server.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.database.as_deref().filter(|address| *address != EMBEDDED)
    }

    /// Where the database is.
    ///
    /// # Errors
    /// Refuses an address that does not fit, and files that cannot be read.
    pub fn database(&self) -> Result<Database, StoreError> {
        let Some(address) = self.address() else { return Ok(Database::Folder) };
        let password = self.database_password_file.as_deref();
        let server = Server::parse(address, password, self.database_root_certificates.as_deref())?;
        Ok(Database::Server(server))
    }

    /// The key file's place.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data.join("keys.toml"))
    }

    /// The format of receipt numbers.
    ///
    /// # Errors
    /// Refuses a pattern that does not read.
    pub fn receipt_format(&self) -> Result<ReceiptFormat, ConfigError> {
        ReceiptFormat::parse_pattern(&self.receipt_format)
            .map_err(|_| ConfigError::ReceiptFormat(self.receipt_format.clone()))
    }
}
