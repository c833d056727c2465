//! Shows an answer: one struct, read by people as a page and by programs as JSON.

use super::service::Answer;
use crate::app::App;
use crate::shell::offices::{Now, hours, now, said};
use crate::shell::words;
use domain::Date;
use domain::clock::StatutoryClock;
use domain::kind::Reason;
use domain::office::Phone;
use domain::organ::OrganCode;
use domain::progress::Passed;
use domain::stage::{Stage, ahead};
use i18n::Language;
use serde::Serialize;
use std::borrow::Cow;
use store::office::Office;
use utoipa::ToSchema;

/// An answer as programs read it; the page shows the same facts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerView<'a> {
    /// How much the given facts allow: `basic` or `full`.
    pub level: &'static str,
    /// The kind of application.
    pub kind: &'static str,
    /// The kind in words; at the full level with the reason.
    pub kind_text: Cow<'static, str>,
    /// The stage; the words of the stages are listed in the description.
    pub stage: &'static str,
    /// The stage in words.
    pub stage_text: &'static str,
    /// What the stage means.
    pub meaning: &'static str,
    /// The day the stage began.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
    /// Why something went wrong, in words; full level only.
    pub cause: Option<&'static str>,
    /// What needs attention: `due_soon`, `overdue`, `paused`, `data_delayed`, `uncollected`, `missing`.
    pub flags: Vec<&'static str>,
    /// The flags in words, in the same order.
    pub flag_texts: Vec<&'static str>,
    /// The statutory clock (Resident Identity Card Law, art. 12).
    pub clock: ClockView,
    /// The date that was promised locally.
    #[schema(value_type = Option<String>, format = Date)]
    pub promised_on: Option<Date>,
    /// The working days that the promise rests on.
    pub promised_days: Option<u16>,
    /// The expected date; null where fewer than 30 cards are known.
    pub expected: Option<ExpectedView>,
    /// What happens next.
    pub next: &'static str,
    /// What to bring.
    pub bring: &'static str,
    /// What one may do, in words; empty unless the time set by law is over and the card is not issued.
    pub advice: Vec<&'static str>,
    /// How current the data is: the newest thing that any feed has told of (RFC 3339).
    pub as_of: String,
    /// The masked name; full level only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// How often facts about the holder fitted nothing in thirty days, from three times on; full level only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_in_vain: Option<usize>,
    /// Who has the card now, in words; full level only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<HolderView<'a>>,
    /// The office to call; full level only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<OfficeView<'a>>,
    /// Every step with its date and office, done, now and next; full level only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<StepView<'a>>>,
}

/// The statutory clock.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClockView {
    /// The day the form was submitted; not counted.
    #[schema(value_type = String, format = Date)]
    pub submitted_on: Date,
    /// The day of the clock.
    pub day: u32,
    /// 60, or 90 where transport is inconvenient.
    pub limit_days: u32,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// Whether the time is over.
    pub overdue: bool,
    /// Days beyond it.
    pub overdue_days: u32,
    /// Whether the clock stands still.
    pub paused: bool,
    /// Why it stands still, in words.
    pub paused_because: Option<&'static str>,
    /// Days it stood still, not counted.
    pub paused_days: u32,
    /// The ground of the 30 additional days.
    pub extension: Option<&'static str>,
    /// The day the clock stopped for good.
    #[schema(value_type = Option<String>, format = Date)]
    pub ended_on: Option<Date>,
}

/// A range of days: half of the cards were ready by the first, nine in ten by the second.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExpectedView {
    /// The 50th percentile.
    #[schema(value_type = String, format = Date)]
    pub earliest: Date,
    /// The 90th percentile.
    #[schema(value_type = String, format = Date)]
    pub latest: Date,
    /// How many cards it rests on.
    pub cards: u32,
}

