//! Finds what is kept about a person, and changes it at their wish. Each is an entry in the log of changes first.

use crate::app::Failed;
use domain::moment::Moment;
use domain::number::CitizenNumber;
use store::application::{self, Application, Person};
use store::audit::Entry;
use store::erasure::{self, Erased};
use store::keys::Subject;
use store::log::{self, Look};
use store::milestone;
use store::{Store, Work};

/// Who does it, in the log of changes.
const ACTOR: &str = "command:person";
/// Looks that are exported at the most.
const LOOKS: u32 = 1_000_000;

/// All that is kept about a person.
pub(super) struct Kept {
    pub(super) applications: Vec<(Application, Person, Vec<domain::milestone::Milestone>)>,
    pub(super) looks: Vec<Look>,
}

/// Everything about a person. That it was exported is on record before anybody sees it.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn export(store: &Store, number: &CitizenNumber, now: Moment) -> Result<Kept, Failed> {
    let subject = store.keys().subject(number);
    let entry = entry(now, "person_export", subject, "");
    store.write(entry, |_| -> Work<'_, ()> { Box::pin(async { Ok(()) }) }).await?;
    let read = store.read();
    let mut applications = Vec::new();
    for application in application::of_subject(&read, subject).await? {
        let person = application.person(store.keys())?;
        let milestones = milestone::of(&read, &application).await?;
        applications.push((application, person, milestones));
    }
    Ok(Kept { applications, looks: log::of_subject(&read, subject, LOOKS).await? })
}

/// Erases everything about a person but the looks in the log.
///
/// # Errors
/// Fails when the store does; then nothing is erased.
pub(super) async fn erase(
    store: &Store,
    number: &CitizenNumber,
    reason: &str,
    now: Moment,
) -> Result<Erased, Failed> {
    let subject = store.keys().subject(number);
    Ok(erasure::of_subject(store, entry(now, "person_erase", subject, reason), subject).await?)
}

/// Opens the applications of a person to inquiries online again; gives how many were closed.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn open_online(
    store: &Store,
    number: &CitizenNumber,
    reason: &str,
    now: Moment,
) -> Result<usize, Failed> {
    let subject = store.keys().subject(number);
    let entry = entry(now, "person_open_online", subject, reason);
    Ok(application::close_online(store, entry, subject, false).await?)
}

/// An entry that says whom it was about by the keyed hash, as the record of inquiries does.
fn entry(at: Moment, action: &'static str, subject: Subject, reason: &str) -> Entry {
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    Entry { at, actor: ACTOR.to_owned(), action, detail: format!("subject {}{reason}", subject.hex()) }
}
