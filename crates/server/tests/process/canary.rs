//! People who may be named nowhere: every feature is used with what they type, and then everything that is left is looked
//! through.

use crate::asking::{Client, person};
use crate::backup::{Safe, said};
use crate::messages::{Sender, event, rotated};
use crate::running::{Running, ended, fed, jindu_after, serve};
use crate::stream::County;
use crate::telling::{Line, applied_on, csv, lines};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

/// Who is reported by message, by file, and of nobody's application.
const BY_MESSAGE: u32 = 1;
const BY_FILE: u32 = 2;

/// No column holds a telephone number of a person; senders and people may say one all the same.
const PHONE: &str = "19900008426";

/// What must stand nowhere: numbers, receipts, names; halves too, for a value may be cut in two.
fn canaries(lines: &[Line]) -> Vec<String> {
    let numbers = lines.iter().map(|line| person(line.person).as_str().to_owned());
    let receipts = lines.iter().map(|line| line.receipt.clone());
    let halves = |whole: String| [whole[..14].to_owned(), whole[whole.len() - 13..].to_owned()];
    let mut all: Vec<String> = numbers.flat_map(|number| [number.clone(), number[4..].to_owned()]).collect();
    all.extend(receipts.flat_map(halves).filter(|half| !half.starts_with("1199000012026")));
    all.extend(["无名", "陌生的人", PHONE].map(str::to_owned));
    all.sort();
    all.dedup();
    all
}

/// The files in a folder and in those within it.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// Asks in every way, rightly and wrongly.
fn asked(address: &str, line: &Line) {
    let client = Client::of(address);
    let facts = |fact: &str, value: &str| json!({"citizen_number": person(line.person).as_str(), "applied_on": applied_on().to_string(), fact: value});
    let (named, received) = (facts("name", "无名"), facts("receipt_number", &line.receipt));
    for right in [&named, &received] {
        assert_eq!(client.ask(right).unwrap().0, 200);
        assert_eq!(client.ask_page(right).unwrap().0, 200);
    }
    assert_eq!(client.ask(&facts("name", "陌生的人")).unwrap().0, 404);
    for wrong in [facts("name", PHONE), facts("receipt_number", PHONE)] {
        assert!([404, 422].contains(&client.ask(&wrong).unwrap().0));
        assert!([404, 422].contains(&client.ask_page(&wrong).unwrap().0));
    }
    let mut reply = ureq::post(format!("{address}/api/v1/inquiries/looks")).send_json(&received).unwrap();
    let looks: Value = reply.body_mut().read_json().unwrap();
    assert!(looks["looks"].is_array());
    let closed = ureq::post(format!("{address}/api/v1/inquiries/counter-only")).send_json(&received).unwrap();
    assert_eq!(closed.status().as_u16(), 204);
    assert_eq!(client.ask(&named).unwrap().0, 404);
}

/// Lines of applications that nobody opened, with their numbers.
fn of_nobody(lines: &[Line]) -> impl Iterator<Item = (usize, &Line)> {
    let of_nobody = |line: &&Line| line.person > BY_FILE && line.stage.as_str() == "signed";
    lines.iter().filter(of_nobody).enumerate().map(|(number, line)| (number + 900, line))
}

