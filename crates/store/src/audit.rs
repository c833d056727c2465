//! The audit entry that every change brings with it: without one there is no transaction to change in.

use crate::Write;
use crate::engine::Value;
use crate::error::Result;
use domain::moment::Moment;

const INSERT: &str = "INSERT INTO audit (at, actor, action, detail) VALUES ($1, $2, $3, $4)";

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

/// Writes the entry in the transaction of its change.
pub(crate) async fn insert(write: &mut Write<'_>, entry: &Entry) -> Result<()> {
    let values = [
        Value::Int(entry.at.millis()),
        Value::Text(&entry.actor),
        Value::Text(entry.action),
        Value::Text(&entry.detail),
    ];
    write.execute(INSERT, &values).await.map(drop)
}
