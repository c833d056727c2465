//! A folder of data that is proven when a test lets it go: what is stored of every application is the fold of its
//! milestones. The tests in this crate use it, and those that run the binary.

use domain::progress::Progress;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use store::application::{self, ApplicationId};
use store::fresh::FreshDatabase;
use store::keys::Keys;
use store::setting::Purpose;
use store::{Database, Store, milestone};
use tempfile::TempDir;

/// A temporary folder; a test whose data is wrong on purpose takes a plain one.
pub(crate) struct Folder {
    database: FreshDatabase,
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = FreshDatabase::new(folder.path());
        let made = Self { database, folder };
        if made.database.address().is_some() {
            made.configure("");
        }
        made
    }

    /// One whose database is a file in it, whatever the others have: for what that file's own nature is about.
    pub(crate) fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { database: FreshDatabase::embedded(folder.path()), folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the folder's own configuration, by which every command on it goes; gives its file.
    pub(crate) fn configure(&self, settings: &str) -> PathBuf {
        let file = self.path().join("jindu.toml");
        let database = self.database.address().map(|address| format!("database = {address:?}\n"));
        std::fs::write(&file, database.unwrap_or_default() + settings).unwrap();
        file
    }

    /// The database, past all of our code.
    pub(crate) fn database(&self) -> &FreshDatabase {
        &self.database
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that has failed already says why itself.
        if thread::panicking() || !self.database.is_used() || !keys(self.path()).exists() {
            return;
        }
        // On a thread of its own, for the test may be in a runtime.
        let proven =
            thread::scope(|scope| scope.spawn(|| prove(self.path(), &self.database.database())).join());
        if let Err(why) = proven {
            resume_unwind(why);
        }
    }
}

fn keys(data: &Path) -> PathBuf {
    data.join("keys.toml")
}

/// Proves every application of a folder of data.
fn prove(data: &Path, database: &Database) {
    let keys = Keys::load(&keys(data)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(data, database, keys, None, Purpose::Demonstration).await.unwrap();
        let mut after = ApplicationId(0);
        loop {
            let page = application::page(&store.read(), after, 1_000).await.unwrap();
            let Some(last) = page.last() else { return };
            after = last.id;
            for application in page {
                let told = milestone::of(&store.read(), &application).await.unwrap();
                assert_eq!(application.progress, Progress::replay(&told), "the fold of {:?}", application.id);
            }
        }
    });
}
