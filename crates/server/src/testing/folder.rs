//! A folder of data that is proven when a test lets it go: what is stored of every application is the fold of its
//! milestones. The tests in this crate use it, and those that run the binary.

use domain::progress::Progress;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;
use store::application::{self, ApplicationId};
use store::keys::Keys;
use store::setting::Purpose;
use store::{DATABASE_FILE, Store, milestone};
use tempfile::TempDir;

/// A temporary folder; a test whose data is wrong on purpose takes a plain one.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that has failed already says why itself.
        if thread::panicking() || !self.path().join(DATABASE_FILE).exists() {
            return;
        }
        let folder = self.path().to_owned();
        // On a thread of its own, for the test may be in a runtime.
        if let Err(why) = thread::spawn(move || prove(&folder)).join() {
            resume_unwind(why);
        }
    }
}

/// Proves every application of a folder of data.
fn prove(data: &Path) {
    let keys = Keys::load(&data.join("keys.toml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(data, keys, None, Purpose::Demonstration).await.unwrap();
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
