//! Ways in that run beside the server: drop folders and streams.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use store::feed::DESK_NAME;

/// A folder that is watched for files of a feed: `[[drop]]`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DropFolder {
    /// The feed whose files these are.
    pub feed: String,
    /// The folder.
    pub folder: PathBuf,
    /// The mapping of elements, for XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<PathBuf>,
    /// Seconds that a file must have been still before it is taken; 0 where every sender renames to a whole file.
    #[serde(default = "DropFolder::usual_stillness")]
    pub still_seconds: u32,
}

impl DropFolder {
    /// How many seconds a file must have been still, unless it is said.
    #[must_use]
    pub const fn usual_stillness() -> u32 {
        10
    }
}

/// A durable consumer of a NATS JetStream stream: `[[stream]]`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// The feed whose messages these are.
    pub feed: String,
    /// The server, such as `tls://nats.example.org:4222`; several stand with commas between them.
    pub server: String,
    /// The stream's name.
    pub stream: String,
    /// The durable consumer's name; it is made where it is missing.
    pub durable: String,
    /// The file with the account's credentials (`.creds`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<PathBuf>,
    /// The certificates that the server's is checked with, instead of the system's (PEM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_certificates: Option<PathBuf>,
    /// Our own certificate (PEM), where the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// The key of our own certificate (PEM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_key: Option<PathBuf>,
    /// Messages in one transaction at most.
    #[serde(default = "Stream::usual_batch")]
    pub batch: u16,
}

impl Stream {
    /// How many messages one transaction takes, unless it is said.
    #[must_use]
    pub const fn usual_batch() -> u16 {
        500
    }

    /// What is wrong with the setting, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        let named = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let wrong = |name: &str| name.is_empty() || !named(name);
        let Self { stream, durable, .. } = self;
        let fault = if self.feed == DESK_NAME {
            format!("{DESK_NAME:?} is the feed of people at a desk; no stream speaks for them")
        } else if wrong(stream) || wrong(durable) {
            format!("stream {stream:?} and durable {durable:?} take letters, digits, hyphens and underscores")
        } else if let Some(fault) = self.server.split(',').find_map(|server| server_fault(server.trim())) {
            fault
        } else if self.certificate.is_some() != self.certificate_key.is_some() {
            "certificate and certificate_key belong together; give both or none".to_owned()
        } else if self.batch == 0 {
            "batch takes a number from 1".to_owned()
        } else {
            return None;
        };
        Some(format!("stream {stream:?} of feed {:?}: {fault}", self.feed))
    }
}

/// What is wrong with a server's address. It repeats no part of one that may hold a password.
fn server_fault(address: &str) -> Option<String> {
    if address.contains('@') {
        return Some("the server's address names an account; put it into a credentials file".to_owned());
    }
    if address.starts_with("tls://") {
        return None;
    }
    let Some(rest) = address.strip_prefix("nats://") else {
        return Some(format!("server {address:?} is no address; write tls://HOST:PORT"));
    };
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    let here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    // Messages name people: they do not leave the machine unsealed.
    (!here).then(|| format!("server {address:?} would send people's data in the open; write tls:// instead"))
}
