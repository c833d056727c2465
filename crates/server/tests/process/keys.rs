//! Keys are replaced while people ask, and lie where the operator put them.

use crate::asking::{Client, demonstration, facts};
use crate::backup::said;
use crate::folder::Folder;
use crate::kept::{Kept, looked_into};
use crate::running::{Running, ended, jindu, serve};
use server::features::demonstration::cli::Sample;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;
use store::sealed;

/// Enough that a kill falls amid.
const APPLICATIONS: u64 = 20_000;

fn keys(words: &[&str], data: &Path) -> Command {
    let mut command = jindu();
    command.env("JINDU_DEMONSTRATION", "true").arg("keys").args(words).arg("--data").arg(data);
    command
}

fn done(command: &mut Command) -> String {
    let output = ended(command);
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", said(output));
    said(output)
}

fn counted(data: &Path) -> BTreeMap<u8, u64> {
    looked_into(data, async |store| sealed::counted(&store).await.unwrap())
}

#[test]
fn another_key_takes_over_while_people_ask_however_often_it_is_killed() {
    let folder = Folder::new();
    let mut samples = demonstration(folder.path(), APPLICATIONS);
    samples.retain(|sample| sample.label != "no_match");
    let before = (Kept::of(folder.path()), counted(folder.path()));
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let address = server.address();
    let (over, asked) = (AtomicBool::new(false), AtomicU32::new(0));
    let amid = scope(|scope| {
        scope.spawn(|| ask_until(&over, &asked, &address, &samples));
        let _ends = Ends(&over);
        let amid = rotated_with_kills(folder.path());
        assert!(
            done(&mut keys(&["list", "--values"], folder.path()))
                .contains(&format!("{} values", before.1[&1]))
        );
        let former = done(&mut keys(&alone(&["retire", "1"], folder.path()), folder.path()));
        assert!(former.contains("keys.toml.with-1: backups made before open with it"), "{former}");
        sleep(Duration::from_millis(200));
        amid
    });
    assert!(amid > 0, "no kill fell amid");
    assert!(asked.load(Ordering::Relaxed) > 100);
    server.terminate();
    server.end();
    assert_eq!(counted(folder.path()).keys().copied().collect::<Vec<_>>(), [4]);
    assert!(before.0 == Kept::of(folder.path()), "something is not what it was");
    assert!(!done(&mut keys(&["list"], folder.path())).contains("old"));
}

