//! Care for what feeds leave undone: silence is measured, batches past their day are settled, what waited too long
//! is closed.

use super::ways::Stop;
use crate::app::{App, Failed};
use crate::freshness::is_silent;
use crate::meters::FeedMeter;
use domain::moment::Moment;
use std::collections::BTreeSet;
use std::time::Duration;
use store::audit::Entry;
use store::feed::{DESK_NAME, State};
use store::{dead_letter, feed, held, manifest};

/// How often the meters follow.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Who settles by itself.
const ACTOR: &str = "server:care";
/// How often batches are settled and old reports are closed; each time is a line in the log of changes.
const SETTLE_EVERY_MILLIS: i64 = 60 * 60 * 1000;

/// Takes care until told to stop. What fails is logged and done the next time.
pub(super) async fn take(app: &App, mut stop: Stop) {
    let mut settled: Option<Moment> = None;
    let mut shown = BTreeSet::new();
    while !stop.is_told() {
        let now = app.clock.now();
        if let Err(failed) = measure(app, now, &mut shown).await {
            tracing::error!("the meters of the feeds cannot follow: {failed}");
        }
        let due = settled.is_none_or(|at| now.millis().saturating_sub(at.millis()) >= SETTLE_EVERY_MILLIS);
        if due {
            settled = Some(now);
            if let Err(failed) = settle(app, now).await {
                tracing::error!("what feeds left undone cannot be settled: {failed}");
            }
        }
        stop.or_after(LOOK_EVERY).await;
    }
}

/// Shows how every feed that may report is doing, and how much waits. Nobody waits for a feed that is paused or
/// removed, nor for people at a desk: what was shown of those is taken back.
async fn measure(app: &App, now: Moment, shown: &mut BTreeSet<String>) -> Result<(), Failed> {
    let read = app.store.read();
    for feed in feed::all(&read).await? {
        if feed.state != State::Active || feed.name == DESK_NAME {
            if shown.remove(&feed.name) {
                app.meters.unheard_of(&feed.name, feed.rhythm.is_some());
            }
            continue;
        }
        let heard = feed.last_heard.unwrap_or(feed.added_at);
        let seconds = now.millis().saturating_sub(heard.millis()).max(0) / 1000;
        let unheard = f64::from(u32::try_from(seconds).unwrap_or(u32::MAX));
        let silent = feed.rhythm.map(|_| is_silent(&feed, now, &app.holidays));
        app.meters.heard(&FeedMeter { feed: &feed.name, unheard, silent });
        shown.insert(feed.name);
    }
    app.meters.held(held::count(&read).await?.saturating_add(dead_letter::count(&read).await?));
    Ok(())
}

/// Flags what batches lack, and closes what waited for an application that nobody opened.
async fn settle(app: &App, now: Moment) -> Result<(), Failed> {
    manifest::settle(&app.store, ACTOR, now).await?;
    let actor = ACTOR.to_owned();
    let entry = Entry { at: now, actor, action: "expire_held", detail: "waited too long".to_owned() };
    let expired = held::expire(&app.store, entry, now).await?;
    if expired > 0 {
        tracing::warn!(expired, "reports waited for applications that nobody opened");
    }
    Ok(())
}
