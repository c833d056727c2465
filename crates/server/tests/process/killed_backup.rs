//! kill -9 while a backup is made or restored: nothing that is not whole is taken for a backup or for a database.

use crate::asking::{Client, demonstration, facts};
use crate::backup::{Safe, emptied, said};
use crate::folder::Folder;
use crate::kills::chance;
use crate::running::{Running, ended, jindu, serve};
use rand::RngExt as _;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Instant;

/// Kills that fall amid the work.
const KILLS: u32 = 5;
/// How often it is tried at the most until so many have.
const TRIES: u32 = 6 * KILLS;
const APPLICATIONS: u64 = 1_500;

#[test]
fn a_backup_that_was_killed_is_none_and_the_next_one_is_whole() {
    let (source, safe, mut chance) = (Folder::new(), Safe::new(), chance());
    demonstration(source.path(), APPLICATIONS);
    let begun = Instant::now();
    let file = safe.backed_up(source.path());
    let took = begun.elapsed();
    let to = safe.path().join("backups");
    fs::create_dir(&to).unwrap();
    let mut amid = 0;
    for _ in 0..TRIES {
        if amid >= KILLS {
            break;
        }
        // What the kill before has left is not this one's.
        let before = files(&to).into_iter().filter(|file| file.extension().is_none_or(|end| end != "age"));
        before.for_each(|left| fs::remove_file(left).unwrap());
        let mut backup = Running::start(&mut safe.backup(source.path(), &to));
        sleep(took.mul_f64(chance.random_range(0.1..0.95)));
        if !backup.kill() {
            continue;
        }
        for left in files(&to) {
            // What has the name of a backup is one: the kill came behind its last step. All else is none.
            let is_named = left.extension().is_some_and(|end| end == "age");
            assert_eq!(safe.verify(&left, source.path()).status.success(), is_named, "{}", left.display());
            amid += u32::from(!is_named);
        }
    }
    assert!(amid >= KILLS, "only {amid} kills fell amid the work");
    let last = ended(&mut safe.backup(source.path(), &to));
    assert!(last.status.success(), "{}", said(&last));
    let whole = files(&to);
    assert!(whole.iter().all(|file| file.extension().is_some_and(|end| end == "age")), "{whole:?}");
    for file in whole.iter().chain([&file]) {
        assert!(safe.verify(file, source.path()).status.success());
    }
}

#[test]
fn a_database_that_was_half_restored_is_not_served_and_restoring_begins_anew() {
    let (source, safe, mut chance) = (Folder::new(), Safe::new(), chance());
    let samples = demonstration(source.path(), APPLICATIONS);
    let file = safe.backed_up(source.path());
    let undisturbed = emptied(Folder::new(), source.path());
    let begun = Instant::now();
    let restored = ended(&mut safe.restore(&file, undisturbed.path()));
    assert!(restored.status.success(), "{}", said(&restored));
    let took = begun.elapsed();
    let mut place = emptied(Folder::new(), source.path());
    let mut refused = 0;
    for _ in 0..TRIES {
        if refused >= KILLS {
            break;
        }
        let mut restore = Running::start(&mut safe.restore(&file, place.path()));
        sleep(took.mul_f64(chance.random_range(0.3..0.9)));
        restore.kill();
        let told = said(&ended(jindu().args(["feed", "list", "--data"]).arg(place.path())));
        if !told.contains("jindu restore") {
            // It had not begun to write, or had come to its end: another one then.
            place = emptied(Folder::new(), source.path());
            continue;
        }
        refused += 1;
        let served = ended(&mut serve(jindu(), place.path()));
        assert!(!served.status.success() && said(&served).contains("jindu restore"), "{}", said(&served));
        let other = ended(&mut safe.backup(place.path(), &safe.path().join("half.age")));
        assert!(!other.status.success(), "half of it was backed up");
    }
    assert!(refused >= KILLS, "only {refused} kills fell amid the work");
    let restored = ended(&mut safe.restore(&file, place.path()));
    assert!(restored.status.success(), "{}", said(&restored));
    let mut server = Running::start(&mut serve(jindu(), place.path()));
    let client = Client::of(&server.address());
    for sample in samples.iter().filter(|sample| sample.label != "no_match") {
        assert_eq!(client.ask(&facts(sample, "name")).unwrap().0, 200, "{}", sample.label);
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}
