//! A stream as a feed's way in, with a real server: whatever happens between, every message is taken once.

use crate::asking::empty;
use crate::folder::Folder;
use crate::intrude::{GARBAGE, overwrite};
use crate::kept::Kept;
use crate::nats::{DURABLE, Nats, STREAM, consumer, headers, structured};
use crate::running::{Running, ended, jindu};
use crate::telling::{Line, lines};
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use store::fresh::FreshDatabase;

/// Every stage that the stories tell of.
const STAGES: &str = "submitted,accepted,under_review,signed,data_check,in_production,quality_check,produced,\
                      in_distribution,mailed,ready_for_collection,collected,not_accepted,correction_required,returned,\
                      remake,mail_returned,uncollected,withdrawn,cancelled";

/// A data folder with the feed `county`, which may say everything.
pub(crate) struct County {
    home: Folder,
}

impl County {
    pub(crate) fn new() -> Self {
        let county = Self { home: Folder::new() };
        drop(empty(&county.data()));
        county.with_feed()
    }

    /// The same, its database a file in the folder whatever the others have.
    pub(crate) fn embedded() -> Self {
        let county = Self { home: Folder::embedded() };
        drop(empty(&county.data()));
        county.with_feed()
    }

    /// The database, past all of our code.
    pub(crate) fn database(&self) -> &FreshDatabase {
        self.home.database()
    }

    /// The same with keys of another folder.
    pub(crate) fn with_keys(keys: &[u8]) -> Self {
        let county = Self { home: Folder::new() };
        let mut file = OpenOptions::new();
        let mut file =
            file.write(true).create_new(true).mode(0o600).open(county.data().join("keys.toml")).unwrap();
        file.write_all(keys).unwrap();
        county.with_feed()
    }

    fn with_feed(self) -> Self {
        let county = self;
        let words = ["feed", "add", "county", "--organ", "119900001", "--kind", "intake", "--stages", STAGES];
        let added = county.ask(&words);
        assert!(added.starts_with("whsec_"), "{added}");
        county
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// A command on this folder.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = jindu();
        command.args(words).arg("--data").arg(self.home.path()).env("JINDU_DEMONSTRATION", "true");
        command
    }

    /// What a command says that ends well.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let output = ended(&mut self.command(words));
        let failed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {failed}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that is refused.
    pub(crate) fn refused(&self, words: &[&str]) -> String {
        let output = ended(&mut self.command(words));
        assert!(!output.status.success(), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.ask(&[words, &["--json"]].concat())).unwrap()
    }

    /// Starts a consumer.
    pub(crate) fn consume(&self, nats: &Nats, batch: &str) -> Running {
        let address = nats.address();
        let words = ["feed", "consume", "--feed", "county", "--stream", STREAM, "--durable", DURABLE];
        let mut consumer = self.command(&[&words[..], &["--server", &address, "--batch", batch]].concat());
        // Whatever the log says, it must name nobody.
        let mut consumer = Running::start(consumer.env("JINDU_LOG__LEVEL", "trace"));
        consumer.wait_for("stream", |said| said.contains("stream is consumed").then_some(()));
        consumer
    }

    /// How many milestones are kept, of how many applications.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let kept = Kept::of(&self.data());
        (kept.milestones(), kept.applications.len())
    }
}

/// Ends a consumer as an operator does.
fn stop(mut consumer: Running) -> String {
    consumer.terminate();
    assert!(consumer.end().0.success(), "{}", consumer.said());
    consumer.said()
}

fn messages(lines: &[Line]) -> impl Iterator<Item = (async_nats::HeaderMap, Vec<u8>)> {
    lines.iter().enumerate().map(|(number, line)| structured(&number.to_string(), &line.cells(number)))
}

