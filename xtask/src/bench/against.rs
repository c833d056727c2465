//! Another binary of ours beside the one that is measured, such as that of a commit before: what a change costs.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::engine::Engine;
use super::filled::FilledFolder;
use super::http;
use super::inquiry::first_answer;
use super::load::Load;
use crate::process::Server;

/// The other server, on data of its own.
pub(super) struct Against {
    pub(super) load: Load,
    _server: Server,
    _data: FilledFolder,
}

impl Against {
    /// Fills a folder with the other binary, and starts it there.
    pub(super) fn start(
        binary: &Path,
        engine: &Engine,
        applications: u64,
        connections: u64,
    ) -> Result<Self, String> {
        let data = FilledFolder::beside("against", binary, applications, |folder| engine.fresh(folder))?;
        engine.keep_house(data.folder())?;
        let port = http::free_port()?;
        let (listen, folder) = (format!("127.0.0.1:{port}"), data.folder().to_string_lossy().into_owned());
        let log: PathBuf = data.scratch("server.log");
        let (first, start) = (data.first_sample()?, Instant::now());
        let words = ["serve", "--data", &folder, "--listen", &listen, "--bench"];
        let mut server = Server::start(binary, &words, &log)?;
        first_answer(&mut server, port, &first, start)?;
        let load = Load::prepare(&data, port, connections)?;
        Ok(Self { load, _server: server, _data: data })
    }
}
