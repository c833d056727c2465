//! Shows what became of reports: a tally, and an entry for each.

use super::events::{Event, Fault};
use super::report::{Fate, Tally};
use super::words::{self, Reason};
use i18n::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of one report, without a word of its sender.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Taken {
    /// `recorded`, `repeated`, `held`, `waiting` or `rejected`.
    pub(super) outcome: String,
    /// The cell that is to blame.
    pub(super) column: Option<String>,
    /// Why, in a word.
    pub(super) reason: Option<String>,
}

impl From<Fate> for Taken {
    fn from(fate: Fate) -> Self {
        let (column, reason) = fate.reason();
        Self {
            outcome: fate.outcome().to_owned(),
            column: column.map(str::to_owned),
            reason: reason.map(str::to_owned),
        }
    }
}

/// How many reports had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct TallyView {
    /// Kept, and they count.
    pub recorded: u64,
    /// Known already; nothing changed.
    pub repeated: u64,
    /// Kept, but they cannot be true beside the rest, and wait for a person.
    pub held: u64,
    /// Kept until their application appears.
    pub waiting: u64,
    /// Not kept.
    pub rejected: u64,
}

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageView {
    /// How many events had which outcome.
    pub tally: TallyView,
    /// Every event of the message, in its order.
    pub items: Vec<ItemView>,
}

/// What became of one event.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemView {
    /// Its place in the message, from 0.
    pub index: usize,
    /// Its id, as it was sent.
    pub id: Option<String>,
    /// `recorded`, `repeated`, `held`, `waiting` or `rejected`.
    pub outcome: String,
    /// Why, for programs; the words are listed in FEEDS.md.
    pub reason: Option<&'static str>,
    /// What is to blame: a JSON pointer into the body, or into the event where it came in headers.
    pub pointer: Option<String>,
    /// Why, and what to do, for people.
    pub detail: Option<&'static str>,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileView {
    /// How many lines had which outcome.
    pub tally: TallyView,
    /// The lines that were not recorded, 10,000 at the most, those that waited for their application last.
    pub lines: Vec<LineView>,
}

/// What became of one line of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineView {
    /// Its number, from 1; of a file that names its columns, these are line 1.
    pub line: u64,
    /// `recorded`, `repeated`, `held`, `waiting` or `rejected`.
    pub outcome: String,
    /// The column that is to blame.
    pub column: Option<String>,
    /// Why, for programs; the words are listed in FEEDS.md.
    pub reason: Option<&'static str>,
    /// Why, and what to do, for people.
    pub detail: Option<&'static str>,
}

impl LineView {
    pub(super) fn new(
        l: Language,
        line: u64,
        outcome: String,
        column: Option<&str>,
        reason: Option<&str>,
    ) -> Self {
        let reason = reason.map(|code| words::reason(l, &outcome, code));
        Self {
            line,
            column: column.map(str::to_owned),
            reason: reason.map(|reason| reason.code),
            detail: reason.map(|reason| reason.text),
            outcome,
        }
    }
}

/// One event, as CloudEvents 1.0 writes it in JSON; attributes that are not listed are ignored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventView {
    /// `1.0`.
    pub specversion: String,
    /// The event's id; with `source` it is known again.
    pub id: String,
    /// The system that tells of it.
    pub source: String,
    /// `cn.jindu.milestone.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The receipt number, where the data has none.
    pub subject: Option<String>,
    /// When it happened, where the data does not say.
    pub time: Option<String>,
    /// `application/json`.
    pub datacontenttype: Option<String>,
    /// What is reported: the columns of FEEDS.md.
    pub data: ReportView,
}

/// What is reported: texts or whole numbers, as in a column of that name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportView {
    /// The application.
    pub receipt_number: Option<String>,
    /// A code of the feed's table, a stage, or `paused:…`, `resumed`, `extended:…`, `withdraws:…`.
    pub step: String,
    /// Where it happened.
    pub organ: String,
    /// When it happened.
    pub happened_at: Option<String>,
    /// The feed's own id of the event, where it is not that of the CloudEvent.
    pub event_id: Option<String>,
    /// Why, where something went wrong.
    pub cause: Option<String>,
    /// To open the application.
    pub citizen_number: Option<String>,
    /// To open the application.
    pub name: Option<String>,
    /// The guardian of a minor.
    pub guardian: Option<String>,
    /// To open the application.
    pub applied_on: Option<String>,
    /// To open the application.
    pub reason: Option<String>,
    /// `counter` or `mail`.
    pub delivery: Option<String>,
    /// The organ that signs.
    pub signing_organ: Option<String>,
    /// The organ that hands out.
    pub handing_out_organ: Option<String>,
    /// The promised time in working days.
    pub promised_days: Option<u16>,
    /// The batch in which the card came.
    pub batch: Option<String>,
}

impl TallyView {
    pub(super) fn count(&mut self, outcome: &str) {
        let counter = match outcome {
            "recorded" => &mut self.recorded,
            "repeated" => &mut self.repeated,
            "held" => &mut self.held,
            "waiting" => &mut self.waiting,
            _ => &mut self.rejected,
        };
        *counter += 1;
    }
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        let Tally { recorded, repeated, held, waiting, rejected, .. } = tally;
        Self { recorded, repeated, held, waiting, rejected }
    }
}

impl MessageView {
    /// The events of a message and what became of those that could be read, in order.
    pub(super) fn new(l: Language, events: &[Event], taken: Vec<Taken>, batch: bool) -> Self {
        let mut taken = taken.into_iter();
        let mut tally = TallyView::default();
        let items = events.iter().enumerate().map(|(index, event)| {
            let place = if batch { format!("/{index}") } else { String::new() };
            let item = match &event.fault {
                Some(fault) => ItemView::faulty(l, index, event, fault, &place),
                None => ItemView::taken(l, index, event, taken.next(), &place),
            };
            tally.count(&item.outcome);
            item
        });
        let items = items.collect();
        Self { tally, items }
    }
}

impl ItemView {
    fn faulty(l: Language, index: usize, event: &Event, fault: &Fault, place: &str) -> Self {
        let outcome = "rejected".to_owned();
        let Reason { code, text } = words::reason(l, &outcome, fault.code);
        let pointer = Some(format!("{place}{}", fault.pointer));
        Self { index, id: event.id.clone(), outcome, reason: Some(code), pointer, detail: Some(text) }
    }

    fn taken(l: Language, index: usize, event: &Event, taken: Option<Taken>, place: &str) -> Self {
        let Taken { outcome, column, reason } = taken.unwrap_or_else(Taken::lost);
        let reason = reason.map(|code| words::reason(l, &outcome, &code));
        Self {
            index,
            id: event.id.clone(),
            reason: reason.map(|reason| reason.code),
            pointer: column.map(|column| format!("{place}{}", event.pointer(&column))),
            detail: reason.map(|reason| reason.text),
            outcome,
        }
    }
}

impl Taken {
    /// An event of which nothing was said: the message that was remembered was read otherwise by an earlier version.
    fn lost() -> Self {
        Self { outcome: "rejected".to_owned(), column: None, reason: Some("other".to_owned()) }
    }
}
