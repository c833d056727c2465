//! Translates between HTTP and accounts of staff.

use super::service::{self, Code, Coded, NewOne};
use super::typed::Typed;
use super::view::{AddPage, CodePage, PeoplePage};
use crate::app::App;
use crate::shell::staff::{Allowed, Confirmed, failed, see_other};
use crate::shell::words;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::permit::{StaffId, may};
use serde::Deserialize;
use std::sync::Arc;
use store::staff::{Added, State};
use web::{Context, Failure, Fault, Input, Problem, Reply};

/// Which accounts are listed. Names of people stand in no address, so this is posted.
#[derive(Clone, Default, Deserialize)]
pub struct Filter {
    /// How the login name or the number begins.
    #[serde(default)]
    pub(super) begins: String,
    /// The login name after which they begin.
    #[serde(default)]
    pub(super) after: String,
}

/// Which account.
#[derive(Default, Deserialize)]
pub struct Person {
    #[serde(default)]
    person: String,
}

impl Person {
    fn id(&self) -> Result<StaffId, Failure> {
        self.person.parse().map(StaffId).map_err(|_| Failure::NotFound)
    }
}

/// The accounts of the organ and those below it, from the first.
///
/// # Errors
/// Fails when the store does.
pub async fn people(
    shared: Shared<Arc<App>>,
    context: Context,
    allowed: Allowed<may::ManageStaff>,
) -> Result<Reply, Failure> {
    found(shared, context, allowed, Input(Filter::default())).await
}

/// The same, as far as they fit what was typed.
///
/// # Errors
/// Fails when the store does.
pub async fn found(
    Shared(app): Shared<Arc<App>>,
    context: Context,
    Allowed { permit, .. }: Allowed<may::ManageStaff>,
    Input(filter): Input<Filter>,
) -> Result<Reply, Failure> {
    let begins = filter.begins.trim();
    let listed = service::listed(&app.store, &permit, begins, &filter.after).await.map_err(failed)?;
    Reply::page(&PeoplePage::new(&app, &context, &permit, filter, &listed))
}

/// Asks for a new account.
///
/// # Errors
/// The template failed, which is our fault.
pub async fn add_form(
    context: Context,
    Allowed { permit, .. }: Allowed<may::ManageStaff>,
) -> Result<Reply, Failure> {
    let organ = permit.bearer().organ.to_string();
    Reply::page(&AddPage::new(&context, Typed { organ, ..Typed::default() }, Vec::new()))
}

/// Adds an account, and shows its first code.
///
/// # Errors
/// Fails when the store does.
pub async fn add(
    Shared(app): Shared<Arc<App>>,
    context: Context,
    Confirmed(Allowed { who, permit }): Confirmed<may::ManageStaff>,
    Input(typed): Input<Typed>,
) -> Result<Response, Failure> {
    let l = context.language;
    let again = |faults| {
        let page = Reply::page(&AddPage::new(&context, typed.clone(), faults))?;
        Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
    };
    let new = match typed.parse(l) {
        Ok(new) => new,
        Err(faults) => return again(faults),
    };
    let deed = who.deed(&app, "staff_add");
    match service::add(&app.store, &permit, deed, new).await.map_err(failed)? {
        NewOne::Done(coded) => shown(&app, &context, &coded),
        NewOne::Refused(Added::Excluded(role)) => {
            let message = l.staff_add_error_excluded(words::role(l, role));
            again(vec![Fault::new("role", "excluded", message)])
        }
        NewOne::Refused(_) => again(vec![Fault::new("login", "taken", l.staff_add_error_taken())]),
        NewOne::Foreign => again(vec![Fault::new("organ", "foreign", l.staff_add_error_foreign())]),
    }
}

/// Makes a code and shows it once.
///
/// # Errors
/// 404 where the account is unknown, foreign or blocked; 409 where it is somebody else's and has a passkey.
pub async fn make_code(
    Shared(app): Shared<Arc<App>>,
    context: Context,
    Confirmed(Allowed { who, permit }): Confirmed<may::ManageStaff>,
    Input(person): Input<Person>,
) -> Result<Response, Failure> {
    let deed = who.deed(&app, "staff_code");
    match service::make_code(&app.store, &permit, deed, person.id()?).await.map_err(failed)? {
        Code::Made(coded) => shown(&app, &context, &coded),
        Code::HasPasskey => Err(has_passkey(&context)),
        Code::Unknown => Err(Failure::NotFound),
    }
}

/// Who has a passkey gets no code of somebody else beside it.
fn has_passkey(context: &Context) -> Failure {
    let l = context.language;
    let problem = Problem {
        status: StatusCode::CONFLICT,
        kind: "has-passkey",
        title: l.staff_has_passkey_title().into(),
        detail: l.staff_has_passkey_detail().into(),
        faults: Vec::new(),
    };
    problem.into()
}

/// Takes an account's passkeys away: a device was lost.
///
/// # Errors
/// 404 where it is unknown, foreign, or one's own.
pub async fn disenrol(
    Shared(app): Shared<Arc<App>>,
    Confirmed(Allowed { who, permit }): Confirmed<may::ManageStaff>,
    Input(person): Input<Person>,
) -> Result<Response, Failure> {
    let deed = who.deed(&app, "staff_disenrol");
    let is_done = service::disenrol(&app.store, &permit, deed, person.id()?).await.map_err(failed)?;
    if is_done { Ok(see_other("/staff/people")) } else { Err(Failure::NotFound) }
}

/// Blocks an account.
///
/// # Errors
/// 404 where it is unknown, foreign, or one's own.
pub async fn block(
    shared: Shared<Arc<App>>,
    confirmed: Confirmed<may::ManageStaff>,
    person: Input<Person>,
) -> Result<Response, Failure> {
    set(shared, confirmed, person, ("staff_block", State::Blocked)).await
}

/// Lets an account in again.
///
/// # Errors
/// 404 where it is unknown, foreign, or one's own.
pub async fn unblock(
    shared: Shared<Arc<App>>,
    confirmed: Confirmed<may::ManageStaff>,
    person: Input<Person>,
) -> Result<Response, Failure> {
    set(shared, confirmed, person, ("staff_unblock", State::Active)).await
}

async fn set(
    Shared(app): Shared<Arc<App>>,
    Confirmed(Allowed { who, permit }): Confirmed<may::ManageStaff>,
    Input(person): Input<Person>,
    (action, state): (&'static str, State),
) -> Result<Response, Failure> {
    let deed = who.deed(&app, action);
    let is_set = service::set_state(&app.store, &permit, deed, person.id()?, state).await;
    if is_set.map_err(failed)? { Ok(see_other("/staff/people")) } else { Err(Failure::NotFound) }
}

fn shown(app: &App, context: &Context, coded: &Coded) -> Result<Response, Failure> {
    Ok(Reply::page(&CodePage::new(app, context, coded))?.into_response())
}
