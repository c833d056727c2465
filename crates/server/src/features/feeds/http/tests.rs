//! The stories of messages: a feed signs, every event gets its word, and strangers learn nothing.

mod answers;
mod bounds;
mod damaged;
mod files;
mod held;
mod letters;
mod manifests;
mod quota;
mod refusals;
mod replays;
mod strangers;

use super::super::signature::{ID, SIGNATURE, TIMESTAMP, signed};
use super::events::{BATCH, SINGLE, TYPE};
use crate::testing::{Answered, NOW, Server, moment};
use axum::body::Body;
use axum::http::Request;
use domain::feed::FeedKind;
use domain::milestone::Rank;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::stage::Stage;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use store::application::{Application, ApplicationId, page};
use store::audit::Entry;
use store::feed::{self, NewFeed, State};
use store::milestone;

/// The receipt of the application that most stories are about.
const RECEIPT: &str = "1199000012026010500001";

/// A server and the feeds that report to it, each with a key of its own.
struct Feeds {
    server: Server,
    sent: AtomicU32,
}

/// A message on its way.
#[derive(Clone)]
struct Message {
    method: &'static str,
    address: String,
    feed: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    id: Option<String>,
    peer: Option<&'static str>,
}

impl Message {
    fn to(method: &'static str, feed: &str, what: &str) -> Self {
        let address = format!("/api/v1/feeds/{feed}/{what}?lang=en");
        Self {
            method,
            address,
            feed: feed.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            id: None,
            peer: None,
        }
    }

    /// Events for the usual feed.
    fn of(events: &Value) -> Self {
        let kind = if events.is_array() { BATCH } else { SINGLE };
        Self::to("POST", "county", "milestones").with("content-type", kind).saying(events.to_string())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn from(mut self, peer: &'static str) -> Self {
        self.peer = Some(peer);
        self
    }

    fn named(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    fn json(self, value: &Value) -> Self {
        self.with("content-type", "application/json").saying(value.to_string())
    }
}

impl Feeds {
    async fn start() -> Self {
        Self::around(Server::start().await).await
    }

    async fn around(server: Server) -> Self {
        let feeds = Self { server, sent: AtomicU32::new(0) };
        for name in ["county", "centre"] {
            feeds.add(name).await;
        }
        feeds.server.keep_secret([RECEIPT, "119900198001010016", "王小明"].map(str::to_owned));
        feeds
    }

    async fn add(&self, name: &str) {
        let new = NewFeed {
            name: name.to_owned(),
            kind: FeedKind::Intake,
            owner: OrganCode::parse("119900001").unwrap(),
            stages: Stage::ALL.to_vec(),
            rank: Rank(50),
            rhythm: None,
            codes: None,
            secret: Some(key(name)),
        };
        feed::add(&self.server.app.store, entry("add_feed"), new).await.unwrap().unwrap();
    }

    async fn set(&self, name: &str, state: State) {
        let store = &self.server.app.store;
        let feed = feed::by_name(&store.read(), name).await.unwrap().unwrap();
        assert!(feed::set_state(store, entry("state"), feed.id, state).await.unwrap());
    }

    /// Sends a message, signed as its feed does.
    async fn send(&self, message: Message) -> Answered {
        let key = key(&message.feed);
        self.send_signed(message, &key, moment(NOW).millis() / 1_000).await
    }

    async fn send_signed(&self, message: Message, key: &[u8], seconds: i64) -> Answered {
        let count = self.sent.fetch_add(1, Ordering::Relaxed);
        let id = message.id.unwrap_or_else(|| format!("msg_{count}"));
        let address = message.address;
        let mut request = Request::builder().method(message.method).uri(&address);
        request = request.header(ID, &id).header(TIMESTAMP, seconds.to_string());
        let body = signed_part(message.method, &address, &message.body);
        request = request.header(SIGNATURE, signed(&id, seconds, &body, key));
        for (name, value) in message.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(message.body)).unwrap();
        match message.peer {
            Some(peer) => self.server.send_from(peer, request).await,
            None => self.server.send(request).await,
        }
    }

    /// Reports events; the status, and for each its outcome, reason and pointer.
    async fn report(&self, events: Value) -> (u16, Vec<String>) {
        let answered = self.send(Message::of(&events)).await;
        (answered.status.as_u16(), told(&answered))
    }

    async fn applications(&self) -> Vec<Application> {
        page(&self.server.app.store.read(), ApplicationId(0), 1_000).await.unwrap()
    }

    /// The stage of the one application, whose fold is that of its milestones; and how many these are.
    async fn stage(&self) -> (Option<Stage>, usize) {
        let applications = self.applications().await;
        let application = applications.first().unwrap();
        let milestones = milestone::of(&self.server.app.store.read(), application).await.unwrap();
        assert_eq!(application.progress, Progress::replay(&milestones));
        (application.progress.as_ref().map(|progress| progress.stage), milestones.len())
    }
}

/// What is signed: the body, or where there is none what is asked, and where.
fn signed_part(method: &str, address: &str, body: &[u8]) -> Vec<u8> {
    if body.is_empty() { format!("{method} {address}").into_bytes() } else { body.to_vec() }
}

/// What was told of each event.
fn told(answered: &Answered) -> Vec<String> {
    let view = answered.json();
    let items = view["items"].as_array().cloned().unwrap_or_default();
    let word = |item: &Value, name: &str| item[name].as_str().unwrap_or("-").to_owned();
    items.iter().map(|item| ["outcome", "reason", "pointer"].map(|name| word(item, name)).join(" ")).collect()
}

fn key(feed: &str) -> Vec<u8> {
    format!("{feed:*<32}").into_bytes()
}

fn entry(action: &'static str) -> Entry {
    Entry { at: moment(NOW), actor: "test".to_owned(), action, detail: String::new() }
}

fn event(id: &str, happened: &str, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/county/intake", "type": TYPE, "subject": RECEIPT,
        "time": happened, "data": data,
    })
}

/// Opens the application.
fn accepted() -> Value {
    event(
        "E-1",
        "2026-01-05T09:00:00+08:00",
        json!({
            "step": "00", "organ": "119900001", "citizen_number": "119900198001010016", "name": "王小明",
            "applied_on": "2026-01-05", "reason": "expired",
        }),
    )
}

fn step(id: &str, step: &str, happened: &str) -> Value {
    event(id, happened, json!({"step": step, "organ": "119900900"}))
}

fn reviewed() -> Value {
    step("E-2", "13", "2026-01-08T09:00:00+08:00")
}
