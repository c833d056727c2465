//! Accounts of staff, and what signs them in.

use super::passkey::NewPasskey;
use super::session::{SessionId, Token};
use super::*;
use crate::testing::{Fresh, at, organ};
use domain::enrolment::EnrolmentCode;
use domain::session::{CODE_MILLIS, IDLE_MILLIS, LONGEST_MILLIS, MOST_FAILURES, SHUT_MILLIS};

fn did(action: &'static str, now: Moment) -> Entry {
    Entry { at: now, actor: "command:staff".to_owned(), action, detail: String::new() }
}

fn after(moment: Moment, millis: i64) -> Moment {
    Moment::from_millis(moment.millis() + millis)
}

fn new(login: &str, number: &str, role: Role) -> NewAccount {
    NewAccount { login: login.to_owned(), number: number.to_owned(), role, organ: organ(7) }
}

fn made(name: &str) -> NewPasskey {
    NewPasskey { credential: name.as_bytes().to_vec(), passkey: format!("the passkey {name}").into_bytes() }
}

async fn added(fresh: &Fresh, login: &str, role: Role) -> StaffId {
    let added = add(&fresh.store, did("staff_add", at(5, 9)), new(login, login, role)).await.unwrap();
    let Added::Done(id) = added else { panic!("{added:?}") };
    id
}

async fn given(fresh: &Fresh, id: StaffId) -> EnrolmentCode {
    let code = code::fresh().unwrap();
    assert!(code::put(&fresh.store, did("staff_code", at(5, 9)), id, &code).await.unwrap());
    code
}

/// A clerk with a passkey of the same name.
pub(crate) async fn enrolled(fresh: &Fresh, login: &str) -> StaffId {
    let id = added(fresh, login, Role::HotlineClerk).await;
    let code = given(fresh, id).await;
    let enrolled = code::enrol(&fresh.store, did("staff_enrol", at(5, 10)), &code, made(login)).await;
    assert_eq!(enrolled.unwrap(), Some(id));
    id
}

async fn signed_in(fresh: &Fresh, id: StaffId, now: Moment) -> Token {
    let token = Token::fresh().unwrap();
    assert!(session::begin(&fresh.store, did("sign_in", now), id, &token, None).await.unwrap());
    token
}

async fn is_signed_in(fresh: &Fresh, token: &Token, now: Moment) -> bool {
    session::of_token(&fresh.store.read(), fresh.store.keys(), token, now).await.unwrap().is_some()
}

#[tokio::test]
async fn an_account_is_added_once_and_found_by_name_number_and_organ() {
    let fresh = Fresh::new().await;
    let id = added(&fresh, "li", Role::HotlineClerk).await;
    let again = add(&fresh.store, did("staff_add", at(5, 9)), new("li", "2", Role::Auditor)).await;
    assert_eq!(again.unwrap(), Added::Taken);
    let read = fresh.store.read();
    let account = of_login(&read, "li").await.unwrap().unwrap();
    assert_eq!((account.id, account.role, account.organ), (id, Role::HotlineClerk, organ(7)));
    assert_eq!(by_id(&read, id).await.unwrap(), Some(account));
    added(&fresh, "wang", Role::Auditor).await;
    let listed = |above, begins, after| {
        let wanted = Wanted { above, begins, after };
        async move { page(&read, wanted, 10).await.unwrap().into_iter().map(|one| one.login).collect::<Vec<_>>() }
    };
    assert_eq!(listed(None, "", "").await, ["li", "wang"]);
    assert_eq!(listed(Some(organ(0)), "w", "").await, ["wang"]);
    assert_eq!(listed(Some(organ(7)), "", "li").await, ["wang"]);
    assert_eq!(listed(Some(organ(8)), "", "").await, [""; 0]);
}

#[tokio::test]
async fn nobody_has_two_of_the_three_administrators() {
    let fresh = Fresh::new().await;
    let add = |login, role| add(&fresh.store, did("staff_add", at(5, 9)), new(login, "0042", role));
    assert!(matches!(add("one", Role::SystemAdministrator).await.unwrap(), Added::Done(_)));
    let excluded = Added::Excluded(Role::SystemAdministrator);
    assert_eq!(add("two", Role::SecurityAdministrator).await.unwrap(), excluded);
    assert_eq!(add("two", Role::Auditor).await.unwrap(), excluded);
    assert!(matches!(add("two", Role::CounterClerk).await.unwrap(), Added::Done(_)));
}

