//! `jindu serve` and its folder: what it refuses and in which words, and what stands in its log.

use crate::asking::{Client, demonstration, empty, facts};
use crate::folder::Folder;
use crate::running::{Running, ended, jindu, serve};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

/// What is said when a command refuses to start.
fn refused(command: &mut Command) -> String {
    let output = ended(command);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let folder = Folder::new();
    empty(folder.path());
    let config = folder.configure("[limits]\ninquiries_per_hour = 5\n");
    let words = refused(serve(jindu(), folder.path()).arg("--config").arg(&config));
    assert!(words.contains("inquiries_per_hour"), "{words}");
    folder.configure("");
    let words = refused(serve(jindu(), folder.path()).env("JINDU_LISSTEN", "127.0.0.1:1"));
    assert!(words.to_lowercase().contains("lissten"), "{words}");
}

#[test]
fn keys_that_others_can_read_are_refused_with_what_to_do() {
    let folder = Folder::new();
    empty(folder.path());
    let file = folder.path().join("keys.toml");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let words = refused(&mut serve(jindu(), folder.path()));
    assert!(words.contains("keys.toml") && words.contains("chmod 600"), "{words}");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
}

#[test]
fn missing_keys_are_refused_with_what_to_do() {
    let folder = Folder::new();
    let words = refused(&mut serve(jindu(), folder.path()));
    assert!(words.contains("jindu keys init"), "{words}");
}

#[test]
fn keys_are_made_for_their_owner_alone_and_never_replaced() {
    let folder = Folder::new();
    let init = || ended(jindu().args(["keys", "init", "--data"]).arg(folder.path()));
    assert!(init().status.success());
    let file = folder.path().join("keys.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let keys = std::fs::read(&file).unwrap();
    assert!(!init().status.success());
    assert_eq!(std::fs::read(&file).unwrap(), keys);
}

#[test]
fn data_made_with_other_keys_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    demonstration(folder.path(), 4);
    let file = folder.path().join("keys.toml");
    std::fs::remove_file(&file).unwrap();
    // Nobody makes new ones beside a database by mistake.
    let words = refused(jindu().args(["keys", "init", "--data"]).arg(folder.path()));
    assert!(words.contains("put its own key file back") && !file.exists(), "{words}");
    let other = tempfile::tempdir().unwrap();
    empty(other.path());
    std::fs::copy(other.path().join("keys.toml"), file).unwrap();
    let words = refused(&mut serve(jindu(), folder.path()));
    assert!(words.contains("made with other keys"), "{words}");
}

#[test]
fn a_folder_is_served_by_one_server_at_a_time() {
    let folder = Folder::embedded();
    empty(folder.path());
    let mut first = Running::start(&mut serve(jindu(), folder.path()));
    first.address();
    let words = refused(&mut serve(jindu(), folder.path()));
    assert!(words.contains("in use by another"), "{words}");
}

#[test]
fn nothing_of_people_stands_in_the_log_at_any_level() {
    let folder = Folder::new();
    let samples = demonstration(folder.path(), 4);
    for format in ["text", "json"] {
        let mut server = serve(jindu(), folder.path());
        let mut server =
            Running::start(server.env("JINDU_LOG__LEVEL", "trace").env("JINDU_LOG__FORMAT", format));
        let client = Client::of(&if format == "text" { server.address() } else { json_address(&mut server) });
        for sample in &samples {
            for fact in ["name", "receipt_number"] {
                client.ask(&facts(sample, fact)).unwrap();
                client.ask_page(&facts(sample, fact)).unwrap();
            }
            // A query that should not be there: addresses are not logged either.
            client.get(&format!("/?name={}", sample.citizen_number)).unwrap();
        }
        let mut wrong = facts(&samples[0], "name");
        wrong["applied_on"] = "2026-02-30".into();
        assert_eq!(client.ask(&wrong).unwrap().0, 422);
        server.terminate();
        assert!(server.end().0.success());
        let said = server.said();
        assert!(said.contains("stopped"), "the log was heard to its end: {said}");
        for sample in &samples {
            for personal in [&sample.citizen_number, &sample.name, &sample.receipt_number] {
                assert!(!said.contains(personal.as_str()), "the log names {personal}");
            }
        }
    }
}

fn json_address(server: &mut Running) -> String {
    server.wait_for("an address", |said| {
        let (_, rest) = said.split_once("\"address\":\"")?;
        Some(format!("http://{}", rest.split_once('"')?.0))
    })
}

#[test]
fn asked_to_stop_it_ends_within_seconds() {
    let folder = Folder::new();
    empty(folder.path());
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let client = Client::of(&server.address());
    assert_eq!(client.get("/readyz").unwrap(), (200, "ready\n".to_owned()));
    server.terminate();
    let (status, took) = server.end();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
}
