//! `jindu held …`: what waits for a person, why, and what the person decides.

use super::held_after::{moved, of_item, stand};
use super::letters;
use crate::app::Failed;
use crate::clock::Clock;
use crate::features::feeds::events::Fault;
use crate::features::feeds::fields::{Broken, Field, Fields};
use crate::features::feeds::intake::Intake;
use crate::features::feeds::{correction, words};
use domain::milestone::{FeedId, Milestone, Step};
use domain::moment::Moment;
use domain::receipt::ReceiptFormat;
use i18n::Language;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;
use store::audit::Entry;
use store::feed::{Feed, State};
use store::held::{self, Decided, HeldId, Why};
use store::{Store, Work, dead_letter, feed};

/// Who decides at a terminal.
pub(super) const ACTOR: &str = "command:held";

/// A correction, as it is shown.
const WITHDRAWS: &str = "withdraws";

/// Which one is meant: a number for a report, `d` and a number for a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A held report.
    Report(HeldId),
    /// A message of a stream that could not be taken.
    Letter(i64),
}

impl Number {
    /// Reads the number as the list shows it.
    ///
    /// # Errors
    /// Says how numbers look.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let read = match typed.strip_prefix('d') {
            Some(letter) => letter.parse().map(Self::Letter),
            None => typed.parse().map(HeldId).map(Self::Report),
        };
        read.map_err(|_| format!("{typed:?} is no number of `jindu held list`, such as 12 or d3"))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(id) => write!(f, "{}", id.0),
            Self::Letter(id) => write!(f, "d{id}"),
        }
    }
}

pub(super) async fn names(store: &Store) -> Result<HashMap<FeedId, String>, Failed> {
    Ok(feed::all(&store.read()).await?.into_iter().map(|feed| (feed.id, feed.name)).collect())
}

