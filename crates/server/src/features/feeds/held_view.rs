//! Shows what is held, and what may be decided about it.

use super::params::Whole;
use super::words;
use domain::milestone::Step;
use i18n::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::dead_letter::Kept;
use store::held::{Explained, Item, Why};
use utoipa::ToSchema;

/// What is held of a feed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldListView {
    /// The items, oldest first.
    pub items: Vec<HeldView>,
    /// What to ask for `after` to get the next page; null where this is the last.
    pub next: Option<i64>,
}

/// One held item. What was reported is shown where it is asked for by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldView {
    /// Its number.
    pub held: i64,
    /// Why it is held, for programs; the words are listed in FEEDS.md.
    pub reason: &'static str,
    /// Why, and what to do, for people.
    pub detail: &'static str,
    /// Since when (RFC 3339).
    pub since: String,
    /// Until when it waits for its application.
    pub until: Option<String>,
    /// How it was settled: `recorded`, `resolved`, `released`, `corrected`, `discarded`, `expired`; null while held.
    pub settled: Option<&'static str>,
    /// When it was settled.
    pub settled_at: Option<String>,
    /// What was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported: Option<ReportedView>,
    /// The stage of the application without it; left out where it is not opened, or nothing of this feed counts there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
}

/// What was reported.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportedView {
    /// The application.
    pub receipt_number: String,
    /// What happened; a correction's event is not named, for only its hash is kept.
    pub step: String,
    /// Where.
    pub organ: String,
    /// When (RFC 3339).
    pub happened_at: String,
    /// Why, where something went wrong.
    pub cause: Option<&'static str>,
}

/// Messages of streams that could not be taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LetterListView {
    /// The letters, oldest first.
    pub items: Vec<LetterView>,
    /// What to ask for `after` to get the next page; null where this is the last.
    pub next: Option<i64>,
}

/// A message that could not be taken, without what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LetterView {
    /// Its number; at the desk it is called `d` and this number.
    pub letter: i64,
    /// Which message it is: its stream, and its number there.
    pub message: String,
    /// The cell that is to blame, where one is.
    pub column: Option<String>,
    /// Why it could not be taken, for programs; the words are listed in FEEDS.md.
    pub reason: &'static str,
    /// Why, and what to do, for people.
    pub detail: &'static str,
    /// Since when it waits (RFC 3339).
    pub since: String,
}

impl LetterView {
    pub(super) fn new(l: Language, letter: Kept) -> Self {
        let Kept { id, origin, why, since, .. } = letter;
        let (column, code) =
            why.split_once(": ").map_or((None, why.as_str()), |(column, code)| (Some(column), code));
        let reason = words::reason(l, "rejected", code);
        // Behind the number stands by what we know the message again: nobody else's business.
        let message = origin.rsplit_once(' ').map_or("", |(message, _)| message).to_owned();
        Self {
            letter: id,
            message,
            column: column.map(str::to_owned),
            reason: reason.code,
            detail: reason.text,
            since: since.to_rfc3339(),
        }
    }
}

/// [`DecisionView`], of which nothing else is understood.
pub(super) type Decision = Whole<DecisionView>;

/// A decision about a held item.
#[derive(Deserialize, ToSchema)]
pub(super) struct DecisionView {
    /// The item's number, as in the address: where there is a body, it alone is signed.
    #[schema(example = 7)]
    pub held: i64,
    /// `discard`: the report was wrong and never counts. `correct`: it was wrong, and the correction counts instead.
    /// `release`: take it as it is; only of a report that waits for its application, which is looked for again. That
    /// what is impossible is true, the desk alone can say.
    #[schema(example = "discard", pattern = "^(discard|correct|release)$")]
    pub decision: String,
    /// Why, on one line of at most 500 characters, without numbers of people. It is kept in the log of changes.
    #[schema(example = "Another card was meant", min_length = 1, max_length = 500)]
    pub why: String,
    /// With `correct`: what is true instead, whole, in the columns of FEEDS.md; of the same application, so without a
    /// receipt number or with the same.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub correction: Option<Value>,
}

impl HeldView {
    /// An item of a list.
    pub(super) fn listed(l: Language, item: &Item) -> Self {
        let outcome = if item.why == Why::UnknownApplication { "waiting" } else { "held" };
        Self {
            held: item.id.0,
            reason: item.why.as_str(),
            detail: words::reason(l, outcome, item.why.as_str()).text,
            since: item.since.to_rfc3339(),
            until: item.until.map(|until| until.to_rfc3339()),
            settled: item.closed.map(|(closed, _)| closed.as_str()),
            settled_at: item.closed.map(|(_, at)| at.to_rfc3339()),
            reported: None,
            stage: None,
        }
    }

    /// An item with what was reported.
    pub(super) fn explained(l: Language, explained: &Explained) -> Self {
        let Explained { item, number, milestone, progress } = explained;
        let reported = milestone.as_ref().map(|milestone| ReportedView {
            receipt_number: number.clone(),
            step: match milestone.step {
                Step::Withdraws(_) => "withdraws".to_owned(),
                step => step.word().into_owned(),
            },
            organ: milestone.organ.to_string(),
            happened_at: milestone.happened.to_rfc3339(),
            cause: milestone.cause.map(|cause| cause.as_str()),
        });
        let stage = progress.as_ref().map(|progress| progress.stage.as_str());
        Self { reported, stage, ..Self::listed(l, item) }
    }
}
