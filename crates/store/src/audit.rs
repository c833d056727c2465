//! The audit entry that every change brings with it: without one there is no transaction to change in.

use crate::Write;
use crate::engine::Value;
use crate::error::Result;
use domain::moment::Moment;

const INSERT: &str = "INSERT INTO audit (at, actor, action, detail) VALUES ($1, $2, $3, $4) RETURNING id";

/// Who changes what, and when. Holds nothing personal.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When the change was asked for.
    pub at: Moment,
    /// Who: a feed (`feed:county`), a command (`command:demo`).
    pub actor: String,
    /// What, in one word: `record`, `office_import`.
    pub action: &'static str,
    /// Counts or names of things, never of people.
    pub detail: String,
}

/// By which a change is found again.
#[derive(Clone, Copy)]
pub(crate) struct Trace {
    pub(crate) at: Moment,
    pub(crate) id: i64,
}

/// Writes the entry in the transaction of its change.
pub(crate) async fn insert(write: &mut Write<'_>, entry: &Entry) -> Result<()> {
    let values = [
        Value::Int(entry.at.millis()),
        Value::Text(&entry.actor),
        Value::Text(entry.action),
        Value::Text(&entry.detail),
    ];
    let id = write.rows(INSERT, &values, |row| row.int(0)).await?;
    write.trace = id.into_iter().next().map(|id| Trace { at: entry.at, id });
    Ok(())
}