/// Commands that change or show what is kept; gives all that they said.
fn commanded(county: &County, safe: &Safe, elsewhere: &Path, lines: &[Line]) -> String {
    let file = elsewhere.join("milestones.csv");
    let of_file = lines.iter().filter(|line| line.person == BY_FILE).enumerate();
    fs::write(&file, csv(of_file.map(|(number, line)| (number + 500, line)), "")).unwrap();
    let mut heard = county.ask(&["feed", "import", &file.display().to_string(), "--feed", "county"]);
    fs::write(&file, csv(of_nobody(lines), "")).unwrap();
    heard += &said(&ended(&mut county.command(&[
        "feed",
        "import",
        &file.display().to_string(),
        "--feed",
        "county",
    ])));
    let with_phones = csv(of_nobody(lines), "").replace('\n', &format!(",{PHONE}\n"));
    fs::write(&file, with_phones.replacen(PHONE, "phone", 1)).unwrap();
    let refused =
        ended(&mut county.command(&["feed", "import", &file.display().to_string(), "--feed", "county"]));
    assert!(!refused.status.success(), "a column that nobody asked for is refused");
    heard += &said(&refused);
    heard += &county.ask(&["held", "list"]);
    heard += &county.ask(&["keys", "rotate"]);
    heard += &county.ask(&["keys", "list", "--values"]);
    let number = person(BY_FILE).as_str().to_owned();
    let mut erase = county.command(&["person", "erase", "--reason", "asked in writing"]);
    heard += &said(&fed(erase.stderr(Stdio::piped()), number.as_bytes()));
    let kept = elsewhere.join("kept.json");
    let mut export = county.command(&["person", "export", "--to", &kept.display().to_string()]);
    heard += &said(&fed(export.stderr(Stdio::piped()), person(BY_MESSAGE).as_str().as_bytes()));
    safe.backed_up(&county.data());
    heard
}

#[test]
fn nobody_is_named_by_anything_that_is_left() {
    let (county, safe, elsewhere) = (County::embedded(), Safe::new(), tempfile::tempdir().unwrap());
    let lines = lines(3);
    let secret = rotated(&county);
    let mut command = serve(jindu_after("ulimit -c unlimited 2>/dev/null || true"), &county.data());
    // Whatever the log says, it must name nobody.
    let mut server = Running::start(command.env("JINDU_LOG__LEVEL", "trace"));
    let address = server.address();
    let of_message = lines.iter().filter(|line| line.person == BY_MESSAGE).enumerate();
    let events: Vec<Value> = of_message.map(|(number, line)| event(number, line)).collect();
    let sender = Sender::of(&address, &secret);
    let (status, told) = sender.send("all", &events.into()).unwrap();
    assert_eq!(status, 207, "{told}");
    let mut with_phone = event(990, &lines[0]);
    with_phone["data"]["phone"] = PHONE.into();
    let (_, told) = sender.send("phone", &json!([with_phone])).unwrap();
    assert!(told.to_string().contains("unknown_field") && !told.to_string().contains(PHONE), "{told}");
    let line = lines.iter().find(|line| line.person == BY_MESSAGE).unwrap();
    asked(&address, line);
    let commands = commanded(&county, &safe, elsewhere.path(), &lines);
    let kept = elsewhere.path().join("log");
    let verify = ["log", "verify", "--server", &address, "--keep", &kept.display().to_string(), "--compare"];
    let verified = (0..30).map(|_| ended(&mut county.command(&verify))).find(|verified| {
        sleep(Duration::from_secs(1));
        verified.status.success()
    });
    assert!(verified.is_some(), "the log is not verified");
    let (_, meters) = Client::of(&address).get("/metrics").unwrap();
    let ended = server.abort();
    assert!(!ended.core_dumped(), "a core was dumped");

    let canaries = canaries(&lines);
    let mut left = files(&county.data());
    left.extend(files(&kept));
    left.extend(files(safe.path()));
    left.push(("log".to_owned(), server.said().into_bytes()));
    left.push(("commands".to_owned(), commands.into_bytes()));
    left.push(("meters".to_owned(), meters.into_bytes()));
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    for (name, bytes) in &left {
        let named: Vec<_> = canaries.iter().filter(|canary| holds(bytes, canary)).collect();
        assert!(named.is_empty(), "{name} holds {named:?}");
        assert!(canaries.iter().all(|canary| !name.contains(canary.as_str())), "{name}");
    }
    // The control: what was exported names a person, and the scan sees it.
    let exported = fs::read(elsewhere.path().join("kept.json")).unwrap();
    assert!(canaries.iter().filter(|canary| holds(&exported, canary)).count() > 3);
    assert!(left.len() > 8, "{} files", left.len());
}
