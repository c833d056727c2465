//! A stream as a way in: messages of a NATS JetStream server, by a durable consumer.
//!
//! A message is acknowledged after its reports are committed, and not before: what is delivered again meets what
//! it recorded and changes nothing. A message that cannot be taken is kept sealed in the held queue first, and
//! only then does the server hear that it shall not come back.

mod connection;
mod message;

use super::intake::{Closed, Intake};
use super::ways::{Around, Stop, Way};
use crate::app::Failed;
use crate::config;
use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::{AckKind, Message};
use connection::Consumer;
use futures_util::StreamExt as _;
pub(super) use message::{Letter, Taken};
use std::time::Duration;
use store::StoreError;
use store::audit::Entry;
use store::dead_letter::{self, DeadLetter};
use store::feed::DESK_NAME;
use store::record::Unknown;

/// How long to wait for the first message of a batch; a server that is gone is noticed a few seconds later.
const FIRST: Duration = Duration::from_secs(5);
/// How long the rest of a batch may take that the server has ready.
const REST: Duration = Duration::from_secs(5);
/// Bytes of a batch at most, beyond its first message.
const BATCH_BYTES: usize = 8 << 20;
/// The first and the longest pause before the next attempt after something failed.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// A message, what it holds, and what can be taken of that.
struct Delivered {
    message: Message,
    letter: Letter,
    taken: Taken,
}

/// Consumes until it is told to stop; the batch under way is finished. Whatever fails is told in the log and tried
/// again, with longer and longer pauses.
pub(super) async fn consume(around: &Around<'_>, setting: &config::Stream, mut stop: Stop) {
    let mut pause = PAUSES.0;
    while !stop.is_told() {
        let failed = match run(around, setting, &mut stop, &mut pause).await {
            Ok(()) => break,
            Err(failed) => failed,
        };
        let seconds = pause.as_secs();
        tracing::warn!(feed = setting.feed, stream = setting.stream, "trying again in {seconds} s: {failed}");
        stop.or_after(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
    tracing::info!(feed = setting.feed, stream = setting.stream, "stream stopped");
}

/// One connection, from its first batch to the first failure.
async fn run(
    around: &Around<'_>,
    setting: &config::Stream,
    stop: &mut Stop,
    pause: &mut Duration,
) -> Result<(), Failed> {
    if setting.feed == DESK_NAME {
        return Err(
            format!("{DESK_NAME:?} is the feed of people at a desk; no stream speaks for them").into()
        );
    }
    // A paused feed's messages stay where they are.
    open(around, setting).await?;
    let consumer = tokio::select! {
        connected = connection::connect(setting) => connected?,
        () = stop.told() => return Ok(()),
    };
    tracing::info!(feed = setting.feed, stream = setting.stream, "stream is consumed");
    while !stop.is_told() {
        let intake = open(around, setting).await?;
        let messages = gather(&consumer, setting.batch, stop).await?;
        if !messages.is_empty() {
            take(around, &intake, setting, &consumer, messages).await?;
        }
        *pause = PAUSES.0;
    }
    Ok(())
}

async fn open<'d>(around: &Around<'d>, setting: &config::Stream) -> Result<Intake<'d>, Closed> {
    Intake::open(around.store, around.receipts, &setting.feed, around.clock).await
}

/// The first message that comes, and those that are ready behind it.
async fn gather(consumer: &Consumer, most: u16, stop: &mut Stop) -> Result<Vec<Delivered>, Failed> {
    let first = consumer.pull.batch().max_messages(1).expires(FIRST).messages().await?;
    let mut messages = Vec::new();
    tokio::select! {
        drained = drain(first, &mut messages) => drained?,
        () = stop.told() => return Ok(messages),
    }
    if messages.is_empty() || most == 1 {
        return Ok(messages);
    }
    let rest = consumer.pull.fetch().max_messages(usize::from(most) - 1).max_bytes(BATCH_BYTES);
    let rest = rest.messages().await?;
    // A limit of bytes that is reached, like a server that goes silent, ends the batch and is no failure of it.
    if let Ok(Err(ended)) = tokio::time::timeout(REST, drain(rest, &mut messages)).await {
        tracing::debug!("a batch ended early: {ended}");
    }
    Ok(messages)
}

