//! `jindu copy`: beside a server that answers, killed on its way, and back again.

use crate::asking::{Client, demonstration, facts};
use crate::folder::Folder;
use crate::kept::{Kept, inquiries};
use crate::kills::chance;
use crate::running::{Running, jindu, serve};
use rand::RngExt as _;
use server::features::demonstration::cli::Sample;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a copy ends with while a server runs on what it copies.
const NOT_YET: i32 = 3;
/// Kills amid a copy, in each direction, and how often it is tried at the most until so many have.
const KILLS: u32 = 6;
const TRIES: u32 = 5 * KILLS;

/// From the embedded engine to that of the tests, and back.
fn directions() -> [[Folder; 2]; 2] {
    [[Folder::embedded(), Folder::new()], [Folder::new(), Folder::embedded()]]
}

fn end(folder: &Folder) -> String {
    folder.database().address().unwrap_or_else(|| format!("sqlite:{}", folder.path().display()))
}

fn copying(from: &Folder, to: &Folder) -> Command {
    std::fs::copy(from.path().join("keys.toml"), to.path().join("keys.toml")).unwrap();
    let mut command = jindu();
    command.args(["copy", "--from", &end(from), "--to", &end(to)]);
    // Where both are on a server, and where this process is run, there is no configuration.
    command.env("JINDU_KEY_FILE", from.path().join("keys.toml"));
    command
}

/// Runs a copy; its exit code and all it said.
fn copied(from: &Folder, to: &Folder) -> (Option<i32>, String) {
    let output = copying(from, to).output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (output.status.code(), said)
}

/// The same once everybody else has hung up: a server notices a little later that a process is gone.
fn copied_alone(from: &Folder, to: &Folder) -> String {
    let mut told = String::new();
    for _ in 0..100 {
        let (code, said) = copied(from, to);
        if code == Some(0) {
            return said;
        }
        told = format!("{code:?} {said}");
        let is_in_use = code == Some(NOT_YET) || said.contains("in use");
        assert!(is_in_use, "{told}");
        sleep(Duration::from_millis(100));
    }
    panic!("{told}");
}

/// Rows of applications and milestones.
fn rows(folder: &Folder) -> i64 {
    folder.database().applications_and_milestones()
}

fn answers(address: &str, folder: &Path, samples: &[Sample]) -> Vec<String> {
    let client = Client::of(address);
    let before = inquiries_of(folder);
    let answer = |sample: &Sample| {
        let (status, mut said) = client.ask(&facts(sample, "receipt_number")).unwrap();
        said.as_object_mut().unwrap().remove("instance");
        assert!(status == 404 || said["stage"].is_string(), "{said}");
        format!("{status} {said}")
    };
    let answers: Vec<String> = samples.iter().map(answer).collect();
    assert_eq!(inquiries_of(folder), before + samples.len());
    answers
}

/// Does something while somebody asks all the while, and is answered; gives how often.
fn asked_meanwhile<T>(address: &str, samples: &[Sample], work: impl FnOnce() -> T) -> (usize, T) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let client = Client::of(address);
            let mut asked = 0;
            for sample in samples.iter().filter(|sample| sample.label != "no_match").cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                assert_eq!(client.ask(&facts(sample, "name")).unwrap().0, 200);
                asked += 1;
                sleep(Duration::from_millis(20));
            }
            asked
        });
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        let asked = asking.join().unwrap();
        assert!(asked > 0, "nobody asked meanwhile");
        (asked, worked.unwrap())
    })
}

fn inquiries_of(folder: &Path) -> usize {
    inquiries(folder).len()
}

