//! The log, verified by `aics-tlog`: another implementation of C2SP tlog-tiles, which has nothing of ours.

use super::{judge, judged};
use crate::asking::{Client, demonstration, facts};
use crate::backup::said;
use crate::folder::Folder;
use crate::running::{Running, ended, jindu, serve};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use server::features::demonstration::cli::Sample;
use std::fs;
use std::path::{Path, PathBuf};
use store::keys::Keys;

/// A server's log, as somebody sees it who has its key from elsewhere.
struct Log {
    folder: Folder,
    elsewhere: tempfile::TempDir,
    samples: Vec<Sample>,
    key: String,
}

impl Log {
    /// A fresh demonstration; with the keys of another log it signs in the same name.
    fn of(keys: Option<&Path>) -> Self {
        let (folder, elsewhere) = (Folder::new(), tempfile::tempdir().unwrap());
        let own = folder.path().join("keys.toml");
        match keys {
            Some(keys) => assert!(fs::copy(keys, &own).unwrap() > 0),
            // The judge knows Ed25519 alone.
            None => Keys::init(&own).unwrap(),
        }
        let samples = demonstration(folder.path(), 20);
        let key = said(&ended(jindu().args(["log", "key", "--data"]).arg(folder.path()))).trim().to_owned();
        Self { folder, elsewhere, samples, key }
    }

    /// Serves it; what was asked before it ended last is signed.
    fn served(&self) -> (Running, String) {
        let mut server = Running::start(&mut serve(jindu(), self.folder.path()));
        let address = server.address();
        (server, address)
    }

    /// So many inquiries that are answered, and the end of the server, which signs them.
    fn asked(&self, times: usize) {
        let (mut server, address) = self.served();
        let client = Client::of(&address);
        let known: Vec<&Sample> = self.samples.iter().filter(|sample| sample.label != "no_match").collect();
        for sample in known.iter().cycle().take(times) {
            assert_eq!(client.ask(&facts(sample, "receipt_number")).unwrap().0, 200);
        }
        server.terminate();
        server.end();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.elsewhere.path().join(name)
    }

    /// What the judge says of the files at an address or in a folder.
    fn judged(&self, what: &str, tiles: &str, words: &[&str]) -> Result<Value, String> {
        let mut command = judge("aics_tlog");
        command.arg(what).args(["--tiles", tiles, "--log-key", &self.key]).args(words);
        let (is_content, said) = judged(&mut command);
        if is_content { Ok(serde_json::from_str(&said).unwrap()) } else { Err(said) }
    }
}

/// The newest look at somebody's case, whose leaf is written into a file; the leaf's number.
fn newest_look(address: &str, asked: &Value, leaf: &Path) -> String {
    let mut reply = ureq::post(format!("{address}/api/v1/inquiries/looks")).send_json(asked).unwrap();
    let told: Value = reply.body_mut().read_json().unwrap();
    let looks = told["looks"].as_array().unwrap();
    let look = looks.iter().find(|look| look["proof"].is_object()).unwrap();
    fs::write(leaf, BASE64_STANDARD.decode(look["proof"]["value"].as_str().unwrap()).unwrap()).unwrap();
    look["leaf"].to_string()
}

