//! Sessions of staff: a keyed hash of what the browser holds, and three moments.

use super::passkey::{self, NewPasskey};
use super::{Account, actor};
use crate::audit::{self, Entry};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{HASH_LENGTH, Keys};
use crate::upkeep::AT_ONCE;
use crate::{Read, Store, Work, Write};
use domain::moment::Moment;
use domain::permit::StaffId;
use domain::session::{LONGEST_MILLIS, Times};

const BEGIN: &str = "INSERT INTO staff_session (token, staff, made_at, seen_at, stepped_up_at)
    SELECT $1, id, $2, $2, $2 FROM staff WHERE id = $3 AND state = 'active' RETURNING id";
const OF_TOKEN: &str = "SELECT staff_session.id, made_at, seen_at, stepped_up_at,
    staff.id, handle, login, number, role, organ, state, added_at
    FROM staff_session JOIN staff ON staff.id = staff_session.staff WHERE token = $1 AND state = 'active'";
/// Told twice it comes to the same.
const SEEN: &str = "UPDATE staff_session SET seen_at = $1 WHERE id = $2 AND seen_at < $1 RETURNING id";
const STEP_UP: &str = "UPDATE staff_session SET stepped_up_at = $1 WHERE id = $2 RETURNING id";
const OF_STAFF: &str = "SELECT id, made_at, seen_at, stepped_up_at FROM staff_session WHERE staff = $1
    ORDER BY made_at DESC, id DESC LIMIT 100";
const END: &str = "DELETE FROM staff_session WHERE staff = $1 AND id = $2 RETURNING id";
const END_ALL: &str = "DELETE FROM staff_session WHERE staff = $1";
const FORGET: &str = "DELETE FROM staff_session WHERE id IN
    (SELECT id FROM staff_session WHERE made_at < $1 ORDER BY made_at LIMIT $2) RETURNING id";

/// How often it is noted that a session is used.
const NOTED_EVERY_MILLIS: i64 = 30 * 1000;

/// The number of a session in its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(pub i64);

/// What a browser shows to be taken for somebody who signed in. Has no `Debug` on purpose.
#[derive(Clone)]
pub struct Token(pub [u8; 32]);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn fresh() -> Result<Self> {
        let mut token = [0; 32];
        aws_lc_rs::rand::fill(&mut token).map_err(|_| StoreError::Unsealed)?;
        Ok(Self(token))
    }

    fn hash(&self, keys: &Keys) -> [u8; HASH_LENGTH] {
        keys.of_staff("staff session", &self.0)
    }
}

/// A session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Its times.
    pub times: Times,
}

/// Begins a session of an account, and notes how the passkey is since; false where the account is blocked meanwhile, or the
/// passkey taken away.
///
/// # Errors
/// Fails when the database does.
pub async fn begin(
    store: &Store,
    entry: Entry,
    staff: StaffId,
    token: &Token,
    shown: Option<NewPasskey>,
) -> Result<bool> {
    let hash = token.hash(store.keys());
    let shown = shown.map(|passkey| passkey.sealed(store.keys())).transpose()?;
    let begun = store.change(move |write| -> Work<'_, bool> {
        Box::pin(async move {
            if let Some(shown) = &shown
                && !passkey::used(write, shown, entry.at).await?
            {
                return Ok(false);
            }
            let values = [Value::Blob(&hash), Value::Int(entry.at.millis()), Value::Int(staff.0)];
            if write.rows(BEGIN, &values, |row| row.int(0)).await?.is_empty() {
                return Ok(false);
            }
            audit::insert(write, &entry).await?;
            Ok(true)
        })
    });
    begun.await
}

/// The session of a token and whose it is, unless it is over.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_token(
    read: &Read<'_>,
    keys: &Keys,
    token: &Token,
    now: Moment,
) -> Result<Option<(Session, Account)>> {
    let hash = token.hash(keys);
    let values = [Value::Blob(&hash)];
    let found = read.rows(OF_TOKEN, &values, |row| Ok((session(row)?, super::account(row, 4)?)));
    Ok(found.await?.into_iter().find(|(session, _)| session.times.is_alive(now)))
}

/// Notes that a session is used, now and then.
///
/// # Errors
/// Fails when the database does.
pub async fn seen(store: &Store, session: &Session, now: Moment) -> Result<()> {
    if now.millis().saturating_sub(session.times.seen_at.millis()) < NOTED_EVERY_MILLIS {
        return Ok(());
    }
    let values = [Value::Int(now.millis()), Value::Int(session.id.0)];
    store.counted(SEEN, &values, |row| row.int(0)).await.map(drop)
}

/// Notes that a passkey was shown again in a session; false where it has ended.
///
/// # Errors
/// Fails when the database does.
pub async fn step_up(store: &Store, entry: Entry, id: SessionId, shown: NewPasskey) -> Result<bool> {
    let shown = shown.sealed(store.keys())?;
    let stepped = store.change(move |write| -> Work<'_, bool> {
        Box::pin(async move {
            if !passkey::used(write, &shown, entry.at).await? {
                return Ok(false);
            }
            let values = [Value::Int(entry.at.millis()), Value::Int(id.0)];
            if write.rows(STEP_UP, &values, |row| row.int(0)).await?.is_empty() {
                return Ok(false);
            }
            audit::insert(write, &entry).await?;
            Ok(true)
        })
    });
    stepped.await
}

/// The sessions of an account that go on, the newest first.
///
/// # Errors
/// Fails when the database does.
pub async fn of_staff(read: &Read<'_>, staff: StaffId, now: Moment) -> Result<Vec<Session>> {
    let mut sessions = read.rows(OF_STAFF, &[Value::Int(staff.0)], session).await?;
    sessions.retain(|session| session.times.is_alive(now));
    Ok(sessions)
}

/// Ends a session of an account; false where it has none of that number.
///
/// # Errors
/// Fails when the database does.
pub async fn end(store: &Store, entry: Entry, staff: StaffId, id: SessionId) -> Result<bool> {
    let ended = store.change(move |write| -> Work<'_, bool> {
        Box::pin(async move {
            let values = [Value::Int(staff.0), Value::Int(id.0)];
            if write.rows(END, &values, |row| row.int(0)).await?.is_empty() {
                return Ok(false);
            }
            audit::insert(write, &entry).await?;
            Ok(true)
        })
    });
    ended.await
}

/// Ends every session of an account; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn end_all(store: &Store, entry: Entry, staff: StaffId) -> Result<usize> {
    let entry = Entry { detail: actor(staff), ..entry };
    let end = store.write(entry, move |write| -> Work<'_, usize> {
        Box::pin(async move { end_all_of(write, staff).await })
    });
    end.await
}

pub(super) async fn end_all_of(write: &mut Write<'_>, staff: StaffId) -> Result<usize> {
    write.execute(END_ALL, &[Value::Int(staff.0)]).await
}

/// Forgets a few sessions that are over; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    let before = now.millis().saturating_sub(LONGEST_MILLIS);
    let values = [Value::Int(before), Value::Int(AT_ONCE.into())];
    Ok(store.aside(FORGET, &values, |row| row.int(0)).await?.len())
}

fn session(row: &Row<'_>) -> Result<Session> {
    let moment = |column| row.int(column).map(Moment::from_millis);
    let times = Times { made_at: moment(1)?, seen_at: moment(2)?, stepped_up_at: moment(3)? };
    Ok(Session { id: SessionId(row.int(0)?), times })
}
