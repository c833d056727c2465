//! Starts the binary, hears what it says, and never leaves it behind.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The longest that anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the server says just before the address where it answers: `serve` in the log, `demo` on the terminal.
const BEFORE_ADDRESS: [&str; 2] = ["address=", "Jindu is at http://"];

/// The binary, with nothing of this machine's settings.
pub(crate) fn jindu() -> Command {
    plain(Command::new(env!("CARGO_BIN_EXE_jindu")))
}

/// The binary under a shell that may first say something about it, such as a limit.
pub(crate) fn jindu_after(said: &str) -> Command {
    let mut command = plain(Command::new("sh"));
    command.args(["-c", &format!("{said}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_jindu")]);
    command
}

fn plain(mut command: Command) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("JINDU_")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs to the end.
pub(crate) fn ended(command: &mut Command) -> Output {
    command.output().unwrap()
}

/// Runs to the end with something on its standard input.
pub(crate) fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap().unwrap();
    output
}

/// `jindu serve` on a folder at any free port, without a limit of inquiries, for demonstration.
pub(crate) fn serve(mut command: Command, data: &Path) -> Command {
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    // Nobody in front of it has to see that it leaves.
    command
        .env("JINDU_LIMITS__LEAVE_SECONDS", "0")
        .env("JINDU_DEMONSTRATION", "true")
        .env("JINDU_LIMITS__INQUIRIES_PER_MINUTE", u32::MAX.to_string())
        .env("JINDU_LIMITS__MISMATCHES_PER_HOUR", u32::MAX.to_string())
        .env("JINDU_LIMITS__MISMATCHES_PER_MINUTE_OF_ALL", u32::MAX.to_string());
    command
}

/// A process that is killed when the test is over, however it ends.
pub(crate) struct Running {
    child: Child,
    /// Both outputs, as they come.
    said: Arc<Mutex<String>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        hear(child.stdout.take().unwrap(), &said);
        hear(child.stderr.take().unwrap(), &said);
        Self { child, said }
    }

    /// Waits until it answers; gives the address as `http://127.0.0.1:…`.
    pub(crate) fn address(&mut self) -> String {
        self.wait_for("an address", |said| {
            let place = BEFORE_ADDRESS.iter().find_map(|before| said.split_once(before));
            let (address, _) = place?.1.split_once(['/', '\n', ' '])?;
            Some(format!("http://{address}"))
        })
    }

    /// Waits until it has said something.
    pub(crate) fn wait_for<T>(&mut self, what: &str, found: impl Fn(&str) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = found(&self.said()) {
                return found;
            }
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() {
                // Its last words may still be on their way.
                sleep(Duration::from_millis(200));
            }
            let too_long = started.elapsed() > PATIENCE;
            assert!(ended.is_none() && !too_long, "no {what}, ended {ended:?}, said:\n{}", self.said());
            sleep(Duration::from_millis(5));
        }
    }

    /// All it has said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Asks it to stop (SIGTERM).
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, started.elapsed());
            }
            sleep(Duration::from_millis(5));
        }
        panic!("it did not end, and said:\n{}", self.said());
    }

    /// Has it die of a mistake (SIGABRT), and waits until it is gone.
    pub(crate) fn abort(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("sh").args(["-c", &format!("kill -ABRT {id}")]).status().unwrap().success());
        self.child.wait().unwrap()
    }

    /// Kills it without a word (SIGKILL), and waits until it is gone; whether it was there until then.
    pub(crate) fn kill(&mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap().signal() == Some(9)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hear(output: impl Read + Send + 'static, said: &Arc<Mutex<String>>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            said.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}