#[test]
fn messages_are_recorded_and_those_that_come_again_change_nothing() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(20));
    nats.publish(messages(&lines));
    let consumer = county.consume(&nats, "50");
    nats.wait_until_taken();
    assert_eq!(county.counts(), (lines.len(), 20));
    // The sender tells everything again.
    nats.publish(messages(&lines));
    nats.wait_until_taken();
    let said = stop(consumer);
    assert_eq!(county.counts(), (lines.len(), 20));
    for personal in ["119900", "无名", "milestones.county"] {
        assert!(!said.contains(personal), "{personal} in {said}");
    }
    let feed = &county.json(&["feed", "list"])[0];
    assert_eq!((&feed["name"], &feed["silent"]), (&json!("county"), &json!(false)));
    assert!(feed["last_heard"].is_string(), "{feed}");
}

#[test]
fn an_event_may_come_in_headers_or_in_a_list() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(3));
    let binary = headers(&[
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-type", "cn.jindu.milestone.v1"),
        ("ce-source", "/county"),
        ("ce-id", "a"),
    ]);
    let event = |id: &str, line: &Line| {
        let data = line.cells(id.len());
        json!({"specversion": "1.0", "type": "cn.jindu.milestone.v1", "source": "/c", "id": id, "data": data})
    };
    let list = json!([event("bb", &lines[1]), event("ccc", &lines[2])]).to_string().into_bytes();
    // Without a word about its type a message is one event, as the first edition of the binding has it.
    let bare = event("dddd", &lines[3]).to_string().into_bytes();
    nats.publish([
        (binary, lines[0].cells(1).to_string().into_bytes()),
        (headers(&[("content-type", "application/cloudevents-batch+json")]), list),
        (headers(&[("traceparent", "00-0")]), bare),
    ]);
    let consumer = county.consume(&nats, "10");
    nats.wait_until_taken();
    stop(consumer);
    assert_eq!(county.counts(), (4, 3));
}

#[test]
fn a_message_that_cannot_be_taken_is_kept_for_a_person_and_keeps_nothing_up() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(2));
    let mut unknown = lines[0].cells(7);
    unknown["step"] = "ZZ-9".into();
    let broken =
        (headers(&[("content-type", "application/cloudevents+json")]), b"{\"name\": \"\xe9".to_vec());
    let all = [broken, structured("u", &unknown)].into_iter().chain(messages(&lines));
    nats.publish(all);
    let consumer = county.consume(&nats, "3");
    nats.wait_until_taken();
    let said = stop(consumer);
    assert!(said.contains("wait in the held queue") && !said.contains("无名"), "{said}");
    assert_eq!(county.counts(), (lines.len(), 2));
    let held = county.json(&["held", "list"]);
    let reasons: Vec<_> =
        held.as_array().unwrap().iter().map(|line| (&line["number"], &line["reason"])).collect();
    assert_eq!(reasons, [(&json!("d1"), &json!("malformed")), (&json!("d2"), &json!("step: unknown"))]);
    assert!(county.ask(&["held", "show", "d2"]).contains(&format!("{STREAM} 2")));

    // Without a reason nothing is decided; with one, a broken message is set aside.
    assert!(county.refused(&["held", "discard", "d1"]).contains("--why"));
    let again = county.refused(&["held", "release", "d1", "--why", "again"]);
    assert!(again.contains("malformed") && again.contains("discard it"), "{again}");
    county.ask(&["held", "discard", "d1", "--why", "half a message"]);
    // A code that the table lacks can be added, and then the message is read again.
    assert!(county.refused(&["held", "release", "d2", "--why", "again"]).contains("step: unknown"));
    let table = county.data().join("codes.toml");
    std::fs::write(&table, "version = \"2\"\n[steps]\n\"ZZ-9\" = \"under_review\"\n").unwrap();
    county.ask(&["feed", "codes", "county", &table.display().to_string()]);
    county.ask(&["held", "release", "d2", "--why", "the code is known now"]);
    assert_eq!(county.counts(), (lines.len() + 1, 2));
    assert_eq!(county.json(&["held", "list"]), json!([]));
}

