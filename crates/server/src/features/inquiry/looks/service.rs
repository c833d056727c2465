//! Finds the looks at somebody's applications, and closes them to inquiries online.

use super::super::service::{Asker, Inquiry, Told, ask};
use crate::app::App;
use domain::disclosure::Level;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::audit::Entry;
use store::keys::Subject;
use store::log::{self, Look, Proof};
use store::{Result, application};

/// Looks that are shown at the most, the newest.
const MOST: u32 = 50;

/// What came of proving a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// It is theirs.
    Proven(Subject),
    /// The facts fit nothing.
    NoMatch,
    /// It is theirs, and closed to inquiries online.
    Closed,
}

/// Who looked.
pub(super) struct Looked {
    /// Looks that showed something, the newest first.
    pub(super) looks: Vec<Look>,
    /// Whether there are older ones.
    pub(super) is_cut: bool,
    /// How many tries fitted nothing.
    pub(super) tries: u64,
    /// The proofs of looks that the newest checkpoint covers, by the number of their leaf.
    pub(super) proofs: BTreeMap<u64, Proof>,
    /// That checkpoint.
    pub(super) checkpoint: Option<String>,
}

/// Compares the facts as every inquiry does, with its record and its budgets.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn prove(app: &Arc<App>, inquiry: Inquiry, asker: Asker) -> Result<Case> {
    let subject = app.store.keys().subject(&inquiry.number);
    let case = |told: Told<'_>| match told {
        Told::Answer(answer) if answer.level == Level::Full => Case::Proven(subject),
        Told::Closed => Case::Closed,
        Told::Answer(_) | Told::NoMatch => Case::NoMatch,
    };
    ask(app, inquiry, asker, case).await
}

/// Every look at the applications of a person that is in the log.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn looked(app: &App, subject: Subject) -> Result<Looked> {
    let read = app.store.read();
    let mut looks = log::of_subject(&read, subject, MOST + 1).await?;
    let is_cut = looks.len() > MOST as usize;
    looks.truncate(MOST as usize);
    let tries = log::tries(&read, subject).await?;
    let proven = log::proven(&read, app.store.keys(), &looks).await?;
    let (checkpoint, proofs) = proven.map_or((None, BTreeMap::new()), |(note, proofs)| (Some(note), proofs));
    Ok(Looked { looks, is_cut, tries, proofs, checkpoint })
}

/// Closes the applications of a person to inquiries online.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn close(app: &App, subject: Subject) -> Result<()> {
    let detail = format!("subject {}, by a receipt number", subject.hex());
    let entry = Entry { at: app.clock.now(), actor: "citizen".to_owned(), action: "counter_only", detail };
    application::close_online(&app.store, entry, subject, true).await.map(drop)
}
