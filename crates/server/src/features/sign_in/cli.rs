//! `jindu staff`: the first security administrator is made here, and whoever else while nobody can sign in.

use super::people::service;
use super::people::typed::Typed;
use crate::app::{Failed, open_store};
use crate::clock::Clock;
use crate::config::Config;
use domain::enrolment::EnrolmentCode;
use i18n::Language;
use std::fmt::Write as _;
use store::Store;
use store::audit::Entry;
use store::staff::{self, Account, Added, State, Wanted, code, passkey};

/// Who does what is done on the command line.
const ACTOR: &str = "command:staff";

/// What is done.
pub enum Does {
    /// Adds an account and makes its first code.
    Add(NewStaff),
    /// Lists accounts.
    List,
    /// Blocks an account, or lets it in again.
    Set(String, State),
    /// Makes a code.
    Enrol(String),
    /// Takes the passkeys away.
    Disenrol(String),
}

/// An account as typed on the command line.
pub struct NewStaff {
    /// The name to sign in with.
    pub login: String,
    /// The number that others see.
    pub number: String,
    /// The role's word.
    pub role: String,
    /// The organ's nine digits.
    pub organ: String,
}

/// Does it; gives what is said.
///
/// # Errors
/// Says what is refused or has failed.
pub async fn run(config: &Config, clock: Clock, does: Does) -> Result<String, Failed> {
    let store = open_store(config, None).await?;
    match does {
        Does::Add(new) => add(&store, config, clock, new).await,
        Does::List => list(&store).await,
        Does::Set(login, state) => set(&store, clock, &login, state).await,
        Does::Disenrol(login) => {
            let account = known(&store, &login).await?;
            let gone = passkey::forget_of(&store, entry(clock, "staff_disenrol"), account.id).await?;
            Ok(format!("{login} has no passkey any more ({gone} taken away) and is signed out everywhere."))
        }
        Does::Enrol(login) => {
            let account = known(&store, &login).await?;
            let code = make_code(&store, clock, &account).await?;
            Ok(said(config, &account.login, &code))
        }
    }
}

async fn add(store: &Store, config: &Config, clock: Clock, new: NewStaff) -> Result<String, Failed> {
    let NewStaff { login, number, role, organ } = new;
    let typed = Typed { login, number, role, organ };
    let new = typed.parse(Language::En).map_err(|faults| {
        let faults: Vec<String> =
            faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        faults.join("\n")
    })?;
    let login = new.login.clone();
    match staff::add(store, entry(clock, "staff_add"), new).await? {
        Added::Done(_) => {}
        Added::Taken => return Err(format!("there is an account {login:?} already").into()),
        Added::Excluded(role) => {
            return Err(format!("the person of this number is {role}; nobody may be both").into());
        }
    }
    let account = known(store, &login).await?;
    let code = make_code(store, clock, &account).await?;
    Ok(said(config, &login, &code))
}

async fn list(store: &Store) -> Result<String, Failed> {
    let (mut text, mut after) = (String::new(), String::new());
    loop {
        let wanted = Wanted { above: None, begins: "", after: &after };
        let page = staff::page(&store.read(), wanted, service::PAGE).await?;
        for account in &page {
            let Account { login, number, role, organ, state, .. } = account;
            // Writing into a String does not fail.
            let _ = writeln!(text, "{login}  {number}  {role}  {organ}  {}", state.as_str());
        }
        match page.last() {
            Some(last) => after.clone_from(&last.login),
            None if text.is_empty() => return Ok("There is no account yet.".to_owned()),
            None => return Ok(text.trim_end().to_owned()),
        }
    }
}

async fn set(store: &Store, clock: Clock, login: &str, state: State) -> Result<String, Failed> {
    let account = known(store, login).await?;
    let action = if state == State::Blocked { "staff_block" } else { "staff_unblock" };
    staff::set_state(store, entry(clock, action), account.id, state).await?;
    Ok(match state {
        State::Blocked => format!("{login} is blocked and signed out everywhere; its codes are gone."),
        State::Active => format!("{login} may sign in again with the passkeys it has."),
    })
}

/// Makes a code for an account.
///
/// # Errors
/// Refuses a blocked one; fails when the store does.
pub async fn make_code(store: &Store, clock: Clock, account: &Account) -> Result<EnrolmentCode, Failed> {
    let given = code::give(store, entry(clock, "staff_code"), account.id).await?;
    given.ok_or_else(|| format!("{} is blocked; unblock it first", account.login).into())
}

async fn known(store: &Store, login: &str) -> Result<Account, Failed> {
    let found = staff::of_login(&store.read(), login).await?;
    found.ok_or_else(|| format!("there is no account {login:?}").into())
}

fn said(config: &Config, login: &str, code: &EnrolmentCode) -> String {
    format!(
        "Enrolment code of {login}: {}\nIt works once, for 24 hours, at {}/staff/enrol",
        code.grouped(),
        config.staff.origin(config.listen)
    )
}

fn entry(clock: Clock, action: &'static str) -> Entry {
    Entry { at: clock.now(), actor: ACTOR.to_owned(), action, detail: String::new() }
}
