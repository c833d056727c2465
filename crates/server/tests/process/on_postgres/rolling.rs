//! Three servers are stopped and started again, one after the other, and nobody who asks or sends notices.

use super::balancer::{Balancer, Client};
use crate::kept::Kept;
use crate::messages::{event, rotated};
use crate::running::{Running, jindu, serve};
use crate::stream::County;
use crate::telling::{Line, applied_on, lines};
use serde_json::{Value, json};
use server::clock::Clock;
use server::features::feeds::signature::{secret, signed};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

const SERVERS: usize = 3;
/// Who asks at the same time, and who sends.
const ASKING: usize = 4;
const SENDING: usize = 2;
/// Events in a message, and the pause after it.
const BATCH: usize = 4;
const PACE: Duration = Duration::from_millis(20);
/// Applications enough that no sender comes to the end.
const APPLICATIONS: u32 = 1_500;

/// What the answer says of an event that was recorded now.
const RECORDED: &str = "\"outcome\":\"recorded\"";

/// What came of the requests.
#[derive(Default)]
struct Told {
    answered: usize,
    recorded: Vec<usize>,
    failed: Vec<String>,
}

/// Everything that a story is about.
struct Story {
    county: County,
    key: Vec<u8>,
    lines: Vec<Line>,
    told: Mutex<Told>,
    ends: AtomicBool,
}

#[test]
fn in_a_rolling_restart_no_inquiry_fails_and_every_message_is_recorded_once() {
    let (story, told) = rolled("2", true);
    println!("{} inquiries, {} events, {} failures", told.answered, told.recorded.len(), told.failed.len());
    assert_eq!(told.failed, Vec::<String>::new());
    assert!(told.answered > 100 && told.recorded.len() > 100, "too little: {} answers", told.answered);
    let kept = Kept::of(&story.county.data());
    let sent: Vec<&Line> = told.recorded.iter().map(|number| &story.lines[*number]).collect();
    assert_eq!((kept.lacks(&sent), kept.milestones()), (0, sent.len()));
}

#[test]
fn servers_that_leave_without_a_word_are_noticed() {
    let (_, told) = rolled("0", false);
    assert!(!told.failed.is_empty(), "the control: {} answers, and none failed", told.answered);
}

/// Ends the load, also where the story fails: who asks goes on until then.
struct Ending<'s>(&'s Story, &'s Balancer);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ends.store(true, Ordering::Relaxed);
        self.1.end();
    }
}

/// All servers are restarted, or the first alone, under load.
fn rolled(leave: &str, all: bool) -> (Story, Told) {
    let county = County::new();
    let key = secret(&rotated(&county)).unwrap();
    let story = Story {
        county,
        key,
        lines: lines(APPLICATIONS),
        told: Mutex::default(),
        ends: AtomicBool::new(false),
    };
    let start =
        || Running::start(serve(jindu(), &story.county.data()).env("JINDU_LIMITS__LEAVE_SECONDS", leave));
    let mut servers: Vec<Running> = (0..SERVERS).map(|_| start()).collect();
    let addresses: Vec<String> = servers.iter_mut().map(Running::address).collect();
    let balancer = Balancer::before(&addresses);
    // Somebody to ask for.
    story.send(&mut balancer.client(), 0..BATCH);
    scope(|scope| {
        let ending = Ending(&story, &balancer);
        scope.spawn(|| balancer.check());
        let asking = (0..ASKING).map(|_| scope.spawn(|| story.ask(&mut balancer.client())));
        let asking: Vec<_> = asking.collect();
        let sending = |sender| {
            scope.spawn({
                let (story, balancer) = (&story, &balancer);
                move || story.send_all(&mut balancer.client(), sender)
            })
        };
        let sending: Vec<_> = (0..SENDING).map(sending).collect();
        sleep(Duration::from_millis(500));
        for (number, server) in servers.iter_mut().enumerate().take(if all { SERVERS } else { 1 }) {
            server.terminate();
            assert!(server.end().0.success(), "{}", server.said());
            balancer.until_left(number);
            *server = start();
            balancer.moved(number, &server.address());
            balancer.until_ready(number);
        }
        sleep(Duration::from_millis(500));
        drop(ending);
        asking.into_iter().chain(sending).for_each(|load| load.join().unwrap());
    });
    for server in &mut servers {
        server.terminate();
        server.end();
    }
    let told = std::mem::take(&mut *story.told.lock().unwrap());
    (story, told)
}

impl Story {
    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Relaxed)
    }

    /// Asks for the first one's card, again and again.
    fn ask(&self, client: &mut Client<'_>) {
        let facts = self.lines[0].cells(0);
        let facts = json!({
            "citizen_number": facts["citizen_number"], "applied_on": applied_on(), "name": facts["name"],
        });
        while self.goes_on() {
            let sent =
                client.send("/api/v1/inquiries", "content-type: application/json\r\n", &facts.to_string());
            let mut told = self.told.lock().unwrap();
            match sent {
                Ok((200, _)) => told.answered += 1,
                other => told.failed.push(format!("an inquiry: {other:?}")),
            }
        }
    }

    /// Sends every message of a sender, in order.
    fn send_all(&self, client: &mut Client<'_>, sender: usize) {
        let all = (BATCH..self.lines.len()).step_by(BATCH).skip(sender).step_by(SENDING);
        for first in all.take_while(|_| self.goes_on()) {
            self.send(client, first..first + BATCH);
            sleep(PACE);
        }
    }

    /// Sends the lines of these numbers as one message.
    fn send(&self, client: &mut Client<'_>, numbers: std::ops::Range<usize>) {
        let events: Value = numbers.clone().map(|number| event(number, &self.lines[number])).collect();
        let (body, name) = (events.to_string(), format!("message-{}", numbers.start));
        let seconds = Clock::System.now().millis() / 1_000;
        let signature = signed(&name, seconds, body.as_bytes(), &self.key);
        let headers = format!(
            "content-type: application/cloudevents-batch+json\r\nidempotency-key: {name}\r\nwebhook-id: {name}\r\n\
             webhook-timestamp: {seconds}\r\nwebhook-signature: {signature}\r\n"
        );
        let sent = client.send("/api/v1/feeds/county/milestones?lang=en", &headers, &body);
        let mut told = self.told.lock().unwrap();
        match sent {
            Ok((207, said)) if said.matches(RECORDED).count() == BATCH => told.recorded.extend(numbers),
            other => told.failed.push(format!("a message: {other:?}")),
        }
    }
}