/// Who looked at what names people, and when: a look leaves its entry before it is shown.
///
/// # Errors
/// Fails when the database does; then nothing is to be shown.
pub(super) async fn looked(
    store: &Store,
    actor: &str,
    at: Moment,
    action: &'static str,
    detail: String,
) -> Result<(), Failed> {
    let entry = Entry { at, actor: actor.to_owned(), action, detail };
    Ok(store.write(entry, |_| -> Work<'_, ()> { Box::pin(async { Ok(()) }) }).await?)
}

/// One of them, explained. Names the application by its receipt number: it is for the person who decides.
#[derive(Debug, Default, Serialize)]
pub struct Explained {
    number: String,
    feed: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'static str>,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organ: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    happened_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_now: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    against: Vec<Against>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// What leaves it no place: the first that a feed told of.
#[derive(Debug, Serialize)]
struct Against {
    feed: String,
    step: String,
    organ: String,
    happened_at: String,
}

/// Explains one, with what could be done about it. It may name an application, so the look stands in the log of changes.
///
/// # Errors
/// Names a number that nothing has.
pub async fn show(store: &Store, now: Moment, number: Number) -> Result<Explained, Failed> {
    let explained = look(store, number).await?;
    looked(store, ACTOR, now, "show_held", number.to_string()).await?;
    Ok(explained)
}

async fn look(store: &Store, number: Number) -> Result<Explained, Failed> {
    let names = names(store).await?;
    let name = |feed: FeedId| names.get(&feed).cloned().unwrap_or_default();
    let missing = || format!("nothing in the held queue has the number {number}");
    match number {
        Number::Letter(id) => {
            let letter = dead_letter::one(&store.read(), id).await?.ok_or_else(missing)?;
            Ok(Explained {
                number: number.to_string(),
                feed: name(letter.feed),
                suggestion: Some(letters::suggestion(&letter.why)),
                reason: letter.why,
                since: letter.since.to_rfc3339(),
                message: Some(letter.origin),
                ..Explained::default()
            })
        }
        Number::Report(id) => {
            let found = held::one(&store.read(), store.keys(), id).await?.ok_or_else(missing)?;
            let (item, told) = (found.item, found.milestone);
            let against = held::against(&store.read(), &item).await?.into_iter().map(|by| Against {
                feed: name(by.feed),
                step: said(by.step),
                organ: by.organ.to_string(),
                happened_at: by.happened.to_rfc3339(),
            });
            Ok(Explained {
                number: number.to_string(),
                feed: name(item.feed),
                reason: item.why.as_str().to_owned(),
                suggestion: item.closed.is_none().then(|| suggestion(item.why)),
                since: item.since.to_rfc3339(),
                until: item.until.map(Moment::to_rfc3339),
                receipt_number: Some(found.number).filter(|number| !number.is_empty()),
                step: told.as_ref().map(|told| said(told.step)),
                organ: told.as_ref().map(|told| told.organ.to_string()),
                happened_at: told.as_ref().map(|told| told.happened.to_rfc3339()),
                stage_now: found.progress.map(|progress| progress.stage.as_str()),
                against: against.collect(),
                settled: item.closed.map(|(how, _)| how.as_str()),
                settled_at: item.closed.map(|(_, at)| at.to_rfc3339()),
                message: None,
            })
        }
    }
}

/// The word of a step, without what stands for the id of an event: nobody knows it again.
fn said(step: Step) -> String {
    match step {
        Step::Withdraws(_) => WITHDRAWS.to_owned(),
        step => step.word().into_owned(),
    }
}

/// What it means, and what could be done about it.
fn suggestion(why: Why) -> &'static str {
    let outcome = if why == Why::UnknownApplication { "waiting" } else { "held" };
    words::reason(Language::En, outcome, why.as_str()).text
}

/// One for people.
#[must_use]
pub fn explained(is: &Explained) -> String {
    let settled = is.settled.map(|how| match &is.settled_at {
        Some(at) => format!("{how}, {at}"),
        None => how.to_owned(),
    });
    let facts = [
        ("receipt number", is.receipt_number.as_deref()),
        ("said", is.step.as_deref()),
        ("at", is.organ.as_deref()),
        ("happened", is.happened_at.as_deref()),
        ("stage now", is.stage_now),
        ("message", is.message.as_deref()),
        ("held since", Some(is.since.as_str())),
        ("waits until", is.until.as_deref()),
        ("settled", settled.as_deref()),
    ];
    let mut text = format!("{} of {}: {}\n", is.number, is.feed, is.reason);
    let known = facts.into_iter().filter_map(|(fact, value)| Some((fact, value?)));
    text.extend(known.map(|(fact, value)| format!("  {fact}: {value}\n")));
    text.extend(is.against.iter().map(|Against { feed, step, organ, happened_at }| {
        format!("  against it: {step} of {feed}, at {organ}, {happened_at}\n")
    }));
    if is.step.as_deref() == Some(WITHDRAWS) {
        text += "  The id of the event that it withdraws is not kept. In what the feed sent, look for a line with this \
                 receipt_number, organ and happened_at.\n";
    }
    text.extend(is.suggestion.map(|suggestion| format!("{suggestion}\n")));
    text
}

/// A reason that says something: it stands in the log of changes for good.
///
/// # Errors
/// Refuses an empty one, one that is too long for a line, and one with a number of a person.
pub fn reason(why: String) -> Result<String, String> {
    let refused = |_| {
        format!(
            "--why takes one line of at most {} characters, without numbers of people",
            correction::LONGEST
        )
    };
    correction::reason(&why).map_err(refused).map(|()| why)
}

/// What really happened, as far as it was typed; the rest is as it was told.
#[derive(Debug, Default)]
pub struct Corrected {
    /// The step.
    pub step: Option<String>,
    /// The moment.
    pub happened: Option<String>,
    /// The organ.
    pub organ: Option<String>,
    /// The application, where the report named the wrong one.
    pub receipt: Option<String>,
}

impl Corrected {
    fn is_nothing(&self) -> bool {
        [&self.step, &self.happened, &self.organ, &self.receipt].into_iter().all(Option::is_none)
    }

    /// The cells of what happened.
    fn cells(&self, told: &Milestone) -> Result<Fields, Broken> {
        let or = |typed: &Option<String>, told: &dyn Fn() -> String| typed.clone().unwrap_or_else(told);
        let mut cells = Fields::default();
        cells.set(Field::Step, &or(&self.step, &|| told.step.word().into_owned()))?;
        cells.set(Field::Organ, &or(&self.organ, &|| told.organ.to_string()))?;
        cells.set(Field::HappenedAt, &or(&self.happened, &|| told.happened.to_rfc3339()))?;
        told.cause.map_or(Ok(()), |cause| cells.set(Field::Cause, cause.as_str()))?;
        self.receipt.as_ref().map_or(Ok(()), |receipt| cells.set(Field::ReceiptNumber, receipt))?;
        Ok(cells)
    }

    /// What is wrong with what was typed; a receipt number is not repeated.
    fn wrong(&self, pointer: &str, code: &str) -> String {
        let (option, typed) = match pointer {
            "/step" => ("--step", self.step.as_deref()),
            "/organ" => ("--organ", self.organ.as_deref()),
            "/happened_at" => ("--happened", self.happened.as_deref()),
            "/receipt_number" => ("--receipt", None),
            _ => ("the correction", None),
        };
        let typed = typed.map(|typed| format!(" {typed:?}")).unwrap_or_default();
        format!("{option}{typed}: {}", words::reason(Language::En, "rejected", code).text)
    }
}

/// Tells what really happened instead of a held report: read as a report of its feed, by the feed's codes. Gives what
/// it moved, in words.
///
/// # Errors
/// Says which word is wrong, or why it cannot be.
pub async fn correct(
    store: &Store,
    receipts: &ReceiptFormat,
    now: Moment,
    id: HeldId,
    typed: &Corrected,
    why: String,
) -> Result<String, Failed> {
    if typed.is_nothing() {
        return Err(format!(
            "say what really happened: --step, --happened, --organ or --receipt. Where it is right as it is, `jindu held \
             release {}` lets it count",
            id.0
        )
        .into());
    }
    let missing = || format!("nothing in the held queue has the number {}", id.0);
    let found = held::one(&store.read(), store.keys(), id).await?.ok_or_else(missing)?;
    let told = found.milestone.ok_or_else(missing)?;
    let feed = feed::by_id(&store.read(), found.item.feed).await?.ok_or_else(missing)?;
    // The desk speaks, whether or not the feed may.
    let feed = Feed { state: State::Active, ..feed };
    let intake = Intake::of(store, receipts, feed, Clock::Frozen(now))?;
    let cells = typed.cells(&told).map_err(|broken| typed.wrong("", broken.as_str()))?;
    let correction = correction::read(&intake, cells, &found.number)
        .map_err(|Fault { pointer, code }| typed.wrong(&pointer, code))?;
    let other = correction.receipt.as_ref().map(|number| store.keys().receipt(number));
    let about = Some(other.unwrap_or(found.item.receipt));
    let was = stand(store, about).await;
    settled(id, held::correct(store, id, correction, why, ACTOR.to_owned(), now).await?)?;
    Ok(moved(&was, &stand(store, about).await))
}

/// Lets a held report count: the desk says so. Gives what it moved, in words.
///
/// # Errors
/// Says why it cannot be.
pub async fn release(store: &Store, now: Moment, id: HeldId, why: String) -> Result<String, Failed> {
    let about = of_item(store, id).await;
    let was = stand(store, about).await;
    settled(id, held::release(store, id, why, ACTOR.to_owned(), now).await?)?;
    Ok(moved(&was, &stand(store, about).await))
}

/// Sets a held report aside: it never happened. Gives what it moved, in words.
///
/// # Errors
/// Says why it cannot be.
pub async fn discard(store: &Store, now: Moment, id: HeldId, why: String) -> Result<String, Failed> {
    let about = of_item(store, id).await;
    let was = stand(store, about).await;
    settled(id, held::discard(store, id, why, ACTOR.to_owned(), now).await?)?;
    Ok(moved(&was, &stand(store, about).await))
}

fn settled(id: HeldId, decided: Decided) -> Result<(), Failed> {
    let number = id.0;
    match decided {
        Decided::Done => Ok(()),
        Decided::Unknown => Err(format!("nothing in the held queue has the number {number}").into()),
        Decided::Settled => {
            Err(format!("{number} was settled before; `jindu held show {number}` says how").into())
        }
        Decided::Refused(why) => {
            Err(format!("nothing changed: it would be held again ({})", why.as_str()).into())
        }
    }
}

pub(super) fn moment(typed: &str) -> Result<Moment, String> {
    Moment::parse(typed).ok_or_else(|| format!("{typed:?} is no moment; write it as 2026-01-05 09:00"))
}