#[tokio::test]
async fn what_a_session_began_is_not_done_once_it_has_ended() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, added(&fresh, "security", Role::SecurityAdministrator).await);
    let clerk = enrolled(&fresh, "li").await;
    let token = signed_in(&fresh, id, at(5, 9)).await;
    let found = session::of_token(&store.read(), store.keys(), &token, at(5, 9)).await.unwrap().unwrap();
    let deed = || Deed { entry: did("staff", at(5, 9)), session: Some(found.0.id) };
    let code = code::fresh().unwrap();
    assert!(code::put(store, deed(), clerk, &code).await.unwrap());
    assert!(set_state(store, did("staff_block", at(5, 9)), id, State::Blocked).await.unwrap());
    let refused = |error: StoreError| assert!(matches!(error, StoreError::SignedOut), "{error}");
    refused(add(store, deed(), new("accomplice", "7", Role::Auditor)).await.unwrap_err());
    refused(set_state(store, deed(), clerk, State::Blocked).await.unwrap_err());
    refused(code::put(store, deed(), clerk, &code).await.unwrap_err());
    refused(passkey::forget_of(store, deed(), clerk).await.unwrap_err());
    assert!(of_login(&store.read(), "accomplice").await.unwrap().is_none());
    assert_eq!(passkey::count(&store.read(), clerk).await.unwrap(), 1);
}

#[tokio::test]
async fn a_passkey_that_was_taken_away_meanwhile_begins_no_session() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, enrolled(&fresh, "li").await);
    passkey::forget_of(store, did("staff_disenrol", at(5, 10)), id).await.unwrap();
    let token = Token::fresh().unwrap();
    let begun = session::begin(store, did("sign_in", at(5, 10)), id, &token, Some(made("li"))).await;
    assert!(!begun.unwrap());
    assert!(!is_signed_in(&fresh, &token, at(5, 10)).await);
}

#[tokio::test]
async fn a_code_enrols_once_within_a_day() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, added(&fresh, "li", Role::HotlineClerk).await);
    let first = given(&fresh, id).await;
    let code = given(&fresh, id).await;
    let enrol = |code, now, name| code::enrol(store, did("staff_enrol", now), code, made(name));
    let unknown = code::fresh().unwrap();
    assert_eq!(enrol(&first, at(5, 10), "a").await.unwrap(), None, "a newer code replaces it");
    assert_eq!(enrol(&unknown, at(5, 10), "a").await.unwrap(), None, "unknown");
    assert_eq!(enrol(&code, after(at(5, 9), CODE_MILLIS), "a").await.unwrap(), None, "over");
    let owner = code::owner(&store.read(), store.keys(), &code, at(5, 10)).await.unwrap();
    assert_eq!(owner.map(|account| account.id), Some(id));
    assert_eq!(enrol(&code, at(5, 10), "a").await.unwrap(), Some(id));
    assert_eq!(enrol(&code, at(5, 10), "b").await.unwrap(), None, "used");
    assert_eq!(passkey::count(&store.read(), id).await.unwrap(), 1);
}

