//! Shows what is held, and what may be decided about it.

use super::words;
use domain::milestone::Step;
use i18n::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::held::{Explained, Item};
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
    /// The stage of the application without it; null where it is not opened.
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

/// A decision about a held item.
#[derive(Deserialize, ToSchema)]
pub(super) struct DecisionView {
    /// The item's number, as in the address: only the body is signed.
    #[schema(example = 7)]
    pub held: i64,
    /// `release`: it is true. `discard`: it is wrong. `correct`: the correction is true instead.
    #[schema(example = "discard")]
    pub decision: String,
    /// Why, in words that name nobody; up to 500 characters. It is kept in the log of changes.
    #[schema(example = "Another card was meant")]
    pub why: String,
    /// What is true instead, in the columns of FEEDS.md; without a receipt number for the same application.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub correction: Option<Value>,
}

impl HeldView {
    /// An item of a list.
    pub(super) fn listed(l: Language, item: &Item) -> Self {
        let outcome = if item.application.is_none() { "waiting" } else { "held" };
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
