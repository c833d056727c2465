//! The demonstration's staff: accounts of the invented region, with a fresh code each.

use crate::app::{App, Failed};
use domain::organ::OrganCode;
use domain::region::RegionCode;
use domain::role::Role;
use store::audit::Entry;
use store::staff::{self, NewAccount, State, code};

/// Who works in the invented region.
const STAFF: [(&str, Role); 2] = [("security", Role::SecurityAdministrator), ("clerk", Role::HotlineClerk)];

/// An account, and the code with which somebody makes a passkey for it.
pub struct Enrolment {
    /// The account's name.
    pub login: &'static str,
    /// The code, in groups.
    pub code: String,
}

/// Makes the accounts where they are missing, and a code for each in place of the former one.
///
/// # Errors
/// Fails when the store does.
pub async fn staff(app: &App) -> Result<Vec<Enrolment>, Failed> {
    let organ = OrganCode::new(RegionCode::DEMONSTRATION, 0).ok_or("the invented region has no organ")?;
    let mut enrolments = Vec::new();
    for (login, role) in STAFF {
        let new = NewAccount { login: login.to_owned(), number: format!("demo-{login}"), role, organ };
        staff::add(&app.store, entry(app, "staff_add"), new).await?;
        let account = staff::of_login(&app.store.read(), login).await?;
        let Some(account) = account.filter(|account| account.state == State::Active) else { continue };
        let code = code::give(&app.store, entry(app, "staff_code"), account.id).await?;
        enrolments.extend(code.map(|code| Enrolment { login, code: code.grouped() }));
    }
    Ok(enrolments)
}

fn entry(app: &App, action: &'static str) -> Entry {
    let actor = "command:demo".to_owned();
    Entry { at: app.clock.now(), actor, action, detail: String::new() }
}
