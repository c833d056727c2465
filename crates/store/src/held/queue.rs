//! Rows of the held queue, opened and closed as an application's fold says.

use super::Closed;
use crate::Write;
use crate::application::Case;
use crate::engine::Value;
use crate::error::Result;
use crate::keys::Receipt;
use domain::milestone::{EventKey, FeedId};
use domain::moment::Moment;
use domain::progress::Held;

/// An event has one row for ever: what was settled and is held again is opened again.
const OPEN: &str = "INSERT INTO held (subject, application, receipt, feed, event, why, since)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (receipt, feed, event) DO UPDATE
    SET subject = excluded.subject, application = excluded.application, why = excluded.why,
        since = CASE WHEN held.closed IS NULL THEN held.since ELSE excluded.since END,
        until = NULL, report = NULL, closed = NULL, closed_at = NULL";
const CLOSE: &str = "UPDATE held SET closed = $1, closed_at = $2, report = NULL
    WHERE receipt = $3 AND feed = $4 AND event = $5 AND closed IS NULL";

/// What names a held row.
pub(crate) type Event = (Receipt, FeedId, EventKey);

pub(crate) async fn open(write: &mut Write<'_>, case: &Case, held: &Held, since: Moment) -> Result<()> {
    let values = [
        Value::Blob(&case.subject.0),
        Value::Int(case.id.0),
        Value::Blob(&case.receipt.0),
        Value::Int(held.feed.0.into()),
        Value::Blob(&held.event.0),
        Value::Text(held.why.as_str()),
        Value::Int(since.millis()),
    ];
    write.execute(OPEN, &values).await.map(drop)
}

pub(crate) async fn close(write: &mut Write<'_>, event: Event, how: Closed, at: Moment) -> Result<()> {
    let values = [
        Value::Text(how.as_str()),
        Value::Int(at.millis()),
        Value::Blob(&event.0.0),
        Value::Int(event.1.0.into()),
        Value::Blob(&event.2.0),
    ];
    write.execute(CLOSE, &values).await.map(drop)
}
