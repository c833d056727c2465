//! Trickling: what a long change writes goes to the disk little by little while it is made.
//!
//! Whoever syncs a few bytes waits until the disk has taken what was handed to it before. A change of hundreds of
//! megabytes that is synced at its end would keep the record of inquiries waiting for as long as that takes. While
//! nobody answers inquiries beside it, a change is synced once, at its end: that is sooner done.

use crate::inquiry_log;
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
        let record = database.with_file_name(inquiry_log::FOLDER);
        let (database, log) = (kept_open(database)?, PathBuf::from(log));
        let is_wanted = move || inquiry_log::is_written(&record);
        Self::syncing(is_wanted, move || {
            // The log is there as long as somebody writes.
            let synced = File::open(&log).and_then(|log| log.sync_data()).and_then(|()| database.sync_data());
            if let Err(error) = synced {
                tracing::debug!(%error, "what is written goes to the disk at the end of its change");
            }
        })
    }

    /// Asks once in a long change whether it is wanted.
    fn syncing(
        is_wanted: impl Fn() -> bool + Send + 'static,
        sync: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let writing = Arc::new(Writing::default());
        let theirs = Arc::clone(&writing);
        let thread = std::thread::Builder::new()
            .name("jindu-trickle".into())
            .spawn(move || theirs.sync_until_over(is_wanted, sync))?;
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

    fn sync_until_over(&self, is_wanted: impl Fn() -> bool, sync: impl Fn()) {
        let mut last = Instant::now();
        let mut asked = None;
        while let Some(since) = self.since(last) {
            let mut pause = LONG;
            if let Some(since) = since {
                last = Instant::now();
                if since.elapsed() >= LONG {
                    let known = asked.filter(|(of, _)| *of == since).map(|(_, wanted)| wanted);
                    let wanted = known.unwrap_or_else(&is_wanted);
                    asked = Some((since, wanted));
                    if wanted {
                        sync();
                        pause = PAUSE;
                    }
                }
            }
            std::thread::sleep(pause);
        }
    }

    /// Since when the writer has been writing; none at all when it is over. Nothing is held when this returns: a
    /// thread that slept with the state in its hand would stop the writer.
    fn since(&self, last: Instant) -> Option<Option<Instant>> {
        let mut state = self.state();
        if state.since.is_none() && last.elapsed() > QUIET {
            state = self.sleep(state);
        }
        (!state.is_over).then_some(state.since)
    }

    fn sleep<'s>(&'s self, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        state.is_asleep = true;
        let quiet = |state: &mut State| state.since.is_none() && !state.is_over;
        let mut state = self.changed.wait_while(state, quiet).unwrap_or_else(PoisonError::into_inner);
        state.is_asleep = false;
        state
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
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    #[test]
    fn a_long_change_is_synced_while_it_lasts_and_nothing_else_is() {
        let syncs = Arc::new(AtomicUsize::new(0));
        let count = || syncs.load(Ordering::SeqCst);
        let theirs = Arc::clone(&syncs);
        let wanted = Arc::new(AtomicBool::new(true));
        let is_wanted = Arc::clone(&wanted);
        let sync = move || {
            theirs.fetch_add(1, Ordering::SeqCst);
        };
        let trickle = Trickle::syncing(move || is_wanted.load(Ordering::SeqCst), sync).unwrap();
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
        wanted.store(false, Ordering::SeqCst);
        trickle.begin();
        std::thread::sleep(LONG * 5);
        assert_eq!(count(), after);
    }

    #[test]
    fn the_writer_does_not_wait_for_a_thread_that_sleeps() {
        let trickle = Trickle::syncing(|| false, || ()).unwrap();
        let is_taken = |_: &usize| {
            std::thread::sleep(LONG / 10);
            trickle.writing.state.try_lock().is_err()
        };
        trickle.begin();
        let beside_a_change = (0..100).filter(is_taken).count();
        trickle.end();
        let after_it = (0..100).filter(is_taken).count();
        assert!(beside_a_change < 50 && after_it < 50, "{beside_a_change} and {after_it} of 100 times");
    }
}
