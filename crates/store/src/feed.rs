//! Feeds: the systems that report milestones, and when each was last heard.

use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::{Read, Write};
use domain::milestone::FeedId;
use domain::moment::Moment;

const ADD: &str = "INSERT INTO feed (name, added_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const BY_NAME: &str = "SELECT id FROM feed WHERE name = $1";
const LAST_HAPPENED: &str = "SELECT max(last_happened) FROM feed";
const HEARD: &str = "UPDATE feed SET last_heard = max(coalesce(last_heard, $1), $1),
    last_happened = max(coalesce(last_happened, $2), $2) WHERE id = $3";

/// The newest thing that any feed has told of; none where none told anything.
///
/// # Errors
/// Fails when the database does.
pub async fn last_happened(read: &Read<'_>) -> Result<Option<Moment>> {
    let happened = read.rows(LAST_HAPPENED, &[], |row| row.optional_int(0)).await?;
    Ok(happened.into_iter().flatten().next().map(Moment::from_millis))
}

/// The feed of that name; a new name makes a new feed.
///
/// # Errors
/// Fails when the database does.
pub async fn named(write: &mut Write<'_>, name: &str, now: Moment) -> Result<FeedId> {
    write.execute(ADD, &[Value::Text(name), Value::Int(now.millis())]).await?;
    let found = write.rows(BY_NAME, &[Value::Text(name)], |row| row.narrow(0, "feed")).await?;
    found.into_iter().next().map(FeedId).ok_or(StoreError::Corrupt("feed"))
}

/// Moves the feed's watermarks: last heard, last happened. They never move back.
pub(crate) async fn heard(
    write: &mut Write<'_>,
    feed: FeedId,
    learned: Moment,
    happened: Moment,
) -> Result<()> {
    let values = [Value::Int(learned.millis()), Value::Int(happened.millis()), Value::Int(feed.0.into())];
    write.execute(HEARD, &values).await.map(drop)
}
