//! The durable record of every inquiry, written before its answer leaves.
//!
//! One writer appends frames: the entries of all inquiries in flight share one frame and one sync. A frame names the
//! hash of the frame before it, so that nothing in the middle can be changed or taken out unseen. Beside the embedded
//! engine they go to pre-zeroed segment files, where a torn frame at the end is known for what it is; on a database
//! server they are rows.
//! The entries name the subject by its keyed hash only.

mod frame;
pub(crate) mod frames;
mod rows;
mod segment;
#[cfg(test)]
mod tests;
mod walk;

use crate::Store;
use crate::error::{Result, StoreError, at, private_folder};
use crate::keys::{HASH_LENGTH, Subject};
use domain::moment::Moment;
use frames::Acknowledged;
use segment::Segments;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};
pub(crate) use walk::Walk;

/// Bytes of one entry on disk.
pub const ENTRY_LENGTH: usize = 32;
/// With more entries than this in a window, waiting a little for company costs less than a sync.
const FEW: u32 = 8;
/// The window in which entries are counted.
const WINDOW: Duration = Duration::from_millis(2);
/// How long the writer waits for company. Measured with 64 connections: between 0.05 and 0.7 ms the rate hardly
/// changes, 2 ms starves them, and waiting until nobody comes any more leaves the processors idle during the sync.
const COMPANY: Duration = Duration::from_micros(200);

/// Through which door somebody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The web page.
    Page,
    /// The JSON interface, which the command line uses too.
    Api,
}

impl Channel {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Page, Self::Api];

    const fn number(self) -> u8 {
        match self {
            Self::Page => 1,
            Self::Api => 2,
        }
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
        }
    }
}

/// How an inquiry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The facts fit no application.
    NoMatch,
    /// Answered at the basic level.
    Basic,
    /// Answered at the full level.
    Full,
    /// As many facts as may be were tried on this person: answered like facts that fit nothing.
    Limited,
    /// Every fact is right, and the holder wants no inquiry online.
    Closed,
}

impl Outcome {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::NoMatch, Self::Basic, Self::Full, Self::Limited, Self::Closed];

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::NoMatch => 1,
            Self::Basic => 2,
            Self::Full => 3,
            Self::Limited => 4,
            Self::Closed => 5,
        }
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::Basic => "basic",
            Self::Full => "full",
            Self::Limited => "limited",
            Self::Closed => "closed",
        }
    }
}

/// One inquiry: who was asked about (by hash), when, through which door, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InquiryEntry {
    /// When.
    pub at: Moment,
    /// Keyed hash of the citizen number that was typed.
    pub subject: Subject,
    /// The door.
    pub channel: Channel,
    /// The end.
    pub outcome: Outcome,
}

