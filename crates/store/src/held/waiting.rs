//! Reports that wait for their application: sealed, recorded by themselves when it is opened, forgotten when
//! nobody opens it. What a feed told that may not report then stays (see `inactive`).

use super::queue::{self, Event};
use super::{Closed, inactive};
use crate::application::Case;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place, Receipt};
use crate::{Store, Write, upkeep};
use domain::milestone::{EventKey, FeedId, Milestone, Rank, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Cause;

/// What waited in vain may come again.
const KEEP: &str = "INSERT INTO held (receipt, feed, event, why, since, until, report)
    VALUES ($1, $2, $3, 'unknown_application', $4, $5, $6) ON CONFLICT (receipt, feed, event) DO UPDATE
    SET since = excluded.since, until = excluded.until, report = excluded.report, closed = NULL, closed_at = NULL
    WHERE held.closed = 'expired'";
/// What found its application and waits for its feed has no end: it is not looked for again.
const ANY: &str = "SELECT id FROM held WHERE closed IS NULL AND application IS NULL AND until > 0 LIMIT 1";
const OF_RECEIPT: &str = "SELECT held.feed, event, report, feed.state = 'active' FROM held
    JOIN feed ON feed.id = held.feed
    WHERE receipt = $1 AND closed IS NULL AND application IS NULL AND until > $2";
const OF_APPLICATION: &str = "UPDATE held SET application = $1, subject = $2
    WHERE receipt = $3 AND feed = $4 AND event = $5 AND closed IS NULL";
/// Rows of an application have it; what a person settled while it waited stays without.
const SETTLED: &str = "SELECT feed, event FROM held
    WHERE receipt = $1 AND application IS NULL AND closed IN ('released', 'corrected', 'discarded')";
const ANY_SETTLED: &str = "SELECT id FROM held
    WHERE application IS NULL AND closed IN ('released', 'corrected', 'discarded') LIMIT 1";
pub(super) const EXPIRE: &str =
    "UPDATE held SET closed = 'expired', closed_at = $1, report = NULL WHERE id IN (SELECT id FROM held
    WHERE closed IS NULL AND application IS NULL AND until <= $1 ORDER BY until LIMIT $2)";

/// A report of an application that nobody has opened.
pub(crate) struct Report<'a> {
    pub(crate) receipt: Receipt,
    pub(crate) number: &'a str,
    pub(crate) milestone: &'a Milestone,
}

impl Report<'_> {
    /// Keeps the report until then; false where it waits already, or a person has settled it.
    pub(crate) async fn keep(&self, write: &mut Write<'_>, keys: &Keys, until: Moment) -> Result<bool> {
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

    fn sealed(&self, keys: &Keys) -> Result<Vec<u8>> {
        let Milestone { step, organ, happened, learned, feed, rank, event, cause } = self.milestone;
        let plain = [
            self.number,
            &step.word(),
            &organ.to_string(),
            &happened.millis().to_string(),
            &learned.millis().to_string(),
            &rank.0.to_string(),
            cause.map_or("", Cause::as_str),
        ]
        .join("\n");
        keys.seal(&place(&row_name((self.receipt, *feed, *event))), plain.as_bytes())
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

/// What waited for the application of a receipt, of feeds that may report. What other feeds told stays in the queue,
/// and so does what does not open: for a person.
pub(crate) async fn of_receipt(
    write: &mut Write<'_>,
    keys: &Keys,
    receipt: Receipt,
    now: Moment,
) -> Result<Vec<Milestone>> {
    let values = [Value::Blob(&receipt.0), Value::Int(now.millis())];
    let (mut waited, mut stay) = (Vec::new(), false);
    let found = write.rows(OF_RECEIPT, &values, |row| {
        let event = (receipt, FeedId(row.narrow(0, "feed")?), EventKey(row.array(1)?));
        match row.int(3)? {
            0 => stay = true,
            _ => waited.extend(understood(opened(keys, event, row.blob(2)?))),
        }
        Ok(())
    });
    found.await?;
    if stay {
        inactive::keep(write, receipt).await?;
    }
    Ok(waited)
}

/// What a sealed report says; one that does not open is told in the log.
pub(super) fn understood(report: Result<(String, Milestone)>) -> Option<Milestone> {
    match report {
        Ok((_, milestone)) => Some(milestone),
        Err(error) => {
            tracing::error!(%error, "a report that waited for its application does not open");
            None
        }
    }
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
    let entry = upkeep::entry(now, actor, "expire_held", "waited too long");
    upkeep::run(store, entry, EXPIRE, now).await
}

/// The receipt number and the milestone of a sealed report.
pub(super) fn opened(keys: &Keys, event: Event, sealed: &[u8]) -> Result<(String, Milestone)> {
    let plain = keys.open(&place(&row_name(event)), sealed)?;
    let text = String::from_utf8(plain).map_err(|_| CORRUPT)?;
    let mut lines = text.split('\n');
    let mut line = || lines.next().ok_or(CORRUPT);
    let moment = |line: &str| line.parse().map(Moment::from_millis).map_err(|_| CORRUPT);
    let number = line()?.to_owned();
    let milestone = Milestone {
        step: Step::parse(line()?, EventKey::parse).ok_or(CORRUPT)?,
        organ: OrganCode::parse(line()?).ok_or(CORRUPT)?,
        happened: moment(line()?)?,
        learned: moment(line()?)?,
        rank: Rank(line()?.parse().map_err(|_| CORRUPT)?),
        cause: match line()? {
            "" => None,
            cause => Some(Cause::parse(cause).ok_or(CORRUPT)?),
        },
        feed: event.1,
        event: event.2,
    };
    Ok((number, milestone))
}

const CORRUPT: StoreError = StoreError::Corrupt("report");

fn place(row: &[u8]) -> Place<'_> {
    Place { table: "held", column: "report", row }
}

/// A row's unchangeable name: receipt, feed and event.
fn row_name((receipt, feed, event): Event) -> Vec<u8> {
    [&receipt.0[..], &feed.0.to_be_bytes(), &event.0].concat()
}
