//! A feed that sends messages to a running server: our own small sender, and clients that others have written.

use crate::running::{Running, fed, jindu, jindu_after, serve};
use crate::stream::County;
use crate::telling::{Line, applied_on, lines};
use domain::stage::Stage;
use serde_json::{Value, json};
use server::clock::Clock;
use server::features::feeds::signature::{secret, signed};
use std::process::Command;

/// The feed `county` as a sender that keeps its connection.
pub(crate) struct Sender {
    agent: ureq::Agent,
    server: String,
    key: Vec<u8>,
}

impl Sender {
    pub(crate) fn of(server: &str, whsec: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        Self { agent: config.build().into(), server: server.to_owned(), key: secret(whsec).unwrap() }
    }

    /// Sends a list of events under a name; the status and what was said.
    pub(crate) fn send(&self, name: &str, events: &Value) -> Result<(u16, Value), ureq::Error> {
        let body = events.to_string();
        let seconds = Clock::System.now().millis() / 1_000;
        let request = self
            .agent
            .post(format!("{}/api/v1/feeds/county/milestones?lang=en", self.server))
            .header("content-type", "application/cloudevents-batch+json")
            .header("idempotency-key", name)
            .header("webhook-id", name)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signed(name, seconds, body.as_bytes(), &self.key));
        let mut reply = request.send(body)?;
        Ok((reply.status().as_u16(), reply.body_mut().read_json()?))
    }
}

/// A line as an event; whatever its number, it is another event.
pub(crate) fn event(number: usize, line: &Line) -> Value {
    json!({
        "specversion": "1.0", "type": "cn.jindu.milestone.v1", "source": "/county", "id": number.to_string(),
        "data": line.cells(number),
    })
}

/// A server on a folder where `county` has just got a new secret.
pub(crate) fn served(county: &County, secret: Option<&str>) -> (Running, String) {
    let secret = secret.map_or_else(|| rotated(county), str::to_owned);
    (Running::start(&mut serve(jindu(), &county.data())), secret)
}

/// A new secret; the one before stays good for a while.
pub(crate) fn rotated(county: &County) -> String {
    county.ask(&["feed", "rotate", "county"]).lines().next().unwrap().to_owned()
}

/// Sends events as another team's program does; the status and what was said.
fn sent_by_others(server: &str, secret: &str, mode: &str, events: &Value) -> (u64, Value) {
    let python = std::env::var_os("PYTHON_OF_TESTS").unwrap_or_else(|| {
        panic!("PYTHON_OF_TESTS names no Python; `cargo xtask setup` makes it, `cargo xtask test` names it")
    });
    let asked = json!({"server": server, "feed": "county", "secret": secret, "mode": mode, "events": events});
    let mut client = Command::new(python);
    client.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/feed.py"));
    let output = fed(&mut client, asked.to_string().as_bytes());
    assert!(output.status.success(), "the client failed");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    (told["status"].as_u64().unwrap(), told["body"].clone())
}

/// A line as the client is told of it; in one of the ways that events allow.
fn told(number: usize, line: &Line, by_attributes: bool) -> Value {
    let mut data = line.cells(number);
    data.as_object_mut().unwrap().remove("event_id");
    let mut told = json!({"id": format!("E-{number}"), "time": line.happened.to_rfc3339()});
    if by_attributes {
        told["subject"] = json!(line.receipt);
        let cells = data.as_object_mut().unwrap();
        cells.retain(|name, _| !["receipt_number", "happened_at"].contains(&name.as_str()));
    }
    told["data"] = data;
    told
}

fn outcomes(told: &Value) -> Vec<&str> {
    told["items"].as_array().unwrap().iter().map(|item| item["outcome"].as_str().unwrap()).collect()
}

