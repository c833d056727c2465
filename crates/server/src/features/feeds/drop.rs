//! A drop folder: whatever file is put there is imported, and moved to `done/` or `failed/` with its report.
//!
//! A file is taken once it has been still for some seconds; one that is renamed to here from a name that is left
//! alone is whole whenever it is taken. Taking it is renaming it into `work/`: nobody who watches sees half of one.
//! What a crash leaves in `work/` is imported again, which is harmless. The log names the feed and counts, never a
//! file: a name may name a person.

mod folder;

use super::import::{Asked, Importing, import_file};
use super::intake::{Closed, Intake};
use super::report::{Tally, Unwritten};
use super::steady::Look;
use super::ways::{Around, Way};
use crate::app::{Failed, cause};
use crate::config::DropFolder;
use domain::moment::Moment;
pub(super) use folder::identity;
use folder::{REPORT, Unsafe, WHY, entries, free_name, is_left_alone, ours, prepare, with};
use indicatif::ProgressBar;
use nix::fcntl::OFlag;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::StoreError;

/// Bytes of a name: with a number before it and an ending behind it, it still is a name.
const NAME_BYTES: usize = 200;
/// The name of a file whose own name is too long.
const TOO_LONG: &str = "name-too-long";
/// The file that one watcher holds, so that there is no second one; where nobody else can put one.
const LOCK: &str = "work/.lock";
/// After a failure of the database it is asked again only every so many looks.
const PATIENCE: u32 = 30;

/// A watcher of one folder.
pub(super) struct Watcher<'a> {
    around: Around<'a>,
    setting: &'a DropFolder,
    /// What each file looked like at the last look.
    seen: HashMap<OsString, Seen>,
    /// The same of files in `work/` that somebody still wrote to while they were imported.
    growing: HashMap<OsString, Seen>,
    /// What was last said about a file that is refused or a feed that is closed.
    said: Option<String>,
    /// Whether the last look failed.
    rests: bool,
    _lock: File,
}

/// Since when a file has looked like that.
struct Seen {
    look: Look,
    since: Moment,
}

/// Watches a folder until it is dropped. An import computes for long: run it on a thread of its own, such as
/// `spawn_blocking` with the runtime's `block_on`.
///
/// # Errors
/// Says why the folder cannot be watched at all; what fails later is logged and tried again.
pub(super) async fn watch(around: &Around<'_>, setting: &DropFolder, every: Duration) -> Result<(), Failed> {
    let mut watcher = Watcher::open(*around, setting)?;
    loop {
        let looks = match watcher.look(around.clock.now()).await {
            Err(error) => watcher.failed(&error),
            Ok(()) => watcher.looked(),
        };
        tokio::time::sleep(every * looks).await;
    }
}

impl<'a> Watcher<'a> {
    /// Makes the folders below and takes the lock.
    ///
    /// # Errors
    /// Refuses a mapping that does not read, a folder that others may rearrange and one that another watcher has;
    /// fails when it cannot be written to.
    pub(super) fn open(around: Around<'a>, setting: &'a DropFolder) -> Result<Self, Failed> {
        let folder = &setting.folder;
        // A mapping that does not read is nobody's file's fault.
        Asked { mapping: setting.mapping.clone(), ..Asked::default() }.shape(folder)?;
        prepare(setting)?;
        let at = |error: io::Error| format!("drop folder {}: {error}", folder.display());
        let mut options = OpenOptions::new();
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(flags.bits());
        let lock = options.open(folder.join(LOCK)).map_err(at)?;
        if lock.try_lock().is_err() {
            return Err(format!("drop folder {}: another process watches it", folder.display()).into());
        }
        tracing::info!("watches {} for {}", folder.display(), setting.feed);
        let (seen, growing) = (HashMap::new(), HashMap::new());
        Ok(Self { around, setting, seen, growing, said: None, rests: false, _lock: lock })
    }