async fn drain(mut batch: pull::Batch, into: &mut Vec<Delivered>) -> Result<(), Failed> {
    while let Some(message) = batch.next().await {
        into.push(Delivered::of(message?));
    }
    Ok(())
}

impl Delivered {
    fn of(message: Message) -> Self {
        let headers = message.headers.iter().flat_map(|headers| headers.iter());
        let pairs =
            headers.flat_map(|(name, values)| values.iter().map(|value| (name.as_ref(), value.as_str())));
        let letter = Letter::new(pairs, &message.payload);
        Self { taken: letter.read(), letter, message }
    }

    /// What is kept of it where it cannot be taken.
    fn dead_letter(&self, stream: &str) -> Option<DeadLetter> {
        let why = self.taken.why.clone()?;
        // A stream numbers its messages: the same one delivered again is the same letter. One made anew counts from
        // 1 again, and its messages differ.
        let sequence = self.message.info().map(|info| info.stream_sequence).unwrap_or_default();
        Some(DeadLetter { origin: format!("{stream} {sequence}"), why, content: self.letter.packed() })
    }
}

/// Records a batch, keeps what cannot be taken, and then tells the server. What finds no room in the queue stays on the
/// stream, and what was recorded does not wait for it.
async fn take(
    around: &Around<'_>,
    intake: &Intake<'_>,
    setting: &config::Stream,
    consumer: &Consumer,
    mut messages: Vec<Delivered>,
) -> Result<(), Failed> {
    let kept = keep(around, intake, setting, &mut messages).await;
    let is_full = |failed: &Failed| matches!(failed.downcast_ref(), Some(StoreError::Full(_)));
    match &kept {
        Err(failed) if !is_full(failed) => {
            give_back(consumer, &messages).await;
            return kept;
        }
        _ => {}
    }
    for Delivered { message, taken, .. } in &messages {
        let word = match (taken.why.is_some(), kept.is_ok()) {
            (false, _) => AckKind::Ack,
            (true, true) => AckKind::Term,
            (true, false) => AckKind::Nak(Some(PAUSES.1)),
        };
        message.ack_with(word).await.map_err(|error| format!("the server does not hear us: {error}"))?;
    }
    consumer.client.flush().await?;
    kept
}

/// Keeps all of a batch for good: what can be taken as milestones, the rest as dead letters.
async fn keep(
    around: &Around<'_>,
    intake: &Intake<'_>,
    setting: &config::Stream,
    messages: &mut [Delivered],
) -> Result<(), Failed> {
    let counts: Vec<usize> = messages.iter().map(|each| each.taken.items.len()).collect();
    let items: Vec<_> = messages.iter_mut().flat_map(|each| std::mem::take(&mut each.taken.items)).collect();
    let fates = intake.take(&items, Unknown::Kept).await?;
    around.count(&setting.feed, Way::Stream, &fates);
    let mut fates = fates.as_slice();
    for (message, count) in messages.iter_mut().zip(counts) {
        let (own, others) = fates.split_at_checked(count).unwrap_or((fates, &[]));
        message.taken.note(own);
        fates = others;
    }
    let letters: Vec<_> = messages.iter().filter_map(|each| each.dead_letter(&setting.stream)).collect();
    if letters.is_empty() {
        return Ok(());
    }
    let detail = format!("{} messages", letters.len());
    tracing::warn!(feed = setting.feed, "{detail} cannot be taken; they wait in the held queue");
    let actor = format!("feed:{}", setting.feed);
    let entry = Entry { at: around.clock.now(), actor, action: "keep_dead_letters", detail };
    Ok(dead_letter::keep(around.store, intake.feed(), entry, letters).await?)
}

/// What is not recorded shall come again, soon; a server that does not hear it delivers again by itself.
async fn give_back(consumer: &Consumer, messages: &[Delivered]) {
    for Delivered { message, .. } in messages {
        if message.ack_with(AckKind::Nak(Some(PAUSES.0))).await.is_err() {
            return;
        }
    }
    if consumer.client.flush().await.is_err() {
        tracing::debug!("the server did not hear that messages shall come again");
    }
}
