//! Upkeep: what has had its time is forgotten, a few rows at a time, so that nobody who records waits for it.

use crate::audit::{self, Entry};
use crate::engine::Value;
use crate::error::Result;
use crate::{Store, Work};
use domain::moment::Moment;

/// Rows that one transaction of the upkeep changes at the most.
pub const AT_ONCE: u16 = 1_000;
/// For how many days what was settled can still be looked at: whoever wants a decision reconsidered has 60 days to
/// say so (行政复议法, art. 20), and whoever answers needs some more.
pub const SETTLED_DAYS: u16 = 90;

/// The moment so many days ago.
pub(crate) fn days_before(now: Moment, days: u16) -> Moment {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    Moment::from_millis(now.millis().saturating_sub(i64::from(days) * DAY))
}

/// Runs a statement of a moment and a limit once. What it changes is counted in its audit entry; where there is
/// nothing to do there is none.
pub(crate) async fn run(store: &Store, entry: Entry, sql: &'static str, before: Moment) -> Result<usize> {
    store
        .change(move |write| -> Work<'_, usize> {
            Box::pin(async move {
                let values = [Value::Int(before.millis()), Value::Int(AT_ONCE.into())];
                let changed = write.execute(sql, &values).await?;
                if changed > 0 {
                    let detail = format!("{changed} {}", entry.detail);
                    audit::insert(write, &Entry { detail, ..entry }).await?;
                }
                Ok(changed)
            })
        })
        .await
}

/// The entry of what the upkeep does by itself.
pub(crate) fn entry(at: Moment, actor: &str, action: &'static str, what: &str) -> Entry {
    Entry { at, actor: actor.to_owned(), action, detail: what.to_owned() }
}