#[test]
fn a_database_moves_while_its_server_answers() {
    for [from, to] in directions() {
        let samples = demonstration(from.path(), 300);
        let mut server = Running::start(&mut serve(jindu(), from.path()));
        let address = server.address();
        let before = answers(&address, from.path(), &samples);

        let (asked, (code, said)) = asked_meanwhile(&address, &samples, || copied(&from, &to));
        assert_eq!(code, Some(NOT_YET), "{said}");
        assert!(said.contains("This is not the end"), "{said}");
        assert_eq!(answers(&address, from.path(), &samples), before);

        let refused = serve(jindu(), to.path()).output().unwrap();
        let why = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && why.contains("`jindu copy` has begun"), "{why}");

        server.terminate();
        assert!(server.end().0.success());
        let said = copied_alone(&from, &to);
        assert!(said.contains("are the same") && !said.contains(" 0 put"), "{said}");
        assert!(copied_alone(&from, &to).contains("nothing was to be copied"));
        assert!(Kept::of(from.path()) == Kept::of(to.path()));
        let recorded = inquiries(from.path());
        assert_eq!(recorded.len(), 2 * samples.len() + asked);
        assert_eq!(inquiries(to.path()), recorded);

        let mut server = Running::start(&mut serve(jindu(), to.path()));
        let address = server.address();
        assert_eq!(answers(&address, to.path(), &samples), before);
        assert_eq!(inquiries(to.path()).len(), 3 * samples.len() + asked);
        // What is served is filled by nobody, and what was served is no copy any more.
        assert!(copied(&from, &to).1.contains("in use"));
        server.terminate();
        assert!(server.end().0.success());
        sleep(Duration::from_millis(500));
        let (code, said) = copied(&from, &to);
        assert!(code == Some(1) && said.contains("holds other data"), "{said}");
    }
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let [from, to] = [Folder::embedded(), Folder::new()];
    demonstration(from.path(), 10);
    let refused = |from: &str, to: &str| {
        let mut command = jindu();
        command.args(["copy", "--from", from, "--to", to]).env("JINDU_KEY_FILE", "/nowhere/keys.toml");
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert!(refused("/srv/jindu", &end(&to)).contains("sqlite:FOLDER"));
    assert!(refused(&end(&from), &end(&from)).contains("the same database"));
    assert!(refused(&end(&from), &end(&to)).contains("jindu keys init"));

    demonstration(to.path(), 10);
    let (code, said) = {
        let mut command = jindu();
        command.args(["copy", "--from", &end(&from), "--to", &end(&to)]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    // Beside a database in a folder lies its key file; that of one on a server is elsewhere.
    let why = if end(&to).starts_with("sqlite:") { "keys of another database" } else { "other keys" };
    assert!(code == Some(1) && said.contains(why), "{said}");
}

/// Kills a copy at moments by chance; what runs again afterwards puts the rest.
fn killed() {
    let mut rng = chance();
    for turn in 0..2 {
        let mut amid = 0;
        let [from, first] = directions().into_iter().nth(turn).unwrap();
        demonstration(from.path(), 4_000);
        let started = Instant::now();
        copied_alone(&from, &first);
        let (took, all, kept) = (started.elapsed(), rows(&from), Kept::of(from.path()));
        for _ in 0..TRIES {
            if amid >= KILLS {
                break;
            }
            let [_, to] = directions().into_iter().nth(turn).unwrap();
            let mut killed = Running::start(&mut copying(&from, &to));
            sleep(took.mul_f64(rng.random_range(0.3..0.9)));
            killed.kill();
            let there = rows(&to);
            amid += u32::from(0 < there && there < all);
            copied_alone(&from, &to);
            assert!(Kept::of(to.path()) == kept);
        }
        assert!(amid >= KILLS, "only {amid} kills fell amid the work");
    }
}

mod long {
    #[test]
    fn killed_at_any_moment_a_copy_goes_on_and_holds_everything() {
        super::killed();
    }
}

#[test]
fn a_folder_with_the_keys_of_another_database_is_not_filled() {
    let [from, to] = [Folder::embedded(), Folder::embedded()];
    demonstration(from.path(), 4);
    crate::asking::empty(to.path());
    let foreign = std::fs::read(to.path().join("keys.toml")).unwrap();
    let output = jindu().args(["copy", "--from", &end(&from), "--to", &end(&to)]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("keys.toml holds the keys of another database"), "{said}");
    assert_eq!(std::fs::read(to.path().join("keys.toml")).unwrap(), foreign);
    assert!(!to.path().join("jindu.db").exists());
    // With its own keys there it is.
    assert_eq!(copied(&from, &to).0, Some(0));
}
