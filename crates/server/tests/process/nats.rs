//! A real NATS server with JetStream, on a temporary folder and any free port.

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::{self, stream};
use async_nats::{ConnectOptions, HeaderMap};
use serde_json::Value;
use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The stream of the tests, and the consumer of the product.
pub(crate) const STREAM: &str = "MILESTONES";
pub(crate) const DURABLE: &str = "jindu";
const SUBJECT: &str = "milestones.county";
const PATIENCE: Duration = Duration::from_secs(30);

/// The server, and a sender that speaks to it.
pub(crate) struct Nats {
    child: Child,
    folder: TempDir,
    port: u16,
    runtime: Runtime,
    seal: Option<Seal>,
}

/// How a server speaks TLS, and a sender with it.
#[derive(Clone)]
pub(crate) struct Seal {
    /// What its command line says of it.
    pub(crate) words: Vec<String>,
    /// The certificate that the server's is checked with.
    pub(crate) authority: PathBuf,
    /// The sender's own certificate and key.
    pub(crate) sender: (PathBuf, PathBuf),
}

impl Nats {
    /// Starts the server and makes the stream, as its owner would.
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// The same with TLS.
    pub(crate) fn sealed(seal: &Seal) -> Self {
        Self::start_with(Some(seal.clone()))
    }

    fn start_with(seal: Option<Seal>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, port) = serve(&folder, None, seal.as_ref());
        let runtime = Runtime::new().unwrap();
        let nats = Self { child, folder, port, runtime, seal };
        nats.speak(async |jetstream| {
            let subjects = vec!["milestones.>".to_owned()];
            let config = stream::Config { name: STREAM.to_owned(), subjects, ..stream::Config::default() };
            jetstream.create_stream(config).await.unwrap();
        });
        nats
    }

    /// The same with a consumer that delivers soon what was under way when somebody was killed.
    pub(crate) fn impatient() -> Self {
        let nats = Self::start();
        nats.with_consumer(pull::Config { ack_wait: Duration::from_secs(2), ..consumer() });
        nats
    }

    /// Makes the product's consumer beforehand, as the stream's owner may; it replaces one of before.
    pub(crate) fn with_consumer(&self, config: pull::Config) {
        self.speak(async |jetstream| {
            // There may be none yet.
            let _ = jetstream.delete_consumer_from_stream(DURABLE, STREAM).await;
            jetstream.create_consumer_on_stream(config, STREAM).await.unwrap();
        });
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.seal.is_some() { "tls" } else { "nats" }, self.port)
    }

    /// Kills it without a word; what it has stored stays.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub(crate) fn again(&mut self) {
        self.child = serve(&self.folder, Some(self.port), self.seal.as_ref()).0;
    }

    /// Puts messages into the stream, each with its headers; all are stored when this returns.
    pub(crate) fn publish(&self, messages: impl IntoIterator<Item = (HeaderMap, Vec<u8>)>) {
        self.speak(async |jetstream| {
            let mut stored: VecDeque<PublishAckFuture> = VecDeque::new();
            for (headers, body) in messages {
                // The client waits for room when too many are not stored yet, and would wait for ever for us.
                if stored.len() == 1_000 {
                    stored.pop_front().unwrap().await.unwrap();
                }
                stored
                    .push_back(jetstream.publish_with_headers(SUBJECT, headers, body.into()).await.unwrap());
            }
            for stored in stored {
                stored.await.unwrap();
            }
        });
    }

    /// Whether anybody has made the product's consumer here.
    pub(crate) fn has_consumer(&self) -> bool {
        self.speak(async |jetstream| {
            let stream = jetstream.get_stream(STREAM).await.unwrap();
            stream.consumer_info(DURABLE).await.is_ok()
        })
    }

    /// How many messages were delivered and wait for their acknowledgement, and how many were not delivered yet.
    pub(crate) fn pending(&self) -> (usize, u64) {
        self.speak(async |jetstream| {
            let mut consumer: PullConsumer =
                jetstream.get_consumer_from_stream(DURABLE, STREAM).await.unwrap();
            let info = consumer.info().await.unwrap();
            (info.num_ack_pending, info.num_pending)
        })
    }

    /// Waits until every message is acknowledged.
    pub(crate) fn wait_until_taken(&self) {
        let started = Instant::now();
        while self.pending() != (0, 0) {
            assert!(started.elapsed() < 4 * PATIENCE, "{:?} are not taken", self.pending());
            sleep(Duration::from_millis(50));
        }
    }

    /// Speaks to the server as another program does.
    pub(crate) fn speak<T>(&self, saying: impl AsyncFnOnce(jetstream::Context) -> T) -> T {
        self.runtime.block_on(async {
            let mut options = ConnectOptions::new();
            if let Some(Seal { authority, sender: (certificate, key), .. }) = self.seal.clone() {
                options = options.add_root_certificates(authority).add_client_certificate(certificate, key);
            }
            let client = options.connect(self.address()).await.unwrap();
            saying(jetstream::new(client)).await
        })
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A consumer with which nothing is lost.
pub(crate) fn consumer() -> pull::Config {
    pull::Config {
        durable_name: Some(DURABLE.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ..pull::Config::default()
    }
}

/// One event as JSON, all of it in the body.
pub(crate) fn structured(id: &str, data: &Value) -> (HeaderMap, Vec<u8>) {
    let event = serde_json::json!({
        "specversion": "1.0", "type": "cn.jindu.milestone.v1", "source": "/county", "id": id, "data": data,
    });
    (headers(&[("content-type", "application/cloudevents+json")]), event.to_string().into_bytes())
}

/// The headers of a message.
pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    pairs.iter().for_each(|(name, value)| headers.append(*name, *value));
    headers
}

/// The program, which `cargo xtask setup` installs; without it nothing of this can be tested, and that is a failure.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian puts it where not everyone looks.
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file());
    let missing =
        "nats-server is not installed; run `cargo xtask setup`, or install Debian's package nats-server";
    found.unwrap_or_else(|| panic!("{missing}"))
}

/// Starts the server at a port, or at any free one; gives the port once it answers.
fn serve(folder: &TempDir, port: Option<u16>, seal: Option<&Seal>) -> (Child, u16) {
    let mut command = Command::new(program());
    command.args(seal.into_iter().flat_map(|seal| &seal.words));
    command.args(["-js", "-a", "127.0.0.1", "-p", &port.map_or("-1".to_owned(), |port| port.to_string())]);
    command.arg("-sd").arg(folder.path()).arg("--ports_file_dir").arg(folder.path());
    let log = fs::File::create(folder.path().join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut child = command.spawn().unwrap();
    let ports = folder.path().join(format!("nats-server_{}.ports", child.id()));
    let started = Instant::now();
    loop {
        // It is written in one go, or read again.
        let written = fs::read(&ports).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        if let Some(address) = written.as_ref().and_then(|ports| ports["nats"][0].as_str()) {
            return (child, address.rsplit_once(':').unwrap().1.parse().unwrap());
        }
        let said = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        assert!(child.try_wait().unwrap().is_none(), "nats-server ended:\n{}", said());
        assert!(started.elapsed() < PATIENCE, "nats-server does not start:\n{}", said());
        sleep(Duration::from_millis(10));
    }
}