impl InquiryEntry {
    /// 8 bytes moment, 16 bytes subject, channel, outcome, 6 bytes kept for later; numbers little-endian.
    fn bytes(&self) -> [u8; ENTRY_LENGTH] {
        let mut bytes = [0; ENTRY_LENGTH];
        let (channel, outcome) = (self.channel.number(), self.outcome.number());
        let at = self.at.millis().to_le_bytes();
        let fields = at.iter().chain(&self.subject.0).chain([&channel, &outcome]);
        bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// What `bytes` wrote; none where no code of ours wrote it.
    pub(crate) fn parse(bytes: &[u8; ENTRY_LENGTH]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (subject, rest) = rest.split_first_chunk::<HASH_LENGTH>()?;
        let channel = Channel::ALL.into_iter().find(|channel| Some(&channel.number()) == rest.first())?;
        let outcome = Outcome::ALL.into_iter().find(|outcome| Some(&outcome.number()) == rest.get(1))?;
        Some(Self {
            at: Moment::from_millis(i64::from_le_bytes(*at)),
            subject: Subject(*subject),
            channel,
            outcome,
        })
    }
}

/// Every recorded inquiry, oldest first; of several servers one after the other.
///
/// # Errors
/// Fails when the record cannot be read or its chain is broken.
pub async fn recorded(store: &Store) -> Result<Vec<InquiryEntry>> {
    let mut all = if store.is_shared() { Vec::new() } else { recorded_in(&store.record)? };
    // What came from another database lies in rows on the embedded engine too.
    all.extend(parsed(&rows::read_all(&store.read()).await?)?);
    Ok(all)
}

/// The same from the files of a folder.
///
/// # Errors
/// Fails when a file cannot be read or the chain is broken between two segments.
pub fn recorded_in(folder: &Path) -> Result<Vec<InquiryEntry>> {
    parsed(&segment::read_all(folder)?)
}

fn parsed(entries: &[[u8; ENTRY_LENGTH]]) -> Result<Vec<InquiryEntry>> {
    entries.iter().map(|bytes| InquiryEntry::parse(bytes).ok_or(StoreError::Corrupt("inquiry"))).collect()
}

/// An entry on its way, and who waits for it.
struct Waiting {
    entry: [u8; ENTRY_LENGTH],
    done: oneshot::Sender<Result<()>>,
}

/// What callers and the writer share.
#[derive(Default)]
struct Desk {
    waiting: Mutex<Vec<Waiting>>,
    closed: AtomicBool,
}

impl Desk {
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folder of the record, beside the database.
pub const FOLDER: &str = "inquiries";

/// Whether a server, this process or another, writes the record in a folder now.
pub(crate) fn is_written(folder: &Path) -> bool {
    let lock = File::open(folder.join("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// What keeps every server from writing the record in a folder, as long as it lives.
///
/// # Errors
/// Refuses a folder that another process writes.
pub(crate) fn alone(folder: &Path) -> Result<File> {
    private_folder(folder)?;
    let lock = File::create(folder.join("lock")).map_err(at(folder))?;
    // Whoever asks whether it is written holds the lock for a moment.
    let is_ours = (0..20).any(|turn| {
        std::thread::sleep(Duration::from_millis(turn));
        lock.try_lock().is_ok()
    });
    if is_ours { Ok(lock) } else { Err(StoreError::InUse(folder.to_owned())) }
}

/// A handle to the log; dropping it ends the writer after its last frame.
pub struct InquiryLog {
    desk: Arc<Desk>,
    writer: Writer,
}

/// Who writes the frames.
enum Writer {
    /// A thread, to files. The lock says that one server at a time writes the folder.
    Files { thread: Option<JoinHandle<()>>, _lock: File },
    /// A task, to the database server.
    Rows(Arc<Notify>),
}

impl InquiryLog {
    /// Starts the writer of a store's record. Needs a running Tokio runtime, in which callers are told.
    ///
    /// # Errors
    /// Refuses a folder that another process writes; fails when the files cannot be read.
    pub fn open(store: &Store) -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let writer = match store.server() {
            None => Writer::to_files(&store.record, &desk, &store.acknowledged)?,
            Some(server) => Writer::Rows(rows::start(server, &desk)?),
        };
        Ok(Self { desk, writer })
    }

    /// Records an inquiry. It is on its way when this returns, and kept when the future is ready.
    ///
    /// # Errors
    /// Fails when it could not be written: then there must be no answer.
    pub fn record(&self, entry: &InquiryEntry) -> impl Future<Output = Result<()>> + Send + use<> {
        let (done, written) = oneshot::channel();
        let first = {
            let mut waiting = self.desk.waiting();
            waiting.push(Waiting { entry: entry.bytes(), done });
            waiting.len() == 1
        };
        if first {
            self.writer.wake();
        }
        async { written.await.unwrap_or(Err(StoreError::Stopped)) }
    }
}

impl Drop for InquiryLog {
    fn drop(&mut self) {
        self.desk.closed.store(true, Ordering::Release);
        self.writer.wake();
        if let Writer::Files { thread, .. } = &mut self.writer
            && let Some(thread) = thread.take()
        {
            drop(thread.join());
        }
    }
}

impl Writer {
    /// Finds the end of the last segment, and starts a thread.
    fn to_files(folder: &Path, desk: &Arc<Desk>, acknowledged: &Arc<Acknowledged>) -> Result<Self> {
        let lock = alone(folder)?;
        let segments = Segments::open(folder).map_err(|error| match error {
            StoreError::Corrupt(_) => StoreError::Damaged(folder.to_owned()),
            error => error,
        })?;
        let (segment, offset) = segments.end();
        acknowledged.set(segment, offset);
        let (acknowledge, told) = mpsc::unbounded_channel();
        let (desk, acknowledged) = (Arc::clone(desk), Arc::clone(acknowledged));
        let thread = std::thread::Builder::new()
            .name("jindu-inquiries".into())
            .spawn(move || write_frames(segments, &desk, &acknowledged, &acknowledge))
            .map_err(at(folder))?;
        tokio::spawn(tell_callers(told));
        Ok(Self::Files { thread: Some(thread), _lock: lock })
    }

    fn wake(&self) {
        match self {
            Self::Files { thread, .. } => thread.iter().for_each(|thread| thread.thread().unpark()),
            Self::Rows(wake) => wake.notify_one(),
        }
    }
}

/// A written frame's callers and how it went.
type Written = (Vec<Waiting>, bool);

/// The writer's life: wait for entries, let company gather, one frame and one sync for all.
fn write_frames(
    mut segments: Segments,
    desk: &Desk,
    acknowledged: &Acknowledged,
    acknowledge: &mpsc::UnboundedSender<Written>,
) {
    let mut bustle = Bustle::default();
    loop {
        if bustle.is_busy() {
            std::thread::sleep(COMPANY);
        }
        let group = std::mem::take(&mut *desk.waiting());
        bustle.count(group.len(), Instant::now());
        if group.is_empty() {
            if desk.closed.load(Ordering::Acquire) {
                return;
            }
            std::thread::park();
            continue;
        }
        let written = segments.append(group.iter().map(|waiting| &waiting.entry));
        if let Err(error) = &written {
            tracing::error!(error = error as &dyn std::error::Error, "inquiries cannot be recorded");
        }
        let (segment, offset) = segments.end();
        acknowledged.set(segment, offset);
        if acknowledge.send((group, written.is_ok())).is_err() {
            return;
        }
    }
}

/// How many entries came lately. The size of the last frame alone would not tell: many small frames in a
/// row are a busy time too, and the one in which waiting pays most.
#[derive(Default)]
struct Bustle {
    since: Option<Instant>,
    entries: u32,
    busy: bool,
}

impl Bustle {
    fn count(&mut self, entries: usize, now: Instant) {
        self.entries = self.entries.saturating_add(u32::try_from(entries).unwrap_or(u32::MAX));
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) >= WINDOW {
            let windows = now.duration_since(since).as_secs_f64() / WINDOW.as_secs_f64();
            self.busy = f64::from(self.entries) / windows > f64::from(FEW);
            self.since = Some(now);
            self.entries = 0;
        }
    }

    fn is_busy(&self) -> bool {
        self.busy
    }
}

/// Wakes the callers of a whole frame from inside the runtime: waking each from the writer's thread
/// costs a queue crossing per caller.
async fn tell_callers(mut acknowledged: mpsc::UnboundedReceiver<Written>) {
    while let Some((group, written)) = acknowledged.recv().await {
        for waiting in group {
            // A caller that went away needs no word.
            drop(waiting.done.send(if written { Ok(()) } else { Err(StoreError::Stopped) }));
        }
    }
}
