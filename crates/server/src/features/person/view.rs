//! Shows what is kept about a person as JSON.

use super::service::{Kept, KeptCase};
use domain::milestone::Milestone;
use domain::mismatch::Way;
use domain::moment::Moment;
use serde::Serialize;
use store::held::Explained;
use store::log::Look;
use store::manifest::Listing;

/// All that is kept about a person.
#[derive(Serialize)]
pub(super) struct KeptView {
    applications: Vec<ApplicationView>,
    looks: Vec<LookView>,
    tried_in_vain: Vec<TriedView>,
}

#[derive(Serialize)]
struct ApplicationView {
    citizen_number: String,
    name: String,
    receipt_number: String,
    guardian: Option<String>,
    applied_on: String,
    kind: &'static str,
    reason: &'static str,
    delivery: &'static str,
    accepting: String,
    signing: String,
    handing_out: String,
    promised_days: u16,
    stage: Option<&'static str>,
    counter_only: bool,
    milestones: Vec<MilestoneView>,
    held: Vec<HeldView>,
    batches: Vec<BatchView>,
}

#[derive(Serialize)]
struct MilestoneView {
    step: String,
    organ: String,
    happened_at: String,
    learned_at: String,
    cause: Option<&'static str>,
}

/// What a feed reported and does not count, or did not at first.
#[derive(Serialize)]
struct HeldView {
    why: &'static str,
    since: String,
    settled: Option<&'static str>,
    reported: Option<MilestoneView>,
}

#[derive(Serialize)]
struct BatchView {
    number: String,
    feed: u32,
    arrived_at: Option<String>,
}

/// When somebody asked about the person with facts that fit nothing.
#[derive(Serialize)]
struct TriedView {
    way: &'static str,
    at: Vec<String>,
}

#[derive(Serialize)]
struct LookView {
    at: String,
    channel: &'static str,
    outcome: &'static str,
    leaf: u64,
}

impl KeptView {
    pub(super) fn new(kept: &Kept) -> Self {
        Self {
            applications: kept.applications.iter().map(ApplicationView::new).collect(),
            looks: kept.looks.iter().map(LookView::new).collect(),
            tried_in_vain: kept.tried.iter().map(TriedView::new).collect(),
        }
    }
}

impl ApplicationView {
    fn new(kept: &KeptCase) -> Self {
        let (application, person) = (&kept.application, &kept.person);
        Self {
            citizen_number: person.number.clone(),
            name: person.name.as_str().to_owned(),
            receipt_number: person.receipt.clone(),
            guardian: person.guardian.as_ref().map(|name| name.as_str().to_owned()),
            applied_on: application.applied_on.to_string(),
            kind: application.kind.as_str(),
            reason: application.reason.as_str(),
            delivery: application.delivery.as_str(),
            accepting: application.accepting.to_string(),
            signing: application.signing.to_string(),
            handing_out: application.handing_out.to_string(),
            promised_days: application.promised_days,
            stage: application.progress.as_ref().map(|progress| progress.stage.as_str()),
            counter_only: application.counter_only,
            milestones: kept.milestones.iter().map(MilestoneView::new).collect(),
            held: kept.held.iter().map(HeldView::new).collect(),
            batches: kept.batches.iter().map(BatchView::new).collect(),
        }
    }
}

impl HeldView {
    fn new(held: &Explained) -> Self {
        Self {
            why: held.item.why.as_str(),
            since: held.item.since.to_rfc3339(),
            settled: held.item.closed.map(|(how, _)| how.as_str()),
            reported: held.milestone.as_ref().map(MilestoneView::new),
        }
    }
}

impl BatchView {
    fn new(listing: &Listing) -> Self {
        Self {
            number: listing.batch.as_str().to_owned(),
            feed: listing.feed.0,
            arrived_at: listing.arrived.map(|at| at.to_rfc3339()),
        }
    }
}

impl TriedView {
    fn new((way, moments): &(Way, Vec<Moment>)) -> Self {
        Self { way: way.as_str(), at: moments.iter().map(|at| at.to_rfc3339()).collect() }
    }
}

impl MilestoneView {
    fn new(milestone: &Milestone) -> Self {
        Self {
            step: milestone.step.word().into_owned(),
            organ: milestone.organ.to_string(),
            happened_at: milestone.happened.to_rfc3339(),
            learned_at: milestone.learned.to_rfc3339(),
            cause: milestone.cause.map(|cause| cause.as_str()),
        }
    }
}

impl LookView {
    fn new(look: &Look) -> Self {
        let (channel, outcome) = (look.entry.channel.as_str(), look.entry.outcome.as_str());
        Self { at: look.entry.at.to_rfc3339(), channel, outcome, leaf: look.number }
    }
}
