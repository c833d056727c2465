//! Enrolment codes: a keyed hash of each, used once, for a day at the most.

use super::passkey::{self, NewPasskey};
use super::{Account, Deed, actor};
use crate::audit::{self, Entry};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::keys::{HASH_LENGTH, Keys};
use crate::upkeep::AT_ONCE;
use crate::{Read, Store, Work, Write};
use domain::enrolment::EnrolmentCode;
use domain::moment::Moment;
use domain::permit::StaffId;
use domain::session::CODE_MILLIS;

const ADD: &str = "INSERT INTO staff_code (code, staff, made_at, until)
    SELECT $1, id, $2, $3 FROM staff WHERE id = $4 AND state = 'active' RETURNING staff";
const OWNER: &str = "SELECT staff.id, handle, login, number, role, organ, state, added_at
    FROM staff_code JOIN staff ON staff.id = staff_code.staff
    WHERE code = $1 AND until > $2 AND state = 'active'";
const USE: &str = "DELETE FROM staff_code WHERE code = $1";
const FORGET_OF: &str = "DELETE FROM staff_code WHERE staff = $1";
const FORGET: &str = "DELETE FROM staff_code WHERE code IN
    (SELECT code FROM staff_code WHERE until <= $1 ORDER BY until LIMIT $2) RETURNING staff";

/// A new code from the system's random generator.
///
/// # Errors
/// The system gave no random bytes.
pub fn fresh() -> Result<EnrolmentCode> {
    let mut random = [0; 20];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| StoreError::Unsealed)?;
    Ok(EnrolmentCode::of(random))
}

/// Makes a code and gives it to an account, in place of those it has; none where the account is unknown or blocked.
///
/// # Errors
/// Refuses a session that has ended; fails when the database does, or the system gave no random bytes.
pub async fn give(store: &Store, deed: impl Into<Deed>, staff: StaffId) -> Result<Option<EnrolmentCode>> {
    let code = fresh()?;
    Ok(put(store, deed, staff, &code).await?.then_some(code))
}

/// Gives an account a code, in place of those it has; false where it is unknown or blocked.
///
/// # Errors
/// Refuses a session that has ended; fails when the database does.
pub async fn put(store: &Store, deed: impl Into<Deed>, staff: StaffId, code: &EnrolmentCode) -> Result<bool> {
    let (deed, hash) = (deed.into(), hash(store.keys(), code));
    let put = store.change(move |write| -> Work<'_, bool> {
        Box::pin(async move {
            let entry = deed.due(write).await?;
            forget_of(write, staff).await?;
            let now = entry.at.millis();
            let values = [
                Value::Blob(&hash),
                Value::Int(now),
                Value::Int(now.saturating_add(CODE_MILLIS)),
                Value::Int(staff.0),
            ];
            if write.rows(ADD, &values, |row| row.int(0)).await?.is_empty() {
                return Ok(false);
            }
            audit::insert(write, &Entry { detail: actor(staff), ..entry }).await?;
            Ok(true)
        })
    });
    put.await
}

/// Whose code this is; nobody's where it is unknown, used, over, or the account is blocked.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn owner(
    read: &Read<'_>,
    keys: &Keys,
    code: &EnrolmentCode,
    now: Moment,
) -> Result<Option<Account>> {
    let values = [Value::Blob(&hash(keys, code)), Value::Int(now.millis())];
    let found = read.rows(OWNER, &values, |row| super::account(row, 0)).await?;
    Ok(found.into_iter().next())
}

/// Uses a code to give its owner a passkey; none where the code is no longer theirs, or another account has the passkey.
///
/// # Errors
/// Fails when the database does.
pub async fn enrol(
    store: &Store,
    entry: Entry,
    code: &EnrolmentCode,
    new: NewPasskey,
) -> Result<Option<StaffId>> {
    let hash = hash(store.keys(), code);
    let sealed = new.sealed(store.keys())?;
    let enrolled = store.change(move |write| -> Work<'_, Option<StaffId>> {
        Box::pin(async move {
            let values = [Value::Blob(&hash), Value::Int(entry.at.millis())];
            let Some(staff) = write.rows(OWNER, &values, |row| row.int(0)).await?.into_iter().next() else {
                return Ok(None);
            };
            if !passkey::add(write, StaffId(staff), &sealed, entry.at).await? {
                return Ok(None);
            }
            write.execute(USE, &[Value::Blob(&hash)]).await?;
            let actor = actor(StaffId(staff));
            audit::insert(write, &Entry { actor, ..entry }).await?;
            Ok(Some(StaffId(staff)))
        })
    });
    enrolled.await
}

/// Takes an account's codes away.
pub(super) async fn forget_of(write: &mut Write<'_>, staff: StaffId) -> Result<()> {
    write.execute(FORGET_OF, &[Value::Int(staff.0)]).await.map(drop)
}

/// Forgets a few codes that are over; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    let values = [Value::Int(now.millis()), Value::Int(AT_ONCE.into())];
    Ok(store.aside(FORGET, &values, |row| row.int(0)).await?.len())
}

fn hash(keys: &Keys, code: &EnrolmentCode) -> [u8; HASH_LENGTH] {
    keys.of_staff("staff code", code.as_str().as_bytes())
}
