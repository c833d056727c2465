//! The ways in that run beside the server: drop folders, streams, and the look at what feeds leave undone.

use super::report::{Fate, Tally};
use super::{care, drop, stream};
use crate::app::{App, Failed};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::leases::under;
use crate::meters::Meters;
pub(super) use crate::stop::{Stop, Stopper};
use domain::receipt::ReceiptFormat;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::Store;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How often a drop folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After this long a folder that cannot be watched is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Which way a report came, in the operator's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A drop folder.
    Drop,
    /// The addresses for programs.
    Api,
    /// A stream.
    Stream,
}

impl Way {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Api => "api",
            Self::Stream => "stream",
        }
    }
}

/// What every way in needs.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) store: &'a Store,
    pub(super) receipts: &'a ReceiptFormat,
    pub(super) clock: Clock,
    /// Counts what came; a command by itself has nobody who would read it.
    pub(super) meters: Option<&'a Meters>,
}

impl Around<'_> {
    /// Counts what became of the lines of a file.
    pub(super) fn count_all(&self, feed: &str, way: Way, tally: Tally) {
        let Some(meters) = self.meters else { return };
        let counts = tally.counts().into_iter().filter(|(_, count)| *count > 0);
        counts.for_each(|(outcome, count)| meters.reported(feed, way.as_str(), outcome, count));
    }

    /// Counts what became of the reports of a batch.
    pub(super) fn count(&self, feed: &str, way: Way, fates: &[Fate]) {
        let Some(meters) = self.meters else { return };
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for fate in fates {
            *counts.entry(fate.outcome()).or_default() += 1;
        }
        for (outcome, count) in counts {
            meters.reported(feed, way.as_str(), outcome, count);
        }
    }
}

/// The ways in that run, and the care for what feeds leave undone.
pub struct Ways {
    stopper: Stopper,
    tasks: JoinSet<()>,
}

impl Ways {
    /// Starts what the configuration names. Of all servers on a database one at a time consumes a stream, watches a
    /// folder that they share, and takes care.
    #[must_use]
    pub fn start(app: &Arc<App>, config: &Config) -> Self {
        let (stopper, stop) = Stopper::new();
        let mut tasks = JoinSet::new();
        for setting in config.stream.clone() {
            let (app, stop) = (Arc::clone(app), stop.clone());
            tasks.spawn(async move {
                let config::Stream { feed, stream, durable, .. } = &setting;
                let name = format!("stream:{feed}/{stream}/{durable}");
                let consume = |stop| consume(&app, &setting, stop);
                under(&app, name, stop, consume).await;
            });
        }
        for setting in config.drop.clone() {
            let (app, stop, runtime) = (Arc::clone(app), stop.clone(), Handle::current());
            // An import computes for long; it gets a thread of its own.
            tasks.spawn_blocking(move || runtime.block_on(watch_for_ever(&app, &setting, stop)));
        }
        let (app, runtime) = (Arc::clone(app), Handle::current());
        // Some of what it looks at is large, and others are answered meanwhile.
        tasks.spawn_blocking(move || runtime.block_on(take_care(&app, stop)));
        Self { stopper, tasks }
    }

    /// Ends them; the batches under way are finished.
    pub async fn stop(mut self) {
        self.stopper.tell();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(failed) = ended {
                tracing::error!("a way in ended by itself: {failed}");
            }
        }
    }
}

pub(super) fn around(app: &App) -> Around<'_> {
    Around { store: &app.store, receipts: &app.receipts, clock: app.clock, meters: Some(&app.meters) }
}

async fn consume(app: &App, setting: &config::Stream, stop: Stop) {
    stream::consume(&around(app), setting, stop).await;
}

/// Shows how the feeds are doing; takes care of them too where no other server does.
async fn take_care(app: &Arc<App>, stop: Stop) {
    let speaks = AtomicBool::new(false);
    let caring = under(app, "care".to_owned(), stop.clone(), |stop| async {
        let _speaking = Speaking::begin(&speaks);
        care::take(app, stop).await;
    });
    tokio::join!(caring, care::watch(app, stop, &speaks));
}

/// Says that this server speaks for all, until it is dropped.
struct Speaking<'a>(&'a AtomicBool);

impl<'a> Speaking<'a> {
    fn begin(speaks: &'a AtomicBool) -> Self {
        speaks.store(true, Ordering::Relaxed);
        Self(speaks)
    }
}

impl Drop for Speaking<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Watches a folder until told to stop; a file under way stays where it is and is taken up again.
async fn watch_for_ever(app: &Arc<App>, setting: &config::DropFolder, mut stop: Stop) {
    let say = |failed: Failed| tracing::error!(feed = setting.feed, "{failed}");
    while !stop.is_told() {
        // A folder that several machines share is one folder, and one of that path on each of them is another on each.
        let lease = match app.store.is_shared() {
            true => drop::identity(setting).map(|id| format!("drop:{id}")),
            false => Ok(String::new()),
        };
        let watching = |mut stop: Stop| async move {
            let around = around(app);
            tokio::select! {
                ended = watch(&around, setting) => ended.unwrap_or_else(say),
                () = stop.told() => {}
            }
        };
        match lease {
            Ok(lease) => under(app, lease, stop.clone(), watching).await,
            Err(failed) => say(failed),
        }
        stop.or_after(TRY_AGAIN).await;
    }
}

/// Watches a folder until it is dropped.
///
/// # Errors
/// Says why the folder cannot be watched at all.
pub(super) async fn watch(around: &Around<'_>, setting: &config::DropFolder) -> Result<(), Failed> {
    drop::watch(around, setting, LOOK_EVERY).await
}