/// Who has the card.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HolderView<'a> {
    /// `accepting`, `signing`, `provincial_centre`, `production_centre`, `carrier`, `handing_out`, `citizen`.
    pub role: &'static str,
    /// The role in words.
    pub role_text: &'static str,
    /// The organ's name.
    pub name: Cow<'a, str>,
}

/// Where an organ is found and called.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct OfficeView<'a> {
    /// The organ's code, 9 digits.
    pub code: String,
    /// Its name.
    pub name: &'a str,
    /// Street and number.
    pub address: &'a str,
    /// Phone.
    pub phone: &'a str,
    /// Opening hours in words.
    pub hours: Cow<'a, str>,
    /// All phones, for the page.
    #[serde(skip)]
    pub phones: &'a [Phone],
    /// Whether it is open, for the page.
    #[serde(skip)]
    pub now: Option<Now>,
}

/// One step of the way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct StepView<'a> {
    /// The stage.
    pub stage: &'static str,
    /// The stage in words.
    pub stage_text: &'static str,
    /// `done`, `now` or `next`.
    pub state: &'static str,
    /// Whether the step leaves the ordinary road.
    pub side: bool,
    /// The day it happened; null where it is still to come.
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// The organ's name.
    pub office: Option<Cow<'a, str>>,
    /// Why something went wrong, in words.
    pub cause: Option<&'static str>,
}

impl<'a> AnswerView<'a> {
    /// Puts an answer into words.
    #[must_use]
    pub(super) fn new(app: &'a App, l: Language, answer: &'a Answer) -> Self {
        let progress = &answer.progress;
        let stage = words::stage(l, progress.stage);
        let level = answer.level;
        let naming = Naming { app, l, answer };
        Self {
            level: level.as_str(),
            kind: answer.kind.as_str(),
            kind_text: kind_text(l, answer),
            stage: progress.stage.as_str(),
            stage_text: stage.name,
            meaning: stage.meaning,
            since: progress.since.date(),
            cause: progress.cause.filter(|_| level.shows_cause()).map(|cause| words::cause(l, cause)),
            flags: answer.flags.iter().map(|flag| flag.as_str()).collect(),
            flag_texts: answer.flags.iter().map(|flag| words::flag(l, *flag)).collect(),
            clock: ClockView::new(l, &answer.clock),
            promised_on: answer.promised.map(|(date, _)| date),
            promised_days: answer.promised.map(|(_, days)| days),
            expected: answer.expected.map(|expected| ExpectedView {
                earliest: expected.earliest,
                latest: expected.latest,
                cards: expected.cards,
            }),
            next: stage.next,
            bring: stage.bring,
            advice: advice(l, &answer.clock),
            as_of: answer.as_of.to_rfc3339(),
            name: answer.name.as_deref().filter(|_| level.shows_masked_name()),
            tried_in_vain: answer.tried.filter(|_| level.shows_tries()),
            holder: level.shows_holder().then(|| naming.holder()),
            office: if level.shows_offices() { naming.office(answer.contact) } else { None },
            timeline: level.shows_timeline_offices().then(|| naming.timeline()),
        }
    }
}

/// The kind with its reason, where the level shows it; a first card needs none.
fn kind_text(l: Language, answer: &Answer) -> Cow<'static, str> {
    match answer.reason {
        reason if reason == Reason::First || !answer.level.shows_reason() => {
            words::kind(l, answer.kind).into()
        }
        reason => l.inquiry_answer_kind_value(words::kind(l, answer.kind), words::reason(l, reason)).into(),
    }
}

/// What one may do while a card is overdue; nothing once it was issued or the case closed.
fn advice(l: Language, clock: &StatutoryClock) -> Vec<&'static str> {
    if !clock.overdue || clock.ended_on.is_some() {
        return Vec::new();
    }
    vec![
        l.inquiry_overdue_call(),
        l.inquiry_overdue_complain(),
        l.inquiry_overdue_review(),
        l.inquiry_overdue_temporary(),
    ]
}

