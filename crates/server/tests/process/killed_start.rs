//! kill -9 while a server makes its folder: the next start finishes what the first began.

use crate::asking::{Client, empty};
use crate::folder::Folder;
use crate::running::{Running, jindu, serve};
use std::path::Path;
use std::time::{Duration, Instant};

/// A first start writes its files in fewer steps than this.
const STEPS: usize = 16;

#[test]
fn killed_at_any_step_of_its_first_start_it_starts_the_next_time() {
    for step in 1..=STEPS {
        let folder = Folder::new();
        drop(empty(folder.path()));
        let mut first = Running::start(&mut serve(jindu(), folder.path()));
        wait_for_growth(folder.path(), step);
        first.kill();
        let mut next = Running::start(&mut serve(jindu(), folder.path()));
        let client = Client::of(&next.address());
        assert_eq!(client.get("/readyz").unwrap().0, 200, "killed when the files had grown {step} times");
    }
}

/// Waits until the folder's files have grown so many times, or nothing more comes.
fn wait_for_growth(folder: &Path, times: usize) {
    let started = Instant::now();
    let (mut before, mut seen) = (size(folder), 0);
    while seen < times && started.elapsed() < Duration::from_millis(300) {
        let now = size(folder);
        seen += usize::from(now != before);
        before = now;
    }
}

fn size(folder: &Path) -> u64 {
    let files = ["jindu.db", "jindu.db-wal", "inquiries/next", "inquiries/00000001.log"];
    files.iter().filter_map(|file| std::fs::metadata(folder.join(file)).ok()).map(|file| file.len() + 1).sum()
}
