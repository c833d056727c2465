//! Shows accounts of staff, the form for a new one, and a code once.

use super::http::Filter;
use super::service::{Coded, PAGE};
use super::typed::Typed;
use crate::app::App;
use crate::shell::words;
use askama::Template;
use domain::permit::{Permit, may};
use domain::role::Role;
use domain::session::CODE_MILLIS;
use store::staff::{Account, State};
use web::{Context, Fault, Field, Shell};

/// An account in the list.
struct Row {
    id: i64,
    login: String,
    number: String,
    role: &'static str,
    organ: String,
    is_blocked: bool,
    is_own: bool,
}

/// The list.
#[derive(Template)]
#[template(path = "features/sign_in/people/people.html")]
pub(super) struct PeoplePage {
    shell: Shell,
    filter: Filter,
    /// What was typed, to ask again in another language.
    again: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    next: Option<String>,
}

impl PeoplePage {
    pub(super) fn new(
        app: &App,
        context: &Context,
        permit: &Permit<may::ManageStaff>,
        filter: Filter,
        accounts: &[Account],
    ) -> Self {
        let l = context.language;
        let row = |account: &Account| Row {
            id: account.id.0,
            login: account.login.clone(),
            number: account.number.clone(),
            role: words::role(l, account.role),
            organ: words::organ(app, l, account.organ),
            is_blocked: account.state == State::Blocked,
            is_own: account.id == permit.bearer().staff,
        };
        let last = accounts.last().filter(|_| accounts.len() == usize::from(PAGE));
        Self {
            shell: context.shell(l.staff_people_title()),
            again: vec![("begins", filter.begins.clone()), ("after", filter.after.clone())],
            filter,
            rows: accounts.iter().map(row).collect(),
            next: last.map(|account| account.login.clone()),
        }
    }

    fn begins(&self) -> Field<'_> {
        let l = self.shell.language;
        Field {
            name: "begins",
            label: l.staff_people_begins(),
            value: &self.filter.begins,
            longest: 64,
            width: 18,
            ..Field::default()
        }
    }
}

/// A role to choose.
struct Choice {
    word: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// The form for a new account.
#[derive(Template)]
#[template(path = "features/sign_in/people/add.html")]
pub(super) struct AddPage {
    shell: Shell,
    typed: Typed,
    faults: Vec<Fault>,
}

impl AddPage {
    pub(super) fn new(context: &Context, typed: Typed, faults: Vec<Fault>) -> Self {
        Self { shell: context.shell(context.language.staff_add_title()), typed, faults }
    }

    fn field<'a>(&'a self, name: &'a str, label: &'a str, hint: &'a str, value: &'a str) -> Field<'a> {
        let error = Fault::at(&self.faults, name);
        Field { name, label, hint, value, error, longest: 64, width: 18, ..Field::default() }
    }

    fn login(&self) -> Field<'_> {
        let l = self.shell.language;
        self.field("login", l.staff_add_login(), l.staff_add_login_hint(), &self.typed.login)
    }

    fn number(&self) -> Field<'_> {
        let l = self.shell.language;
        self.field("number", l.staff_add_number(), l.staff_add_number_hint(), &self.typed.number)
    }

    fn organ(&self) -> Field<'_> {
        let l = self.shell.language;
        let field = self.field("organ", l.staff_add_organ(), l.staff_add_organ_hint(), &self.typed.organ);
        Field { keyboard: "numeric", ..field }
    }

    fn role_error(&self) -> Option<&str> {
        Fault::at(&self.faults, "role")
    }

    fn roles(&self) -> Vec<Choice> {
        let choice = |role: Role| Choice {
            word: role.as_str(),
            name: words::role(self.shell.language, role),
            is_chosen: role.as_str() == self.typed.role,
        };
        Role::ALL.into_iter().map(choice).collect()
    }
}

/// A code, shown once.
#[derive(Template)]
#[template(path = "features/sign_in/people/code.html")]
pub(super) struct CodePage {
    shell: Shell,
    login: String,
    code: String,
    until: String,
}

impl CodePage {
    pub(super) fn new(app: &App, context: &Context, coded: &Coded) -> Self {
        let l = context.language;
        let until = app.clock.now().millis().saturating_add(CODE_MILLIS);
        Self {
            shell: context.shell(l.staff_code_title()),
            login: coded.account.login.clone(),
            code: coded.code.grouped(),
            until: words::moment(l, domain::Moment::from_millis(until)),
        }
    }
}
