//! How long batches are kept: [`upkeep::SETTLED_DAYS`] after they were due, with all that came of them. Arrivals with
//! numbers that nobody announced are kept for a year more, for they may come before their manifest.

use crate::error::Result;
use crate::{Store, upkeep};
use domain::moment::Moment;

/// Arrivals of batches whose time is over, where no other feed's batch of the same number still runs.
pub(super) const ARRIVALS: &str = "DELETE FROM arrival WHERE (batch, receipt, feed, event) IN
    (SELECT arrival.batch, receipt, arrival.feed, event FROM manifest JOIN arrival ON arrival.batch = manifest.batch
    WHERE due_at <= $1 AND NOT EXISTS
        (SELECT 1 FROM manifest AS other WHERE other.batch = manifest.batch AND other.due_at > $1) LIMIT $2)";
pub(super) const CARDS: &str = "DELETE FROM manifest_line WHERE (feed, batch, receipt) IN
    (SELECT line.feed, line.batch, receipt FROM manifest
    JOIN manifest_line AS line ON line.feed = manifest.feed AND line.batch = manifest.batch
    WHERE due_at <= $1 LIMIT $2)";
pub(super) const BATCHES: &str =
    "DELETE FROM manifest WHERE (feed, batch) IN (SELECT feed, batch FROM manifest
    WHERE due_at <= $1 AND NOT EXISTS (SELECT 1 FROM manifest_line AS line
        WHERE line.feed = manifest.feed AND line.batch = manifest.batch) LIMIT $2)";
pub(super) const OLD_ARRIVALS: &str = "DELETE FROM arrival WHERE (batch, receipt, feed, event) IN
    (SELECT batch, receipt, feed, event FROM arrival WHERE at <= $1 ORDER BY at LIMIT $2)";

/// For how many days an arrival is kept at the most.
const ARRIVAL_DAYS: u16 = 366 + upkeep::SETTLED_DAYS;

/// Forgets batches that were due [`upkeep::SETTLED_DAYS`] ago, and what arrived with them; a few rows at a time. Gives
/// how many: [`upkeep::AT_ONCE`] or more where something is left.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    let (over, old) =
        (upkeep::days_before(now, upkeep::SETTLED_DAYS), upkeep::days_before(now, ARRIVAL_DAYS));
    let mut forgotten = 0;
    // In this order: a batch goes when all that belongs to it is gone.
    for (sql, what, before) in [
        (ARRIVALS, "arrivals", over),
        (CARDS, "cards of batches", over),
        (BATCHES, "batches", over),
        (OLD_ARRIVALS, "old arrivals", old),
    ] {
        let entry = upkeep::entry(now, actor, "forget_batches", what);
        forgotten += upkeep::run(store, entry, sql, before).await?;
        if forgotten >= usize::from(upkeep::AT_ONCE) {
            break;
        }
    }
    Ok(forgotten)
}
