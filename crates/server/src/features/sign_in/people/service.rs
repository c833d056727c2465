//! Decides what becomes of accounts. Whoever asks brings a permit; accounts of a foreign organ are as if unknown.

use domain::enrolment::EnrolmentCode;
use domain::permit::{Permit, StaffId, may};
use store::audit::Entry;
use store::staff::{self, Account, Added, Deed, NewAccount, State, Wanted, code, passkey};
use store::{Result, Store};

/// Accounts on one page.
pub(crate) const PAGE: u16 = 50;

/// An account with the code that was made for it, which nobody sees again.
pub(super) struct Coded {
    pub(super) account: Account,
    pub(super) code: EnrolmentCode,
}

/// What came of making a code.
pub(super) enum Code {
    /// It is there.
    Made(Box<Coded>),
    /// The account signs in with a passkey, and is somebody else's.
    HasPasskey,
    /// The account is unknown, foreign or blocked.
    Unknown,
}

/// What came of adding an account.
pub(super) enum NewOne {
    /// It is there, with its first code.
    Done(Box<Coded>),
    /// It cannot be.
    Refused(Added),
    /// The organ is none of theirs.
    Foreign,
}

/// Accounts of the permit's organ and those below it.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn listed(
    store: &Store,
    permit: &Permit<may::ManageStaff>,
    begins: &str,
    after: &str,
) -> Result<Vec<Account>> {
    let wanted = Wanted { above: Some(permit.bearer().organ), begins, after };
    staff::page(&store.read(), wanted, PAGE).await
}

/// The account, if the permit holds for its organ.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn known(
    store: &Store,
    permit: &Permit<may::ManageStaff>,
    id: StaffId,
) -> Result<Option<Account>> {
    let found = staff::by_id(&store.read(), id).await?;
    Ok(found.and_then(|account| permit.within(account.organ, account)))
}

/// Whether it is the account of somebody else, for whose organ the permit holds.
async fn is_anothers(store: &Store, permit: &Permit<may::ManageStaff>, id: StaffId) -> Result<bool> {
    Ok(id != permit.bearer().staff && known(store, permit, id).await?.is_some())
}

/// Adds an account and makes its first code.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn add(
    store: &Store,
    permit: &Permit<may::ManageStaff>,
    deed: Deed,
    new: NewAccount,
) -> Result<NewOne> {
    let Some(new) = permit.within(new.organ, new) else { return Ok(NewOne::Foreign) };
    let id = match staff::add(store, deed.clone(), new).await? {
        Added::Done(id) => id,
        refused => return Ok(NewOne::Refused(refused)),
    };
    let coded = Deed { entry: Entry { action: "staff_code", ..deed.entry }, ..deed };
    match make_code(store, permit, coded, id).await? {
        Code::Made(coded) => Ok(NewOne::Done(coded)),
        Code::Unknown | Code::HasPasskey => Ok(NewOne::Foreign),
    }
}

/// Makes a code for an account, in place of those it has. Nobody gets in beside somebody else: whoever lost a device is
/// disenrolled first, and notices it.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn make_code(
    store: &Store,
    permit: &Permit<may::ManageStaff>,
    deed: Deed,
    id: StaffId,
) -> Result<Code> {
    let found = known(store, permit, id).await?.filter(|account| account.state == State::Active);
    let Some(account) = found else { return Ok(Code::Unknown) };
    if id != permit.bearer().staff && passkey::count(&store.read(), id).await? > 0 {
        return Ok(Code::HasPasskey);
    }
    let given = code::give(store, deed, id).await?;
    Ok(given.map_or(Code::Unknown, |code| Code::Made(Box::new(Coded { account, code }))))
}

/// Takes an account's passkeys away, with its sessions and codes; false where it is unknown or foreign, or one's own.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn disenrol(
    store: &Store,
    permit: &Permit<may::ManageStaff>,
    deed: Deed,
    id: StaffId,
) -> Result<bool> {
    if !is_anothers(store, permit, id).await? {
        return Ok(false);
    }
    passkey::forget_of(store, deed, id).await?;
    Ok(true)
}

/// Blocks an account or lets it in again; false where it is unknown or foreign, or one's own: nobody locks themselves out.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn set_state(
    store: &Store,
    permit: &Permit<may::ManageStaff>,
    deed: Deed,
    id: StaffId,
    state: State,
) -> Result<bool> {
    if !is_anothers(store, permit, id).await? {
        return Ok(false);
    }
    // That it is so already is no fault of whoever presses the button twice.
    staff::set_state(store, deed, id, state).await?;
    Ok(true)
}
