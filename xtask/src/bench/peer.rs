//! What others would have written instead, on the same database: see `benches/peers`.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::filled::FilledFolder;
use super::{http, last_lines};
use crate::args::Args;
use crate::process::Server;
use crate::{places, setup};

const PATIENCE: Duration = Duration::from_secs(30);

/// A peer that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Node.js with Fastify and pg.
    Fastify,
}

/// A running peer; it ends with its value.
#[derive(Debug)]
pub(super) struct Running {
    _server: Server,
    /// Where it listens on the loopback.
    pub(super) port: u16,
}

impl Peer {
    pub(super) fn parse(args: &mut Args) -> Result<Option<Self>, String> {
        match args.value("--peer")?.as_deref() {
            None => Ok(None),
            Some("fastify") => Ok(Some(Self::Fastify)),
            Some(other) => Err(format!("--peer takes fastify, not {other:?}")),
        }
    }

    fn folder(self) -> PathBuf {
        let Self::Fastify = self;
        places::root().join("benches/peers/fastify")
    }

    /// Puts its packages in place.
    pub(super) fn install(self) -> Result<(), String> {
        setup::install_npm_packages(&self.folder())
    }

    /// Starts it with the keys of a filled folder, on its database, and waits until it answers.
    pub(super) fn start(self, data: &FilledFolder, database: &str) -> Result<Running, String> {
        let port = http::free_port()?;
        let word = |path: &Path| path.to_string_lossy().into_owned();
        let script = word(&self.folder().join("server.mjs"));
        let keys = word(&data.folder().join("keys.toml"));
        let stages = word(&places::root().join("locales/zh/stages.toml"));
        let node = places::program("node").ok_or("there is no node; `cargo xtask setup` installs it")?;
        let log = data.scratch("peer.log");
        let listen = port.to_string();
        let args = [
            script.as_str(),
            "--port",
            &listen,
            "--database",
            database,
            "--keys",
            &keys,
            "--stages",
            &stages,
        ];
        let mut server = Server::start(&node, &args, &log)?;
        let (first, start) = (data.first_sample()?, Instant::now());
        while server.is_running() && start.elapsed() < PATIENCE {
            match http::post(port, "/api/v1/inquiries", &first) {
                Ok(200) => return Ok(Running { _server: server, port }),
                Ok(status) => return Err(format!("the peer answers {status}:\n{}", last_lines(&log))),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(format!("the peer did not answer:\n{}", last_lines(&log)))
    }
}