/// Changes a bit of the first file below a folder's `part`.
fn flip(kept: &Path, part: &str) {
    let file = fs::read_dir(kept.join(part)).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    bytes[40] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// The files of a log as its server gives them, in a folder.
fn kept(log: &Log, address: &str, name: &str) -> PathBuf {
    let folder = log.file(name);
    let mut verify = jindu();
    verify.env("JINDU_DEMONSTRATION", "true").args(["log", "verify", "--server", address, "--keep"]);
    let fetched = ended(verify.arg(&folder).arg("--data").arg(log.folder.path()));
    assert!(fetched.status.success(), "{}", said(&fetched));
    folder
}

#[test]
fn another_implementation_verifies_checkpoint_inclusion_and_consistency() {
    let log = Log::of(None);
    log.asked(6);
    let (mut server, address) = log.served();
    let tiles = format!("{address}/log/");
    let (earlier, leaf) = (log.file("earlier"), log.file("leaf"));
    let (earlier, leaf) = (earlier.to_str().unwrap(), leaf.to_str().unwrap());
    let first = log.judged("verify-checkpoint", &tiles, &["--save-checkpoint", earlier]).unwrap();
    let size = first["size"].as_u64().unwrap();
    assert!(size >= 6, "{first}");
    let number = newest_look(&address, &facts(&log.samples[0], "receipt_number"), Path::new(leaf));
    log.judged("verify-inclusion", &tiles, &["--index", &number, "--leaf", leaf]).unwrap();
    for index in 0..size {
        log.judged("verify-inclusion", &tiles, &["--index", &index.to_string()]).unwrap();
    }
    server.terminate();
    server.end();
    log.asked(300); // more than one tile
    let (_server, address) = log.served();
    let tiles = format!("{address}/log/");
    let later = log.judged("verify-consistency", &tiles, &["--old-checkpoint", earlier]).unwrap();
    assert!(later["new_size"].as_u64().unwrap() >= size + 300, "{later}");
    let all = kept(&log, &address, "whole");
    log.judged("verify-inclusion", all.to_str().unwrap(), &["--index", "256"]).unwrap();
}

/// The controls: what was tampered with, another key, another leaf, and a log that was made anew.
#[test]
fn another_implementation_refuses_what_was_tampered_with() {
    let log = Log::of(None);
    log.asked(6);
    let (_server, address) = log.served();
    let (tiles, earlier, leaf) = (format!("{address}/log/"), log.file("earlier"), log.file("leaf"));
    let (earlier, leaf) = (earlier.to_str().unwrap(), leaf.to_str().unwrap());
    log.judged("verify-checkpoint", &tiles, &["--save-checkpoint", earlier]).unwrap();
    let number = newest_look(&address, &facts(&log.samples[0], "receipt_number"), Path::new(leaf));
    let other = (number.parse::<u64>().unwrap() - 1).to_string();
    log.judged("verify-inclusion", &tiles, &["--index", &number, "--leaf", leaf]).unwrap();
    log.judged("verify-inclusion", &tiles, &["--index", &other, "--leaf", leaf]).unwrap_err();

    let whole = kept(&log, &address, "flipped-leaf");
    log.judged("verify-inclusion", whole.to_str().unwrap(), &["--index", &number]).unwrap();
    flip(&whole, "tile/entries/000.p");
    log.judged("verify-inclusion", whole.to_str().unwrap(), &["--index", "1"]).unwrap_err();
    let hashes = kept(&log, &address, "flipped-hash");
    flip(&hashes, "tile/0/000.p");
    log.judged("verify-inclusion", hashes.to_str().unwrap(), &["--index", &number]).unwrap_err();
    let note = fs::read_to_string(whole.join("checkpoint")).unwrap();
    let size = note.lines().nth(1).unwrap();
    let more = size.parse::<u64>().unwrap() + 1;
    fs::write(whole.join("checkpoint"), note.replacen(&format!("\n{size}\n"), &format!("\n{more}\n"), 1))
        .unwrap();
    log.judged("verify-checkpoint", whole.to_str().unwrap(), &[]).unwrap_err();

    let stranger = Log::of(None);
    assert_ne!(stranger.key, log.key);
    stranger.judged("verify-checkpoint", &tiles, &[]).unwrap_err();
    // Who holds the keys makes the log anew: its signature is good, and it does not go on from what was kept.
    let anew = Log::of(Some(&log.folder.path().join("keys.toml")));
    assert_eq!(anew.key, log.key);
    anew.asked(20);
    let (_anew, address) = anew.served();
    let tiles = format!("{address}/log/");
    anew.judged("verify-checkpoint", &tiles, &[]).unwrap();
    let refused = anew.judged("verify-consistency", &tiles, &["--old-checkpoint", earlier]).unwrap_err();
    assert!(refused.contains("onsisten"), "{refused}");
}
