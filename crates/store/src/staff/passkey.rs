//! Passkeys: found by a keyed hash of what names each, and sealed.

use super::{Account, Deed, actor, code, session};
use crate::audit::Entry;
use crate::engine::Value;
use crate::error::Result;
use crate::keys::{HASH_LENGTH, Keys};
use crate::sealed::Column;
use crate::{Read, Store, Work, Write};
use domain::moment::Moment;
use domain::permit::StaffId;

const ADD: &str = "INSERT INTO staff_passkey (staff, credential, passkey, made_at, used_at)
    SELECT $1, $2, $3, $4, $4 WHERE NOT EXISTS (SELECT 1 FROM staff_passkey WHERE credential = $2)
    ON CONFLICT (credential) DO NOTHING RETURNING id";
const FIND: &str = "SELECT staff.id, handle, login, number, role, organ, state, added_at, passkey
    FROM staff_passkey JOIN staff ON staff.id = staff_passkey.staff WHERE credential = $1";
const USED: &str = "UPDATE staff_passkey SET used_at = $1, passkey = $2 WHERE credential = $3";
const FORGET_OF: &str = "DELETE FROM staff_passkey WHERE staff = $1";
const COUNT: &str = "SELECT count(*) FROM staff_passkey WHERE staff = $1";

/// How passkeys are sealed anew.
pub(crate) const SEALED: Column = Column {
    table: "staff_passkey",
    column: "passkey",
    page: "SELECT id, passkey, credential FROM staff_passkey WHERE id >= $1 ORDER BY id LIMIT $2",
    replace: "UPDATE staff_passkey SET passkey = $1 WHERE passkey = $2 AND id = $3",
    by_hash: false,
    name: |row| Ok(row.blob(2)?.to_vec()),
};

/// A passkey as it is after it was made or used.
pub struct NewPasskey {
    /// What names it (credential id).
    pub credential: Vec<u8>,
    /// The passkey itself, as the library writes it.
    pub passkey: Vec<u8>,
}

/// The same, ready for its row.
pub(super) struct Sealed {
    credential: [u8; HASH_LENGTH],
    passkey: Vec<u8>,
}

impl NewPasskey {
    pub(super) fn sealed(&self, keys: &Keys) -> Result<Sealed> {
        let credential = hash(keys, &self.credential);
        Ok(Sealed { credential, passkey: keys.seal(&SEALED.place(&credential), &self.passkey)? })
    }
}

/// Adds a passkey; false where somebody has it.
pub(super) async fn add(write: &mut Write<'_>, staff: StaffId, sealed: &Sealed, now: Moment) -> Result<bool> {
    let values = [
        Value::Int(staff.0),
        Value::Blob(&sealed.credential),
        Value::Blob(&sealed.passkey),
        Value::Int(now.millis()),
    ];
    Ok(!write.rows(ADD, &values, |row| row.int(0)).await?.is_empty())
}

/// Notes that a passkey was used, and how it is since; false where it was taken away meanwhile.
pub(super) async fn used(write: &mut Write<'_>, sealed: &Sealed, now: Moment) -> Result<bool> {
    let values = [Value::Int(now.millis()), Value::Blob(&sealed.passkey), Value::Blob(&sealed.credential)];
    Ok(write.execute(USED, &values).await? > 0)
}

/// Takes an account's passkeys away, and its codes and sessions with them: a device was lost. Gives how many there were.
///
/// # Errors
/// Refuses a session that has ended; fails when the database does.
pub async fn forget_of(store: &Store, deed: impl Into<Deed>, staff: StaffId) -> Result<usize> {
    let deed = deed.into();
    let entry = Entry { detail: actor(staff), ..deed.entry.clone() };
    let forget = store.write(entry, move |write| -> Work<'_, usize> {
        Box::pin(async move {
            deed.due(write).await?;
            session::end_all_of(write, staff).await?;
            code::forget_of(write, staff).await?;
            write.execute(FORGET_OF, &[Value::Int(staff.0)]).await
        })
    });
    forget.await
}

/// The passkey of this name, and whose it is.
///
/// # Errors
/// Fails when the database does, and where it does not open.
pub async fn find(read: &Read<'_>, keys: &Keys, credential: &[u8]) -> Result<Option<(Account, Vec<u8>)>> {
    let credential = hash(keys, credential);
    let values = [Value::Blob(&credential)];
    let found = read.rows(FIND, &values, |row| {
        Ok((super::account(row, 0)?, keys.open(&SEALED.place(&credential), row.blob(8)?)?))
    });
    Ok(found.await?.into_iter().next())
}

/// How many passkeys an account has.
///
/// # Errors
/// Fails when the database does.
pub async fn count(read: &Read<'_>, staff: StaffId) -> Result<i64> {
    let found = read.rows(COUNT, &[Value::Int(staff.0)], |row| row.int(0)).await?;
    Ok(found.into_iter().sum())
}

fn hash(keys: &Keys, credential: &[u8]) -> [u8; HASH_LENGTH] {
    keys.of_staff("staff passkey", credential)
}
