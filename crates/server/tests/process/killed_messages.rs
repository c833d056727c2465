//! kill -9 while feeds send messages: what was acknowledged is there, and nothing is there twice.

use crate::kept::Kept;
use crate::kills::{KILLS, Moments, STORIES, chance};
use crate::messages::{Sender, event, served};
use crate::stream::County;
use crate::telling::{Line, lines};
use rand::RngExt as _;
use serde_json::Value;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

/// Events in one message.
const BATCH: usize = 20;
/// Senders at the same time; each tells of its own people, in order.
const SENDERS: usize = 2;

/// Applications enough that no story comes to the end of its messages.
const APPLICATIONS: u32 = 600;

#[test]
fn killed_at_fifty_moments_a_server_loses_and_doubles_no_message() {
    killed();
}

mod long {
    #[test]
    fn killed_at_five_hundred_moments_a_server_loses_and_doubles_no_message() {
        (0..super::STORIES).for_each(|_| super::killed());
    }
}

fn killed() {
    let (mut chance, lines) = (chance(), lines(APPLICATIONS));
    let (expected, keys, pace) = undisturbed(&lines);
    let place = County::with_keys(&keys);
    let sending = Sending::of(&lines);
    let (mut secret, mut moments) = (None, Moments::default());
    for kill in 0..KILLS {
        let (mut server, its) = served(&place, secret.as_deref());
        let (address, before) = (server.address(), sending.count());
        scope(|scope| {
            let sender = scope.spawn(|| sending.send(&address, &its));
            let upto: f64 = chance.random_range(0.0..4.0);
            while sending.count() - before < upto as usize && !sender.is_finished() {
                sleep(Duration::from_millis(1));
            }
            sleep(pace.mul_f64(upto.fract()));
            let all = sender.is_finished();
            assert!(server.kill(), "the server had ended by itself: {}", server.said());
            moments.count(sending.count() > before, all);
            sender.join().unwrap();
        });
        assert_eq!(Kept::of(&place.data()).lacks(&sending.acknowledged()), 0, "after kill {kill}");
        secret = Some(its);
        if kill % 3 == 0 {
            sending.tell_the_last_again();
        }
    }
    moments.are_mostly_amid();
    let (mut server, its) = served(&place, secret.as_deref());
    sending.send(&server.address(), &its);
    drop(server);
    let kept = Kept::of(&place.data());
    assert!(kept == expected, "{} milestones instead of {}", kept.milestones(), lines.len());
    an_early_acknowledgement_is_noticed(&keys, &lines, &expected);
}

/// What is there when nobody kills, with which keys, and how long a message takes.
fn undisturbed(lines: &[Line]) -> (Kept, Vec<u8>, Duration) {
    let (whole, sending) = (County::new(), Sending::of(lines));
    let (mut server, secret) = served(&whole, None);
    let address = server.address();
    let started = Instant::now();
    sending.send(&address, &secret);
    let pace = started.elapsed() / u32::try_from(sending.count()).unwrap();
    drop(server);
    let kept = Kept::of(&whole.data());
    assert_eq!((kept.milestones(), sending.acknowledged().len()), (lines.len(), lines.len()));
    (kept, fs::read(whole.data().join("keys.toml")).unwrap(), pace)
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
    assert_eq!(kept.lacks(&believed), believed.len());
}

/// Messages of several senders on their way.
struct Sending<'l> {
    /// Each sender's messages: their lines with the lines' numbers.
    messages: Vec<Vec<Vec<(usize, &'l Line)>>>,
    /// What each sends next: the first that nobody has acknowledged.
    next: [AtomicUsize; SENDERS],
    acknowledged: Mutex<Vec<&'l Line>>,
    count: AtomicUsize,
}

impl<'l> Sending<'l> {
    fn of(lines: &'l [Line]) -> Self {
        let own = |sender: usize| {
            let numbered = lines.iter().enumerate();
            let own: Vec<_> = numbered.filter(|(_, line)| line.person as usize % SENDERS == sender).collect();
            own.chunks(BATCH).map(<[_]>::to_vec).collect()
        };
        let messages = (0..SENDERS).map(own).collect();
        Self {
            messages,
            next: Default::default(),
            acknowledged: Mutex::default(),
            count: AtomicUsize::new(0),
        }
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
                        self.count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
    }

    /// How many messages were acknowledged, those that were sent again too.
    fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
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
