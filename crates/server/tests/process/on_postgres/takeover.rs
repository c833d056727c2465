//! Two servers that share a folder: one of them imports what lies there, and the other takes over when that one is gone.

use crate::kept::Kept;
use crate::running::{Running, jindu, serve};
use crate::stream::County;
use crate::telling::{Line, csv, lines};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Every server watches the folder, takes care, and keeps the log.
const LEASES: usize = 3;

#[test]
fn a_shared_folder_is_watched_by_one_server_and_by_the_other_when_that_is_killed() {
    let county = County::new();
    let drop = tempfile::tempdir().unwrap();
    let start = || {
        let mut server = serve(jindu(), &county.data());
        let folder = format!("[{{feed=county,folder={:?},still_seconds=0}}]", drop.path());
        Running::start(server.env("JINDU_DROP", folder).env("JINDU_LIMITS__LEASE_SECONDS", "2"))
    };
    let lines = lines(30);
    let (first, second) = lines.split_at(120);
    let mut one = start();
    leased(&mut one);
    let mut other = start();
    other.address();
    put(drop.path(), "first.csv", first, 0);
    // Longer than it takes to take over from somebody who is silent.
    sleep(Duration::from_millis(2_500));
    assert_eq!(other.said().matches("this server has the lease").count(), 0, "{}", other.said());
    assert!(one.kill());
    let killed = Instant::now();
    leased(&mut other);
    assert!(killed.elapsed() < Duration::from_secs(20), "{:?}", killed.elapsed());
    put(drop.path(), "second.csv", second, first.len());
    // A server that stops hands over without waiting.
    let mut third = start();
    third.address();
    other.terminate();
    assert!(other.end().0.success());
    leased(&mut third);
    third.terminate();
    assert!(third.end().0.success());
    let all: Vec<&Line> = lines.iter().collect();
    let kept = Kept::of(&county.data());
    assert_eq!((kept.lacks(&all), kept.milestones()), (0, all.len()));
    let imported = [&one, &other, &third].map(|server| server.said().matches("is imported").count());
    assert_eq!(imported, [1, 1, 0], "each file was imported by whoever watched then");
}

/// Waits until a server does all that only one does.
fn leased(server: &mut Running) {
    server.wait_for("leases", |said| {
        (said.matches("this server has the lease").count() == LEASES).then_some(())
    });
}

/// Puts a file into the folder under a name that is left alone until it is whole, and waits until it is imported.
fn put(folder: &Path, name: &str, lines: &[Line], before: usize) {
    let numbered = (before..).zip(lines);
    fs::write(folder.join("part.tmp"), csv(numbered, "")).unwrap();
    fs::rename(folder.join("part.tmp"), folder.join(name)).unwrap();
    let since = Instant::now();
    while !folder.join("done").join(name).exists() {
        assert!(since.elapsed() < Duration::from_secs(60), "{name} is not imported");
        sleep(Duration::from_millis(20));
    }
}
