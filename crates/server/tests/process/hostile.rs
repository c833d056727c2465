//! Clients that are up to no good: requests in a request, and hundreds who are slow on purpose.

use crate::asking::{Client, demonstration, facts};
use crate::folder::Folder;
use crate::running::{Running, jindu, serve};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Requests whose end two readers may see in different places; each hides another one that must not be answered.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const HEADS: [&str; 14] = [
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\x0bchunked\r\nContent-Length: 0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 44\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n",
    "POST /inquiry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "POST /inquiry HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
];

/// What a server says to these bytes until it hangs up.
fn said(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    // It may hang up before it has heard all.
    let _ = stream.write_all(bytes);
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn no_request_hides_in_another() {
    let folder = Folder::new();
    crate::asking::empty(folder.path());
    let mut server = Running::start(serve(jindu(), folder.path()).env("JINDU_LIMITS__HEADER_SECONDS", "1"));
    let address = server.address();
    let control = said(&address, format!("{HIDDEN}{HIDDEN}").as_bytes());
    assert_eq!(
        control.matches("alive").count(),
        2,
        "the control: two requests on one connection are answered"
    );
    for head in HEADS {
        let said = said(&address, format!("{head}{HIDDEN}").as_bytes());
        assert!(!said.contains("alive"), "{head:?} hid a request: {said}");
    }
    assert_eq!(Client::of(&address).get("/healthz").unwrap().0, 200);
}

#[test]
fn one_source_holds_so_many_connections_and_no_more() {
    let folder = Folder::new();
    crate::asking::empty(folder.path());
    let mut command = serve(jindu(), folder.path());
    let mut server = Running::start(command.env("JINDU_LIMITS__CONNECTIONS_PER_SOURCE", "8"));
    let address = server.address();
    let place = address.trim_start_matches("http://");
    let mut held: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(place).unwrap()).collect();
    for stream in &mut held {
        stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(said(&address, HIDDEN.as_bytes()), "", "one more is hung up on");
    drop(held);
    std::thread::sleep(Duration::from_millis(200));
    assert!(Client::of(&address).get("/healthz").is_ok());
}

/// A tool's slow clients: so many, in one way.
fn slow(address: &str, way: &str, facts: &str) -> std::process::Child {
    let mut command = Command::new("slowhttptest");
    command.args(["-c", "200", "-r", "200", "-i", "2", "-l", "40", "-p", "3", way, "-u", address]);
    if way == "-B" {
        command.args(["-t", "POST", "-s", "8192", "-f", "application/json", "-u", facts]);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

mod long {
    use super::*;

    /// Open connections to a port, as the kernel lists them.
    fn open(address: &str) -> usize {
        let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
        let lines = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let local = format!(":{port:04X} ");
        let is_open = |line: &&str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields.get(3) == Some(&"01") && format!("{} ", fields[1]).ends_with(&local)
        };
        lines.lines().filter(is_open).count()
    }

    #[test]
    fn six_hundred_slow_clients_are_gone_and_nobody_waits_for_them() {
        let folder = Folder::new();
        let samples = demonstration(folder.path(), 20);
        let mut command = serve(jindu(), folder.path());
        let mut server = Running::start(command.env("JINDU_LIMITS__CONNECTIONS_PER_SOURCE", "2000"));
        let address = server.address();
        let (client, asked) = (Client::of(&address), facts(&samples[0], "receipt_number"));
        let body = format!("{address}/api/v1/inquiries");
        let mut slow: Vec<_> =
            ["-H", "-B", "-X"].map(|way| super::slow(&address, way, &body)).into_iter().collect();
        let started = Instant::now();
        let (mut most, mut times) = (0, Vec::new());
        while started.elapsed() < Duration::from_secs(14) {
            let at = Instant::now();
            assert_eq!(client.ask(&asked).unwrap().0, 200);
            times.push(at.elapsed());
            most = most.max(open(&address));
            std::thread::sleep(Duration::from_millis(20));
        }
        times.sort_unstable();
        let p99 = times[times.len() * 99 / 100];
        assert!(most > 300, "only {most} slow clients came");
        assert!(p99 < Duration::from_millis(200), "{p99:?}");
        // None of them holds a connection for longer than the longest of its limits, 15 s; the tool opens new ones until
        // it has had 200.
        while open(&address) > 10 && started.elapsed() < Duration::from_secs(40) {
            std::thread::sleep(Duration::from_millis(200));
        }
        let gone = started.elapsed();
        for slow in &mut slow {
            let _ = slow.kill();
            let _ = slow.wait();
        }
        assert!(gone < Duration::from_secs(20), "{} are there after {gone:?}", open(&address));
    }
}
