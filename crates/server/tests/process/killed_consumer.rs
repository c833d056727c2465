//! kill -9 of a stream's consumer: what it acknowledged is there, and nothing is there twice.

use crate::kept::Kept;
use crate::kills::{KILLS, Moments, STORIES, chance};
use crate::nats::{DURABLE, Nats, STREAM, structured};
use crate::stream::County;
use crate::telling::{Line, lines};
use async_nats::jetstream::consumer::PullConsumer;
use futures_util::StreamExt as _;
use rand::RngExt as _;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Small batches, so that there are many moments between recording and acknowledging.
const BATCH: &str = "20";

/// Applications enough that no story comes to the end of its stream.
const APPLICATIONS: u32 = 600;

#[test]
fn killed_at_fifty_moments_a_consumer_loses_and_doubles_nothing() {
    killed();
}

mod long {
    #[test]
    fn killed_at_five_hundred_moments_a_consumer_loses_and_doubles_nothing() {
        (0..super::STORIES).for_each(|_| super::killed());
    }
}

fn killed() {
    let (mut chance, lines) = (chance(), lines(APPLICATIONS));
    let (whole, nats) = (County::new(), streamed(&lines));
    let started = Instant::now();
    let consumer = whole.consume(&nats, BATCH);
    nats.wait_until_taken();
    let pace = started.elapsed().mul_f64(BATCH.parse::<f64>().unwrap() / lines.len() as f64);
    drop(consumer);
    let expected = Kept::of(&whole.data());
    assert_eq!(expected.milestones(), lines.len());

    let (place, nats, mut moments) = (like(&whole), streamed(&lines), Moments::default());
    for kill in 0..KILLS {
        let before = acknowledged(&nats, &lines);
        let mut consumer = place.consume(&nats, BATCH);
        let upto: f64 = chance.random_range(0.0..4.0);
        wait_for(&nats, &lines, before, upto as usize);
        sleep(pace.mul_f64(upto.fract()));
        assert!(consumer.kill(), "the consumer had ended by itself: {}", consumer.said());
        let acknowledged = acknowledged(&nats, &lines);
        moments.count(acknowledged > before, acknowledged == lines.len());
        let waiting = place.json(&["held", "list"]).as_array().unwrap().len();
        let kept = place.counts().0 + waiting;
        assert!(acknowledged <= kept, "{acknowledged} are acknowledged, {kept} are kept, after kill {kill}");
    }
    moments.are_mostly_amid();
    let consumer = place.consume(&nats, BATCH);
    nats.wait_until_taken();
    drop(consumer);
    let kept = Kept::of(&place.data());
    assert!(kept == expected, "{} milestones instead of {}", kept.milestones(), lines.len());
    an_early_acknowledgement_is_noticed(&whole, &lines, &expected);
}

/// How many messages the server need not deliver again.
fn acknowledged(nats: &Nats, lines: &[Line]) -> usize {
    let (delivered, undelivered) = nats.pending();
    lines.len() - delivered - usize::try_from(undelivered).unwrap()
}

/// Waits until so many more batches are acknowledged, or all there is.
fn wait_for(nats: &Nats, lines: &[Line], before: usize, batches: usize) {
    let upto = lines.len().min(before + batches * BATCH.parse::<usize>().unwrap());
    let started = Instant::now();
    while acknowledged(nats, lines) < upto {
        assert!(started.elapsed() < Duration::from_secs(60), "the consumer does not get on");
        sleep(Duration::from_millis(1));
    }
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