#[test]
fn other_peoples_clients_build_sign_and_send_in_every_mode() {
    let (county, lines) = (County::new(), lines(2));
    let (mut server, secret) = served(&county, None);
    let address = server.address();
    let send = |mode: &str, events: Value| sent_by_others(&address, &secret, mode, &events);
    assert_eq!(lines[0].stage, Stage::Accepted);
    let (status, body) = send("single", json!([told(0, &lines[0], true)]));
    assert_eq!((status, outcomes(&body)), (200, vec!["recorded"]), "{body}");
    let list: Vec<Value> =
        lines[1..].iter().enumerate().map(|(at, line)| told(at + 1, line, at % 2 == 0)).collect();
    let (status, body) = send("batch", Value::from(list));
    assert_eq!((status, outcomes(&body)), (207, vec!["recorded"; lines.len() - 1]), "{body}");
    // The same event again, in headers and without its attributes' help: it is known by what its data says.
    let mut in_headers = told(3, &lines[3], false);
    in_headers["data"]["event_id"] = json!("/县/intake E-3");
    let (status, body) = send("binary", json!([in_headers]));
    assert_eq!((status, outcomes(&body)), (200, vec!["repeated"]), "{body}");
    // Without a body, the signer of others signs method and address.
    let (status, body) = send("held", json!([{"id": "Q-1"}]));
    assert_eq!((status, &body["items"]), (200, &json!([])), "{body}");
    drop(server);
    assert_eq!(county.counts(), (lines.len(), 2));
}

#[test]
fn other_peoples_clients_are_told_what_is_wrong() {
    let (county, lines) = (County::new(), lines(1));
    let (mut server, secret) = served(&county, None);
    let address = server.address();
    let mut wrong = told(0, &lines[0], true);
    wrong["data"]["applied_on"] = json!("2026-02-30");
    let (status, body) = sent_by_others(&address, &secret, "single", &json!([wrong]));
    assert_eq!((status, &body["errors"][0]["pointer"]), (422, &json!("/data/applied_on")), "{body}");
    let stranger = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let right = json!([told(0, &lines[0], true)]);
    let (status, body) = sent_by_others(&address, stranger, "single", &right);
    assert_eq!((status, &body["type"]), (401, &json!("/problems/unsigned")), "{body}");
    // The key is replaced while the server runs; the one before is still good.
    for secret in [&secret, &rotated(&county)] {
        assert_eq!(sent_by_others(&address, secret, "single", &right).0, 200);
    }
    server.terminate();
    assert!(server.end().0.success());
    let said = server.said();
    for personal in [lines[0].receipt.as_str(), "无名", &applied_on().to_string()] {
        assert!(!said.contains(personal), "the log names {personal}");
    }
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_and_nothing_that_was_is_lost() {
    let (county, lines) = (County::embedded(), lines(100));
    let secret = rotated(&county);
    let send = |server: &mut Running| {
        let sender = Sender::of(&server.address(), &secret);
        lines.chunks(50).enumerate().map(move |(at, chunk)| {
            let events = chunk.iter().enumerate().map(|(of, line)| event(at * 50 + of, line)).collect();
            (chunk.len(), sender.send(&at.to_string(), &events).unwrap())
        })
    };
    // Once without a limit: the record of inquiries takes its room when it begins.
    let mut server = Running::start(&mut serve(jindu(), &county.data()));
    server.address();
    server.kill();
    // No file may grow beyond 512 KiB: as if the disk were full.
    let full = jindu_after("trap '' XFSZ; ulimit -f 1000");
    let mut server = Running::start(&mut serve(full, &county.data()));
    let (mut acknowledged, mut refused) = (0, None);
    for (count, (status, told)) in send(&mut server) {
        match status {
            207 => acknowledged += count,
            _ => refused = refused.or(Some((status, told["type"].clone()))),
        }
    }
    assert_eq!(refused, Some((503, json!("/problems/unavailable"))));
    server.kill();
    let kept = county.counts().0;
    assert!(0 < acknowledged && acknowledged <= kept && kept < lines.len(), "{acknowledged} of {kept}");
    let mut server = Running::start(&mut serve(jindu(), &county.data()));
    assert!(send(&mut server).all(|(_, (status, _))| status == 207));
    server.kill();
    assert_eq!(county.counts(), (lines.len(), 100));
}
