//! Care for what feeds leave undone: silence and queues are measured, batches past their day are settled, what waited
//! for a feed is recorded when the feed is resumed, and what was kept long enough is forgotten.

#[cfg(test)]
mod tests;

use super::ways::Stop;
use crate::app::{App, Failed};
use crate::freshness::is_silent;
use crate::meters::{FeedMeter, QueueMeter};
use domain::moment::Moment;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::audit::Entry;
use store::feed::{DESK_NAME, Feed, State};
use store::upkeep::AT_ONCE;
use store::{
    Read, Store, dead_letter, erasure, feed, held, manifest, mismatch, outbox, seen, solved, spent, staff,
};

/// How often the meters follow.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Who settles by itself.
const ACTOR: &str = "server:care";
/// How often batches are settled and what is old is forgotten; each time is a line in the log of changes.
const SETTLE_EVERY_MILLIS: i64 = 60 * 60 * 1000;
/// How often applications are looked for that are over long enough: it goes through all of them.
const ERASE_EVERY_MILLIS: i64 = 24 * SETTLE_EVERY_MILLIS;

/// Shows on the meters how the feeds are doing, until told to stop: each server on its own. Who has the lease of the
/// care says in the log which feeds fell silent.
pub(super) async fn watch(app: &App, mut stop: Stop, speaks: &AtomicBool) {
    let mut shown = BTreeMap::new();
    while !stop.is_told() {
        if let Err(failed) = measure(app, app.clock.now(), &mut shown, speaks.load(Ordering::Relaxed)).await {
            tracing::error!("the meters of the feeds cannot follow: {failed}");
        }
        stop.or_after(LOOK_EVERY).await;
    }
}

/// Takes care until told to stop. What fails is logged and done the next time.
pub(super) async fn take(app: &App, mut stop: Stop) {
    let (mut settled, mut erased) = (None::<Moment>, None::<Moment>);
    while !stop.is_told() {
        let now = app.clock.now();
        if let Err(failed) = catch_up(app, now, &stop).await {
            tracing::error!("what waited for a feed that is resumed cannot be recorded: {failed}");
        }
        let due = |last: Option<Moment>, every| {
            last.is_none_or(|at| now.millis().saturating_sub(at.millis()) >= every)
        };
        if due(settled, SETTLE_EVERY_MILLIS) {
            settled = Some(now);
            settle(app, now, &stop).await;
        }
        if due(erased, ERASE_EVERY_MILLIS) {
            erased = Some(now);
            erase(app, now, &stop).await;
        }
        stop.or_after(LOOK_EVERY).await;
    }
}

/// Shows how every feed that may report is doing, and how much waits. Nobody waits for a feed that is paused or
/// removed, nor for people at a desk: what was shown of those is taken back.
async fn measure(
    app: &App,
    now: Moment,
    shown: &mut BTreeMap<String, bool>,
    speaks: bool,
) -> Result<(), Failed> {
    let read = app.store.read();
    let feeds = feed::all(&read).await?;
    measure_queues(app, &read, &feeds, now).await?;
    for feed in feeds {
        if feed.state != State::Active || feed.name == DESK_NAME {
            if shown.remove(&feed.name).is_some() {
                app.meters.unheard_of(&feed.name, feed.rhythm.is_some());
            }
            continue;
        }
        let unheard = seconds_since(feed.last_heard.unwrap_or(feed.added_at), now);
        let silent = feed.rhythm.map(|_| is_silent(&feed, now, &app.holidays));
        app.meters.heard(&FeedMeter { feed: &feed.name, unheard, silent });
        // Who begins to speak says what it finds.
        let is = silent == Some(true) && speaks;
        let was = shown.insert(feed.name.clone(), is) == Some(true);
        if speaks {
            note_silence(&feed.name, was, is);
        }
    }
    Ok(())
}

/// Says once in the log that a feed fell silent, and once that it is heard again.
fn note_silence(feed: &str, was: bool, is: bool) {
    match (was, is) {
        (false, true) => tracing::warn!(feed, "a feed was not heard within its rhythm"),
        (true, false) => tracing::info!(feed, "a feed that was silent is heard again"),
        _ => {}
    }
}

