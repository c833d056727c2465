//! One import of the binary, timed from outside; its ceiling; and inquiries beside it.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rows::{Application, NAME};
use crate::bench::engine::Engine;
use crate::bench::filled::FilledFolder;
use crate::bench::load::Load;
use crate::bench::{http, proc};
use crate::process::{Server, ask, command, run};

const INQUIRY: &str = "/api/v1/inquiries";
/// The database's file in a folder of data.
const DATABASE: &str = "jindu.db";

/// The binary, and the folder where all folders of data lie.
pub(super) struct Bench<'a> {
    binary: &'a Path,
    folder: &'a Path,
    engine: &'a Engine,
}

/// What an import reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Imported {
    /// Milestones a second, from the start of the process to its end.
    pub(super) per_second: f64,
    /// The most memory it had.
    pub(super) rss_mb: f64,
}

impl fmt::Display for Imported {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.0}/s with {:.0} MB", self.per_second, self.rss_mb)
    }
}

impl<'a> Bench<'a> {
    pub(super) fn new(binary: &'a Path, folder: &'a Path, engine: &'a Engine) -> Self {
        Self { binary, folder, engine }
    }

    /// The engine's word.
    pub(super) fn engine(&self) -> &'static str {
        self.engine.word()
    }

    /// What the last command said.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("bench.log")
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// An empty folder of data with keys, for invented people.
    pub(super) fn fresh(&self, name: &str) -> Result<(), String> {
        let data = self.data(name);
        let _ = fs::remove_dir_all(&data);
        let mut keys = command(&self.binary.to_string_lossy(), ["keys", "init", "--data"]);
        run(keys.arg(&data).stdout(Stdio::null()))?;
        self.engine.fresh(&data)
    }

    /// A copy of a folder of data.
    pub(super) fn copy(&self, from: &str, to: &str) -> Result<(), String> {
        let (from, to) = (self.data(from), self.data(to));
        let _ = fs::remove_dir_all(&to);
        run(command("cp", ["-a", "--"]).arg(&from).arg(&to))?;
        self.engine.copy(&from, &to)?;
        self.engine.settle()
    }

    /// Imports a file; anything but recorded lines is an error.
    pub(super) fn import(&self, name: &str, file: &Path) -> Result<Imported, String> {
        let start = Instant::now();
        let mut child = self.start_import(name, file)?;
        let mut rss_mb: f64 = 0.0;
        let status = loop {
            rss_mb = rss_mb.max(proc::resident_mb(child.id()).unwrap_or(0.0));
            match child.try_wait().map_err(|reason| reason.to_string())? {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        if !status.success() {
            return Err(format!("the import ended with {status}"));
        }
        Ok(Imported { per_second: self.recorded()? / seconds, rss_mb })
    }

    fn start_import(&self, name: &str, file: &Path) -> Result<std::process::Child, String> {
        let log = File::create(self.log()).map_err(|reason| reason.to_string())?;
        let err = log.try_clone().map_err(|reason| reason.to_string())?;
        let mut import = command(&self.binary.to_string_lossy(), ["feed", "import", "--feed", "bench"]);
        import.env("JINDU_DEMONSTRATION", "true");
        import.arg(file).arg("--data").arg(self.data(name)).arg("--report").arg("/dev/null");
        import
            .stdout(log)
            .stderr(err)
            .spawn()
            .map_err(|reason| format!("the import does not start: {reason}"))
    }

    fn recorded(&self) -> Result<f64, String> {
        let words = fs::read_to_string(self.log()).map_err(|reason| reason.to_string())?;
        let line =
            words.lines().rev().find(|line| line.starts_with('{')).ok_or("the import printed no count")?;
        let tally: Value = serde_json::from_str(line).map_err(|reason| reason.to_string())?;
        let count = |key: &str| tally.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        if count("held") + count("rejected") + count("repeated") + count("waiting") > 0.0 {
            return Err(format!("not every line was recorded: {line}"));
        }
        Ok(count("recorded"))
    }

    /// The moment of the newest change in a database, in milliseconds.
    pub(super) fn newest(&self, name: &str) -> Result<u64, String> {
        if matches!(self.engine, Engine::Postgres(_)) {
            return Ok(0);
        }
        let said = ask(&mut self.plain_command(name, "newest"))?;
        said.trim().parse().map_err(|_| format!("no moment: {said}"))
    }

    /// Milestones a second of a plain program that writes the same rows, on the embedded engine.
    pub(super) fn plain(&self, name: &str, case: &str, since: Option<u64>) -> Result<Option<f64>, String> {
        if matches!(self.engine, Engine::Postgres(_)) {
            return Ok(None);
        }
        let into = self.data("plain");
        let _ = fs::remove_dir_all(&into);
        if case == "mixed" {
            self.copy("base", "plain")?;
        } else {
            fs::create_dir_all(&into).map_err(|reason| reason.to_string())?;
        }
        let mut plain = self.plain_command(name, case);
        plain.arg(into.join(DATABASE)).arg(since.unwrap_or(0).to_string());
        let said = ask(&mut plain)?;
        let _ = fs::remove_dir_all(&into);
        said.trim().parse().map(Some).map_err(|_| format!("no rate: {said}"))
    }

    fn plain_command(&self, name: &str, case: &str) -> std::process::Command {
        let mut plain = command("cargo", ["bench", "--quiet", "-p", "store", "--bench", "plain", "--", case]);
        plain.arg(self.data(name).join(DATABASE));
        plain
    }

    /// The 99th percentile of inquiries alone, and while a file is imported into the same folder.
    pub(super) fn inquiries_beside(&self, file: &Path, applications: u64) -> Result<(f64, f64), String> {
        self.copy("base", "beside")?;
        let data = FilledFolder::of(self.data("beside"));
        write_samples(&data, applications)?;
        let port = http::free_port()?;
        let (folder, listen) = (data.folder().to_string_lossy().into_owned(), format!("127.0.0.1:{port}"));
        let log = self.folder.join("server.log");
        let mut server =
            Server::start(self.binary, &["serve", "--data", &folder, "--listen", &listen], &log)?;
        let start = Instant::now();
        while server.is_running() && http::post(port, INQUIRY, &data.first_sample()?) != Ok(200) {
            if start.elapsed() > Duration::from_secs(60) {
                return Err("the server did not answer".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let load = Load::prepare(&data, port, 4)?;
        load.warm_up(INQUIRY, 3)?;
        let alone = load.drive(INQUIRY, 10)?;
        let mut import = self.start_import("beside", file)?;
        thread::sleep(Duration::from_secs(1));
        let beside = load.drive(INQUIRY, 10)?;
        let still_running = import.try_wait().map_err(|reason| reason.to_string())?.is_none();
        import.wait().map_err(|reason| reason.to_string())?;
        if !still_running {
            println!("the import ended before the inquiries did; name more with --fresh");
        }
        Ok((alone.p99_ms, beside.p99_ms))
    }
}

fn write_samples(data: &FilledFolder, applications: u64) -> Result<(), String> {
    let line = |index: u64| {
        let application = Application(index);
        json!({"citizen_number": application.number(), "applied_on": application.applied_on(), "name": NAME})
            .to_string()
    };
    let stride = (applications / 50_000).max(1);
    let lines: Vec<String> = (0..applications.min(50_000)).map(|place| line(place * stride)).collect();
    fs::write(data.samples(), lines.join("\n") + "\n").map_err(|reason| reason.to_string())
}
