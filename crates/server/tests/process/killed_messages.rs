//! kill -9 while feeds send messages: what was acknowledged is there, and nothing is there twice.

use crate::kept::Kept;
use crate::messages::{Sender, event, served};
use crate::stream::County;
use crate::telling::{Line, lines};
use domain::milestone::Step;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::Instant;

/// Events in one message.
const BATCH: usize = 20;
/// Senders at the same time; each tells of its own people, in order.
const SENDERS: usize = 2;

#[test]
fn killed_at_ten_moments_a_server_loses_and_doubles_no_message() {
    killed(200, 10);
}

mod long {
    #[test]
    fn killed_at_fifty_moments_a_server_loses_and_doubles_no_message() {
        super::killed(1_000, 50);
    }
}

fn killed(applications: u32, times: u32) {
    let lines = lines(applications);
    let whole = County::new();
    let started = Instant::now();
    let sending = Sending::of(&lines);
    let (mut server, secret) = served(&whole, None);
    sending.send(&server.address(), &secret);
    let takes = started.elapsed();
    drop(server);
    let expected = Kept::of(&whole.data());
    assert_eq!((expected.milestones(), sending.acknowledged().len()), (lines.len(), lines.len()));

    let keys = fs::read(whole.data().join("keys.toml")).unwrap();
    let place = County::with_keys(&keys);
    let sending = Sending::of(&lines);
    let mut rng = StdRng::seed_from_u64(119_900);
    let mut secret = None;
    for time in 0..times {
        let (mut server, its) = served(&place, secret.as_deref());
        let address = server.address();
        scope(|scope| {
            let sender = scope.spawn(|| sending.send(&address, &its));
            // On the way through the messages, not at their end.
            sleep(takes.mul_f64(rng.random_range(0.0..2.0) / f64::from(times)));
            server.kill();
            sender.join().unwrap();
        });
        assert_eq!(unkept(&Kept::of(&place.data()), &sending.acknowledged()), 0, "after kill {time}");
        secret = Some(its);
        sending.tell_the_last_again();
    }
    let (mut server, its) = served(&place, secret.as_deref());
    sending.send(&server.address(), &its);
    drop(server);
    let kept = Kept::of(&place.data());
    assert!(kept == expected, "{} milestones instead of {}", kept.milestones(), lines.len());
    an_early_acknowledgement_is_noticed(&keys, &lines, &expected);
}

/// The control: the same comparisons where one message was acknowledged and never recorded.
fn an_early_acknowledgement_is_noticed(keys: &[u8], lines: &[Line], expected: &Kept) {
    let place = County::with_keys(keys);
    let sending = Sending::of(lines);
    let (mut server, secret) = served(&place, None);
    // The last message of the first sender is believed to be there.
    let last = sending.messages[0].len() - 1;
    let believed: Vec<&Line> = sending.messages[0][last].iter().map(|(_, line)| *line).collect();
    let shorter = Sending {
        messages: vec![sending.messages[0][..last].to_vec(), sending.messages[1].clone()],
        ..Sending::of(&[])
    };
    shorter.send(&server.address(), &secret);
    drop(server);
    let kept = Kept::of(&place.data());
    assert!(kept != *expected);
    assert_eq!(unkept(&kept, &believed), believed.len());
}

/// Lines that were acknowledged and are not there, or are there twice.
fn unkept(kept: &Kept, acknowledged: &[&Line]) -> usize {
    let is_there = |line: &&&Line| {
        let step = Step::Reached(line.stage);
        let known = kept.applications.get(&line.receipt);
        let same = known.into_iter().flat_map(|known| &known.milestones);
        same.filter(|(happened, is, ..)| *is == step && *happened == line.happened).count() == 1
    };
    acknowledged.iter().filter(|line| !is_there(line)).count()
}

/// Messages of several senders on their way.
struct Sending<'l> {
    /// Each sender's messages: their lines with the lines' numbers.
    messages: Vec<Vec<Vec<(usize, &'l Line)>>>,
    /// What each sends next: the first that nobody has acknowledged.
    next: [AtomicUsize; SENDERS],
    acknowledged: Mutex<Vec<&'l Line>>,
}

impl<'l> Sending<'l> {
    fn of(lines: &'l [Line]) -> Self {
        let own = |sender: usize| {
            let numbered = lines.iter().enumerate();
            let own: Vec<_> = numbered.filter(|(_, line)| line.person as usize % SENDERS == sender).collect();
            own.chunks(BATCH).map(<[_]>::to_vec).collect()
        };
        let messages = (0..SENDERS).map(own).collect();
        Self { messages, next: Default::default(), acknowledged: Mutex::default() }
    }

    /// Sends until everything is acknowledged or the server is gone.
    fn send(&self, address: &str, secret: &str) {
        scope(|scope| {
            for (sender, (messages, next)) in self.messages.iter().zip(&self.next).enumerate() {
                let client = Sender::of(address, secret);
                scope.spawn(move || {
                    while let Some(message) = messages.get(next.load(Ordering::Relaxed)) {
                        let name = format!("{sender}-{}", next.load(Ordering::Relaxed));
                        let Ok((status, told)) = client.send(&name, &events(message)) else { return };
                        assert_eq!(status, 207, "{told}");
                        assert!(all_taken(&told, message.len()), "{told}");
                        let taken = message.iter().map(|(_, line)| *line);
                        self.acknowledged.lock().unwrap().extend(taken);
                        next.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
    }

    /// Everything acknowledged, each line once.
    fn acknowledged(&self) -> Vec<&'l Line> {
        let mut lines = self.acknowledged.lock().unwrap().clone();
        lines.sort_unstable_by_key(|line| (line.receipt.as_str(), line.happened));
        lines.dedup_by_key(|line| (line.receipt.as_str(), line.happened));
        lines
    }

    /// A sender that lost its own notes sends again what was acknowledged already.
    fn tell_the_last_again(&self) {
        let step_back = |next: usize| Some(next.saturating_sub(1));
        for next in &self.next {
            next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step_back).unwrap();
        }
    }
}

fn events(message: &[(usize, &Line)]) -> Value {
    message.iter().map(|(number, line)| event(*number, line)).collect()
}

/// Whether every event was recorded, now or before.
fn all_taken(told: &Value, count: usize) -> bool {
    let known = |word: &str| told["tally"][word].as_u64().unwrap();
    known("recorded") + known("repeated") == count as u64
}
