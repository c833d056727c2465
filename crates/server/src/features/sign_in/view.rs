//! Shows the door, enrolment, the first room and one's own sessions.

use crate::app::App;
use crate::passkeys::Asked;
use crate::shell::staff::SignedIn;
use crate::shell::words;
use askama::Template;
use domain::moment::Moment;
use domain::role::Right;
use store::staff::Account;
use store::staff::session::{Session, SessionId};
use web::{Context, Fault, Field, Shell};

/// The door: a button that asks for a passkey.
#[derive(Template)]
#[template(path = "features/sign_in/door.html")]
pub(super) struct DoorPage {
    shell: Shell,
    asked: Asked,
    /// Whether what was shown just now did not let anybody in.
    is_refused: bool,
}

impl DoorPage {
    pub(super) fn new(context: &Context, asked: Asked, is_refused: bool) -> Self {
        Self { shell: context.shell(context.language.staff_door_title()), asked, is_refused }
    }
}

/// Asks for a code.
#[derive(Template)]
#[template(path = "features/sign_in/enrol.html")]
pub(super) struct EnrolPage {
    shell: Shell,
    faults: Vec<Fault>,
}

impl EnrolPage {
    /// What was typed is not shown again: a code is a secret.
    pub(super) fn new(context: &Context, is_refused: bool) -> Self {
        let l = context.language;
        let fault = || Fault::new("code", "refused", l.staff_enrol_refused());
        // The second step has no page of its own to come back to.
        let shell = Shell { path: "/staff/enrol".to_owned(), ..context.shell(l.staff_enrol_title()) };
        Self { shell, faults: is_refused.then(fault).into_iter().collect() }
    }

    fn code(&self) -> Field<'_> {
        let l = self.shell.language;
        Field {
            name: "code",
            label: l.staff_enrol_code(),
            hint: l.staff_enrol_code_hint(),
            error: self.faults.first().map(|fault| fault.message.as_ref()),
            longest: 60,
            width: 22,
            ..Field::default()
        }
    }
}

/// Asks the browser to make a passkey.
#[derive(Template)]
#[template(path = "features/sign_in/make.html")]
pub(super) struct MakePage {
    shell: Shell,
    /// The code, to ask again in another language.
    again: Vec<(&'static str, String)>,
    login: String,
    asked: Asked,
}

impl MakePage {
    pub(super) fn new(context: &Context, code: String, account: &Account, asked: Asked) -> Self {
        let shell = context.shell(context.language.staff_make_title());
        Self { shell, again: vec![("code", code)], login: account.login.clone(), asked }
    }
}

/// A room that a role has.
struct Room {
    href: &'static str,
    name: &'static str,
    hint: &'static str,
}

/// The first room.
#[derive(Template)]
#[template(path = "features/sign_in/home.html")]
pub(super) struct HomePage {
    shell: Shell,
    account: Account,
    role: &'static str,
    organ: String,
    until: String,
    passkeys: i64,
    rooms: Vec<Room>,
    rights: Vec<&'static str>,
}

impl HomePage {
    pub(super) fn new(app: &App, context: &Context, who: &SignedIn, passkeys: i64) -> Self {
        let (l, account) = (context.language, who.account.clone());
        let rights = Right::ALL.into_iter().filter(|right| account.role.may(*right));
        let until = who.session.times.made_at.millis().saturating_add(domain::session::LONGEST_MILLIS);
        let people =
            Room { href: "/staff/people", name: l.staff_people_title(), hint: l.staff_people_lead() };
        Self {
            shell: context.shell(l.staff_home_title()),
            role: words::role(l, account.role),
            organ: words::organ(app, l, account.organ),
            until: words::moment(l, Moment::from_millis(until)),
            passkeys,
            rooms: account.role.may(Right::ManageStaff).then_some(people).into_iter().collect(),
            rights: rights.map(|right| words::right(l, right)).collect(),
            account,
        }
    }
}

/// Somebody's own sessions.
#[derive(Template)]
#[template(path = "features/sign_in/sessions.html")]
pub(super) struct SessionsPage {
    shell: Shell,
    sessions: Vec<Session>,
    own: SessionId,
}

impl SessionsPage {
    pub(super) fn new(context: &Context, who: &SignedIn, sessions: Vec<Session>) -> Self {
        Self { shell: context.shell(context.language.staff_sessions_title()), sessions, own: who.session.id }
    }

    fn when(&self, moment: &Moment) -> String {
        words::moment(self.shell.language, *moment)
    }
}

/// Asks for the passkey again.
#[derive(Template)]
#[template(path = "features/sign_in/confirm.html")]
pub(super) struct ConfirmPage {
    shell: Shell,
    asked: Asked,
    is_refused: bool,
    is_confirmed: bool,
}

impl ConfirmPage {
    pub(super) fn new(app: &App, context: &Context, who: &SignedIn, asked: Asked, is_refused: bool) -> Self {
        let is_confirmed = who.session.times.is_stepped_up(app.clock.now());
        Self { shell: context.shell(context.language.staff_confirm_title()), asked, is_refused, is_confirmed }
    }
}
