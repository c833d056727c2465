//! kill -9 of a stream's consumer: what it acknowledged is there, and nothing is there twice.

use crate::kept::Kept;
use crate::nats::{DURABLE, Nats, STREAM, structured};
use crate::stream::County;
use crate::telling::{Line, lines};
use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt as _;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::fs;
use std::thread::sleep;
use std::time::Instant;

/// Small batches, so that there are many moments between recording and acknowledging.
const BATCH: &str = "20";

#[test]
fn killed_at_five_moments_a_consumer_loses_and_doubles_nothing() {
    killed(200, 5);
}

mod long {
    #[test]
    fn killed_at_fifty_moments_a_consumer_loses_and_doubles_nothing() {
        super::killed(1_000, 50);
    }
}

fn killed(applications: u32, times: u32) {
    let lines = lines(applications);
    let (whole, nats) = (County::new(), streamed(&lines));
    let started = Instant::now();
    let consumer = whole.consume(&nats, BATCH);
    nats.wait_until_taken();
    let takes = started.elapsed();
    drop(consumer);
    let expected = Kept::of(&whole.data());
    assert_eq!(expected.milestones(), lines.len());

    let (place, nats) = (like(&whole), streamed(&lines));
    let mut rng = StdRng::seed_from_u64(119_900);
    for _ in 0..times {
        let mut consumer = place.consume(&nats, BATCH);
        // On the way through the stream, not at its end.
        sleep(takes.mul_f64(rng.random_range(0.0..2.0) / f64::from(times)));
        consumer.kill();
        let (delivered, undelivered) = nats.pending();
        let acknowledged = lines.len() - delivered - usize::try_from(undelivered).unwrap();
        let waiting = place.json(&["held", "list"]).as_array().unwrap().len();
        let kept = place.counts().0 + waiting;
        assert!(acknowledged <= kept, "{acknowledged} are acknowledged, {kept} are kept");
    }
    let consumer = place.consume(&nats, BATCH);
    nats.wait_until_taken();
    drop(consumer);
    let kept = Kept::of(&place.data());
    assert!(kept == expected, "{} milestones instead of {}", kept.milestones(), lines.len());
    an_early_acknowledgement_is_noticed(&whole, &lines, &expected);
}

/// The control: the same comparison after a consumer that acknowledges before it records, and dies in between.
fn an_early_acknowledgement_is_noticed(whole: &County, lines: &[Line], expected: &Kept) {
    let (place, nats) = (like(whole), streamed(lines));
    nats.speak(async |jetstream| {
        let consumer: PullConsumer = jetstream.get_consumer_from_stream(DURABLE, STREAM).await.unwrap();
        let mut batch = consumer.fetch().max_messages(20).messages().await.unwrap();
        while let Some(message) = batch.next().await {
            message.unwrap().double_ack().await.unwrap();
        }
    });
    let consumer = place.consume(&nats, BATCH);
    nats.wait_until_taken();
    drop(consumer);
    assert!(Kept::of(&place.data()) != *expected);
}

/// Another folder with the same keys, so that the same events have the same hashes.
fn like(whole: &County) -> County {
    let place = County::with_keys(&fs::read(whole.data().join("keys.toml")).unwrap());
    assert_eq!(place.counts(), (0, 0));
    place
}

/// A stream with these messages.
fn streamed(lines: &[Line]) -> Nats {
    let nats = Nats::impatient();
    let numbered = lines.iter().enumerate();
    nats.publish(numbered.map(|(number, line)| structured(&number.to_string(), &line.cells(number))));
    nats
}
