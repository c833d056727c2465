//! Shows who looked: one struct, read by people as a page and by programs as JSON.

use super::super::form::Typed;
use super::service::Looked;
use crate::app::App;
use crate::shell::words;
use askama::Template;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::moment::Moment;
use i18n::Language;
use serde::Serialize;
use store::inquiry_log::{Channel, Outcome};
use store::log::{self, Look, Proof};
use utoipa::ToSchema;
use web::{Context, Shell};

/// Who looked at the applications of one person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LooksView {
    /// Looks that showed something, the newest first; fifty at the most.
    pub(super) looks: Vec<LookView>,
    /// Whether there are older ones that are not listed.
    pub(super) is_cut: bool,
    /// How many tries fitted nothing.
    pub(super) tries: u64,
    /// The newest signed checkpoint of the log (C2SP tlog-checkpoint); the proofs lead to it.
    pub(super) checkpoint: Option<String>,
    /// The key with which it is verified (C2SP signed-note).
    pub(super) verifier: String,
}

/// A look.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LookView {
    /// When, in RFC 3339.
    pub(super) at: String,
    /// Through which door: `page` or `api`.
    pub(super) channel: &'static str,
    /// The door in words.
    pub(super) channel_text: &'static str,
    /// What it was for, in words.
    pub(super) purpose_text: &'static str,
    /// How much was shown: `basic` or `full`; `closed` where the holder wants no inquiry online.
    pub(super) shown: &'static str,
    /// The same in words.
    pub(super) shown_text: &'static str,
    /// The number of its leaf in the log.
    pub(super) leaf: u64,
    /// That it is in the log; none until the next checkpoint, within a minute.
    pub(super) proof: Option<ProofView>,
    #[serde(skip)]
    moment: Moment,
}

/// A proof of inclusion (RFC 6962, section 2.1.1). The leaf is SHA-256 over `jindu leaf`, a zero byte, `blind` and
/// `entry`. All values in Base64.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProofView {
    /// 16 bytes that only our keys give.
    pub(super) blind: String,
    /// What the log holds of the look.
    pub(super) entry: String,
    /// The leaf: 32 bytes.
    pub(super) value: String,
    /// The hashes from the leaf to the root.
    pub(super) hashes: Vec<String>,
}

impl LooksView {
    pub(super) fn new(app: &App, l: Language, looked: &Looked) -> Self {
        let view = |look: &Look| LookView::new(l, look, looked.proofs.get(&look.number));
        Self {
            looks: looked.looks.iter().map(view).collect(),
            is_cut: looked.is_cut,
            tries: looked.tries,
            checkpoint: looked.checkpoint.clone(),
            verifier: log::verifier(app.store.keys()).to_string(),
        }
    }
}

impl LookView {
    fn new(l: Language, look: &Look, proof: Option<&Proof>) -> Self {
        let channel_text = match look.entry.channel {
            Channel::Page => l.looks_channel_page(),
            Channel::Api => l.looks_channel_api(),
        };
        let shown_text = match look.entry.outcome {
            Outcome::Full => l.looks_shown_full(),
            Outcome::Basic => l.looks_shown_basic(),
            Outcome::Closed | Outcome::NoMatch | Outcome::Limited => l.looks_shown_closed(),
        };
        Self {
            at: look.entry.at.to_rfc3339(),
            channel: look.entry.channel.as_str(),
            channel_text,
            purpose_text: l.looks_purpose_inquiry(),
            shown: look.entry.outcome.as_str(),
            shown_text,
            leaf: look.number,
            proof: proof.map(ProofView::new),
            moment: look.entry.at,
        }
    }
}

impl ProofView {
    fn new(proof: &Proof) -> Self {
        Self {
            blind: BASE64_STANDARD.encode(proof.blind),
            entry: BASE64_STANDARD.encode(&proof.entry),
            value: BASE64_STANDARD.encode(proof.leaf),
            hashes: proof.hashes.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect(),
        }
    }
}

/// The page.
#[derive(Template)]
#[template(path = "features/inquiry/looks/looks.html")]
pub(super) struct LooksPage {
    shell: Shell,
    /// What was typed, to ask again in another language, or to close the case.
    again: Vec<(&'static str, String)>,
    view: LooksView,
    /// The same as JSON, for whoever checks it.
    json: String,
}

impl LooksPage {
    pub(super) fn new(app: &App, context: &Context, typed: &Typed, looked: &Looked) -> Self {
        let view = LooksView::new(app, context.language, looked);
        let json = serde_json::to_string_pretty(&view).unwrap_or_default();
        Self { shell: context.shell(context.language.looks_title()), again: typed.fields(), view, json }
    }

    fn when(&self, look: &LookView) -> String {
        words::moment(self.shell.language, look.moment)
    }
}

/// Whether somebody is sure to close the case.
#[derive(Template)]
#[template(path = "features/inquiry/looks/sure.html")]
pub(super) struct SurePage {
    shell: Shell,
    again: Vec<(&'static str, String)>,
}

impl SurePage {
    pub(super) fn new(context: &Context, typed: &Typed) -> Self {
        Self { shell: context.shell(context.language.looks_close_title()), again: typed.fields() }
    }
}