#[tokio::test]
async fn a_passkey_is_sealed_and_somebodys_alone() {
    let fresh = Fresh::new().await;
    let id = enrolled(&fresh, "li").await;
    let (store, other) = (&fresh.store, added(&fresh, "wang", Role::Auditor).await);
    let code = given(&fresh, other).await;
    let taken = code::enrol(store, did("staff_enrol", at(5, 10)), &code, made("li")).await.unwrap();
    assert_eq!(taken, None);
    let (account, opened) = passkey::find(&store.read(), store.keys(), b"li").await.unwrap().unwrap();
    assert_eq!((account.id, opened.as_slice()), (id, &b"the passkey li"[..]));
    assert!(passkey::find(&store.read(), store.keys(), b"nobody's").await.unwrap().is_none());
    let read = store.read();
    let kept = read.rows("SELECT passkey FROM staff_passkey", &[], |row| Ok(row.blob(0)?.to_vec()));
    let kept = kept.await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].windows(11).any(|part| part == b"the passkey"), "it stands in the clear");
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_told() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, enrolled(&fresh, "li").await);
    let token = signed_in(&fresh, id, at(5, 9)).await;
    assert!(is_signed_in(&fresh, &token, after(at(5, 9), IDLE_MILLIS - 1)).await);
    assert!(!is_signed_in(&fresh, &token, after(at(5, 9), IDLE_MILLIS)).await);
    let mut now = at(5, 9);
    while now < after(at(5, 9), LONGEST_MILLIS - IDLE_MILLIS) {
        now = after(now, IDLE_MILLIS - 1);
        let (session, _) =
            session::of_token(&store.read(), store.keys(), &token, now).await.unwrap().unwrap();
        session::seen(store, &session, now).await.unwrap();
    }
    assert!(!is_signed_in(&fresh, &token, after(at(5, 9), LONGEST_MILLIS)).await);
    let [one, other] = [signed_in(&fresh, id, at(6, 9)).await, signed_in(&fresh, id, at(6, 10)).await];
    let listed = session::of_staff(&store.read(), id, at(6, 10)).await.unwrap();
    assert_eq!(listed.len(), 1, "the other one is idle");
    let stranger = added(&fresh, "wang", Role::Auditor).await;
    let end = |staff, id| session::end(store, did("session_end", at(6, 10)), staff, id);
    assert!(!end(stranger, listed[0].id).await.unwrap(), "somebody else's");
    assert!(!end(id, SessionId(99)).await.unwrap());
    assert!(end(id, listed[0].id).await.unwrap());
    assert!(!is_signed_in(&fresh, &other, at(6, 10)).await);
    assert_eq!(session::end_all(store, did("session_end_all", at(6, 10)), id).await.unwrap(), 2);
    assert!(!is_signed_in(&fresh, &one, at(6, 9)).await);
}

#[tokio::test]
async fn a_passkey_that_is_shown_again_is_noted() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, enrolled(&fresh, "li").await);
    let token = signed_in(&fresh, id, at(5, 9)).await;
    let read = store.read();
    let of_token = |now| session::of_token(&read, store.keys(), &token, now);
    let now = after(at(5, 9), IDLE_MILLIS / 2);
    let (session, _) = of_token(now).await.unwrap().unwrap();
    assert!(!session.times.is_stepped_up(now));
    assert!(session::step_up(store, did("step_up", now), session.id, made("li")).await.unwrap());
    assert!(of_token(now).await.unwrap().unwrap().0.times.is_stepped_up(now));
    assert!(!session::step_up(store, did("step_up", now), SessionId(99), made("li")).await.unwrap());
}

#[tokio::test]
async fn who_is_blocked_is_out_at_once_and_does_not_come_in() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, enrolled(&fresh, "li").await);
    let token = signed_in(&fresh, id, at(5, 9)).await;
    let code = given(&fresh, id).await;
    let set = |state| set_state(store, did("staff_state", at(5, 9)), id, state);
    assert!(set(State::Blocked).await.unwrap());
    assert!(!set(State::Blocked).await.unwrap(), "it is so already");
    assert!(!is_signed_in(&fresh, &token, at(5, 9)).await);
    let begin = || session::begin(store, did("sign_in", at(5, 9)), id, &token, None);
    assert!(!begin().await.unwrap());
    assert!(!code::put(store, did("staff_code", at(5, 9)), id, &code).await.unwrap());
    assert!(set(State::Active).await.unwrap());
    assert!(!is_signed_in(&fresh, &token, at(5, 9)).await, "its sessions do not come back");
    assert!(code::owner(&store.read(), store.keys(), &code, at(5, 9)).await.unwrap().is_none());
    assert!(begin().await.unwrap());
}

#[tokio::test]
async fn who_lost_a_device_is_out_until_they_enrol_again() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, enrolled(&fresh, "li").await);
    let other = enrolled(&fresh, "wang").await;
    let (token, code) = (signed_in(&fresh, id, at(5, 9)).await, given(&fresh, id).await);
    assert_eq!(passkey::forget_of(store, did("staff_disenrol", at(5, 9)), id).await.unwrap(), 1);
    assert!(!is_signed_in(&fresh, &token, at(5, 9)).await);
    assert!(passkey::find(&store.read(), store.keys(), b"li").await.unwrap().is_none());
    assert!(code::owner(&store.read(), store.keys(), &code, at(5, 9)).await.unwrap().is_none());
    assert_eq!(passkey::count(&store.read(), other).await.unwrap(), 1);
    let code = given(&fresh, id).await;
    let again = code::enrol(store, did("staff_enrol", at(5, 10)), &code, made("new")).await.unwrap();
    assert_eq!(again, Some(id));
}

