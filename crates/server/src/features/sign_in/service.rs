//! Decides who gets in: codes, passkeys, and what is done with sessions.
//!
//! Whatever is wrong with what is shown, the answer is the same and takes as long: nobody learns whether a code is wrong or
//! used, an account unknown or blocked, or a source has failed too often.

use crate::app::{App, Failed};
use crate::passkeys::{Answer, Asked};
use crate::shell::staff::SignedIn;
use domain::enrolment::EnrolmentCode;
use domain::moment::Moment;
use domain::session::{Failures, MOST_FAILURES};
use std::time::{Duration, Instant};
use store::audit::Entry;
use store::staff::failure::{self, Door};
use store::staff::session::{self, SessionId, Token};
use store::staff::{self, Account, code};

/// After so long an answer leaves that something is wrong: what was looked up on the way takes less.
const EVEN: Duration = Duration::from_millis(150);

/// A code that is right, and what is asked of the browser for its owner.
pub(super) struct Enrolling {
    pub(super) account: Account,
    pub(super) asked: Asked,
}

/// What is tried at a door.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tried {
    /// A code: at a shut door it is not even looked at.
    Code,
    /// A passkey: nobody guesses one, and whoever has it is let in however often others failed beside them.
    Passkey,
}

/// Runs what is tried at the door of a source; counts the failure, and answers it evenly.
async fn tried<T>(
    app: &App,
    (door, what): (Option<Door>, Tried),
    work: impl Future<Output = Result<Option<T>, Failed>>,
) -> Result<Option<T>, Failed> {
    let (came, now, store) = (Instant::now(), app.clock.now(), &app.store);
    let failures = match door {
        Some(door) => failure::at(&store.read(), door).await?,
        None => Failures::default(),
    };
    let is_refused = what == Tried::Code && failures.is_shut(now);
    let done = if is_refused { None } else { work.await? };
    match (&done, door) {
        (Some(_), Some(door)) if failures.count > 0 => failure::clear(store, door).await?,
        (None, Some(door)) if !failures.is_shut(now) => {
            if failures.count + 1 == MOST_FAILURES {
                tracing::warn!(
                    "staff of one source failed to sign in so often that it is refused for a while"
                );
            }
            failure::count(store, door, now).await?;
        }
        _ => {}
    }
    if done.is_none() {
        app.meters.staff_refused.increment(1);
        tokio::time::sleep_until((came + EVEN).into()).await;
    }
    Ok(done)
}

/// Looks at a code, and asks for a passkey of its owner.
pub(super) async fn begin_enrolling(
    app: &App,
    door: Option<Door>,
    typed: &str,
) -> Result<Option<Enrolling>, Failed> {
    let now = app.clock.now();
    tried(app, (door, Tried::Code), async {
        let Some(account) = owner(app, typed, now).await? else { return Ok(None) };
        let asked = app.passkeys.ask_to_make(app.store.keys(), &account, now)?;
        Ok(Some(Enrolling { account, asked }))
    })
    .await
}

/// Keeps the passkey that was made, which uses the code up, and begins a session.
pub(super) async fn enrol(
    app: &App,
    door: Option<Door>,
    typed: &str,
    answer: &Answer,
) -> Result<Option<Token>, Failed> {
    let (now, store) = (app.clock.now(), &app.store);
    tried(app, (door, Tried::Code), async {
        let (Some(code), Some(account)) = (EnrolmentCode::parse(typed), owner(app, typed, now).await?) else {
            return Ok(None);
        };
        let Some(made) = app.passkeys.made(store, account.id, answer, now).await? else { return Ok(None) };
        let entry = did(&account, now, "staff_enrol");
        let Some(staff) = code::enrol(store, entry, &code, made).await? else { return Ok(None) };
        let token = Token::fresh()?;
        let begun = session::begin(store, did(&account, now, "staff_sign_in"), staff, &token, None).await?;
        Ok(begun.then_some(token))
    })
    .await
}

/// Begins a session of whose passkey was shown.
pub(super) async fn sign_in(app: &App, door: Option<Door>, answer: &Answer) -> Result<Option<Token>, Failed> {
    let (now, store) = (app.clock.now(), &app.store);
    tried(app, (door, Tried::Passkey), async {
        let Some((account, shown)) = app.passkeys.shown(store, answer, now).await? else { return Ok(None) };
        let token = Token::fresh()?;
        let entry = did(&account, now, "staff_sign_in");
        let begun = session::begin(store, entry, account.id, &token, Some(shown)).await?;
        Ok(begun.then_some(token))
    })
    .await
}

/// Notes that somebody has shown their passkey again; false where it is another's.
pub(super) async fn confirm(app: &App, who: &SignedIn, answer: &Answer) -> Result<bool, Failed> {
    let (now, store) = (app.clock.now(), &app.store);
    let confirmed = tried(app, (None, Tried::Passkey), async {
        let shown = app.passkeys.shown(store, answer, now).await?;
        let Some((_, shown)) = shown.filter(|(account, _)| account.id == who.account.id) else {
            return Ok(None);
        };
        let entry = did(&who.account, now, "staff_confirm");
        Ok(session::step_up(store, entry, who.session.id, shown).await?.then_some(()))
    });
    Ok(confirmed.await?.is_some())
}

/// Ends one of somebody's own sessions; false where they have none of that number.
pub(super) async fn end(app: &App, who: &SignedIn, id: SessionId) -> store::Result<bool> {
    let entry = who.entry(app, "staff_session_end", String::new());
    session::end(&app.store, entry, who.account.id, id).await
}

/// Ends all of somebody's sessions, this one too.
pub(super) async fn end_all(app: &App, who: &SignedIn) -> store::Result<usize> {
    let entry = who.entry(app, "staff_session_end_all", String::new());
    session::end_all(&app.store, entry, who.account.id).await
}

async fn owner(app: &App, typed: &str, now: Moment) -> store::Result<Option<Account>> {
    match EnrolmentCode::parse(typed) {
        Some(code) => code::owner(&app.store.read(), app.store.keys(), &code, now).await,
        None => Ok(None),
    }
}

fn did(account: &Account, at: Moment, action: &'static str) -> Entry {
    Entry { at, actor: staff::actor(account.id), action, detail: String::new() }
}
