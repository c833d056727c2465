//! What happens at the edge of what there is: slow clients, and a disk that takes no more.

use crate::asking::{Client, demonstration, facts, person};
use crate::folder::Folder;
use crate::running::{Running, jindu, jindu_after, serve};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn who_sends_headers_too_slowly_is_hung_up_on() {
    let folder = Folder::new();
    crate::asking::empty(folder.path());
    let mut server = Running::start(serve(jindu(), folder.path()).env("JINDU_LIMITS__HEADER_SECONDS", "1"));
    let address = server.address();
    let mut slow = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let started = Instant::now();
    let mut open = slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").is_ok();
    while open && started.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(100));
        assert_eq!(Client::of(&address).get("/healthz").unwrap().0, 200, "others are answered meanwhile");
        open = slow.write_all(b"x").is_ok();
    }
    assert!(!open && started.elapsed() < Duration::from_secs(4), "still open after {:?}", started.elapsed());
    // No answer beyond, at most, a word that it took too long.
    let mut said = Vec::new();
    let _ = slow.read_to_end(&mut said);
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_mismatch_that_cannot_be_counted_is_not_answered_and_nothing_more_is_compared() {
    let folder = Folder::embedded();
    let samples = demonstration(folder.path(), 4);
    let mut server = Running::start(&mut serve(jindu_after(FULL), folder.path()));
    let client = Client::of(&server.address());
    let wrong = |n| json!({"citizen_number": person(n).as_str(), "applied_on": "2026-01-05", "name": "无名"});
    let refused = (0..20_000).map(|n| client.ask(&wrong(n)).unwrap()).find(|(status, _)| *status != 404);
    let (status, said) = refused.unwrap();
    assert_eq!((status, &said["type"]), (503, &json!("/problems/unavailable")));
    // Of somebody on whom a name was tried since, no fact is compared any more, right ones neither.
    let mut mistyped = facts(&samples[0], "name");
    mistyped["name"] = json!("无名");
    assert_eq!(client.ask(&mistyped).unwrap().0, 503);
    assert_eq!(client.ask(&facts(&samples[0], "name")).unwrap().0, 503);
}

/// The file system refuses to write beyond this many blocks of 512 bytes in any file: as if it were full.
const FULL: &str = "trap '' XFSZ; ulimit -f 80";

#[test]
fn an_inquiry_that_cannot_be_recorded_is_not_answered() {
    let folder = Folder::embedded();
    let samples = demonstration(folder.path(), 4);
    let mut server = Running::start(&mut serve(jindu_after(FULL), folder.path()));
    let client = Client::of(&server.address());
    let mut answered = 0_usize;
    // Whoever is right changes nothing in the database: it is the record that fills up.
    let right = facts(&samples[0], "name");
    let refused = (0..20_000).find_map(|_| {
        let (status, said) = client.ask(&right).unwrap();
        answered += usize::from(status == 200);
        (status != 200).then_some((status, said))
    });
    let (status, said) = refused.unwrap();
    assert_eq!((status, &said["type"]), (503, &json!("/problems/unavailable")));
    assert!(answered > 0);
    // Nobody gets an answer now, whatever is asked; the process lives and says so.
    for fact in ["name", "receipt_number"] {
        let asked = facts(&samples[0], fact);
        let (status, said) = client.ask(&asked).unwrap();
        assert_eq!((status, said.get("stage")), (503, None));
        let (status, page) = client.ask_page(&asked).unwrap();
        assert_eq!((status, page.contains("data-stage")), (503, false));
    }
    assert_eq!(client.get("/healthz").unwrap().0, 200);
    server.kill();
    assert!(server.said().contains("cannot be recorded"));
    let recorded = store::inquiry_log::recorded_in(&folder.path().join("inquiries")).unwrap().len();
    assert!(answered <= recorded, "{answered} answered, {recorded} recorded");
    // With room again, the same folder is served again.
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let client = Client::of(&server.address());
    assert_eq!(client.ask(&facts(&samples[0], "name")).unwrap().0, 200);
    let after = store::inquiry_log::recorded_in(&folder.path().join("inquiries")).unwrap().len();
    assert_eq!(after, recorded + 1);
}
