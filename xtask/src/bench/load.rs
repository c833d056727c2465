//! The load: Debian's `wrk` with a script of ours, and what it reports.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::filled::FilledFolder;
use crate::process::{ask, command};

/// One thread of wrk drives more than the server gives, and takes less of the two cores from it.
const THREADS: &str = "1";
const REPORT: &str = "BENCH ";

/// A prepared load on one server.
#[derive(Debug)]
pub(crate) struct Load {
    script: PathBuf,
    samples: PathBuf,
    server: String,
    connections: String,
}

/// What one drive reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Drive {
    /// Answered requests.
    pub(crate) requests: f64,
    /// Answered requests a second.
    pub(crate) rps: f64,
    /// Median time to the answer.
    pub(crate) p50_ms: f64,
    /// Time that one request in a hundred exceeds.
    pub(crate) p99_ms: f64,
}

impl Load {
    /// Writes the script beside the data.
    pub(crate) fn prepare(data: &FilledFolder, port: u16, connections: u64) -> Result<Self, String> {
        Self::of_file(data, port, connections, data.samples())
    }

    /// The same with another file: bodies, or addresses that are opened.
    pub(crate) fn of_file(
        data: &FilledFolder,
        port: u16,
        connections: u64,
        samples: PathBuf,
    ) -> Result<Self, String> {
        let script = data.scratch("load.lua");
        fs::write(&script, include_str!("load.lua"))
            .map_err(|reason| format!("{}: {reason}", script.display()))?;
        let server = format!("http://127.0.0.1:{port}");
        // Every thread of wrk needs a connection.
        let connections = connections.max(2).to_string();
        Ok(Self { script, samples, server, connections })
    }

    /// A short drive that looks at every answer: anything but 200 is an error.
    pub(crate) fn warm_up(&self, path: &str, seconds: u64) -> Result<(), String> {
        self.wrk(path, seconds, "check").map(|_| ())
    }

    /// A drive at full speed. Here wrk itself counts answers of 400 and more; one is an error.
    pub(crate) fn drive(&self, path: &str, seconds: u64) -> Result<Drive, String> {
        self.wrk(path, seconds, "drive")
    }

    /// A drive at about so many requests a second: each connection pauses between an answer and its next request.
    pub(crate) fn pace(&self, path: &str, seconds: u64, rate: u64) -> Result<Drive, String> {
        let connections: u64 = self.connections.parse().map_err(|_| "no number of connections")?;
        // What an answer takes is short beside the pause.
        self.wrk(path, seconds, &(connections * 1_000 / rate).max(1).to_string())
    }

    fn wrk(&self, path: &str, seconds: u64, mode: &str) -> Result<Drive, String> {
        let mut wrk = command("wrk", ["--latency", "--timeout", "10s", "--threads", THREADS]);
        wrk.args(["--connections", &self.connections, "--duration", &format!("{seconds}s")]);
        wrk.arg("--script").arg(&self.script).arg(format!("{}{path}", self.server));
        wrk.arg("--").arg(&self.samples).arg(mode);
        let words = ask(&mut wrk)?;
        read(&words).map_err(|reason| format!("{path}: {reason}"))
    }
}

fn read(words: &str) -> Result<Drive, String> {
    let line = words.lines().find_map(|line| line.strip_prefix(REPORT));
    let report: Value =
        line.and_then(|line| serde_json::from_str(line).ok()).ok_or("wrk printed no report")?;
    let number =
        |key: &str| report.get(key).and_then(Value::as_f64).ok_or_else(|| format!("no {key} in the report"));
    let troubles = ["wrong", "connect", "read", "write", "status", "timeout"];
    for trouble in troubles {
        let count = number(trouble)?;
        if count > 0.0 {
            return Err(format!("{count} requests failed ({trouble}): {line:?}"));
        }
    }
    let requests = number("requests")?;
    if requests <= 0.0 {
        return Err("nothing was answered".into());
    }
    let seconds = number("duration_us")? / 1_000_000.0;
    Ok(Drive {
        requests,
        rps: requests / seconds,
        p50_ms: number("p50_us")? / 1_000.0,
        p99_ms: number("p99_us")? / 1_000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Running 8s test\nBENCH {\"requests\":4000,\"duration_us\":2000000,\"p50_us\":1500,\"p99_us\":4000,\
                        \"wrong\":0,\"connect\":0,\"read\":0,\"write\":0,\"status\":0,\"timeout\":0}\n";

    #[test]
    fn a_report_becomes_figures() {
        assert_eq!(read(GOOD), Ok(Drive { requests: 4000.0, rps: 2000.0, p50_ms: 1.5, p99_ms: 4.0 }));
    }

    #[test]
    fn a_failed_request_fails_the_bench() {
        for trouble in ["wrong", "status", "timeout"] {
            let bad = GOOD.replace(&format!("\"{trouble}\":0"), &format!("\"{trouble}\":1"));
            assert!(read(&bad).unwrap_err().contains(trouble));
        }
        assert!(read("").is_err());
        assert!(read(&GOOD.replace("4000,\"d", "0,\"d")).is_err());
    }
}
