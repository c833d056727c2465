//! People who work with the system: their accounts, and beside each what signs them in.

pub mod ceremony;
pub mod code;
mod deed;
pub mod failure;
pub mod passkey;
pub mod session;
#[cfg(test)]
pub(crate) mod tests;

use crate::audit::{self, Entry};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::{Read, Store, Work, Write};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::permit::{Bearer, StaffId};
use domain::role::Role;

pub use deed::Deed;

/// A login name that is there is not tried again: PostgreSQL would use up a number each time.
const ADD: &str = "INSERT INTO staff (handle, login, number, role, organ, state, added_at)
    SELECT $1, $2, $3, $4, $5, 'active', $6 WHERE NOT EXISTS (SELECT 1 FROM staff WHERE login = $2)
    ON CONFLICT (login) DO NOTHING RETURNING id";
/// However somebody writes the number of a person, it is the same person.
const ROLES_OF: &str = "SELECT role FROM staff
    WHERE replace(replace(replace(upper(number), '.', ''), '-', ''), '_', '') = $1";
const BY_LOGIN: &str =
    "SELECT id, handle, login, number, role, organ, state, added_at FROM staff WHERE login = $1";
const BY_ID: &str = "SELECT id, handle, login, number, role, organ, state, added_at FROM staff WHERE id = $1";
const PAGE: &str = "SELECT id, handle, login, number, role, organ, state, added_at FROM staff
    WHERE organ >= $1 AND organ <= $2 AND login > $3
        AND (substr(login, 1, length($4)) = $4 OR substr(number, 1, length($4)) = $4)
    ORDER BY login LIMIT $5";
const SET_STATE: &str = "UPDATE staff SET state = $1 WHERE id = $2 AND state <> $1 RETURNING id";

/// Whether an account signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Active,
    /// It does not, and none of its sessions goes on.
    Blocked,
}

impl State {
    /// The word in the database and in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Blocked].into_iter().find(|state| state.as_str() == word)
    }
}

/// An account of somebody who works with the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number in this database; stands in the log of changes.
    pub id: StaffId,
    /// What a passkey knows its owner by: random bytes.
    pub handle: [u8; 16],
    /// The name of the account.
    pub login: String,
    /// The number that others see (警号, 工号); a person's accounts have the same.
    pub number: String,
    /// The role.
    pub role: Role,
    /// The organ.
    pub organ: OrganCode,
    /// Whether it signs in.
    pub state: State,
    /// When it was added.
    pub added_at: Moment,
}

impl Account {
    /// Whom the table of roles is asked about.
    #[must_use]
    pub fn bearer(&self) -> Bearer {
        Bearer { staff: self.id, role: self.role, organ: self.organ }
    }

    /// How the log of changes names it.
    #[must_use]
    pub fn actor(&self) -> String {
        actor(self.id)
    }
}

/// How the log of changes names an account.
#[must_use]
pub fn actor(id: StaffId) -> String {
    format!("staff:{}", id.0)
}

/// An account to be added.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name of the account; no other has or had it.
    pub login: String,
    /// The number that others see.
    pub number: String,
    /// The role.
    pub role: Role,
    /// The organ.
    pub organ: OrganCode,
}

/// What came of adding an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Done(StaffId),
    /// Another account has the login name.
    Taken,
    /// The person of this number has a role that excludes the new one.
    Excluded(Role),
}

/// Adds an account that cannot sign in yet.
///
/// # Errors
/// Refuses a session that has ended; fails when the database does, or the system gave no random bytes.
pub async fn add(store: &Store, deed: impl Into<Deed>, new: NewAccount) -> Result<Added> {
    let deed = deed.into();
    let mut handle = [0; 16];
    aws_lc_rs::rand::fill(&mut handle).map_err(|_| StoreError::Unsealed)?;
    let added = store.change(move |write| -> Work<'_, Added> {
        Box::pin(async move {
            let entry = deed.due(write).await?;
            if let Some(role) = excluding(write, &new).await? {
                return Ok(Added::Excluded(role));
            }
            let values = [
                Value::Blob(&handle),
                Value::Text(&new.login),
                Value::Text(&new.number),
                Value::Text(new.role.as_str()),
                Value::Int(new.organ.get().into()),
                Value::Int(entry.at.millis()),
            ];
            let Some(id) = write.rows(ADD, &values, |row| row.int(0)).await?.into_iter().next() else {
                return Ok(Added::Taken);
            };
            let detail = format!("staff:{id} {} {}", new.role, new.organ);
            audit::insert(write, &Entry { detail, ..entry }).await?;
            Ok(Added::Done(StaffId(id)))
        })
    });
    added.await
}

