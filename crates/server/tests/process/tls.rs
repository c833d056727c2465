//! A stream whose server speaks TLS: who it is is proven before a message is asked for.

use crate::nats::{DURABLE, Nats, STREAM, Seal, structured};
use crate::running::{Running, ended};
use crate::stream::County;
use crate::telling::lines;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The address at which the servers of these tests answer, and another one.
const HERE: &str = "IP:127.0.0.1";
const ELSEWHERE: &str = "DNS:nats.example.org";

/// A certificate, and its key.
type Pair = (PathBuf, PathBuf);

/// Who signs certificates.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        make("authority", &authority.pair("authority"), &[]);
        authority
    }

    fn pair(&self, name: &str) -> Pair {
        let file = |end: &str| self.folder.path().join(format!("{name}.{end}"));
        (file("pem"), file("key"))
    }

    fn certificate(&self) -> PathBuf {
        self.pair("authority").0
    }

    /// A certificate for whoever has this address.
    fn signs(&self, name: &str, address: &str) -> Pair {
        let (made, (authority, key)) = (self.pair(name), self.pair("authority"));
        let address = format!("subjectAltName={address}");
        let words = ["-CA", text(&authority), "-CAkey", text(&key), "-addext", &address];
        make(name, &made, &[&words[..], &["-addext", "basicConstraints=critical,CA:FALSE"]].concat());
        made
    }

    /// A server that proves itself by a certificate for this address, and asks its clients for theirs where it must.
    fn seal(&self, address: &str, asks: bool) -> Seal {
        let (certificate, key) = self.signs("server", address);
        let mut words = vec!["--tlscert", text(&certificate), "--tlskey", text(&key)];
        let authority = self.certificate();
        words.extend(if asks { vec!["--tlsverify", "--tlscacert", text(&authority)] } else { vec!["--tls"] });
        let words = words.into_iter().map(str::to_owned).collect();
        Seal { words, authority, sender: self.signs("sender", ELSEWHERE) }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes a certificate of two days with `openssl`, which `cargo xtask setup` installs.
fn make(name: &str, (certificate, key): &Pair, more: &[&str]) {
    let mut make = Command::new("openssl");
    make.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    make.args([
        "-days",
        "2",
        "-subj",
        &format!("/CN={name}"),
        "-out",
        text(certificate),
        "-keyout",
        text(key),
    ]);
    let made = ended(make.args(more));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Starts a consumer that asks for TLS.
fn consume(county: &County, nats: &Nats, more: &[&str]) -> Running {
    let address = nats.address().replace("nats://", "tls://");
    let words = ["feed", "consume", "--feed", "county", "--stream", STREAM, "--durable", DURABLE, "--server"];
    Running::start(&mut county.command(&[&words[..], &[&address], more].concat()))
}

/// The consumer says that it tries again, and the server has never heard what it wanted.
fn is_refused(county: &County, nats: &Nats, more: &[&str]) {
    let mut consumer = consume(county, nats, more);
    let twice = |said: &str| (said.matches("trying again in").count() > 1).then_some(());
    consumer.wait_for("second attempt", twice);
    assert!(!consumer.said().contains("stream is consumed"), "{}", consumer.said());
    assert!(consumer.said().contains("cannot be reached"), "{}", consumer.said());
    assert!(!nats.has_consumer());
    assert_eq!(county.counts(), (0, 0));
}

#[test]
fn a_server_that_the_named_authority_signed_is_consumed() {
    let (county, authority, lines) = (County::new(), Authority::new(), lines(2));
    let nats = Nats::sealed(&authority.seal(HERE, false));
    nats.publish(
        lines.iter().enumerate().map(|(number, line)| structured(&number.to_string(), &line.cells(number))),
    );
    let file = authority.certificate();
    let mut consumer = consume(&county, &nats, &["--tls-root-certificates", text(&file)]);
    consumer.wait_for("stream", |said| said.contains("stream is consumed").then_some(()));
    nats.wait_until_taken();
    drop(consumer);
    assert_eq!(county.counts(), (lines.len(), 2));
}

#[test]
fn a_server_of_another_authority_gets_nothing() {
    let (county, authority, stranger) = (County::new(), Authority::new(), Authority::new());
    let nats = Nats::sealed(&authority.seal(HERE, false));
    let other = stranger.certificate();
    is_refused(&county, &nats, &["--tls-root-certificates", text(&other)]);
    // The system's authorities have not signed it either.
    is_refused(&county, &nats, &[]);
}

#[test]
fn a_server_in_the_open_gets_nothing_where_tls_is_asked_for() {
    let (county, authority, nats) = (County::new(), Authority::new(), Nats::start());
    let file = authority.certificate();
    is_refused(&county, &nats, &["--tls-root-certificates", text(&file)]);
}

#[test]
fn a_server_that_asks_for_our_certificate_is_shown_it() {
    let (county, authority, lines) = (County::new(), Authority::new(), lines(1));
    let nats = Nats::sealed(&authority.seal(HERE, true));
    let (file, (certificate, key)) = (authority.certificate(), authority.signs("jindu", ELSEWHERE));
    let root = ["--tls-root-certificates", text(&file)];
    is_refused(&county, &nats, &root);
    let own = ["--tls-certificate", text(&certificate), "--tls-certificate-key", text(&key)];
    nats.publish([structured("0", &lines[0].cells(0))]);
    let mut consumer = consume(&county, &nats, &[&root[..], &own].concat());
    consumer.wait_for("stream", |said| said.contains("stream is consumed").then_some(()));
    nats.wait_until_taken();
    drop(consumer);
    assert_eq!(county.counts(), (1, 1));
}