#[tokio::test]
async fn a_door_shuts_after_failures_and_opens_again() {
    let fresh = Fresh::new().await;
    let (store, door) = (&fresh.store, failure::Door::of_source(fresh.store.keys(), &[7; 16]));
    let other = failure::Door::of_source(store.keys(), &[8; 16]);
    for _ in 0..MOST_FAILURES {
        assert!(!failure::at(&store.read(), door).await.unwrap().is_shut(at(5, 9)));
        failure::count(store, door, at(5, 9)).await.unwrap();
    }
    assert!(failure::at(&store.read(), door).await.unwrap().is_shut(at(5, 9)));
    assert!(!failure::at(&store.read(), other).await.unwrap().is_shut(at(5, 9)));
    let later = after(at(5, 9), SHUT_MILLIS);
    assert!(!failure::at(&store.read(), door).await.unwrap().is_shut(later));
    failure::count(store, door, later).await.unwrap();
    assert_eq!(failure::at(&store.read(), door).await.unwrap().count, 1, "it begins anew");
    failure::clear(store, door).await.unwrap();
    assert_eq!(failure::at(&store.read(), door).await.unwrap().count, 0);
}

#[tokio::test]
async fn a_ceremony_comes_back_once_in_time_and_as_itself() {
    use super::ceremony::{Ceremony, OPEN_MILLIS, open, seal};
    let fresh = Fresh::new().await;
    let (store, keys) = (&fresh.store, fresh.store.keys());
    let sealed = seal(keys, Ceremony::Showing, at(5, 9), b"a challenge").unwrap();
    assert!(open(keys, Ceremony::Making, at(5, 9), &sealed).is_none(), "another ceremony");
    assert!(open(keys, Ceremony::Showing, after(at(5, 9), OPEN_MILLIS), &sealed).is_none(), "over");
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(open(keys, Ceremony::Showing, at(5, 9), &changed).is_none(), "changed");
    let returned = open(keys, Ceremony::Showing, at(5, 9), &sealed).unwrap();
    assert_eq!(returned.state, b"a challenge");
    assert!(returned.use_once(store).await.unwrap());
    let again = open(keys, Ceremony::Showing, at(5, 9), &sealed).unwrap();
    assert!(!again.use_once(store).await.unwrap(), "used");
}

#[tokio::test]
async fn what_is_over_is_forgotten() {
    let fresh = Fresh::new().await;
    let (store, id) = (&fresh.store, enrolled(&fresh, "li").await);
    given(&fresh, id).await;
    signed_in(&fresh, id, at(5, 9)).await;
    failure::count(store, failure::Door::of_source(store.keys(), &[7; 16]), at(5, 9)).await.unwrap();
    let forgotten = |now| async move {
        let (codes, sessions) = (code::forget(store, now).await, session::forget(store, now).await);
        [codes, sessions, failure::forget(store, now).await].map(crate::Result::unwrap)
    };
    assert_eq!(forgotten(at(5, 9)).await, [0, 0, 0]);
    assert_eq!(forgotten(at(7, 9)).await, [1, 1, 1]);
    assert_eq!(["staff_code", "staff_session", "staff_failure"].map(|table| fresh.count(table)), [0, 0, 0]);
}

#[tokio::test]
async fn every_change_has_its_entry() {
    let fresh = Fresh::new().await;
    let id = enrolled(&fresh, "li").await;
    signed_in(&fresh, id, at(5, 9)).await;
    session::end_all(&fresh.store, did("session_end_all", at(5, 9)), id).await.unwrap();
    for action in ["staff_add", "staff_code", "staff_enrol", "sign_in", "session_end_all"] {
        let sql = format!("SELECT count(*) FROM audit WHERE action = '{action}'");
        assert_eq!(fresh.behind().int(&sql), 1, "{action}");
    }
}
