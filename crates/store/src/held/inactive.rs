//! Reports that waited for an application and whose feed was paused or removed when it was opened: they stay as they
//! are, and are recorded when the feed is resumed. A person may decide about them before.

use super::queue::Event;
use super::waiting::{self, opened, understood};
use crate::application;
use crate::audit;
use crate::engine::{Row, Value};
use crate::error::Result;
use crate::keys::{Keys, Receipt};
use crate::record::Course;
use crate::{Store, Work, Write, upkeep};
use domain::milestone::{EventKey, FeedId, Milestone};
use domain::moment::Moment;
use std::collections::BTreeMap;
use std::sync::Arc;

/// They found their application, so their time does not run out.
const KEEP: &str = "UPDATE held SET why = 'feed_inactive', until = NULL
    WHERE receipt = $1 AND closed IS NULL AND application IS NULL
        AND feed IN (SELECT id FROM feed WHERE state <> 'active')";
const RESUMED: &str =
    "SELECT held.id, receipt, held.feed, event, report FROM held JOIN feed ON feed.id = held.feed
    WHERE why = 'feed_inactive' AND closed IS NULL AND feed.state = 'active' ORDER BY held.id LIMIT $1";
/// What does not open is not tried again and again.
const UNREADABLE: &str = "UPDATE held SET why = 'unknown_application' WHERE id = $1";

/// Keeps what waited for a receipt's application and was told by feeds that may not report now.
pub(super) async fn keep(write: &mut Write<'_>, receipt: Receipt) -> Result<()> {
    write.execute(KEEP, &[Value::Blob(&receipt.0)]).await.map(drop)
}

/// Records what stayed in the queue because its feed was inactive, once the feed is resumed: at most
/// [`upkeep::AT_ONCE`] reports at a time. Gives how many it took up.
///
/// # Errors
/// Fails when the database does; then nothing is changed.
pub async fn catch_up(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    // Asked often, and most often there is nothing: no reason to write.
    if store.read().rows(RESUMED, &[Value::Int(1)], |row| row.int(0)).await?.is_empty() {
        return Ok(0);
    }
    let (keys, actor) = (store.shared_keys(), actor.to_owned());
    store
        .change(move |write| -> Work<'_, usize> {
            Box::pin(async move {
                let resumed = resumed(write).await?;
                let entry = upkeep::entry(now, &actor, "catch_up", &format!("{} reports", resumed.len()));
                audit::insert(write, &entry).await?;
                record(write, &keys, &resumed, now).await?;
                Ok(resumed.len())
            })
        })
        .await
}

/// A row: its number, its name, and its sealed report.
type Stayed = (i64, Event, Vec<u8>);

async fn resumed(write: &mut Write<'_>) -> Result<Vec<Stayed>> {
    let stayed = |row: &Row<'_>| {
        let feed = FeedId(row.narrow(2, "feed")?);
        let event = (Receipt(row.array(1)?), feed, EventKey(row.array(3)?));
        Ok((row.int(0)?, event, row.blob(4)?.to_vec()))
    };
    write.rows(RESUMED, &[Value::Int(upkeep::AT_ONCE.into())], stayed).await
}

async fn record(write: &mut Write<'_>, keys: &Arc<Keys>, stayed: &[Stayed], now: Moment) -> Result<()> {
    let mut groups: BTreeMap<Receipt, Vec<Milestone>> = BTreeMap::new();
    for (id, event, report) in stayed {
        match understood(opened(keys, *event, report)) {
            Some(milestone) => groups.entry(event.0).or_default().push(milestone),
            None => write.execute(UNREADABLE, &[Value::Int(*id)]).await.map(drop)?,
        }
    }
    let mut course = Course::of_decision(Arc::clone(keys), now);
    for (receipt, milestones) in groups {
        if let Some(known) = application::known_by(write, receipt).await? {
            // First, because what cannot be true is held: its row is opened again.
            waiting::recorded(write, &known.case(receipt), &milestones, now).await?;
            course.add(write, &known, receipt, &milestones).await?;
        }
    }
    course.finish(write).await
}
