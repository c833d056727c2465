//! The drill: a backup is made while people ask and feeds report, and what was lost comes back from it.

use crate::asking::{Client, person};
use crate::folder::Folder;
use crate::kept::{Kept, inquiries};
use crate::messages::{Sender, event, served};
use crate::running::{Running, ended, jindu, serve};
use crate::stream::County;
use crate::telling::{Line, applied_on, lines};
use age::secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use store::keys::Keys;

/// Applications whose lines are all told before the backup, and those that are told meanwhile.
const BEFORE: u32 = 40;
const MEANWHILE: u32 = 400;
/// Events in a message.
const BATCH: usize = 40;

/// Who opens backups, in a folder apart.
pub(crate) struct Safe {
    folder: tempfile::TempDir,
    recipient: String,
}

impl Safe {
    pub(crate) fn new() -> Self {
        let identity = age::x25519::Identity::generate();
        let safe = Self { folder: tempfile::tempdir().unwrap(), recipient: identity.to_public().to_string() };
        fs::write(safe.identity(), identity.to_string().expose_secret()).unwrap();
        fs::set_permissions(safe.identity(), fs::Permissions::from_mode(0o600)).unwrap();
        safe
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn identity(&self) -> PathBuf {
        self.path().join("identity")
    }

    /// `jindu backup` of a folder of data.
    pub(crate) fn backup(&self, data: &Path, to: &Path) -> std::process::Command {
        let mut command = jindu();
        command.args(["backup", "--recipient", &self.recipient, "--data"]).arg(data).arg("--to").arg(to);
        command
    }

    /// Makes a backup; gives its file.
    pub(crate) fn backed_up(&self, data: &Path) -> PathBuf {
        let file = self.path().join("backup.age");
        let output = ended(&mut self.backup(data, &file));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        file
    }

    /// `jindu backup verify`, beside the keys of a folder.
    pub(crate) fn verify(&self, file: &Path, data: &Path) -> Output {
        let mut command = jindu();
        command.args(["backup", "verify"]).arg(file).arg("--data").arg(data);
        ended(command.arg("--identity").arg(self.identity()))
    }

    /// `jindu restore` into a folder.
    pub(crate) fn restore(&self, file: &Path, data: &Path) -> std::process::Command {
        let mut command = jindu();
        command.arg("restore").arg("--from").arg(file).arg("--data").arg(data);
        command.arg("--identity").arg(self.identity());
        command
    }

    /// What is in a backup, unsealed and unpacked.
    fn inside(&self, file: &Path) -> Vec<u8> {
        let identity = fs::read_to_string(self.identity()).unwrap();
        let identity: age::x25519::Identity = identity.parse().unwrap();
        let sealed = age::Decryptor::new(fs::File::open(file).unwrap()).unwrap();
        let packed = sealed.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap();
        let mut inside = Vec::new();
        zstd::Decoder::new(packed).unwrap().read_to_end(&mut inside).unwrap();
        inside
    }
}

/// A place with the keys of another one and nothing else.
pub(crate) fn emptied(place: Folder, keys_of: &Path) -> Folder {
    let keys = place.path().join("keys.toml");
    fs::copy(keys_of.join("keys.toml"), &keys).unwrap();
    fs::set_permissions(keys, fs::Permissions::from_mode(0o600)).unwrap();
    place
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn what_was_kept_when_a_backup_began_comes_back() {
    drill(&County::new(), Folder::new());
}

#[test]
fn it_comes_back_on_the_embedded_engine_too() {
    drill(&County::new(), Folder::embedded());
}

#[test]
fn and_from_the_embedded_engine_on_whatever_there_is() {
    drill(&County::embedded(), Folder::new());
}

fn drill(county: &County, place: Folder) {
    let (safe, lines) = (Safe::new(), lines(BEFORE + MEANWHILE));
    let numbered = || lines.iter().enumerate();
    let before: Vec<_> = numbered().filter(|(_, line)| line.person <= BEFORE).collect();
    let meanwhile: Vec<_> = numbered().filter(|(_, line)| line.person > BEFORE).collect();
    let (mut server, secret) = served(county, None);
    let address = server.address();
    send(&address, &secret, &before, &AtomicBool::new(false));
    let answers = answers(&address, 1..=BEFORE);
    let (done, asked) = (AtomicBool::new(false), AtomicBool::new(false));
    let file = scope(|scope| {
        // Whoever fails here tells the others, who would go on for ever.
        let _enough = Enough(&done);
        scope.spawn(|| send(&address, &secret, &meanwhile, &done));
        let asking = scope.spawn(|| ask(&address, &done, &asked));
        while !asked.load(Ordering::Relaxed) && !asking.is_finished() {
            std::thread::yield_now();
        }
        safe.backed_up(&county.data())
    });
    drop(server);
    let verified = safe.verify(&file, &county.data());
    assert!(verified.status.success() && said(&verified).contains("Whole:"), "{}", said(&verified));
    assert!(said(&verified).contains("keys.toml fits"), "{}", said(&verified));
    nothing_is_told(county, &safe, &file, &lines);

    let place = emptied(place, &county.data());
    let restored = ended(&mut safe.restore(&file, place.path()));
    assert!(restored.status.success(), "{}", said(&restored));
    let kept = Kept::of(place.path());
    assert_eq!(kept.lacks(&before.iter().map(|(_, line)| *line).collect::<Vec<_>>()), 0);
    every_inquiry_of_before_is_there(&county.data(), place.path());
    let mut server = Running::start(&mut serve(jindu(), place.path()));
    assert_eq!(self::answers(&server.address(), 1..=BEFORE), answers);
    drop(server);
    a_backup_of_it_counts_the_same(&safe, &file, &place);
}

/// Says that it is enough when it is let go.
struct Enough<'e>(&'e AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends lines as messages until they are told or it is enough.
fn send(address: &str, secret: &str, lines: &[(usize, &Line)], enough: &AtomicBool) {
    let sender = Sender::of(address, secret);
    for (number, message) in lines.chunks(BATCH).enumerate() {
        if enough.load(Ordering::Relaxed) {
            return;
        }
        let events: Value = message.iter().map(|(number, line)| event(*number, line)).collect();
        let name = format!("{}-{number}", message[0].0);
        let (status, told) = sender.send(&name, &events).unwrap();
        assert_eq!((status, told["tally"]["recorded"].as_u64()), (207, Some(message.len() as u64)), "{told}");
    }
}

/// What is answered about these people.
fn answers(address: &str, people: std::ops::RangeInclusive<u32>) -> Vec<Value> {
    let client = Client::of(address);
    let ask = |index: u32| {
        let (status, answer) = client.ask(&about(index)).unwrap();
        assert_eq!(status, 200, "{answer}");
        answer
    };
    people.map(ask).collect()
}

fn about(index: u32) -> Value {
    let number = person(index);
    json!({"citizen_number": number.as_str(), "applied_on": applied_on().to_string(), "name": "无名"})
}

/// Asks until it is enough; says when it has begun.
fn ask(address: &str, enough: &AtomicBool, asked: &AtomicBool) {
    let client = Client::of(address);
    for index in (1..=BEFORE).cycle() {
        assert_eq!(client.ask(&about(index)).unwrap().0, 200);
        asked.store(true, Ordering::Relaxed);
        if enough.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// Neither the sealed file nor what is in it names anybody, and the keys are in neither.
fn nothing_is_told(county: &County, safe: &Safe, file: &Path, lines: &[Line]) {
    let keys = fs::read_to_string(county.data().join("keys.toml")).unwrap();
    let keys: toml::Table = toml::from_str(&keys).unwrap();
    let mut canaries = vec!["无名".as_bytes().to_vec()];
    let wrapped = keys["key"].as_array().unwrap().iter().map(|key| key["wrapped"].as_str().unwrap());
    for text in wrapped.chain([keys["wrapping"]["key"].as_str().unwrap()]) {
        let pairs = (0..text.len()).step_by(2).map(|place| u8::from_str_radix(&text[place..place + 2], 16));
        canaries.extend([text.as_bytes().to_vec(), pairs.map(Result::unwrap).collect()]);
    }
    for line in &lines[..3] {
        canaries
            .extend([line.receipt.clone().into_bytes(), person(line.person).as_str().as_bytes().to_vec()]);
    }
    let holds = |bytes: &[u8], canary: &[u8]| bytes.windows(canary.len()).any(|part| part == canary);
    let inside = safe.inside(file);
    for bytes in [&fs::read(file).unwrap(), &inside] {
        assert!(!canaries.iter().any(|canary| holds(bytes, canary)));
    }
    // The control: what is not personal is found inside, and outside it is not.
    assert!(holds(&inside, b"county") && !holds(&fs::read(file).unwrap(), b"county"));
}

/// All inquiries of before the backup, and nothing that was never asked.
fn every_inquiry_of_before_is_there(source: &Path, place: &Path) {
    let (all, came): (HashSet<_>, HashSet<_>) = {
        let known =
            |data: &Path| inquiries(data).into_iter().map(|entry| (entry.at, entry.subject)).collect();
        (known(source), known(place))
    };
    assert!(came.is_subset(&all));
    let keys = Keys::load(&source.join("keys.toml")).unwrap();
    let asked: HashSet<_> = came.iter().map(|(_, subject)| *subject).collect();
    assert!((1..=BEFORE).all(|index| asked.contains(&keys.subject(&person(index)))));
}

/// Table by table, but for the log of changes, the record of inquiries and what the log has taken in of both: a server has
/// answered since.
fn a_backup_of_it_counts_the_same(safe: &Safe, file: &Path, place: &Folder) {
    let again = safe.path().join("again.age");
    assert!(ended(&mut safe.backup(place.path(), &again)).status.success());
    let counts = |file: &Path| {
        let verified = said(&safe.verify(file, place.path()));
        let lines = verified.lines().take_while(|line| !line.starts_with("Whole"));
        const GROWN: [&str; 6] = ["audit", "inquiry_frame", "log_source", "log_tile", "look", "setting"];
        let is_kept = |line: &&str| !GROWN.iter().any(|table| line.starts_with(table));
        lines.filter(is_kept).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(counts(file).len() > 10);
    assert_eq!(counts(&again), counts(file));
}

#[test]
fn what_is_damaged_cut_or_anothers_is_refused_and_says_why() {
    let (county, safe) = (County::new(), Safe::new());
    let file = safe.backed_up(&county.data());
    let whole = fs::read(&file).unwrap();
    let refused = |output: &Output, why: &str| {
        assert_eq!(output.status.code(), Some(1), "{}", said(output));
        assert!(said(output).contains(why), "{}", said(output));
    };
    let other = safe.path().join("other.age");
    for place in (0..whole.len()).step_by(whole.len() / 12) {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        fs::write(&other, flipped).unwrap();
        refused(&safe.verify(&other, &county.data()), "jindu:");
    }
    for length in [0, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&other, &whole[..length]).unwrap();
        refused(&safe.verify(&other, &county.data()), "jindu:");
        let place = emptied(Folder::embedded(), &county.data());
        refused(&ended(&mut safe.restore(&other, place.path())), "jindu:");
        assert!(!place.path().join("jindu.db").exists(), "nothing was begun");
    }
    fs::write(&other, [&whole[..], b"more"].concat()).unwrap();
    refused(&safe.verify(&other, &county.data()), "jindu:");
    refused(&Safe::new().verify(&file, &county.data()), "other recipients");
    let strange = County::new();
    refused(&safe.verify(&file, &strange.data()), "other keys");
    refused(&ended(&mut safe.restore(&file, &strange.data())), "other keys");
    refused(&ended(&mut safe.restore(&file, &county.data())), "not empty");
    let mut without = jindu();
    let without = ended(without.args(["backup", "verify"]).arg(&file).arg("--data").arg(county.data()));
    assert_eq!(without.status.code(), Some(3), "{}", said(&without));
    let nobody = ended(jindu().args(["backup", "--to"]).arg(&other).arg("--data").arg(county.data()));
    refused(&nobody, "backup_recipients");
    refused(&ended(&mut safe.backup(&county.data(), &file)), "never replaced");
    assert!(fs::read(&file).unwrap() == whole && safe.verify(&file, &county.data()).status.success());
}
