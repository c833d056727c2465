//! What is stored of an application is what its milestones say: proven for every application after every test.

use super::key_file;
use crate::application::{self, Application, ApplicationId};
use crate::fresh::FreshDatabase;
use crate::held::{self, Closed, Why};
use crate::keys::Keys;
use crate::setting::Purpose;
use crate::{Store, milestone};
use domain::progress::{Held, Progress};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tempfile::TempDir;

/// A temporary folder whose applications are proven when the test lets it go.
pub(crate) struct Proven {
    database: FreshDatabase,
    folder: TempDir,
    changed_behind: AtomicBool,
}

impl Proven {
    /// With a database on the engine that the tests run on.
    pub(crate) fn new() -> Self {
        Self::with(FreshDatabase::new)
    }

    /// With a database in the folder.
    pub(crate) fn embedded() -> Self {
        Self::with(FreshDatabase::embedded)
    }

    fn with(database: impl FnOnce(&Path) -> FreshDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path());
        Self { database, folder, changed_behind: AtomicBool::new(false) }
    }

    /// The store in it, with the keys in it.
    pub(crate) async fn open(&self) -> Store {
        let keys = Keys::load(&key_file(self.path())).unwrap();
        Store::open(self.path(), &self.database.database(), keys, None, Purpose::Demonstration).await.unwrap()
    }

    /// The database, past all of our code.
    pub(crate) fn database(&self) -> &FreshDatabase {
        &self.database
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Somebody has written past all of our code: what is stored proves nothing about it any more.
    pub(crate) fn is_changed_behind(&self) {
        self.changed_behind.store(true, Ordering::Relaxed);
    }
}

impl Drop for Proven {
    fn drop(&mut self) {
        // A test that has failed already says why itself.
        let nothing_to_say = thread::panicking() || self.changed_behind.load(Ordering::Relaxed);
        if nothing_to_say || !self.database.is_used() || !key_file(self.path()).exists() {
            return;
        }
        // On a thread of its own, for the test may be in a runtime.
        let proven = thread::scope(|scope| scope.spawn(|| prove_folder(self)).join());
        if let Err(why) = proven {
            resume_unwind(why);
        }
    }
}

fn prove_folder(folder: &Proven) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { prove_all(&folder.open().await).await });
}

/// Proves every application.
pub(super) async fn prove_all(store: &Store) {
    for application in every_application(store).await {
        prove(store, &application).await;
    }
}

/// What is stored of an application is the fold of its milestones, and the held queue has an open row for each that
/// is held and that no person has settled.
pub(super) async fn prove(store: &Store, application: &Application) {
    let read = store.read();
    let all = milestone::of(&read, application).await.unwrap();
    assert_eq!(Progress::replay(&all), application.progress);
    let rows = held::of_receipt(&read, application.receipt).await.unwrap();
    let is_settled = |held: &Held| {
        let by_person = |how| [Closed::Released, Closed::Corrected, Closed::Discarded].contains(&how);
        let mut closed = rows.iter().filter(|row| row.closed.is_some_and(|(how, _)| by_person(how)));
        closed.any(|row| (row.feed, row.event) == (held.feed, held.event))
    };
    let mut held = domain::progress::held(&all);
    held.retain(|held| !is_settled(held));
    let open = rows.iter().filter(|row| row.closed.is_none() && row.application == Some(application.id));
    let mut open: Vec<_> = open.map(|row| (row.feed, row.event, row.why)).collect();
    open.sort_unstable_by_key(|row| (row.0, row.1));
    let held = held.into_iter().map(|held| (held.feed, held.event, Why::Impossible(held.why)));
    assert_eq!(open, held.collect::<Vec<_>>());
}

/// Every application, in the order in which they were opened.
pub(super) async fn every_application(store: &Store) -> Vec<Application> {
    let mut all: Vec<Application> = Vec::new();
    loop {
        let after = all.last().map_or(ApplicationId(0), |last| last.id);
        let page = application::page(&store.read(), after, 1000).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Fresh;
    use domain::stage::Stage;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// Lets a store go that holds two applications and whose database was changed.
    fn let_go(sql: &str) -> bool {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let fresh = runtime.block_on(Fresh::new());
        let reports = vec![fresh.accepted(), fresh.reached(Stage::Signed, 8), fresh.accepted_of(2)];
        runtime.block_on(fresh.record(reports));
        fresh.behind().execute(sql);
        catch_unwind(AssertUnwindSafe(|| drop(fresh))).is_ok()
    }

    #[test]
    fn a_test_that_leaves_a_fold_its_milestones_do_not_say_fails_at_its_end() {
        assert!(let_go("UPDATE application SET promised_days = 77"));
        assert!(!let_go("UPDATE application SET progress = (SELECT progress FROM application WHERE id = 2)"));
        assert!(!let_go("DELETE FROM milestone WHERE step = 'signed'"));
        assert!(!let_go("UPDATE application SET progress = NULL WHERE id = 1"));
    }
}
