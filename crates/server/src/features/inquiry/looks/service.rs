//! Finds the looks at somebody's applications, and closes them to inquiries online.

use super::super::service::{Asker, Inquiry, Told, ask};
use crate::app::App;
use domain::disclosure::Level;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::audit::Entry;
use store::inquiry_log::Outcome;
use store::keys::Subject;
use store::log::{self, Look, Proof};
use store::{Result, application};

/// Looks that are shown at the most, the newest.
const MOST: u32 = 200;

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
    /// How many tries fitted nothing.
    pub(super) tries: usize,
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
    let (vain, looks): (Vec<Look>, Vec<Look>) = log::of_subject(&read, subject, MOST)
        .await?
        .into_iter()
        .partition(|look| matches!(look.entry.outcome, Outcome::NoMatch | Outcome::Limited));
    let proven = log::proven(&read, app.store.keys(), &looks).await?;
    let (checkpoint, proofs) = proven.map_or((None, BTreeMap::new()), |(note, proofs)| (Some(note), proofs));
    Ok(Looked { looks, tries: vain.len(), proofs, checkpoint })
}

/// Closes the applications of a person to inquiries online.
///
/// # Errors
/// Fails when the store does.
pub(super) async fn close(app: &App, subject: Subject) -> Result<()> {
    let (actor, detail) = ("citizen".to_owned(), "by the receipt number".to_owned());
    let entry = Entry { at: app.clock.now(), actor, action: "counter_only", detail };
    application::close_online(&app.store, entry, subject, true).await.map(drop)
}
