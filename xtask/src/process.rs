//! Runs other programs: in view, with their words kept, and never longer than this one.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::places;

/// What a program said, and whether it ended well.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Standard output and standard error, line by line as they came.
    pub(crate) words: String,
    /// True for exit code 0.
    pub(crate) ended_well: bool,
}

/// A command that runs in the root of the clone.
pub(crate) fn command<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(places::root()).stdin(Stdio::null());
    command
}

/// Runs a command in view; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|reason| cannot_start(command, &reason))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", spelled(command))) }
}

/// Runs a command in view and keeps what it says.
pub(crate) fn run_heard(command: &mut Command) -> Result<Heard, String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|reason| cannot_start(command, &reason))?;
    let (said, lines) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|pipe| repeat_aloud(pipe, said.clone())),
        child.stderr.take().map(|pipe| repeat_aloud(pipe, said.clone())),
    ];
    drop(said);
    let words = lines.iter().collect();
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    let status = child.wait().map_err(|reason| format!("{}: {reason}", spelled(command)))?;
    Ok(Heard { words, ended_well: status.success() })
}

/// Runs a command out of view and returns its standard output.
pub(crate) fn ask(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|reason| cannot_start(command, &reason))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("{} ended with {}: {complaint}", spelled(command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn repeat_aloud(pipe: impl Read + Send + 'static, said: Sender<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            print!("{text}");
            let _ = said.send(text);
            line.clear();
        }
    })
}

fn cannot_start(command: &Command, reason: &std::io::Error) -> String {
    format!("cannot start {}: {reason}", spelled(command))
}

fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// A server of ours in the background; it ends with this value, and with this process.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts it with both outputs in a file.
    pub(crate) fn start(binary: &Path, args: &[&str], log: &Path) -> Result<Self, String> {
        let out = std::fs::File::create(log).map_err(|reason| format!("{}: {reason}", log.display()))?;
        let err = out.try_clone().map_err(|reason| format!("{}: {reason}", log.display()))?;
        let mut command = tied_to_us(binary);
        // A load comes from one source and asks more often than one source may.
        for limit in ["INQUIRIES_PER_MINUTE", "MISMATCHES_PER_HOUR", "MISMATCHES_PER_MINUTE_OF_ALL"] {
            command.env(format!("JINDU_LIMITS__{limit}"), u32::MAX.to_string());
        }
        command.args(args).current_dir(places::root()).stdin(Stdio::null()).stdout(out).stderr(err);
        let child = command.spawn().map_err(|reason| cannot_start(&command, &reason))?;
        Ok(Self { child })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// True while it has not ended by itself.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // First politely, so that a temporary folder is cleared away; then at once.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let patience = Instant::now();
        while self.is_running() && patience.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where `setpriv` exists, the kernel ends the child when this process is killed.
fn tied_to_us(binary: &Path) -> Command {
    let Some(setpriv) = places::program("setpriv") else { return Command::new(binary) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(binary);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_are_heard() {
        let heard = run_heard(&mut command("sh", ["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        assert!(heard.words.contains("one\n") && heard.words.contains("two\n"));
        assert!(!heard.ended_well);
    }

    #[test]
    fn a_missing_program_is_named() {
        let reason = run(&mut command("jindu-no-such-program", ["x"])).unwrap_err();
        assert!(reason.contains("jindu-no-such-program x"), "{reason}");
    }

    #[test]
    fn a_server_ends_with_its_value() {
        let log = std::env::temp_dir().join(format!("xtask-server-{}", std::process::id()));
        let server = Server::start(Path::new("/bin/sleep"), &["60"], &log).unwrap();
        let folder = format!("/proc/{}", server.id());
        drop(server);
        std::fs::remove_file(log).unwrap();
        assert!(!Path::new(&folder).exists());
    }
}