/// Shows how much waits of every feed, whatever its state: somebody has to look at it.
async fn measure_queues(app: &App, read: &Read<'_>, feeds: &[Feed], now: Moment) -> Result<(), Failed> {
    let (queues, letters) = (held::queues(read).await?, dead_letter::queues(read).await?);
    for feed in feeds {
        let items = |waiting| {
            let mut queues = queues.iter();
            let queue = queues.find(|queue| (queue.feed, queue.waiting) == (feed.id, waiting));
            queue.map_or(0, |queue| queue.items)
        };
        let letters = letters.iter().find(|letters| letters.feed == feed.id);
        app.meters.queued(&QueueMeter {
            feed: &feed.name,
            held: items(false),
            waiting: items(true),
            dead_letters: letters.map_or(0, |letters| letters.letters),
            oldest_letter: letters.map_or(0.0, |letters| seconds_since(letters.oldest, now)),
        });
    }
    Ok(())
}

fn seconds_since(moment: Moment, now: Moment) -> f64 {
    let seconds = now.millis().saturating_sub(moment.millis()).max(0) / 1000;
    f64::from(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// Records what waited while its feed was paused.
async fn catch_up(app: &App, now: Moment, stop: &Stop) -> Result<(), Failed> {
    while held::catch_up(&app.store, ACTOR, now).await? == usize::from(AT_ONCE) && !stop.is_told() {}
    Ok(())
}

/// Flags what batches lack, closes what waited for an application that nobody opened, and forgets what was settled
/// or told long ago; a few rows at a time, so that whoever records does not wait for it. What fails is logged, and
/// keeps nothing else up.
async fn settle(app: &App, now: Moment, stop: &Stop) {
    if let Err(failed) = manifest::settle(&app.store, ACTOR, now).await {
        tracing::error!("batches past their day cannot be settled: {failed}");
    }
    let mut expired = 0;
    for step in Step::ALL {
        loop {
            match step.run(&app.store, now).await {
                Ok(changed) => {
                    expired += if matches!(step, Step::Expire) { changed } else { 0 };
                    if changed < usize::from(AT_ONCE) || stop.is_told() {
                        break;
                    }
                }
                Err(failed) => {
                    tracing::error!("{step:?} of what feeds left undone fails: {failed}");
                    break;
                }
            }
        }
    }
    if expired > 0 {
        tracing::warn!(expired, "reports waited for applications that nobody opened");
    }
}

/// Erases applications that were over long enough.
async fn erase(app: &App, now: Moment, stop: &Stop) {
    let entry = Entry { at: now, actor: ACTOR.to_owned(), action: "erase_over", detail: String::new() };
    match erasure::over_since(&app.store, entry, app.retention.before(now), || !stop.is_told()).await {
        Ok(0) => {}
        Ok(erased) => tracing::info!(erased, "applications that were over for long are erased"),
        Err(failed) => tracing::error!("applications that were over for long cannot be erased: {failed}"),
    }
}

/// What is done with old rows, each by itself.
#[derive(Clone, Copy, Debug)]
enum Step {
    Expire,
    ForgetHeld,
    ForgetLetters,
    ForgetBatches,
    PruneOutbox,
    ForgetNames,
    ForgetSpent,
    ForgetMismatches,
    ForgetSolved,
    ForgetCodes,
    ForgetSessions,
    ForgetFailures,
}

impl Step {
    const ALL: [Self; 12] = [
        Self::Expire,
        Self::ForgetHeld,
        Self::ForgetLetters,
        Self::ForgetBatches,
        Self::PruneOutbox,
        Self::ForgetNames,
        Self::ForgetSpent,
        Self::ForgetMismatches,
        Self::ForgetSolved,
        Self::ForgetCodes,
        Self::ForgetSessions,
        Self::ForgetFailures,
    ];

    /// Changes a few rows; gives how many.
    async fn run(self, store: &Store, now: Moment) -> store::Result<usize> {
        match self {
            Self::Expire => held::expire(store, ACTOR, now).await,
            Self::ForgetHeld => held::forget(store, ACTOR, now).await,
            Self::ForgetLetters => dead_letter::forget(store, ACTOR, now).await,
            Self::ForgetBatches => manifest::forget(store, ACTOR, now).await,
            Self::PruneOutbox => outbox::prune(store, ACTOR, now).await,
            Self::ForgetNames => seen::forget(store, now).await,
            Self::ForgetSpent => spent::forget(store, now).await.map(|_| 0),
            Self::ForgetMismatches => mismatch::forget(store, now).await,
            Self::ForgetSolved => solved::forget(store, now).await,
            Self::ForgetCodes => staff::code::forget(store, now).await,
            Self::ForgetSessions => staff::session::forget(store, now).await,
            Self::ForgetFailures => staff::failure::forget(store, now).await,
        }
    }
}