/// A database on a server may have other servers; there is none here.
fn alone(words: &[&'static str], data: &Path) -> Vec<&'static str> {
    let is_shared =
        fs::read_to_string(data.join("jindu.toml")).is_ok_and(|text| text.contains("postgres://"));
    words.iter().copied().chain(is_shared.then_some("--everywhere")).collect()
}

/// Ends the asking, however the test ends.
struct Ends<'o>(&'o AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks for the full answer all the while: each has to come.
fn ask_until(over: &AtomicBool, asked: &AtomicU32, address: &str, samples: &[Sample]) {
    let client = Client::of(address);
    while !over.load(Ordering::Relaxed) {
        for sample in samples {
            let (status, answer) = client.ask(&facts(sample, "receipt_number")).unwrap();
            assert_eq!(status, 200, "{answer}");
            asked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Kills the command some times, then lets it come to its end; gives how many kills fell while it sealed.
fn rotated_with_kills(data: &Path) -> u32 {
    let mut amid = 0;
    for turn in 0_u64..4 {
        let mut command = Running::start(&mut keys(&alone(&["rotate"], data), data));
        let until = |turn| counted(data).get(&4).is_some_and(|done| *done > turn * 4_000);
        while !until(turn) {
            sleep(Duration::from_millis(5));
        }
        command.kill();
        // A machine that is slow to look finds all of it sealed; another rotation would be of another key.
        if !counted(data).contains_key(&1) {
            return amid;
        }
        amid += 1;
    }
    let said = done(&mut keys(&alone(&["rotate"], data), data));
    assert!(said.contains("Key 4 seals from now on"), "{said}");
    assert!(said.contains("`jindu keys retire 1` takes key 1 out of the file"), "{said}");
    amid
}

/// A token of its own.
struct Token {
    folder: tempfile::TempDir,
}

impl Token {
    fn new() -> Self {
        let token = Self { folder: tempfile::tempdir().unwrap() };
        let tokens = token.folder.path().join("tokens");
        fs::create_dir(&tokens).unwrap();
        fs::write(
            token.settings(),
            format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display()),
        )
        .unwrap();
        let mut init = Command::new("softhsm2-util");
        init.args([
            "--init-token",
            "--free",
            "--label",
            "county",
            "--pin",
            "pin of the county",
            "--so-pin",
            "1357",
        ]);
        assert!(token.with(init).output().unwrap().status.success());
        token.pin("pin of the county");
        token
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    fn pin_file(&self) -> PathBuf {
        self.folder.path().join("pin")
    }

    fn pin(&self, pin: &str) {
        fs::write(self.pin_file(), format!("{pin}\n")).unwrap();
        fs::set_permissions(self.pin_file(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn with(&self, mut command: Command) -> Command {
        command.env("SOFTHSM2_CONF", self.settings());
        command
    }

    /// `jindu keys …` with the options that name it.
    fn keys(&self, words: &[&str], data: &Path) -> Command {
        let mut command = self.with(keys(words, data));
        command.args([
            "--token-module",
            "/usr/lib/softhsm/libsofthsm2.so",
            "--token",
            "county",
            "--token-pin-file",
        ]);
        command.arg(self.pin_file());
        command
    }
}

#[test]
fn keys_are_wrapped_by_a_token_and_are_of_no_use_without_it() {
    let (folder, token) = (Folder::new(), Token::new());
    let samples = demonstration(folder.path(), 20);
    let said = done(&mut token.keys(&["rewrap"], folder.path()));
    assert!(said.contains("\"jindu-wrapping\" on the token \"county\""), "{said}");
    assert!(!fs::read_to_string(folder.path().join("keys.toml")).unwrap().contains("pin of the county"));
    {
        let mut server = Running::start(&mut serve(token.with(jindu()), folder.path()));
        let client = Client::of(&server.address());
        assert_eq!(client.ask(&facts(&samples[0], "receipt_number")).unwrap().0, 200);
    }
    // Another key on the token seals what the first one did.
    done(&mut token.with(keys(&alone(&["rotate"], folder.path()), folder.path())));
    let without = refused(&ended(&mut serve(jindu(), folder.path())));
    assert!(without.contains("county"), "{without}");
    token.pin("0000");
    let wrong = refused(&ended(&mut serve(token.with(jindu()), folder.path())));
    assert!(wrong.contains("cannot be used") && !wrong.contains("0000"), "{wrong}");
    token.pin("pin of the county");
    fs::set_permissions(token.pin_file(), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused(&ended(&mut serve(token.with(jindu()), folder.path()))).contains("chmod 600"));
    token.pin("pin of the county");
    done(&mut token.with(keys(&["rewrap", "--here"], folder.path())));
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let client = Client::of(&server.address());
    assert_eq!(client.ask(&facts(&samples[0], "receipt_number")).unwrap().0, 200);
}

#[test]
fn a_folder_with_the_algorithms_of_the_cryptography_law_answers_as_any_other() {
    let folder = Folder::new();
    let said = done(&mut keys(&["init", "--suite", "guomi"], folder.path()));
    assert!(said.contains("guomi"), "{said}");
    let samples = demonstration(folder.path(), 20);
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let client = Client::of(&server.address());
    for fact in ["name", "receipt_number"] {
        assert_eq!(client.ask(&facts(&samples[0], fact)).unwrap().0, 200);
    }
    done(&mut keys(&alone(&["rotate"], folder.path()), folder.path()));
    assert_eq!(client.ask(&facts(&samples[0], "receipt_number")).unwrap().0, 200);
    assert!(done(&mut keys(&["list"], folder.path())).starts_with("Suite: guomi\n"));
}

#[test]
fn a_key_that_signed_is_kept_for_what_it_signed() {
    let folder = Folder::new();
    demonstration(folder.path(), 4);
    let does = |words: &[&'static str]| done(&mut keys(&alone(words, folder.path()), folder.path()));
    let signs = does(&["rotate", "sign"]);
    assert!(signs.contains("Key 4 signs"), "{signs}");
    let former = does(&["retire", "3"]);
    assert!(former.contains("keys.toml.with-3: checkpoints that it signed"), "{former}");
}
