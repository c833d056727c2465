//! A server of ours on the three, with one feed.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::postgres::free_port;
use crate::process::{Server, ask, command};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it ends with its value, its folder with the folder it lies in.
#[derive(Debug)]
pub(super) struct Town {
    _server: Server,
    /// Where it listens on the loopback.
    pub(super) port: u16,
    /// What the feed signs with.
    pub(super) secret: String,
    log: PathBuf,
}

impl Town {
    /// Where its data lies within another folder.
    pub(super) fn data(within: &Path) -> PathBuf {
        within.join("town")
    }

    /// Starts it on this database, with its folder in another.
    pub(super) fn start(binary: &Path, database: &str, within: &Path) -> Result<Self, String> {
        let settings = format!(
            "database = \"{database}\"\ndemonstration = true\n\
             [limits]\nfeed_messages_per_minute = 1000000\nfeed_events_per_minute = 10000000\n"
        );
        Self::configured(binary, &settings, within)
    }

    /// Starts it with this configuration, with its folder in another.
    pub(super) fn configured(binary: &Path, settings: &str, within: &Path) -> Result<Self, String> {
        let data = Self::data(within);
        let folder = data.to_string_lossy().into_owned();
        let jindu =
            |words: &[&str]| ask(command(&binary.to_string_lossy(), words).args(["--data", folder.as_str()]));
        jindu(&["keys", "init"])?;
        let file = data.join("jindu.toml");
        fs::write(&file, settings).map_err(|reason| format!("{}: {reason}", file.display()))?;
        let said = jindu(&["feed", "add", "county", "--organ", "119900001", "--kind", "intake"])?;
        let secret = said.lines().next().unwrap_or_default().to_owned();
        let (port, log) = (free_port()?, within.join("town.log"));
        let listen = format!("127.0.0.1:{port}");
        let mut server = Server::start(binary, &["serve", "--data", &folder, "--listen", &listen], &log)?;
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if !server.is_running() || start.elapsed() > PATIENCE {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("the server did not start:\n{said}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { _server: server, port, secret, log })
    }

    /// What it said so far.
    pub(super) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}
