//! The log as outsiders verify it, and what a person may ask for.

use crate::asking::{Client, demonstration, facts};
use crate::backup::said;
use crate::folder::Folder;
use crate::running::{Running, ended, fed, jindu, serve};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a look may take to be in the signed log.
const PATIENCE: Duration = Duration::from_secs(60);

fn verify(words: &[&str], data: &Path) -> Output {
    let mut command = jindu();
    command.env("JINDU_DEMONSTRATION", "true").args(["log", "verify"]).args(words).arg("--data").arg(data);
    ended(&mut command)
}

/// Who looked, as soon as every look is in the signed log.
fn looks(address: &str, facts: &Value, many: usize) -> Value {
    let started = Instant::now();
    loop {
        let mut reply = ureq::post(format!("{address}/api/v1/inquiries/looks")).send_json(facts).unwrap();
        let told: Value = reply.body_mut().read_json().unwrap();
        let proven =
            told["looks"].as_array().unwrap().iter().filter(|look| look["proof"].is_object()).count();
        if proven >= many {
            return told;
        }
        assert!(started.elapsed() < PATIENCE, "{told}");
        sleep(Duration::from_millis(500));
    }
}

/// Changes a bit of a leaf in a folder of files.
fn flip_a_leaf(kept: &Path) {
    let bundle = fs::read_dir(kept.join("tile/entries/000.p")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[40] ^= 1;
    fs::write(&bundle, bytes).unwrap();
}

#[test]
fn whoever_keeps_a_checkpoint_finds_what_was_changed() {
    let (folder, elsewhere) = (Folder::embedded(), tempfile::tempdir().unwrap());
    let samples = demonstration(folder.path(), 40);
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let address = server.address();
    let client = Client::of(&address);
    for sample in samples.iter().filter(|sample| sample.label != "no_match") {
        assert_eq!(client.ask(&facts(sample, "name")).unwrap().0, 200);
    }
    let mine = facts(&samples[0], "receipt_number");
    let told = looks(&address, &mine, 1);
    let (kept, shown) = (elsewhere.path().join("log"), elsewhere.path().join("looks.json"));
    fs::write(&shown, told.to_string()).unwrap();
    let key = said(&ended(jindu().args(["log", "key", "--data"]).arg(folder.path())));
    assert_eq!(key.trim(), told["verifier"]);
    let check = |file: &Path| ended(jindu().args(["log", "check", "--key", key.trim()]).arg(file));
    assert!(check(&shown).status.success(), "{}", said(&check(&shown)));

    let fetched =
        verify(&["--server", &address, "--keep", &kept.display().to_string(), "--compare"], folder.path());
    assert!(
        fetched.status.success() && said(&fetched).contains("one look or one change"),
        "{}",
        said(&fetched)
    );
    // Offline, by somebody who has the key and the files alone.
    let offline = |words: &[&str]| {
        let mut command = jindu();
        command.args(["log", "verify", "--key", key.trim(), "--folder"]).arg(&kept).args(words);
        ended(command.current_dir(elsewhere.path()))
    };
    assert!(offline(&[]).status.success(), "{}", said(&offline(&[])));
    let earlier = elsewhere.path().join("earlier");
    fs::copy(kept.join("checkpoint"), &earlier).unwrap();
    looks(&address, &mine, 3);
    let later = verify(&["--server", &address, "--from", &earlier.display().to_string()], folder.path());
    assert!(said(&later).contains("goes on from the checkpoint"), "{}", said(&later));

    let nobody = verify(&["--server", "127.0.0.1:9"], folder.path());
    assert_eq!(nobody.status.code(), Some(3), "{}", said(&nobody));

    // Somebody changes what was done, in the database and in the files.
    server.terminate();
    server.end();
    folder.database().forge_newest_change();
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let changed = verify(&["--server", &server.address(), "--compare"], folder.path());
    assert!(
        !changed.status.success() && said(&changed).contains("was changed in the database"),
        "{}",
        said(&changed)
    );
    flip_a_leaf(&kept);
    assert!(!offline(&[]).status.success());
    let forged = told.to_string().replace("\"leaf\":", "\"leaf\":1");
    fs::write(&shown, forged).unwrap();
    assert!(!check(&shown).status.success());
}

#[test]
fn a_person_has_what_is_kept_and_has_it_erased() {
    let folder = Folder::new();
    let samples = demonstration(folder.path(), 20);
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let client = Client::of(&server.address());
    let (mine, other) = (facts(&samples[0], "receipt_number"), facts(&samples[1], "receipt_number"));
    assert_eq!(client.ask(&mine).unwrap().0, 200);
    let mut wrong = facts(&samples[0], "name");
    wrong["name"] = "陌生的人".into();
    assert_eq!(client.ask(&wrong).unwrap().0, 404);
    let person = |words: &[&str], input: &str| {
        let mut command = jindu();
        command.env("JINDU_DEMONSTRATION", "true").arg("person").args(words).arg("--data").arg(folder.path());
        fed(command.stderr(std::process::Stdio::piped()), input.as_bytes())
    };
    let number = &samples[0].citizen_number;
    let file = folder.path().join("kept.json");
    let exported = person(&["export", "--to", &file.display().to_string()], number);
    assert!(exported.status.success(), "{}", said(&exported));
    assert!(!said(&exported).contains(number.as_str()));
    let kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let application = &kept["applications"][0];
    assert_eq!(application["name"], samples[0].name.as_str());
    assert!(application["held"].is_array() && application["batches"].is_array(), "{application}");
    assert_eq!(kept["tried_in_vain"][0]["way"], "name");
    assert_eq!(kept["tried_in_vain"][0]["at"].as_array().map(Vec::len), Some(1));
    let twice = person(&["export", "--to", &file.display().to_string()], number);
    assert!(!twice.status.success(), "a file that is there is not written over");
    assert!(said(&twice).contains("exists already; it is never replaced"), "{}", said(&twice));
    let none = folder.path().join("none.json");
    let nobody = person(&["export", "--to", &none.display().to_string()], "119900199001010010");
    assert!(said(&nobody).contains("Nothing is kept") && !none.exists(), "{}", said(&nobody));
    assert!(!person(&["erase", "--reason", "asked in writing"], "no number").status.success());
    let named = person(&["erase", "--reason", &format!("of {number}")], number);
    assert!(
        !named.status.success() && said(&named).contains("without numbers of people"),
        "{}",
        said(&named)
    );
    let erased = person(&["erase", "--reason", "asked in writing"], number);
    assert!(said(&erased).contains("nothing of them is left"), "{}", said(&erased));
    assert_eq!((client.ask(&mine).unwrap().0, client.ask(&other).unwrap().0), (404, 200));
}
