//! `jindu inquire`: the same question from a terminal.

use crate::asking::demonstration;
use crate::folder::Folder;
use crate::running::{Running, ended, jindu, serve};
use serde_json::Value;
use server::features::demonstration::cli::Sample;
use std::process::Command;

fn inquire(server: &str, sample: &Sample, fact: &str) -> Command {
    let (switch, value) =
        if fact == "name" { ("--name", &sample.name) } else { ("--receipt", &sample.receipt_number) };
    let mut command = jindu();
    command.args(["inquire", "--server", server, "--number", &sample.citizen_number, switch, value]);
    command.args(["--applied-on", &sample.applied_on.to_string()]);
    command
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_terminal_is_told_what_the_page_is_told() {
    let folder = Folder::new();
    let samples = demonstration(folder.path(), 4);
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let address = server.address();
    let [overdue, ready, _, _, nobody] = samples.try_into().ok().unwrap();

    let basic = ended(inquire(&address, &ready, "name").args(["--language", "en"]));
    assert!(basic.status.success());
    let basic = text(basic.stdout);
    assert!(basic.contains("Ready for collection") && !basic.contains("Demonstration County"), "{basic}");
    let full = text(ended(inquire(&address, &ready, "receipt").args(["--language", "en"])).stdout);
    assert!(full.contains("Demonstration County") && full.contains("000-0000-"), "{full}");
    let chinese = text(ended(&mut inquire(&address, &overdue, "name")).stdout);
    assert!(chinese.contains("审核中") && chinese.contains("12345") | chinese.contains("超"), "{chinese}");

    for (fact, level) in [("name", "basic"), ("receipt", "full")] {
        let output = ended(inquire(&address, &overdue, fact).arg("--json"));
        assert!(output.status.success());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&answer["level"], &answer["flags"]), (&level.into(), &serde_json::json!(["overdue"])));
        assert_eq!(answer.get("timeline").is_some(), level == "full");
    }

    let none = ended(&mut inquire(&address, &nobody, "name"));
    assert_eq!((none.status.code(), none.stdout.len()), (Some(1), 0));
    assert!(text(none.stderr).contains("没有"));
    let none = ended(inquire(&address, &nobody, "name").arg("--json"));
    let problem: Value = serde_json::from_slice(&none.stdout).unwrap();
    assert_eq!((none.status.code(), &problem["type"]), (Some(1), &"/problems/no-match".into()));

    let wrong = Sample { citizen_number: "123".to_owned(), ..overdue };
    let wrong = ended(inquire(&address, &wrong, "name").args(["--language", "en"]));
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(wrong.stderr).contains("citizen_number: A citizen number has 18 characters; you typed 3."));
}

#[test]
fn a_server_that_is_not_there_is_told_in_words() {
    let sample = Sample {
        label: String::new(),
        citizen_number: "11990020000101001X".to_owned(),
        applied_on: "2026-01-05".parse().unwrap(),
        name: "张三".to_owned(),
        receipt_number: String::new(),
    };
    let output = ended(&mut inquire("http://127.0.0.1:9", &sample, "name"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stderr).contains("http://127.0.0.1:9 cannot be asked"));
}

#[test]
fn without_name_and_receipt_nothing_is_asked() {
    let output = ended(jindu().args(["inquire", "--number", "1", "--applied-on", "2026-01-05"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(output.stderr).contains("--name"));
}

#[test]
fn where_work_is_asked_for_the_terminal_does_it() {
    let folder = Folder::new();
    let samples = demonstration(folder.path(), 4);
    let mut command = serve(jindu(), folder.path());
    let mut server = Running::start(command.env("JINDU_LIMITS__MISMATCHES_PER_HOUR", "6"));
    let address = server.address();
    let [_, ready, _, _, nobody] = samples.try_into().ok().unwrap();
    for _ in 0..2 {
        assert!(!ended(&mut inquire(&address, &nobody, "name")).status.success());
    }
    let asked = crate::asking::Client::of(&address).ask(&crate::asking::facts(&ready, "name")).unwrap();
    assert_eq!((asked.0, &asked.1["type"]), (403, &Value::from("/problems/work-wanted")));
    let worked = ended(inquire(&address, &ready, "name").args(["--language", "en"]));
    assert!(worked.status.success() && text(worked.stdout).contains("Ready for collection"));
}
