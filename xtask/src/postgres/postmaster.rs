//! One running server: started on a port, waited for, ended at once.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::place::Place;

const PATIENCE: Duration = Duration::from_secs(60);

/// A server; it ends with its value, without a word to those who are connected.
#[derive(Debug)]
pub(crate) struct Postmaster {
    child: Child,
    data: PathBuf,
    port: u16,
}

impl Postmaster {
    /// Starts it on a port that is free.
    pub(crate) fn start_anywhere(place: &Place, data: &Path) -> Result<Self, String> {
        let mut tries = 0;
        loop {
            // Someone else may take the port before the server does.
            match Self::start(place, data, free_port()?) {
                Err(reason) if reason.contains("Address already in use") && tries < 5 => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// Starts it on this port and waits until it takes connections.
    pub(crate) fn start(place: &Place, data: &Path, port: u16) -> Result<Self, String> {
        let log = data.with_extension("log");
        let file = File::create(&log).map_err(|reason| format!("{}: {reason}", log.display()))?;
        let again = file.try_clone().map_err(|reason| format!("{}: {reason}", log.display()))?;
        let mut command = place.program("postgres");
        command.arg("-D").arg(data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]);
        command.arg(place.folder()).stdout(file).stderr(again);
        let child = command.spawn().map_err(|reason| format!("cannot start PostgreSQL: {reason}"))?;
        let mut server = Self { child, data: data.to_path_buf(), port };
        server.wait_until_ready().map_err(|reason| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            format!("PostgreSQL {reason}:\n{}", said.trim_end())
        })?;
        Ok(server)
    }

    /// Where it listens on the loopback.
    #[cfg(test)]
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The administrator's URL.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// True while it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills all of its processes at once, as the death of its machine would.
    pub(crate) fn kill(mut self) -> Result<(), String> {
        kill_all(&with_children(&[self.child.id()]));
        self.child.wait().map(|_| ()).map_err(|reason| format!("PostgreSQL cannot be waited for: {reason}"))
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if !self.is_running() {
                return Err("did not start".into());
            }
            if self.is_ready() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!("was not ready after {} seconds", PATIENCE.as_secs()))
    }

    /// What `pg_ctl` waits for: the eighth line of the file in which the server writes who it is.
    fn is_ready(&self) -> bool {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if !self.is_running() {
            return;
        }
        // SIGQUIT ends all of its processes within five seconds, whatever they do.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// These processes and those that they started. All stand still from now on, so that there is no later one.
pub(crate) fn with_children(parents: &[u32]) -> Vec<u32> {
    signal("-STOP", parents);
    parents.iter().flat_map(|parent| std::iter::once(*parent).chain(children(*parent))).collect()
}

/// Kills all of these at once.
pub(crate) fn kill_all(ids: &[u32]) {
    signal("-KILL", ids);
}

/// One that ends by itself in between is no failure.
fn signal(which: &str, ids: &[u32]) {
    let ids = ids.iter().map(u32::to_string);
    let _ = Command::new("kill").arg(which).args(ids).stderr(Stdio::null()).status();
}

/// The processes that a process started, in the words of Linux.
fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok());
    let parent_of = |id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // After the name, which may hold anything: the state, then the parent.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

/// A port of the loopback that nobody listens on.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|reason| format!("no free port: {reason}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|reason| format!("no free port: {reason}"))
}
