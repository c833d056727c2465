//! What a server must know again between the two halves of a passkey ceremony (W3C Web Authentication, section 1.3): it
//! goes with the page, sealed and for some minutes, so that any server of the database goes on with it, and strangers who
//! open the page fill no table. Each counts once.

use crate::error::Result;
use crate::keys::{HASH_LENGTH, Keys, Place};
use crate::{Store, solved};
use domain::moment::Moment;

/// How long somebody has to show a passkey.
pub const OPEN_MILLIS: i64 = 5 * 60 * 1000;

/// Which ceremony it is; one is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// A passkey is made.
    Making,
    /// A passkey is shown.
    Showing,
}

impl Ceremony {
    fn place(self) -> Place<'static> {
        let row: &[u8] = match self {
            Self::Making => b"making",
            Self::Showing => b"showing",
        };
        // No table has this name: what goes with a page is in none.
        Place { table: "a page of staff", column: "ceremony", row }
    }
}

/// A ceremony that came back, not used yet.
pub struct Returned {
    /// What the server wanted to know again.
    pub state: Vec<u8>,
    name: [u8; HASH_LENGTH],
    until: Moment,
}

/// Seals the state of a ceremony that begins now.
///
/// # Errors
/// Fails when it cannot be sealed.
pub fn seal(keys: &Keys, ceremony: Ceremony, now: Moment, state: &[u8]) -> Result<Vec<u8>> {
    let until = now.millis().saturating_add(OPEN_MILLIS);
    keys.seal(&ceremony.place(), &[&until.to_be_bytes(), state].concat())
}

/// Opens it again; none where it is over, of another ceremony, or not ours.
#[must_use]
pub fn open(keys: &Keys, ceremony: Ceremony, now: Moment, sealed: &[u8]) -> Option<Returned> {
    let plain = keys.open(&ceremony.place(), sealed).ok()?;
    let (until, state) = plain.split_first_chunk::<8>()?;
    let until = Moment::from_millis(i64::from_be_bytes(*until));
    let name = keys.of_staff("staff ceremony", sealed);
    (now < until).then(|| Returned { state: state.to_vec(), name, until })
}

impl Returned {
    /// Uses it up; false where it was used before.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn use_once(&self, store: &Store) -> Result<bool> {
        solved::use_once(store, &self.name, self.until).await
    }
}
