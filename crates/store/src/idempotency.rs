//! Answers kept for 24 hours, so that whoever asks again with the same key gets the same answer.

use crate::engine::Value;
use crate::error::Result;
use crate::{Read, Write};
use domain::milestone::FeedId;
use domain::moment::Moment;

const RECALL: &str =
    "SELECT request_hash, status, body FROM idempotency WHERE feed = $1 AND key = $2 AND at > $3";
/// The first answer stays: where two servers answered at the same time, both give that one.
const REMEMBER: &str = "INSERT INTO idempotency (feed, key, request_hash, status, body, at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (feed, key) DO NOTHING";
const FORGET: &str = "DELETE FROM idempotency WHERE at <= $1";

/// How long an answer is kept: 24 hours.
pub const KEPT_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The keyed hash of what was asked ([`Keys::event`](crate::keys::Keys::event)): what was asked names people. The
    /// same key with another request is a mistake.
    pub request_hash: Vec<u8>,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer; it names nobody.
    pub body: Vec<u8>,
}

/// The answer that was given to a feed's key within the last 24 hours. The key is a sender's text: hand over
/// its keyed hash ([`Keys::event`](crate::keys::Keys::event)), for nobody knows what it says.
///
/// # Errors
/// Fails when the database does.
pub async fn recall(read: &Read<'_>, feed: FeedId, key: &[u8], now: Moment) -> Result<Option<Remembered>> {
    let values = [Value::Int(feed.0.into()), Value::Blob(key), Value::Int(oldest(now))];
    let found = read.rows(RECALL, &values, |row| {
        Ok(Remembered {
            request_hash: row.blob(0)?.to_vec(),
            status: row.narrow(1, "status")?,
            body: row.blob(2)?.to_vec(),
        })
    });
    Ok(found.await?.into_iter().next())
}

/// Keeps the answer to a feed's key unless there is one, and forgets what is older than 24 hours. Says whether it was
/// kept: else the answer is the one that is there.
///
/// # Errors
/// Fails when the database does.
pub async fn remember(
    write: &mut Write<'_>,
    feed: FeedId,
    key: &[u8],
    answer: &Remembered,
    now: Moment,
) -> Result<bool> {
    write.execute(FORGET, &[Value::Int(oldest(now))]).await?;
    let values = [
        Value::Int(feed.0.into()),
        Value::Blob(key),
        Value::Blob(&answer.request_hash),
        Value::Int(answer.status.into()),
        Value::Blob(&answer.body),
        Value::Int(now.millis()),
    ];
    Ok(write.execute(REMEMBER, &values).await? == 1)
}

fn oldest(now: Moment) -> i64 {
    now.millis().saturating_sub(KEPT_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Work;
    use crate::testing::{Fresh, at, entry};

    async fn keep(fresh: &Fresh, key: &'static [u8], status: u16, now: Moment) -> bool {
        let (feed, hash) = (fresh.feed, b"asked".to_vec());
        let answer = Remembered { request_hash: hash, status, body: b"[]".to_vec() };
        let kept = fresh.store.write(entry("answer"), move |write| -> Work<'_, bool> {
            Box::pin(async move { remember(write, feed, key, &answer, now).await })
        });
        kept.await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_given_again_for_a_day() {
        let fresh = Fresh::new().await;
        assert!(keep(&fresh, b"a", 207, at(5, 9)).await);
        let status = async |feed, key, now| {
            recall(&fresh.store.read(), feed, key, now).await.unwrap().map(|answer| answer.status)
        };
        assert_eq!(status(fresh.feed, b"a", at(6, 8)).await, Some(207));
        assert_eq!(status(fresh.feed, b"a", at(6, 9)).await, None);
        assert_eq!(status(fresh.feed, b"b", at(5, 9)).await, None);
        assert_eq!(status(FeedId(99), b"a", at(5, 9)).await, None);
        assert!(keep(&fresh, b"b", 202, at(6, 10)).await);
        assert_eq!(fresh.count("idempotency"), 1);
        assert!(!keep(&fresh, b"b", 207, at(6, 11)).await, "the first answer stays");
        assert_eq!(status(fresh.feed, b"b", at(6, 11)).await, Some(202));
        assert!(keep(&fresh, b"b", 207, at(7, 11)).await);
        assert_eq!(status(fresh.feed, b"b", at(7, 12)).await, Some(207));
    }
}