/// Letters of a feed are bounded by what the server's configuration says.
#[test]
fn what_finds_no_room_stays_on_the_stream() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(2));
    let folder = county.data().join("drop");
    std::fs::create_dir(&folder).unwrap();
    let config = configuration(&county, &nats, &folder);
    let text = std::fs::read_to_string(&config)
        .unwrap()
        .replace("[[drop]]", "[limits]\ndead_letters_per_feed = 1\n[[drop]]");
    std::fs::write(&config, text + "batch = 1\n").unwrap();
    let broken = |id| (headers(&[("content-type", "application/cloudevents+json")]), vec![b'{', id]);
    nats.publish([broken(b'1'), broken(b'2')].into_iter().chain(messages(&lines)));
    let mut serve = jindu();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config);
    let mut server = Running::start(&mut serve);
    server.wait_for("no room", |said| {
        said.contains("as many dead letters of the feed wait as may").then_some(())
    });
    // What can be taken is, and the other message is neither acknowledged nor lost.
    let started = Instant::now();
    while nats.pending() != (1, 0) || county.counts() != (lines.len(), 2) {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", server.said());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(county.json(&["held", "list"]).as_array().unwrap().len(), 1);
    server.terminate();
    assert!(server.end().0.success(), "{}", server.said());
}

#[test]
fn a_server_that_starts_again_is_consumed_again() {
    // A server that is killed forgets the last acknowledgements, and delivers again.
    let (mut nats, county, lines) = (Nats::impatient(), County::new(), lines(10));
    let consumer = county.consume(&nats, "5");
    nats.publish(messages(&lines[..40]));
    nats.wait_until_taken();
    nats.kill();
    std::thread::sleep(Duration::from_millis(500));
    nats.again();
    nats.publish(messages(&lines));
    nats.wait_until_taken();
    stop(consumer);
    assert_eq!(county.counts(), (lines.len(), 10));
}

#[test]
fn two_consumers_share_one_stream() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(50));
    let consumers = [county.consume(&nats, "7"), county.consume(&nats, "7")];
    nats.publish(messages(&lines));
    nats.wait_until_taken();
    consumers.into_iter().for_each(|consumer| drop(stop(consumer)));
    assert_eq!(county.counts(), (lines.len(), 50));
    assert_eq!(county.json(&["held", "list"]), json!([]));
}

#[test]
fn a_paused_feed_leaves_its_messages_on_the_stream() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(5));
    let consumer = county.consume(&nats, "5");
    county.ask(&["feed", "pause", "county"]);
    nats.publish(messages(&lines));
    // What was asked for before the pause may still come; the rest waits.
    std::thread::sleep(Duration::from_secs(2));
    assert!(county.counts().0 < lines.len(), "{:?}", county.counts());
    assert!(county.refused(&["feed", "import", "x", "--feed", "county"]).contains('x'));
    county.ask(&["feed", "resume", "county"]);
    nats.wait_until_taken();
    stop(consumer);
    assert_eq!(county.counts(), (lines.len(), 5));
}

#[test]
fn what_is_wrong_with_a_stream_is_said_before_anything_is_consumed() {
    let county = County::new();
    let consume = |server: &str, more: &[&str]| {
        let words =
            ["feed", "consume", "--feed", "county", "--stream", "S", "--durable", "D", "--server", server];
        county.refused(&[&words[..], more].concat())
    };
    assert!(consume("nats://nats.example.org:4222", &[]).contains("in the open"));
    let secret = consume("nats://county:canary@127.0.0.1:4222", &[]);
    assert!(secret.contains("credentials file") && !secret.contains("canary"), "{secret}");
    let half = consume("tls://nats.example.org:4222", &["--tls-certificate", "a.pem"]);
    assert!(half.contains("--tls-certificate-key"), "{half}");
    let words = ["feed", "consume", "--feed", "nobody", "--stream", "S", "--durable", "D"];
    let nobody = county.refused(&[&words[..], &["--server", "nats://127.0.0.1:1"]].concat());
    assert!(nobody.contains("nobody"), "{nobody}");
}