/// A role of the same person that excludes the new one; a blocked account counts, for it can be unblocked.
async fn excluding(write: &mut Write<'_>, new: &NewAccount) -> Result<Option<Role>> {
    let number = new.number.to_uppercase().replace(['.', '-', '_'], "");
    let roles = write.rows(ROLES_OF, &[Value::Text(&number)], |row| role(row, 0)).await?;
    Ok(roles.into_iter().find(|other| other.excludes(new.role)))
}

/// The account of a login name.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_login(read: &Read<'_>, login: &str) -> Result<Option<Account>> {
    let found = read.rows(BY_LOGIN, &[Value::Text(login)], |row| account(row, 0)).await?;
    Ok(found.into_iter().next())
}

/// The account of a number.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn by_id(read: &Read<'_>, id: StaffId) -> Result<Option<Account>> {
    let found = read.rows(BY_ID, &[Value::Int(id.0)], |row| account(row, 0)).await?;
    Ok(found.into_iter().next())
}

/// Which accounts are listed.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Those of this organ and below it; none for all.
    pub above: Option<OrganCode>,
    /// How the login name or the number begins.
    pub begins: &'a str,
    /// The login name after which they begin.
    pub after: &'a str,
}

/// Accounts in order of their login names, at most `limit`.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn page(read: &Read<'_>, wanted: Wanted<'_>, limit: u16) -> Result<Vec<Account>> {
    let (first, last) = wanted.above.map_or((0, u32::MAX), OrganCode::scope);
    let values = [
        Value::Int(first.into()),
        Value::Int(last.into()),
        Value::Text(wanted.after),
        Value::Text(wanted.begins),
        Value::Int(limit.into()),
    ];
    read.rows(PAGE, &values, |row| account(row, 0)).await
}

/// Blocks an account, which ends its sessions and takes its codes away, or lets it sign in again; false where it is
/// unknown or so already.
///
/// # Errors
/// Refuses a session that has ended; fails when the database does.
pub async fn set_state(store: &Store, deed: impl Into<Deed>, id: StaffId, state: State) -> Result<bool> {
    let deed = deed.into();
    let set = store.change(move |write| -> Work<'_, bool> {
        Box::pin(async move {
            let entry = deed.due(write).await?;
            let values = [Value::Text(state.as_str()), Value::Int(id.0)];
            if write.rows(SET_STATE, &values, |row| row.int(0)).await?.is_empty() {
                return Ok(false);
            }
            if state == State::Blocked {
                session::end_all_of(write, id).await?;
                code::forget_of(write, id).await?;
            }
            let detail = actor(id);
            audit::insert(write, &Entry { detail, ..entry }).await?;
            Ok(true)
        })
    });
    set.await
}

fn role(row: &Row<'_>, column: usize) -> Result<Role> {
    Role::parse(row.text(column)?).ok_or(StoreError::Corrupt("role"))
}

/// An account whose columns begin at one.
fn account(row: &Row<'_>, first: usize) -> Result<Account> {
    Ok(Account {
        id: StaffId(row.int(first)?),
        handle: row.array(first + 1)?,
        login: row.text(first + 2)?.to_owned(),
        number: row.text(first + 3)?.to_owned(),
        role: role(row, first + 4)?,
        organ: OrganCode::from_u32(row.narrow(first + 5, "organ")?).ok_or(StoreError::Corrupt("organ"))?,
        state: State::parse(row.text(first + 6)?).ok_or(StoreError::Corrupt("state"))?,
        added_at: Moment::from_millis(row.int(first + 7)?),
    })
}
