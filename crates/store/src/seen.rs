//! The names of messages that feeds sent lately: while a signature is good, a name stands for one message, at whichever
//! server it comes.
//!
//! What must never be recorded twice is known by its event, for good; a name says in time that somebody sends a message
//! again, to another address or in another shape.

#[cfg(test)]
mod tests;

use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::upkeep::AT_ONCE;
use crate::{Read, Store};
use domain::milestone::FeedId;
use domain::moment::Moment;

/// The name, or what stands behind it while it is good ($6). Whoever asks twice because a connection broke shows the same
/// `met`, and was met once.
const MEET: &str = "INSERT INTO seen (feed, name, print, until, met, answered, repeats)
    VALUES ($1, $2, $3, $4, $5, 0, 0)
    ON CONFLICT (feed, name) DO UPDATE SET
        print = CASE WHEN seen.until < $6 THEN excluded.print ELSE seen.print END,
        until = CASE WHEN seen.until < $6 THEN excluded.until
            WHEN seen.print = excluded.print AND seen.repeats < $7 AND seen.until < excluded.until
            THEN excluded.until ELSE seen.until END,
        met = CASE WHEN seen.until < $6 OR seen.print = excluded.print THEN excluded.met ELSE seen.met END,
        answered = CASE WHEN seen.until < $6 THEN 0 ELSE seen.answered END,
        repeats = CASE WHEN seen.until < $6 THEN 0
            WHEN seen.print = excluded.print AND seen.met <> excluded.met AND seen.repeats <= $7
            THEN seen.repeats + 1 ELSE seen.repeats END
    RETURNING print, repeats, answered";
const ANSWERED: &str = "INSERT INTO seen (feed, name, print, until, met, answered, repeats)
    VALUES ($1, $2, $3, $4, $3, 1, 0)
    ON CONFLICT (feed, name) DO UPDATE SET answered = 1 WHERE seen.print = excluded.print
    RETURNING answered";
/// Whoever was met under the name since is not its business.
const GIVE_BACK: &str =
    "DELETE FROM seen WHERE feed = $1 AND name = $2 AND met = $3 AND answered = 0 RETURNING repeats";
const COUNT: &str = "SELECT count(*) FROM seen WHERE feed = $1 AND until >= $2";
const FORGET: &str = "DELETE FROM seen WHERE (feed, name) IN
    (SELECT feed, name FROM seen WHERE until < $1 ORDER BY until LIMIT $2) RETURNING repeats";

/// How often the same may be sent again under its name.
pub const REPEATS: i64 = 5;

/// A keyed hash: of a message's name, or of what it says and where.
pub type Print = [u8; 16];

/// A message under its name.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Who sent it.
    pub feed: FeedId,
    /// What it is called.
    pub name: Print,
    /// What it says and where.
    pub print: Print,
    /// Until when its signature is good.
    pub until: Moment,
    /// Which sending of it this is, by chance.
    met: Print,
}

impl Sent {
    /// A sending of a message.
    ///
    /// # Errors
    /// Fails when the system gives no random bytes.
    pub fn new(feed: FeedId, name: Print, print: Print, until: Moment) -> Result<Self> {
        let mut met = [0; 16];
        aws_lc_rs::rand::fill(&mut met).map_err(|_| StoreError::Unsealed)?;
        Ok(Self { feed, name, print, until, met })
    }
}

/// What a message is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Nothing of its name is known.
    New,
    /// The same was sent before, and of nothing is known that it was taken: it is under way, or was lost on it.
    Unanswered,
    /// The same was sent before, and something of it was taken.
    Again,
    /// The same was sent before, more often than whoever lost an answer needs.
    TooOften,
    /// Another message had its name.
    Another,
    /// The feed has sent too many for one more to be remembered.
    Full,
}

/// Remembers what stands behind a message's name, until no signature of it is good any more.
///
/// # Errors
/// Fails when the database does.
pub async fn meet(store: &Store, sent: Sent, now: Moment) -> Result<Meeting> {
    let values = [
        Value::Int(sent.feed.0.into()),
        Value::Blob(&sent.name),
        Value::Blob(&sent.print),
        Value::Int(sent.until.millis()),
        Value::Blob(&sent.met),
        Value::Int(now.millis()),
        Value::Int(REPEATS),
    ];
    let stands = store.aside(MEET, &values, |row| Ok((row.array(0)?, row.int(1)?, row.int(2)?))).await?;
    let (print, repeats, answered): (Print, i64, i64) =
        stands.into_iter().next().ok_or(StoreError::Corrupt("seen"))?;
    Ok(match repeats {
        _ if print != sent.print => Meeting::Another,
        0 => Meeting::New,
        1..=REPEATS if answered == 0 => Meeting::Unanswered,
        1..=REPEATS => Meeting::Again,
        _ => Meeting::TooOften,
    })
}

/// From now on the name is the message's own, also where an equal one that failed has given it back meanwhile.
///
/// # Errors
/// Fails when the database does.
pub async fn answered(store: &Store, sent: Sent) -> Result<()> {
    let values = [
        Value::Int(sent.feed.0.into()),
        Value::Blob(&sent.name),
        Value::Blob(&sent.print),
        Value::Int(sent.until.millis()),
    ];
    store.aside(ANSWERED, &values, |row| row.int(0)).await.map(drop)
}

/// Gives a name back of whose message nothing was taken: its sender may put it right under the same name. Where the same
/// was sent once more meanwhile, that decides.
///
/// # Errors
/// Fails when the database does.
pub async fn give_back(store: &Store, sent: Sent) -> Result<()> {
    let values = [Value::Int(sent.feed.0.into()), Value::Blob(&sent.name), Value::Blob(&sent.met)];
    store.aside(GIVE_BACK, &values, |row| row.int(0)).await.map(drop)
}

/// How many names of a feed are good.
///
/// # Errors
/// Fails when the database does.
pub async fn count(read: &Read<'_>, feed: FeedId, now: Moment) -> Result<u64> {
    let values = [Value::Int(feed.0.into()), Value::Int(now.millis())];
    let counted = read.rows(COUNT, &values, |row| row.narrow(0, "count")).await?;
    Ok(counted.into_iter().next().unwrap_or_default())
}

/// Deletes a few of the names that are over; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    let values = [Value::Int(now.millis()), Value::Int(AT_ONCE.into())];
    Ok(store.aside(FORGET, &values, |row| row.int(0)).await?.len())
}
