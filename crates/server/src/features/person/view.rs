//! Shows what is kept about a person as JSON.

use super::service::Kept;
use domain::milestone::Milestone;
use serde::Serialize;
use store::application::{Application, Person};
use store::log::Look;

/// All that is kept about a person.
#[derive(Serialize)]
pub(super) struct KeptView {
    applications: Vec<ApplicationView>,
    looks: Vec<LookView>,
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
}

#[derive(Serialize)]
struct MilestoneView {
    step: String,
    organ: String,
    happened_at: String,
    learned_at: String,
    cause: Option<&'static str>,
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
        let applications = kept.applications.iter();
        Self {
            applications: applications
                .map(|(application, person, milestones)| {
                    ApplicationView::new(application, person, milestones)
                })
                .collect(),
            looks: kept.looks.iter().map(LookView::new).collect(),
        }
    }
}

impl ApplicationView {
    fn new(application: &Application, person: &Person, milestones: &[Milestone]) -> Self {
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
            milestones: milestones.iter().map(MilestoneView::new).collect(),
        }
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
