//! What is done to accounts, and in which session: one that has ended meanwhile does nothing any more, however long ago its
//! request began.

use super::session::SessionId;
use crate::Write;
use crate::audit::Entry;
use crate::engine::Value;
use crate::error::{Result, StoreError};

const GOES_ON: &str =
    "SELECT staff_session.id FROM staff_session JOIN staff ON staff.id = staff_session.staff
    WHERE staff_session.id = $1 AND state = 'active'";

/// An entry of the log of changes, and the session in which it is done; none on the command line.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What the log of changes says of it.
    pub entry: Entry,
    /// The session.
    pub session: Option<SessionId>,
}

impl From<Entry> for Deed {
    fn from(entry: Entry) -> Self {
        Self { entry, session: None }
    }
}

impl Deed {
    /// The entry, if the session goes on: asked in the transaction of what is done.
    ///
    /// # Errors
    /// Refuses where it has ended, or its account is blocked.
    pub(super) async fn due(self, write: &mut Write<'_>) -> Result<Entry> {
        let Some(session) = self.session else { return Ok(self.entry) };
        let goes_on = write.rows(GOES_ON, &[Value::Int(session.0)], |row| row.int(0)).await?;
        if goes_on.is_empty() { Err(StoreError::SignedOut) } else { Ok(self.entry) }
    }
}