/// `serve` runs what the configuration names.
#[test]
fn a_server_consumes_the_streams_and_folders_of_its_configuration() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(4));
    let folder = county.data().join("drop");
    std::fs::create_dir(&folder).unwrap();
    let config = configuration(&county, &nats, &folder);
    nats.publish(messages(&lines[..8]));
    let mut serve = jindu();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&config);
    let mut server = Running::start(&mut serve);
    let address = server.address();
    let cells = |(number, line): (usize, &Line)| line.cells(number).to_string();
    let rest: Vec<String> = lines.iter().enumerate().skip(8).map(cells).collect();
    std::fs::write(folder.join("rest.jsonl.part"), rest.join("\n")).unwrap();
    std::fs::rename(folder.join("rest.jsonl.part"), folder.join("rest.jsonl")).unwrap();
    server.wait_for("stream", |said| said.contains("stream is consumed").then_some(()));
    nats.wait_until_taken();
    server.wait_for("imported file", |said| said.contains("is imported").then_some(()));
    let metrics = crate::asking::Client::of(&address).get("/metrics").unwrap().1;
    let counted = "jindu_reports_total{feed=\"county\",way=\"stream\",outcome=\"recorded\"} 8";
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains("jindu_feed_last_heard_seconds{feed=\"county\"}"), "{metrics}");
    // Without a rhythm there is no silence.
    assert!(!metrics.contains("jindu_feed_silent{"), "{metrics}");
    assert!(metrics.contains("jindu_held_reports{feed=\"county\",state=\"dead_letter\"} 0"), "{metrics}");
    server.terminate();
    assert!(server.end().0.success(), "{}", server.said());
    assert_eq!(county.counts(), (lines.len(), 4));
}

fn configuration(county: &County, nats: &Nats, folder: &Path) -> PathBuf {
    county.home.configure(&format!(
        "data = {:?}\ndemonstration = true\n[[drop]]\nfeed = \"county\"\nfolder = {folder:?}\nstill_seconds = 0\n\
         [[stream]]\nfeed = \"county\"\nserver = {:?}\nstream = {STREAM:?}\ndurable = {DURABLE:?}\n",
        county.data(),
        nats.address()
    ))
}

#[test]
fn an_application_that_cannot_be_read_keeps_no_other_message_up() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(4));
    nats.publish(messages(&lines[..4]));
    let consumer = county.consume(&nats, "50");
    nats.wait_until_taken();
    let before = overwrite(&county.data(), "progress", 1, GARBAGE);
    nats.publish(messages(&lines));
    nats.wait_until_taken();
    let held = county.json(&["held", "list"]);
    let letters = held.as_array().unwrap();
    assert!(!letters.is_empty());
    let why = json!("receipt_number: unreadable_application");
    assert!(letters.iter().all(|letter| letter["reason"] == why), "{held}");
    // Once the row is as it was, the letters are read again, and nothing is missing.
    overwrite(&county.data(), "progress", 1, &before);
    assert!(county.counts().0 < lines.len());
    for letter in letters {
        county.ask(&["held", "release", letter["number"].as_str().unwrap(), "--why", "repaired"]);
    }
    assert_eq!((county.counts(), county.json(&["held", "list"])), ((lines.len(), 4), json!([])));
    stop(consumer);
}

#[test]
fn a_consumer_with_which_messages_would_be_lost_is_refused() {
    let (nats, county, lines) = (Nats::start(), County::new(), lines(1));
    nats.publish(messages(&lines));
    for (config, why) in [
        (pull::Config { max_deliver: 3, ..consumer() }, "max_deliver"),
        (pull::Config { filter_subject: "milestones.post".into(), ..consumer() }, "filter_subject"),
        (pull::Config { deliver_policy: DeliverPolicy::New, ..consumer() }, "deliver_policy"),
        (pull::Config { headers_only: true, ..consumer() }, "headers_only"),
    ] {
        nats.with_consumer(config);
        let address = nats.address();
        let words = ["feed", "consume", "--feed", "county", "--stream", STREAM, "--durable", DURABLE];
        let mut refused =
            Running::start(&mut county.command(&[&words[..], &["--server", &address]].concat()));
        refused.wait_for(why, |said| said.contains(why).then_some(()));
        stop(refused);
    }
    assert_eq!(county.counts(), (0, 0));
    nats.with_consumer(pull::Config { max_deliver: -1, ..consumer() });
    let consumer = county.consume(&nats, "50");
    nats.wait_until_taken();
    stop(consumer);
    assert_eq!(county.counts().0, lines.len());
}