impl ClockView {
    fn new(l: Language, clock: &StatutoryClock) -> Self {
        Self {
            submitted_on: clock.submitted_on,
            day: clock.day,
            limit_days: clock.limit_days,
            due_on: clock.due_on,
            overdue: clock.overdue,
            overdue_days: clock.overdue_days,
            paused: clock.paused.is_some(),
            paused_because: clock.paused.map(|why| words::pause(l, why)),
            paused_days: clock.paused_days,
            extension: clock.extension.map(|ground| ground.as_str()),
            ended_on: clock.ended_on,
        }
    }
}

/// Finds names for the organs of an answer.
struct Naming<'a> {
    app: &'a App,
    l: Language,
    answer: &'a Answer,
}

impl<'a> Naming<'a> {
    fn listed(&self, organ: OrganCode) -> Option<&'a Office> {
        self.answer.offices.get(&organ)?.as_deref()
    }

    fn name(&self, organ: OrganCode) -> Cow<'a, str> {
        self.listed(organ)
            .map_or_else(|| self.unlisted(organ).into(), |office| said(self.l, &office.name).into())
    }

    /// The code, and the place where the region is in the table.
    fn unlisted(&self, organ: OrganCode) -> String {
        let (regions, region) = (&self.app.regions, organ.region());
        if regions.knows(region) {
            self.l.inquiry_office_unlisted(organ, regions.path(region, None).concat())
        } else {
            self.l.inquiry_office_unlisted_code(organ)
        }
    }

    fn office(&self, organ: OrganCode) -> Option<OfficeView<'a>> {
        self.listed(organ).map(|office| OfficeView {
            code: organ.to_string(),
            name: said(self.l, &office.name),
            address: said(self.l, &office.address),
            phone: office.phones.first().map(Phone::as_str).unwrap_or_default(),
            hours: hours(self.l, office),
            phones: &office.phones,
            now: now(self.app, self.l, office),
        })
    }

    fn holder(&self) -> HolderView<'a> {
        let role = self.answer.progress.stage.holder_role();
        HolderView {
            role: role.as_str(),
            role_text: words::holder(self.l, role),
            name: self.answer.holder.map_or(words::holder(self.l, role).into(), |organ| self.name(organ)),
        }
    }

    /// What was passed, where it stands, and the ordinary road ahead.
    fn timeline(&self) -> Vec<StepView<'a>> {
        let progress = &self.answer.progress;
        let last = progress.timeline.len().saturating_sub(1);
        let passed = progress.timeline.iter().enumerate().map(|(place, passed)| {
            let state = if place == last { "now" } else { "done" };
            self.passed(passed, state)
        });
        passed.chain(road_ahead(self.l, progress.stage, self.answer)).collect()
    }

    fn passed(&self, passed: &Passed, state: &'static str) -> StepView<'a> {
        StepView {
            on: Some(passed.happened.date()),
            office: Some(self.name(passed.organ)),
            cause: passed.cause.map(|cause| words::cause(self.l, cause)),
            ..step(self.l, passed.stage, state)
        }
    }
}

/// What the stage alone tells: where it stands and what is ahead.
pub(super) fn road<'a>(l: Language, answer: &Answer) -> Vec<StepView<'a>> {
    let stage = answer.progress.stage;
    let now = StepView { on: Some(answer.progress.since.date()), ..step(l, stage, "now") };
    std::iter::once(now).chain(road_ahead(l, stage, answer)).collect()
}

fn road_ahead<'a>(
    l: Language,
    stage: Stage,
    answer: &Answer,
) -> impl Iterator<Item = StepView<'a>> + use<'a> {
    ahead(stage, answer.delivery).iter().map(move |stage| step(l, *stage, "next"))
}

fn step<'a>(l: Language, stage: Stage, state: &'static str) -> StepView<'a> {
    StepView {
        stage: stage.as_str(),
        stage_text: words::stage(l, stage).name,
        state,
        side: stage.is_side(),
        on: None,
        office: None,
        cause: None,
    }
}