    /// Looks once: finishes what lies in `work/`, then takes every file that has been still long enough.
    ///
    /// # Errors
    /// Fails when the folder or the database does, or when a file could not be finished; such a file is left in
    /// `work/`, and the others are finished all the same.
    pub(super) async fn look(&mut self, now: Moment) -> Result<(), Failed> {
        ours(&self.setting.folder)?;
        let left = self.left(now)?;
        let still = self.still(now)?;
        if left.is_empty() && still.is_empty() {
            return Ok(());
        }
        // A feed that is closed keeps its files where they are.
        if let Err(closed) = self.intake().await {
            return self.rest(closed.into());
        }
        let mut failed = None;
        let left = left.into_iter().map(|name| (name, true));
        for (name, lies_in_work) in left.chain(still.into_iter().map(|name| (name, false))) {
            match self.take(&name, lies_in_work, now).await {
                // Without the feed or the database none can be finished.
                Err(error) if cause::<Closed>(error.as_ref()).is_some() => return self.rest(error),
                Err(error) => failed = failed.or(Some(error)),
                Ok(()) => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Leaves the files where they are: for a feed that is closed that is no failure.
    fn rest(&mut self, error: Failed) -> Result<(), Failed> {
        match cause::<Closed>(error.as_ref()) {
            None | Some(Closed::Store(_)) => Err(error),
            Some(closed) => {
                self.say(closed.to_string());
                Ok(())
            }
        }
    }

    /// Takes a file into `work/`, where it does not lie there already, and finishes it.
    async fn take(&mut self, name: &OsStr, lies_in_work: bool, now: Moment) -> Result<(), Failed> {
        if !lies_in_work {
            let work = self.work().join(name);
            // The one of that name before it is not finished.
            if work.symlink_metadata().is_ok() {
                return Ok(());
            }
            match fs::rename(self.setting.folder.join(name), work) {
                // Who put it there has taken it back.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                taken => taken?,
            }
        }
        if name.len() > NAME_BYTES {
            return self.set_aside(name);
        }
        self.finish(name, now).await
    }

    /// Moves a file to `failed/` whose name leaves no room for a report's.
    fn set_aside(&mut self, name: &OsStr) -> Result<(), Failed> {
        let folder = self.setting.folder.join("failed");
        let file = folder.join(free_name(&folder, OsStr::new(TOO_LONG))?);
        fs::write(
            with(&file, WHY),
            format!("its name is longer than {NAME_BYTES} bytes; put it here by a shorter one\n"),
        )?;
        fs::rename(self.work().join(name), file)?;
        tracing::warn!(feed = self.setting.feed, "a file of the drop folder failed; see failed/");
        Ok(())
    }

    async fn intake(&self) -> Result<Intake<'a>, Closed> {
        let Around { store, receipts, clock, .. } = self.around;
        Intake::open(store, receipts, &self.setting.feed, clock).await
    }

    fn work(&self) -> PathBuf {
        self.setting.folder.join("work")
    }

    /// The files in `work/`, but those that were still written to and have not been still since.
    fn left(&mut self, now: Moment) -> io::Result<Vec<OsString>> {
        let enough = self.enough();
        let mut left = Vec::new();
        for (name, about) in entries(&self.work())? {
            if is_left_alone(&name) {
                continue;
            }
            if let Some(seen) = self.growing.get_mut(&name) {
                *seen = Seen::again(Some(seen), Look::of(&about), now);
                if !seen.is_still(now, enough) {
                    continue;
                }
            }
            left.push(name);
        }
        Ok(left)
    }

    /// Milliseconds without a change after which a file is still.
    fn enough(&self) -> i64 {
        i64::from(self.setting.still_seconds) * 1000
    }

    /// The files that have not changed for as long as the setting says.
    fn still(&mut self, now: Moment) -> io::Result<Vec<OsString>> {
        let enough = self.enough();
        let (mut seen, mut still, mut refused) = (HashMap::new(), Vec::new(), 0_u32);
        for (name, about) in entries(&self.setting.folder)? {
            if about.is_dir() || is_left_alone(&name) {
                continue;
            }
            if !about.is_file() {
                refused += 1;
                continue;
            }
            let is = Seen::again(self.seen.get(&name), Look::of(&about), now);
            if is.is_still(now, enough) {
                still.push(name.clone());
            }
            seen.insert(name, is);
        }
        if refused > 0 {
            self.say(format!("{refused} links or devices in the drop folder are left alone"));
        }
        self.seen = seen;
        Ok(still)
    }

    /// Imports a file of `work/` and moves it, with its report, to where it belongs.
    async fn finish(&mut self, name: &OsStr, now: Moment) -> Result<(), Failed> {
        let intake = self.intake().await?;
        let file = self.work().join(name);
        let (report, why) = (with(&file, REPORT), with(&file, WHY));
        let imported = self.import(&intake, &file, &report).await;
        self.growing.remove(name);
        if let Err(error) = &imported
            && let Some(Growing(look)) = error.downcast_ref()
        {
            // In done/ nobody would read what is written to it from now on; importing it again is harmless.
            self.growing.insert(name.to_owned(), Seen { look: *look, since: now });
            self.say(error.to_string());
            return Ok(());
        }
        let into = match imported {
            Ok(tally) => {
                self.tell(tally);
                "done"
            }
            Err(error) if is_ours(error.as_ref()) => return Err(error),
            Err(error) => {
                fs::write(&why, spoken(error.as_ref()))?;
                tracing::warn!(feed = self.setting.feed, "a file of the drop folder failed; see failed/");
                "failed"
            }
        };
        let folder = self.setting.folder.join(into);
        let free = free_name(&folder, name)?;
        // The file itself last: as long as it lies in work, it is not finished.
        for (from, to) in [(report, REPORT), (why, WHY), (file, "")] {
            match fs::rename(from, with(&folder.join(&free), to)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    async fn import(&self, intake: &Intake<'_>, file: &Path, report: &Path) -> Result<Tally, Failed> {
        // What a power cut left of a report is none any more; what cannot be removed is told when it is replaced.
        drop(fs::remove_file(report));
        // A link that took the file's place is not followed, and nothing waits for a pipe.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(file)?;
        let about = opened.metadata()?;
        if !about.is_file() {
            return Err("it is no plain file".into());
        }
        let asked = Asked {
            mapping: self.setting.mapping.clone(),
            report: Some(report.to_owned()),
            ..Asked::default()
        };
        let importing = Importing { file: opened.try_clone()?, path: file };
        let imported = import_file(intake, importing, &asked, |_| ProgressBar::hidden()).await;
        let look = Look::of(&opened.metadata()?);
        if look != Look::of(&about) {
            return Err(Growing(look).into());
        }
        Ok(imported?.0)
    }

    fn tell(&mut self, tally: Tally) {
        let Tally { recorded, repeated, held, waiting, rejected, .. } = tally;
        let feed = &self.setting.feed;
        if let Some(meters) = self.around.meters {
            let counts = tally.counts().into_iter().filter(|(_, count)| *count > 0);
            counts.for_each(|(outcome, count)| meters.reported(feed, Way::Drop.as_str(), outcome, count));
        }
        tracing::info!(
            feed,
            recorded,
            repeated,
            held,
            waiting,
            rejected,
            "a file of the drop folder is imported"
        );
        self.said = None;
    }

    /// Logs what an operator must know, once.
    fn say(&mut self, what: String) {
        if self.said.as_ref() != Some(&what) {
            tracing::warn!(feed = self.setting.feed, "{what}");
            self.said = Some(what);
        }
    }

    /// Logs what failed; gives how many looks to wait.
    fn failed(&mut self, error: &Failed) -> u32 {
        self.say(format!("the drop folder rests: {}", logged(error.as_ref())));
        self.rests = true;
        PATIENCE
    }

    /// Logs that the folder is watched again, where it was not; gives how many looks to wait.
    fn looked(&mut self) -> u32 {
        if std::mem::take(&mut self.rests) {
            self.said = None;
            tracing::info!("watches {} for {} again", self.setting.folder.display(), self.setting.feed);
        }
        1
    }
}

impl Seen {
    /// What is seen now, after what was seen before. A clock that was set back begins anew.
    fn again(before: Option<&Self>, look: Look, now: Moment) -> Self {
        let same = before.filter(|seen| seen.look == look && seen.since <= now);
        Self { look, since: same.map_or(now, |seen| seen.since) }
    }

    fn is_still(&self, now: Moment, enough: i64) -> bool {
        now.millis().saturating_sub(self.since.millis()) >= enough
    }
}

/// A file that somebody wrote to while it was imported, and what it looks like now.
#[derive(Debug, thiserror::Error)]
#[error("a file of the drop folder is still written to; it stays in work/ until it is still")]
struct Growing(Look);

/// Whether the file is not to blame and is taken up again: the database rests, the feed is closed, or the report
/// cannot be written.
pub(super) fn is_ours(error: &(dyn std::error::Error + 'static)) -> bool {
    let closed = cause::<Closed>(error).is_some_and(|closed| match closed {
        Closed::Store(error) => error.is_passing(),
        _ => true,
    });
    closed || cause::<Unwritten>(error).is_some()
}

/// An error for the log: of its causes those that name no file.
fn logged(error: &(dyn std::error::Error + 'static)) -> String {
    let words = std::iter::successors(Some(error), |error| error.source()).filter_map(|error| {
        let is_plain = error.is::<StoreError>()
            || error.is::<Closed>()
            || error.is::<Unsafe>()
            || error.is::<io::Error>();
        let unwritten = error.downcast_ref::<Unwritten>();
        let unwritten = unwritten.map(|unwritten| format!("a report cannot be written: {}", unwritten.why));
        unwritten.or_else(|| is_plain.then(|| error.to_string()))
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "a file cannot be finished".to_owned() } else { words.join(": ") }
}

/// An error with its causes, one a line.
fn spoken(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("because: {error}\n"));
        cause = error.source();
    }
    text
}
