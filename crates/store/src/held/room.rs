//! How much room each feed has in the queue: reports that wait are kept whole, and a feed that went wild must not fill
//! the disk with them. What finds no room is refused, and its sender told so.

use super::waiting::Report;
use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::Keys;
use crate::record::{MOST_OF_ONE_FEED, Outcome};
use crate::{Store, Write, held, setting};
use domain::milestone::{FeedId, Milestone};
use domain::moment::Moment;

const WAITING: &str = "SELECT items FROM held_count WHERE feed = $1 AND waiting = 1";
const OF_RECEIPT: &str = "SELECT count(*) FROM held WHERE receipt = $1 AND feed = $2";
const KNOWN: &str = "SELECT id FROM held
    WHERE receipt = $1 AND feed = $2 AND event = $3 AND (closed <> 'expired'
        OR (closed IS NULL AND (application IS NOT NULL OR until IS NULL OR until > $4)))";

const MOST: &str = "held_most";
/// How many reports of one feed may wait, unless the operator settles otherwise.
pub const DEFAULT_MOST: u32 = 1_000_000;

/// Settles how many reports of one feed may wait for their applications; where that is settled already, nothing is
/// written.
///
/// # Errors
/// Fails when the database does.
pub async fn set_most(store: &Store, entry: Entry, most: u32) -> Result<()> {
    setting::settle_number(store, entry, MOST, (DEFAULT_MOST, most)).await
}

/// The room of a feed for reports that wait; looked up once for a batch.
pub(crate) struct Room {
    until: Moment,
    left: u64,
}

impl Room {
    pub(crate) async fn of(write: &mut Write<'_>, feed: FeedId, now: Moment) -> Result<Self> {
        let most = setting::number(write, MOST, DEFAULT_MOST).await?;
        let until = held::until(write, now).await?;
        let items = |row: &Row<'_>| row.narrow::<u64>(0, "count");
        let waiting = write.rows(WAITING, &[Value::Int(feed.0.into())], items).await?;
        let waiting = waiting.into_iter().next().unwrap_or(0);
        Ok(Self { until, left: u64::from(most).saturating_sub(waiting) })
    }

    /// Keeps a feed's reports of one receipt that nobody has opened; gives what became of each.
    pub(crate) async fn keep(
        &mut self,
        write: &mut Write<'_>,
        keys: &Keys,
        reports: &[Report<'_>],
    ) -> Result<Vec<Outcome>> {
        let Some(first) = reports.first() else { return Ok(Vec::new()) };
        let values = [Value::Blob(&first.receipt.0), Value::Int(first.milestone.feed.0.into())];
        let known = write.rows(OF_RECEIPT, &values, |row| row.narrow::<usize>(0, "count")).await?;
        let known = known.into_iter().next().ok_or(StoreError::Corrupt("count"))?;
        let mut left_of_receipt = MOST_OF_ONE_FEED.saturating_sub(known);
        let mut told = Vec::with_capacity(reports.len());
        for report in reports {
            told.push(if self.left == 0 || left_of_receipt == 0 {
                if is_known(write, report).await? { Outcome::Repeated } else { Outcome::TooMany }
            } else if report.keep(write, keys, self.until).await? {
                (self.left, left_of_receipt) = (self.left - 1, left_of_receipt - 1);
                Outcome::Waiting
            } else {
                Outcome::Repeated
            });
        }
        Ok(told)
    }
}

/// Whether a report waits already, or a person has settled it.
async fn is_known(write: &mut Write<'_>, report: &Report<'_>) -> Result<bool> {
    let Milestone { feed, event, learned, .. } = report.milestone;
    let values = [
        Value::Blob(&report.receipt.0),
        Value::Int(feed.0.into()),
        Value::Blob(&event.0),
        Value::Int(learned.millis()),
    ];
    Ok(!write.rows(KNOWN, &values, |row| row.int(0)).await?.is_empty())
}
