//! Reports that wait for their application: sealed, recorded by themselves when it is opened, forgotten when
//! nobody opens it. What a feed told that may not report then stays (see `inactive`).

pub(crate) use super::report::Report;
use super::report::parted;
use super::{Closed, Why, inactive, queue};
use crate::application::Case;
use crate::engine::{Row, Value};
use crate::error::Result;
use crate::keys::{Keys, Receipt};
use crate::record::Claim;
use crate::{Store, Write, upkeep};
use domain::milestone::{EventKey, FeedId, Milestone};
use domain::moment::Moment;

/// What waited in vain may come again, also before anybody noticed that its time is over.
const KEEP: &str = "INSERT INTO held (receipt, feed, event, why, since, until, report)
    VALUES ($1, $2, $3, 'unknown_application', $4, $5, $6) ON CONFLICT (receipt, feed, event) DO UPDATE
    SET why = excluded.why, since = excluded.since, until = excluded.until, report = excluded.report,
        closed = NULL, closed_at = NULL
    WHERE held.closed = 'expired'
        OR (held.closed IS NULL AND held.application IS NULL AND held.until <= excluded.since)";
/// What found its application and waits for its feed has no end: it is not looked for again.
const ANY: &str = "SELECT id FROM held WHERE closed IS NULL AND application IS NULL AND until > 0
    ORDER BY until LIMIT 1";
const OF_RECEIPT: &str = "SELECT held.id, held.feed, event, report,
        CAST(CASE WHEN feed.state = 'active' THEN 1 ELSE 0 END AS BIGINT)
    FROM held JOIN feed ON feed.id = held.feed
    WHERE receipt = $1 AND closed IS NULL AND application IS NULL AND until > $2 ORDER BY held.id";
const SET_APART: &str = "UPDATE held SET why = $1, until = NULL WHERE id = $2";
const OF_APPLICATION: &str = "UPDATE held SET application = $1, subject = $2
    WHERE receipt = $3 AND feed = $4 AND event = $5 AND closed IS NULL";
/// Rows of an application have it; what a person settled while it waited stays without.
const SETTLED: &str = "SELECT feed, event FROM held
    WHERE receipt = $1 AND application IS NULL AND closed IN ('released', 'corrected', 'discarded')";
const ANY_SETTLED: &str = "SELECT id FROM held
    WHERE application IS NULL AND closed IN ('released', 'corrected', 'discarded') ORDER BY receipt LIMIT 1";
pub(super) const EXPIRE: &str =
    "UPDATE held SET closed = 'expired', closed_at = $1, report = NULL WHERE id IN (SELECT id FROM held
    WHERE closed IS NULL AND application IS NULL AND until <= $1 ORDER BY until LIMIT $2)";

impl Report<'_> {
    /// Keeps the report until then; false where it waits already, or a person has settled it.
    pub(super) async fn keep(&self, write: &mut Write<'_>, keys: &Keys, until: Moment) -> Result<bool> {
        let milestone = self.milestone;
        let values = [
            Value::Blob(&self.receipt.0),
            Value::Int(milestone.feed.0.into()),
            Value::Blob(&milestone.event.0),
            Value::Int(milestone.learned.millis()),
            Value::Int(until.millis()),
            Value::Blob(&self.sealed(keys)?),
        ];
        Ok(write.execute(KEEP, &values).await? == 1)
    }
}

/// Whether anything waits, and whether a person has settled anything that waited: most batches need not look further.
#[derive(Clone, Copy)]
pub(crate) struct Present {
    pub(crate) waiting: bool,
    pub(crate) settled: bool,
}

pub(crate) async fn present(write: &mut Write<'_>) -> Result<Present> {
    let waiting = !write.rows(ANY, &[], |row| row.int(0)).await?.is_empty();
    let settled = !write.rows(ANY_SETTLED, &[], |row| row.int(0)).await?.is_empty();
    Ok(Present { waiting, settled })
}

/// The events of a receipt that were settled while they waited: told again, they count no more than before.
pub(crate) async fn settled(write: &mut Write<'_>, receipt: Receipt) -> Result<Vec<(FeedId, EventKey)>> {
    let event = |row: &Row<'_>| Ok((FeedId(row.narrow(0, "feed")?), EventKey(row.array(1)?)));
    write.rows(SETTLED, &[Value::Blob(&receipt.0)], event).await
}

/// What waited for the application of a receipt and its owner, of feeds that may report. What other feeds told stays
/// in the queue, and so does what does not open or is of somebody else: for a person.
pub(crate) async fn of_receipt(
    write: &mut Write<'_>,
    keys: &Keys,
    (receipt, owner): (Receipt, Claim),
    now: Moment,
) -> Result<Vec<Milestone>> {
    let values = [Value::Blob(&receipt.0), Value::Int(now.millis())];
    let (mut found, mut stay) = (Vec::new(), false);
    let rows = write.rows(OF_RECEIPT, &values, |row| {
        let event = (receipt, FeedId(row.narrow(1, "feed")?), EventKey(row.array(2)?));
        match row.int(4)? {
            0 => stay = true,
            _ => found.push((row.int(0)?, event, row.blob(3)?.to_vec())),
        }
        Ok(())
    });
    rows.await?;
    let (waited, apart) = parted(keys, &found, owner);
    for (id, why) in apart {
        set_apart(write, id, why).await?;
    }
    if stay {
        inactive::keep(write, receipt).await?;
    }
    Ok(waited)
}

/// Leaves to a person what is not recorded by itself.
pub(super) async fn set_apart(write: &mut Write<'_>, id: i64, why: Why) -> Result<()> {
    write.execute(SET_APART, &[Value::Text(why.as_str()), Value::Int(id)]).await.map(drop)
}

/// Closes what waited: it is recorded now.
pub(crate) async fn recorded(
    write: &mut Write<'_>,
    case: &Case,
    waited: &[Milestone],
    at: Moment,
) -> Result<()> {
    for milestone in waited {
        let values = [
            Value::Int(case.id.0),
            Value::Blob(&case.subject.0),
            Value::Blob(&case.receipt.0),
            Value::Int(milestone.feed.0.into()),
            Value::Blob(&milestone.event.0),
        ];
        write.execute(OF_APPLICATION, &values).await?;
        let event = (case.receipt, milestone.feed, milestone.event);
        queue::close(write, event, Closed::Recorded, at).await?;
    }
    Ok(())
}

/// Forgets reports that waited long enough, at most [`upkeep::AT_ONCE`] at a time; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn expire(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    inactive::end(store, actor, now).await?;
    let entry = upkeep::entry(now, actor, "expire_held", "waited too long");
    upkeep::run(store, entry, EXPIRE, now).await
}
