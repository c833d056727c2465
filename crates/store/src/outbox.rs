//! The outbox: which applications moved to another public stage, for whoever tells others of it.
//!
//! Entries are written in the transaction of what moved them, and their numbers ascend: those of one
//! application are in order. They stay until they are done, so each is told at least once.

use crate::application::ApplicationId;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::Subject;
use crate::{Read, Write};
use domain::moment::Moment;
use domain::stage::Stage;

const ADD: &str = "INSERT INTO outbox (subject, application, from_stage, to_stage, at)
    VALUES ($1, $2, $3, $4, $5)";
const TAKE: &str = "SELECT id, subject, application, from_stage, to_stage, at FROM outbox
    WHERE id > $1 ORDER BY id LIMIT $2";
const DONE: &str = "DELETE FROM outbox WHERE id <= $1";

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

/// The moves after one, oldest first, at most `limit`.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn take(read: &Read<'_>, after: MoveId, limit: u16) -> Result<Vec<Move>> {
    read.rows(TAKE, &[Value::Int(after.0), Value::Int(limit.into())], moved).await
}

/// Forgets the moves up to this one: everybody was told.
///
/// # Errors
/// Fails when the database does.
pub async fn done(write: &mut Write<'_>, up_to: MoveId) -> Result<()> {
    write.execute(DONE, &[Value::Int(up_to.0)]).await.map(drop)
}

/// An application that moves in the transaction under way.
pub(crate) struct Moving {
    pub(crate) subject: Subject,
    pub(crate) application: ApplicationId,
    pub(crate) from: Option<Stage>,
    pub(crate) to: Option<Stage>,
}

pub(crate) async fn add(write: &mut Write<'_>, moving: &Moving, at: Moment) -> Result<()> {
    let values = [
        Value::Blob(&moving.subject.0),
        Value::Int(moving.application.0),
        moving.from.map(Stage::as_str).into(),
        moving.to.map(Stage::as_str).into(),
        Value::Int(at.millis()),
    ];
    write.execute(ADD, &values).await.map(drop)
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
