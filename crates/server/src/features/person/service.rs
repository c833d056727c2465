//! Finds what is kept about a person, and changes it at their wish. Each is an entry in the log of changes first.

use crate::app::Failed;
use domain::milestone::Milestone;
use domain::mismatch::Way;
use domain::moment::Moment;
use domain::number::CitizenNumber;
use store::application::{self, Application, Person};
use store::audit::Entry;
use store::erasure::{self, Erased};
use store::held::{self, Explained};
use store::keys::Subject;
use store::log::{self, Look};
use store::manifest::{self, Listing};
use store::{Store, Work, milestone, mismatch};

/// Who does it, in the log of changes.
const ACTOR: &str = "command:person";
/// Looks that are exported at the most.
const LOOKS: u32 = 1_000_000;

/// All that is kept about a person.
pub(super) struct Kept {
    pub(super) applications: Vec<KeptCase>,
    pub(super) looks: Vec<Look>,
    /// When facts about the person were tried in vain within thirty days.
    pub(super) tried: Vec<(Way, Vec<Moment>)>,
}

impl Kept {
    /// Whether there is nothing about anybody of the number.
    pub(super) fn is_nothing(&self) -> bool {
        self.applications.is_empty() && self.looks.is_empty() && self.tried.is_empty()
    }
}

/// All that is kept about one application.
pub(super) struct KeptCase {
    pub(super) application: Application,
    pub(super) person: Person,
    pub(super) milestones: Vec<Milestone>,
    /// What is or was held of it, or waited for it.
    pub(super) held: Vec<Explained>,
    /// The batches that list its card.
    pub(super) batches: Vec<Listing>,
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
        applications.push(kept(store, application).await?);
    }
    let looks = log::of_subject(&read, subject, LOOKS).await?;
    Ok(Kept { applications, looks, tried: mismatch::of_subject(&read, subject).await? })
}

/// Everything about one application.
async fn kept(store: &Store, application: Application) -> Result<KeptCase, Failed> {
    let read = store.read();
    let mut held = Vec::new();
    for item in held::of_receipt(&read, application.receipt).await? {
        held.extend(held::one(&read, store.keys(), item.id).await?);
    }
    Ok(KeptCase {
        person: application.person(store.keys())?,
        milestones: milestone::of(&read, &application).await?,
        held,
        batches: manifest::of_receipt(&read, application.receipt).await?,
        application,
    })
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
