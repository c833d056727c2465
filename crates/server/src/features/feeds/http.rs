//! The addresses at which feeds report: events one by one or many at a time, and whole files.

#[cfg(test)]
mod tests;

use super::door::{Signed, SignedFile};
use super::events::{self, Event, Message, Unreadable};
use super::examples;
use super::fields::{Field, Item};
use super::idempotent::once;
use super::params::{OfFeed, Refusals, SignedBy};
use super::refused::Refused;
use super::report::{Fate, UNREADABLE};
use super::upload::{Uploaded, upload};
use super::view::{EventView, FileView, MessageView, ReportView, Taken};
use super::ways::{Way, around};
use crate::shell::problem::ProblemView;
use axum::http::StatusCode;
use i18n::Language;
use std::sync::Arc;
use store::record::{Outcome, Unknown};
use web::{Failure, Reply};

/// Reports milestones as events (CloudEvents 1.0).
///
/// One event as `application/cloudevents+json`, up to 1,000 as `application/cloudevents-batch+json`, or one in `ce-`
/// headers with its data as `application/json`. Signed by Standard Webhooks. What is acknowledged is on disk.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/feeds/{feed}/milestones", tag = "feeds", params(
    OfFeed,
    SignedBy,
    ("Idempotency-Key" = Option<String>, Header, pattern = r#"^([!#-~]{1,200}|"[!#-~]{1,200}")$"#, description = "1 to 200 visible characters of ASCII, plain or in quotation marks. The same key with the same message gets the same answer for 24 hours."),
    ("Accept-Language" = Option<String>, Header, description = "The language of the texts; Chinese where none is named.", example = "en"),
), request_body(content(
    (EventView = "application/cloudevents+json", example = json!(examples::event())),
    (Vec<EventView> = "application/cloudevents-batch+json", example = json!(examples::batch())),
    (ReportView = "application/json"),
)), responses(
    Refusals,
    (status = 200, description = "What became of the one event.", body = MessageView, example = json!(examples::recorded())),
    (status = 207, description = "What became of each event of a list.", body = MessageView, example = json!(examples::several())),
    (status = 409, description = "The feed is paused or removed, a message with the same Idempotency-Key is under way, or the webhook-id stands for another message.", body = ProblemView, content_type = "application/problem+json"),
    (status = 413, description = "More than 1 MiB, or more than 1,000 events.", body = ProblemView, content_type = "application/problem+json"),
    (status = 415, description = "No CloudEvents as JSON.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "The one event was not taken; `errors` points at why. Or the key stands for another message.", body = ProblemView, content_type = "application/problem+json", example = json!(examples::rejected())),
))]
pub async fn milestones(signed: Signed) -> Result<Reply, Refused> {
    let l = signed.l;
    let read = events::read(&signed.headers, &signed.body).map_err(|why| unreadable(l, why))?;
    let (mut events, batch) = match read {
        Message::Single(event) => (vec![event], false),
        Message::Batch(events) => (events, true),
    };
    let waits = |seconds| Refused::too_many(l, l.feeds_problem_too_many_requests_detail(), seconds);
    signed.app.feeds.admit_events(signed.feed.id, events.len()).map_err(waits)?;
    let items = reports(&mut events);
    let signed = Arc::new(signed);
    let its = Arc::clone(&signed);
    let taken = signed.within(async move {
        let taken = once(&its, recorded(&its, &items)).await?;
        // Of a list each has its word; a single one that was not taken may be put right under its name.
        if batch || taken.iter().any(|taken| taken.outcome != "rejected") {
            its.taken();
        }
        Ok(taken)
    });
    let taken = taken.await?;
    told(&signed, &MessageView::new(l, &events, taken, batch), batch)
}

/// What became of reports, and what that costs their feed.
async fn recorded(signed: &Signed, items: &[Item]) -> Result<Vec<Taken>, Refused> {
    may_guess(signed, items)?;
    let fates = signed.intake()?.take(items, Unknown::Kept).await;
    let fates = fates.map_err(|why| Refused::closed(signed.l, why))?;
    around(&signed.app).count(&signed.feed.name, Way::Api, &fates);
    signed.guessed(fates.iter().filter(|fate| **fate == Fate::Told(Outcome::OtherApplication)).count());
    Ok(fates.into_iter().map(Taken::from).collect())
}

/// The reports of the events that could be read.
fn reports(events: &mut [Event]) -> Vec<Item> {
    let whole = events.iter_mut().filter(|event| event.fault.is_none());
    whole.map(|event| Ok(std::mem::take(&mut event.fields))).collect()
}

/// Whether a message may be compared with applications: one that names people waits where its feed named the wrong ones.
fn may_guess(signed: &Signed, items: &[Item]) -> Result<(), Refused> {
    let names = |item: &Item| item.as_ref().is_ok_and(|cells| cells.get(Field::CitizenNumber).is_some());
    if items.iter().any(names) { signed.may_guess() } else { Ok(()) }
}

fn unreadable(l: Language, why: Unreadable) -> Refused {
    match why {
        Unreadable::MediaType => Refused::media_type(l, l.feeds_problem_media_type_events()),
        Unreadable::Malformed => Refused::malformed(l, l.feeds_problem_malformed_events()),
        Unreadable::TooMany => Refused::too_large(l, l.feeds_problem_too_large_events()),
    }
}

/// A list gets an entry for each; an event by itself that was not taken is a problem.
fn told(signed: &Signed, view: &MessageView, batch: bool) -> Result<Reply, Refused> {
    let rejected = view.items.iter().find(|item| !batch && item.outcome == "rejected");
    if let Some(item) = rejected {
        if item.reason == Some(UNREADABLE) {
            return Err(Failure::internal("what is stored of an application cannot be read").into());
        }
        let pointer = item.pointer.clone().unwrap_or_default();
        let (code, detail) = (item.reason.unwrap_or_default(), item.detail.unwrap_or_default());
        return Err(Refused::invalid(signed.l, pointer, code, detail));
    }
    let status = if batch { StatusCode::MULTI_STATUS } else { StatusCode::OK };
    Ok(signed.answer(view)?.with_status(status))
}

/// Reports milestones as a whole file.
///
/// CSV, JSON Lines, XML or XLSX, as it is or packed with gzip or zstd; its columns are those of FEEDS.md. Signed like a
/// message. Lines in any order: a milestone waits until the end for the line that opens its application.
///
/// # Errors
/// Every failure is problem+json.
#[utoipa::path(post, path = "/api/v1/feeds/{feed}/files", tag = "feeds", params(
    OfFeed,
    SignedBy,
    ("Content-Encoding" = Option<String>, Header, description = "`gzip` or `zstd`."),
), request_body(content(
    (String = "text/csv", example = json!(examples::file())),
    (String = "application/x-ndjson"),
    (String = "application/xml"),
    (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
)), responses(
    Refusals,
    (status = 200, description = "How many lines had which outcome, and the first 10,000 that were not recorded.", body = FileView, example = json!(examples::imported())),
    (status = 415, description = "No type that is read here.", body = ProblemView, content_type = "application/problem+json"),
    (status = 422, description = "The file cannot be read, or not to its end; `detail` says where it stopped.", body = ProblemView, content_type = "application/problem+json"),
))]
pub async fn files(SignedFile(signed): SignedFile) -> Result<Reply, Refused> {
    let signed = Arc::new(signed);
    let Uploaded { tally, lines } = upload(&signed).await?;
    signed.answer(&FileView { tally: tally.into(), lines })
}
