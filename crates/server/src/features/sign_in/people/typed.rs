//! Reads what was typed of an account, or says field by field what is wrong.

use domain::organ::OrganCode;
use domain::role::Role;
use i18n::Language;
use serde::Deserialize;
use store::staff::NewAccount;
use web::Fault;

/// The longest login name and number.
const LONGEST: usize = 32;

/// An account as typed. A missing field and an empty one are the same.
#[derive(Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    pub(crate) login: String,
    #[serde(default)]
    pub(crate) number: String,
    #[serde(default)]
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) organ: String,
}

impl Typed {
    /// The account, or everything that is wrong with it, in the order of the form.
    pub(crate) fn parse(&self, l: Language) -> Result<NewAccount, Vec<Fault>> {
        let login = word(&self.login.trim().to_lowercase());
        let login = login.ok_or_else(|| Fault::new("login", "unreadable", l.staff_add_error_login()));
        let number = word(self.number.trim());
        let number = number.ok_or_else(|| Fault::new("number", "unreadable", l.staff_add_error_number()));
        let role = Role::parse(self.role.trim());
        let role = role.ok_or_else(|| Fault::new("role", "unknown", l.staff_add_error_role()));
        let organ = OrganCode::parse(self.organ.trim());
        let organ = organ.ok_or_else(|| Fault::new("organ", "unknown", l.staff_add_error_organ()));
        match (login, number, role, organ) {
            (Ok(login), Ok(number), Ok(role), Ok(organ)) => Ok(NewAccount { login, number, role, organ }),
            (login, number, role, organ) => {
                let faults = [login.err(), number.err(), role.err(), organ.err()];
                Err(faults.into_iter().flatten().collect())
            }
        }
    }
}

/// Letters, digits, dots and hyphens of ASCII.
fn word(typed: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    (!typed.is_empty() && typed.len() <= LONGEST && typed.chars().all(plain)).then(|| typed.to_owned())
}
