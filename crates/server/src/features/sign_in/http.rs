//! Translates between HTTP and getting in: the door, enrolment, the first room, one's own sessions.

use super::service::{self, Enrolling};
use super::view::{ConfirmPage, DoorPage, EnrolPage, HomePage, MakePage, SessionsPage};
use crate::app::{App, Failed};
use crate::passkeys::{Answer, Asked};
use crate::shell::staff::{HOME, SignedIn, failed, let_in, let_out, see_other};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::sync::Arc;
use store::StoreError;
use store::staff::failure::Door;
use store::staff::passkey;
use store::staff::session::{self, SessionId};
use web::{Context, Failure, Input, Reply};

/// What is sent to enrol: the code, and with it the passkey that was made.
#[derive(Default, Deserialize)]
pub struct Enrolment {
    #[serde(default)]
    code: String,
    #[serde(flatten)]
    answer: Answer,
}

/// A passkey that is shown.
#[derive(Default, Deserialize)]
pub struct Shown {
    #[serde(flatten)]
    answer: Answer,
}

/// Which session is to end.
#[derive(Default, Deserialize)]
pub struct Ending {
    #[serde(default)]
    session: String,
}

/// The door.
///
/// # Errors
/// Fails when the system gives no random bytes.
pub async fn door(State(app): State<Arc<App>>, context: Context) -> Result<Reply, Failure> {
    let asked = asked(&app)?;
    Reply::page(&DoorPage::new(&context, asked, false))
}

/// Lets in whose passkey is shown, or shows the door again.
///
/// # Errors
/// Fails when the store does.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(Shown { answer }): Input<Shown>,
) -> Result<Response, Failure> {
    let place = place(&app, &context, &headers);
    if let Some(token) = service::sign_in(&app, place, &answer).await.map_err(unanswered)? {
        return Ok(let_in(&token, HOME));
    }
    let asked = asked(&app)?;
    refused(Reply::page(&DoorPage::new(&context, asked, true))?)
}

/// Asks for a code.
///
/// # Errors
/// The template failed, which is our fault.
pub async fn enrol_form(context: Context) -> Result<Reply, Failure> {
    Reply::page(&EnrolPage::new(&context, false))
}

/// Looks at a code, and asks the browser for a passkey.
///
/// # Errors
/// Fails when the store does.
pub async fn begin_enrolling(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(Enrolment { code, .. }): Input<Enrolment>,
) -> Result<Response, Failure> {
    let place = place(&app, &context, &headers);
    let begun = service::begin_enrolling(&app, place, &code).await.map_err(unanswered)?;
    let Some(Enrolling { account, asked }) = begun else {
        return refused(Reply::page(&EnrolPage::new(&context, true))?);
    };
    Ok(Reply::page(&MakePage::new(&context, code, &account, asked))?.into_response())
}

/// Keeps the passkey that was made, and lets its owner in.
///
/// # Errors
/// Fails when the store does.
pub async fn enrol(
    State(app): State<Arc<App>>,
    context: Context,
    headers: HeaderMap,
    Input(Enrolment { code, answer }): Input<Enrolment>,
) -> Result<Response, Failure> {
    let place = place(&app, &context, &headers);
    match service::enrol(&app, place, &code, &answer).await.map_err(unanswered)? {
        Some(token) => Ok(let_in(&token, HOME)),
        None => refused(Reply::page(&EnrolPage::new(&context, true))?),
    }
}

/// The first room.
///
/// # Errors
/// Fails when the store does.
pub async fn home(State(app): State<Arc<App>>, context: Context, who: SignedIn) -> Result<Reply, Failure> {
    let passkeys = passkey::count(&app.store.read(), who.account.id).await.map_err(failed)?;
    Reply::page(&HomePage::new(&app, &context, &who, passkeys))
}

/// Somebody's own sessions.
///
/// # Errors
/// Fails when the store does.
pub async fn sessions(
    State(app): State<Arc<App>>,
    context: Context,
    who: SignedIn,
) -> Result<Reply, Failure> {
    let (read, now) = (app.store.read(), app.clock.now());
    let all = session::of_staff(&read, who.account.id, now).await.map_err(failed)?;
    Reply::page(&SessionsPage::new(&context, &who, all))
}

/// Ends one of somebody's own sessions.
///
/// # Errors
/// 404 where they have none of that number, whoever has.
pub async fn end_session(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Input(Ending { session }): Input<Ending>,
) -> Result<Response, Failure> {
    let id = session.parse().map(SessionId).map_err(|_| Failure::NotFound)?;
    match service::end(&app, &who, id).await.map_err(failed)? {
        false => Err(Failure::NotFound),
        true if id == who.session.id => Ok(let_out()),
        true => Ok(see_other("/staff/sessions")),
    }
}

/// Ends this session.
///
/// # Errors
/// Fails when the store does.
pub async fn sign_out(State(app): State<Arc<App>>, who: SignedIn) -> Result<Response, Failure> {
    service::end(&app, &who, who.session.id).await.map_err(failed)?;
    Ok(let_out())
}

/// Ends all of somebody's sessions.
///
/// # Errors
/// Fails when the store does.
pub async fn sign_out_everywhere(State(app): State<Arc<App>>, who: SignedIn) -> Result<Response, Failure> {
    service::end_all(&app, &who).await.map_err(failed)?;
    Ok(let_out())
}

/// Asks for the passkey again, before something delicate.
///
/// # Errors
/// Fails when the system gives no random bytes.
pub async fn confirm_form(
    State(app): State<Arc<App>>,
    context: Context,
    who: SignedIn,
) -> Result<Reply, Failure> {
    let asked = asked(&app)?;
    Reply::page(&ConfirmPage::new(&app, &context, &who, asked, false))
}

/// Notes that the passkey was shown again.
///
/// # Errors
/// Fails when the store does.
pub async fn confirm(
    State(app): State<Arc<App>>,
    context: Context,
    who: SignedIn,
    Input(Shown { answer }): Input<Shown>,
) -> Result<Response, Failure> {
    if service::confirm(&app, &who, &answer).await.map_err(unanswered)? {
        return Ok(see_other(HOME));
    }
    let asked = asked(&app)?;
    refused(Reply::page(&ConfirmPage::new(&app, &context, &who, asked, true))?)
}

/// What a page asks the browser for, so that a passkey is shown.
fn asked(app: &App) -> Result<Asked, Failure> {
    app.passkeys.ask_to_show(app.store.keys(), app.clock.now()).map_err(unanswered)
}

/// Where failures of the source are counted; nowhere for one without an address.
fn place(app: &App, context: &Context, headers: &HeaderMap) -> Option<Door> {
    let source = app.limit.key_of(context.peer?.ip(), headers);
    Some(Door::of_source(app.store.keys(), &source))
}

fn refused(page: Reply) -> Result<Response, Failure> {
    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
}

/// What the store failed with, or what else did.
fn unanswered(error: Failed) -> Failure {
    match error.downcast::<StoreError>() {
        Ok(error) => failed(*error),
        Err(error) => Failure::internal(error),
    }
}
