//! The outbox: which applications moved to another public stage, for whoever tells others of it.
//!
//! Entries are written in the transaction of what moved them, and their numbers ascend: those of one
//! application are in order. Each consumer goes at its own pace and says how far it is done; an entry stays until
//! every consumer is done with it, so each tells it at least once.

#[cfg(test)]
mod tests;

use crate::application::ApplicationId;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::Subject;
use crate::{Read, Store, Write, upkeep};
use domain::moment::Moment;
use domain::stage::Stage;

const ADD: &str = "INSERT INTO outbox (subject, application, from_stage, to_stage, at)
    VALUES ($1, $2, $3, $4, $5)";
const REGISTER: &str = "INSERT INTO outbox_consumer (name, done)
    VALUES ($1, (SELECT coalesce(max(id), 0) FROM outbox)) ON CONFLICT (name) DO NOTHING";
const TAKE: &str = "SELECT id, subject, application, from_stage, to_stage, at FROM outbox
    WHERE id > (SELECT done FROM outbox_consumer WHERE name = $1) ORDER BY id LIMIT $2";
const DONE: &str = "UPDATE outbox_consumer SET done = $1 WHERE done < $1 AND name = $2";
/// Numbers ascend with time: the oldest entries are the first ones.
const PRUNE: &str = "DELETE FROM outbox
    WHERE (id <= (SELECT min(done) FROM outbox_consumer)
        OR (at <= $1 AND NOT EXISTS (SELECT 1 FROM outbox_consumer)))
    AND id IN (SELECT id FROM outbox ORDER BY id LIMIT $2)";

/// For how many days entries stay where nobody consumes them.
pub const UNTOLD_DAYS: u16 = 7;

/// The number of an entry; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoveId(pub i64);

/// An application that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The number of the entry.
    pub id: MoveId,
    /// Whose application.
    pub subject: Subject,
    /// Which application.
    pub application: ApplicationId,
    /// The public stage before; none where nothing was known.
    pub from: Option<Stage>,
    /// The public stage now; none where all that was known was withdrawn.
    pub to: Option<Stage>,
    /// When we learned of it.
    pub at: Moment,
}

/// Somebody who tells others of moves; the outbox keeps what is not told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumer(&'static str);

impl Consumer {
    /// The consumer of a name, which begins at the present when it is new.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn register(write: &mut Write<'_>, name: &'static str) -> Result<Self> {
        write.execute(REGISTER, &[Value::Text(name)]).await?;
        Ok(Self(name))
    }
}

/// The moves that a consumer is not done with, oldest first, at most `limit`: the same ones until it is done.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn take(read: &Read<'_>, consumer: Consumer, limit: u16) -> Result<Vec<Move>> {
    read.rows(TAKE, &[Value::Text(consumer.0), Value::Int(limit.into())], moved).await
}

/// Notes that a consumer has told everybody of the moves up to this one.
///
/// # Errors
/// Fails when the database does.
pub async fn done(write: &mut Write<'_>, consumer: Consumer, up_to: MoveId) -> Result<()> {
    write.execute(DONE, &[Value::Int(up_to.0), Value::Text(consumer.0)]).await.map(drop)
}

/// Forgets moves that every consumer is done with and, where there is no consumer, those older than
/// [`UNTOLD_DAYS`]: at most [`upkeep::AT_ONCE`] at a time. Gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn prune(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    let entry = upkeep::entry(now, actor, "prune_outbox", "moves");
    upkeep::run(store, entry, PRUNE, upkeep::days_before(now, UNTOLD_DAYS)).await
}

/// An application that moves in the transaction under way.
pub(crate) struct Moving {
    pub(crate) subject: Subject,
    pub(crate) application: ApplicationId,
    pub(crate) from: Option<Stage>,
    pub(crate) to: Option<Stage>,
}

pub(crate) async fn add(write: &mut Write<'_>, moved: &[Moving], at: Moment) -> Result<()> {
    let rows = moved.iter().map(|moving| {
        [
            Value::Blob(&moving.subject.0),
            Value::Int(moving.application.0),
            moving.from.map(Stage::as_str).into(),
            moving.to.map(Stage::as_str).into(),
            Value::Int(at.millis()),
        ]
    });
    let rows: Vec<_> = rows.collect();
    write.execute_each(ADD, &rows).await
}

fn moved(row: &Row<'_>) -> Result<Move> {
    let stage = |column| {
        let word = row.optional_text(column)?;
        word.map(|word| Stage::parse(word).ok_or(StoreError::Corrupt("stage"))).transpose()
    };
    Ok(Move {
        id: MoveId(row.int(0)?),
        subject: Subject(row.array(1)?),
        application: ApplicationId(row.int(2)?),
        from: stage(3)?,
        to: stage(4)?,
        at: Moment::from_millis(row.int(5)?),
    })
}
