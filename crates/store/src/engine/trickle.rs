//! Trickling: what a long change writes goes to the disk little by little while it is made.
//!
//! Whoever syncs a few bytes waits until the disk has taken what was handed to it before. A change of hundreds of
//! megabytes that is synced at its end would keep the record of inquiries waiting for as long as that takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A change that takes longer than this is a long one.
const LONG: Duration = Duration::from_millis(10);
/// Between two syncs of a long change.
const PAUSE: Duration = Duration::from_millis(3);
/// After this long without a change the thread sleeps until the next one.
const QUIET: Duration = Duration::from_secs(1);

/// The files of databases that this process has opened for syncing. They are never closed: with any descriptor of a
/// file that a process closes it gives away all locks it holds on that file (POSIX), and those are SQLite's.
static FILES: Mutex<BTreeMap<PathBuf, &'static File>> = Mutex::new(BTreeMap::new());

/// The thread that syncs while the writer writes.
pub(super) struct Trickle {
    writing: Arc<Writing>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Writing {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Since when the writer has been writing.
    since: Option<Instant>,
    /// Whether the thread waits to be woken.
    is_asleep: bool,
    is_over: bool,
}

impl Trickle {
    /// Starts the thread for a database and its log.
    pub(super) fn start(database: &Path) -> io::Result<Self> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let (database, log) = (kept_open(database)?, PathBuf::from(log));
        Self::syncing(move || {
            // The log is there as long as somebody writes.
            let synced = File::open(&log).and_then(|log| log.sync_data()).and_then(|()| database.sync_data());
            if let Err(error) = synced {
                tracing::debug!(%error, "what is written goes to the disk at the end of its change");
            }
        })
    }

    fn syncing(sync: impl Fn() + Send + 'static) -> io::Result<Self> {
        let writing = Arc::new(Writing::default());
        let theirs = Arc::clone(&writing);
        let thread = std::thread::Builder::new()
            .name("jindu-trickle".into())
            .spawn(move || theirs.sync_until_over(sync))?;
        Ok(Self { writing, thread: Some(thread) })
    }

    /// The writer writes from now on.
    pub(super) fn begin(&self) {
        self.writing.set(|state| state.since = Some(Instant::now()));
    }

    /// The writer has written.
    pub(super) fn end(&self) {
        self.writing.set(|state| state.since = None);
    }
}

impl Drop for Trickle {
    fn drop(&mut self) {
        self.writing.set(|state| state.is_over = true);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Writing {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        if state.is_asleep || state.is_over {
            self.changed.notify_one();
        }
    }

    fn sync_until_over(&self, sync: impl Fn()) {
        let mut last = Instant::now();
        loop {
            let state = self.state();
            if state.is_over {
                return;
            }
            let pause = match state.since.map(|since| since.elapsed()) {
                Some(long) if long >= LONG => {
                    drop(state);
                    sync();
                    last = Instant::now();
                    PAUSE
                }
                Some(_) => {
                    last = Instant::now();
                    LONG
                }
                None if last.elapsed() > QUIET => {
                    self.sleep(state);
                    LONG
                }
                None => LONG,
            };
            std::thread::sleep(pause);
        }
    }

    fn sleep(&self, mut state: MutexGuard<'_, State>) {
        state.is_asleep = true;
        let woken = |state: &mut State| state.since.is_none() && !state.is_over;
        let mut state = self.changed.wait_while(state, woken).unwrap_or_else(PoisonError::into_inner);
        state.is_asleep = false;
    }
}

fn kept_open(path: &Path) -> io::Result<&'static File> {
    let path = path.canonicalize()?;
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = files.get(&path) {
        return Ok(file);
    }
    let file: &'static File = Box::leak(Box::new(File::open(&path)?));
    files.insert(path, file);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_long_change_is_synced_while_it_lasts_and_nothing_else_is() {
        let syncs = Arc::new(AtomicUsize::new(0));
        let count = || syncs.load(Ordering::SeqCst);
        let theirs = Arc::clone(&syncs);
        let trickle = Trickle::syncing(move || {
            theirs.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
        (0..1_000).for_each(|_| {
            trickle.begin();
            trickle.end();
        });
        std::thread::sleep(LONG * 5);
        assert_eq!(count(), 0);
        // It wakes up again, however long nothing was written.
        std::thread::sleep(QUIET + LONG * 5);
        trickle.begin();
        let start = Instant::now();
        while count() < 3 {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(LONG);
        }
        trickle.end();
        std::thread::sleep(LONG * 5);
        let after = count();
        std::thread::sleep(LONG * 5);
        assert_eq!(count(), after);
    }
}
