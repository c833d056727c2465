//! A temporary folder for servers: whoever made it may end in any way, the servers in it end and it goes.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Writes;
use crate::process::{ask, command};

/// Short, since the path of a socket may have no more than a hundred bytes.
const PREFIX: &str = "jindu-postgres-";
const LOCK: &str = "lock";
const MEMORY: &str = "/dev/shm";
/// Bytes that a run may take.
const ROOM: u64 = 4 << 30;

/// Waits for the end of its input, which comes with the end of its parent, however that ends;
/// then ends every server whose data lies in the folder, at once, and removes the folder.
const GUARD: &str = r#"
trap '' INT TERM HUP
cat >/dev/null
for file in "$1"/*/postmaster.pid; do
    [ -f "$file" ] || continue
    read -r server <"$file"
    # A server that was killed leaves its number behind, which may be another's by now.
    words=$(tr '\0' ' ' <"/proc/$server/cmdline" 2>/dev/null || ps -o args= -p "$server")
    case $words in *"$1"*) ;; *) continue ;; esac
    kill -QUIT "$server" 2>/dev/null
    tries=0
    while kill -0 "$server" 2>/dev/null && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill -KILL "$server" 2>/dev/null
done
rm -rf -- "$1"
"#;

/// The folder; it goes with its value.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    guard: Child,
    _lock: File,
}

impl Folder {
    /// Makes one in the system's temporary folder, and removes what killed runs have left there; in memory, if that
    /// will do and there is room. A database for each test is hundreds of small files: on a disk they take three times
    /// as long.
    pub(crate) fn make(writes: Writes) -> Result<Self, String> {
        let memory = PathBuf::from(MEMORY);
        let in_memory = writes == Writes::Hasty && has_room(&memory);
        let base = if in_memory { memory } else { env::temp_dir() };
        remove_leftovers(&base);
        let path = fresh(&base)?;
        let lock = hold(&path).map_err(|reason| format!("{}: {reason}", path.display()))?;
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&path).current_dir("/");
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guard = guard.spawn().map_err(|reason| format!("cannot start sh: {reason}"))?;
        Ok(Self { path, guard, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the death of this process would do, without waiting for it.
    pub(crate) fn abandon(&mut self) {
        drop(self.guard.stdin.take());
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.abandon();
        let _ = self.guard.wait();
    }
}

fn has_room(folder: &Path) -> bool {
    let mut df = command("df", ["--output=avail", "--block-size=1"]);
    let said = ask(df.arg(folder)).unwrap_or_default();
    said.lines().nth(1).and_then(|bytes| bytes.trim().parse::<u64>().ok()).is_some_and(|bytes| bytes > ROOM)
}

/// A folder of a new name, for its owner's eyes only.
fn fresh(base: &Path) -> Result<PathBuf, String> {
    let us = std::process::id();
    for number in 0..1000 {
        let path = base.join(format!("{PREFIX}{us}-{number}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(reason) if reason.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(reason) => return Err(format!("{}: {reason}", path.display())),
        }
    }
    Err(format!("{} is full of folders of ours", base.display()))
}

/// Takes the lock by which others see that the folder is in use; the system gives it back with our end.
fn hold(folder: &Path) -> std::io::Result<File> {
    // Under its name only once it is held: between the two nobody may take the folder for a leftover.
    let unnamed = folder.join("lock-to-be");
    let lock = File::create(&unnamed)?;
    lock.lock()?;
    fs::rename(unnamed, folder.join(LOCK))?;
    Ok(lock)
}

/// Removes the folders that nobody holds. A server that still runs in one ends itself when it misses its files.
fn remove_leftovers(base: &Path) {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for folder in ours.map(|entry| entry.path()) {
        let lock = folder.join(LOCK);
        let is_file = fs::symlink_metadata(&lock).is_ok_and(|found| found.is_file());
        if is_file && File::open(&lock).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_value() {
        let folder = Folder::make(Writes::Hasty).unwrap();
        let path = folder.path().to_path_buf();
        fs::create_dir(path.join("data")).unwrap();
        assert!(path.join(LOCK).is_file());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn only_what_nobody_holds_is_a_leftover() {
        let base = env::temp_dir().join(format!("xtask-leftovers-{}", std::process::id()));
        let [held, left, unfinished, other] = ["1-0", "2-0", "3-0"]
            .map(|name| base.join(format!("{PREFIX}{name}")))
            .into_iter()
            .chain([base.join("other")])
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        for folder in [&held, &left, &unfinished, &other] {
            fs::create_dir_all(folder).unwrap();
        }
        let lock = hold(&held).unwrap();
        drop(hold(&left).unwrap());
        drop(hold(&other).unwrap());
        remove_leftovers(&base);
        let stay = [&held, &left, &unfinished, &other].map(|folder| folder.exists());
        drop(lock);
        fs::remove_dir_all(&base).unwrap();
        assert_eq!(stay, [true, false, true, true]);
    }
}
