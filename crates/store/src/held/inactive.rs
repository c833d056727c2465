//! Reports that waited for an application and whose feed was paused or removed when it was opened: they stay as they
//! are, and are recorded when the feed is resumed. A person may decide about them before. Of a feed that is removed
//! they are forgotten like what nobody opens.

use super::report::{Stayed, parted};
use super::{days, waiting};
use crate::application;
use crate::audit;
use crate::engine::{Row, Value};
use crate::error::Result;
use crate::keys::{Keys, Receipt};
use crate::record::Course;
use crate::{Store, Work, Write, upkeep};
use domain::milestone::{EventKey, FeedId};
use domain::moment::Moment;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// They found their application: their time does not run out, unless their feed never comes back.
const KEEP: &str = "UPDATE held SET why = 'feed_inactive',
        until = CASE (SELECT state FROM feed WHERE id = held.feed) WHEN 'removed' THEN until END
    WHERE receipt = $1 AND closed IS NULL AND application IS NULL
        AND feed IN (SELECT id FROM feed WHERE state <> 'active')";
/// From the few feeds to what stayed of them, and not from all that stays: a term in place of a column keeps a planner
/// from looking up the feed of each.
pub(super) const RESUMED: &str = "SELECT held.id, receipt, held.feed, event, report FROM feed JOIN held
    ON held.feed = +feed.id
    WHERE feed.state = 'active' AND why = 'feed_inactive' AND closed IS NULL AND (receipt = $1 OR $1 IS NULL)
    ORDER BY feed.id, held.id LIMIT $2";
/// What cannot be recorded is not tried again and again.
const SET_APART: &str = "UPDATE held SET why = 'unreadable_application', until = NULL
    WHERE receipt = $1 AND why = 'feed_inactive' AND closed IS NULL
        AND feed IN (SELECT id FROM feed WHERE state = 'active')";
const WAIT_AGAIN: &str = "UPDATE held SET why = 'unknown_application', until = $1 WHERE id = $2";
/// Whose feed was removed later waits no longer than what comes now.
pub(super) const END: &str = "UPDATE held SET until = $1 WHERE id IN (SELECT held.id FROM feed JOIN held
    ON held.feed = +feed.id
    WHERE feed.state = 'removed' AND why = 'feed_inactive' AND closed IS NULL AND until IS NULL LIMIT $2)";

/// Keeps what waited for a receipt's application and was told by feeds that may not report now.
pub(super) async fn keep(write: &mut Write<'_>, receipt: Receipt) -> Result<()> {
    write.execute(KEEP, &[Value::Blob(&receipt.0)]).await.map(drop)
}

/// Gives an end to what stays of feeds that are removed.
pub(super) async fn end(store: &Store, actor: &str, now: Moment) -> Result<()> {
    let actor = actor.to_owned();
    store
        .change(move |write| -> Work<'_, ()> {
            Box::pin(async move {
                let until = days::until(write, now).await?;
                let values = [Value::Int(until.millis()), Value::Int(upkeep::AT_ONCE.into())];
                let ended = write.execute(END, &values).await?;
                if ended > 0 {
                    let what = format!("{ended} reports of removed feeds");
                    audit::insert(write, &upkeep::entry(now, &actor, "end_held", &what)).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Records what stayed in the queue because its feed was inactive, once the feed is resumed: at most
/// [`upkeep::AT_ONCE`] reports at a time. What belongs to an application that cannot be read is left to a person and
/// keeps no other up. Gives how many it took up.
///
/// # Errors
/// Fails when the database does.
pub async fn catch_up(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    // Asked often, and most often there is nothing: no reason to write.
    let values = [Value::Null, Value::Int(upkeep::AT_ONCE.into())];
    let receipts = store.read().rows(RESUMED, &values, |row| row.array(1).map(Receipt)).await?;
    if receipts.is_empty() {
        return Ok(0);
    }
    match take_up(store, actor, now, None).await {
        Err(error) if !error.is_passing() => {}
        done => return done,
    }
    // Something in it is damaged, and the rest is not to wait for it.
    let mut count = 0;
    for receipt in BTreeSet::from_iter(receipts) {
        count += match take_up(store, actor, now, Some(receipt)).await {
            Err(error) if !error.is_passing() => {
                tracing::error!(%error, "reports cannot be recorded of an application; they are left to a person");
                set_apart(store, actor, now, receipt).await?
            }
            done => done?,
        };
    }
    Ok(count)
}

/// Records what stayed, or what stayed of one application, in one transaction.
async fn take_up(store: &Store, actor: &str, now: Moment, receipt: Option<Receipt>) -> Result<usize> {
    let (keys, actor) = (store.shared_keys(), actor.to_owned());
    store
        .change(move |write| -> Work<'_, usize> {
            Box::pin(async move {
                let resumed = resumed(write, receipt).await?;
                let entry = upkeep::entry(now, &actor, "catch_up", &format!("{} reports", resumed.len()));
                audit::insert(write, &entry).await?;
                record(write, &keys, &resumed, now).await?;
                Ok(resumed.len())
            })
        })
        .await
}

async fn set_apart(store: &Store, actor: &str, now: Moment, receipt: Receipt) -> Result<usize> {
    let actor = actor.to_owned();
    store
        .change(move |write| -> Work<'_, usize> {
            Box::pin(async move {
                let count = write.execute(SET_APART, &[Value::Blob(&receipt.0)]).await?;
                let what = format!("{count} reports of an application that cannot be read");
                audit::insert(write, &upkeep::entry(now, &actor, "set_apart", &what)).await?;
                Ok(count)
            })
        })
        .await
}

async fn resumed(write: &mut Write<'_>, receipt: Option<Receipt>) -> Result<Vec<Stayed>> {
    let stayed = |row: &Row<'_>| {
        let feed = FeedId(row.narrow(2, "feed")?);
        let event = (Receipt(row.array(1)?), feed, EventKey(row.array(3)?));
        Ok((row.int(0)?, event, row.blob(4)?.to_vec()))
    };
    let receipt = receipt.as_ref().map_or(Value::Null, |receipt| Value::Blob(&receipt.0));
    write.rows(RESUMED, &[receipt, Value::Int(upkeep::AT_ONCE.into())], stayed).await
}

async fn record(write: &mut Write<'_>, keys: &Arc<Keys>, stayed: &[Stayed], now: Moment) -> Result<()> {
    let mut groups: BTreeMap<Receipt, Vec<&Stayed>> = BTreeMap::new();
    for row in stayed {
        groups.entry(row.1.0).or_default().push(row);
    }
    let mut course = Course::of_decision(Arc::clone(keys), now);
    for (receipt, rows) in groups {
        let Some(known) = application::known_by(write, receipt).await? else {
            wait_again(write, &rows, now).await?;
            continue;
        };
        let (milestones, apart) = parted(keys, rows, (known.subject, known.applied_on));
        for (id, why) in apart {
            waiting::set_apart(write, id, why).await?;
        }
        // First, because what cannot be true is held: its row is opened again.
        waiting::recorded(write, &known.case(receipt), &milestones, now).await?;
        course.add(write, known, receipt, &milestones).await?;
    }
    course.finish(write).await
}

/// What has no application after all waits for one.
async fn wait_again(write: &mut Write<'_>, rows: &[&Stayed], now: Moment) -> Result<()> {
    let until = days::until(write, now).await?;
    for (id, ..) in rows {
        write.execute(WAIT_AGAIN, &[Value::Int(until.millis()), Value::Int(*id)]).await?;
    }
    Ok(())
}
