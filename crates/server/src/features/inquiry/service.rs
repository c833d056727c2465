//! Decides what somebody who asks may know.

use super::attempt::Attempt;
use crate::app::App;
use crate::ledger::Key;
use domain::Date;
use domain::clock::{Flag, StatutoryClock, promised};
use domain::disclosure::{Level, Proof, level};
use domain::expectation::Expectation;
use domain::kind::{Delivery, Kind, Reason};
use domain::mismatch::Way;
use domain::moment::Moment;
use domain::name::Name;
use domain::number::CitizenNumber;
use domain::organ::OrganCode;
use domain::progress::{Beside, Progress};
use domain::receipt::ReceiptNumber;
use domain::stage::HolderRole;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::application::{self, Application};
use store::inquiry_log::{Channel, InquiryEntry, Outcome};
use store::office::Office;
use store::{Result, StoreError, mismatch};
use subtle::{Choice, ConstantTimeEq as _};

/// What somebody asks with: two facts always, and at least one of the other two.
pub(super) struct Inquiry {
    /// Whose card.
    pub number: CitizenNumber,
    /// The day the form was submitted.
    pub applied_on: Date,
    /// The holder's name.
    pub name: Option<Name>,
    /// The receipt number.
    pub receipt: Option<ReceiptNumber>,
}

/// What may be said, and nothing else.
pub(super) struct Answer {
    /// How much may be said.
    pub level: Level,
    /// First application, renewal, replacement, reissue.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// How the card comes to its holder.
    pub delivery: Delivery,
    /// The fold of the milestones.
    pub progress: Progress,
    /// The statutory clock.
    pub clock: StatutoryClock,
    /// The promised date and the working days it rests on.
    pub promised: Option<(Date, u16)>,
    /// When the card may be ready.
    pub expected: Option<Expectation>,
    /// What needs attention.
    pub flags: Vec<Flag>,
    /// The newest thing that the feeds have told of.
    pub as_of: Moment,
    /// The organ that has the card now; none once its holder has it.
    pub holder: Option<OrganCode>,
    /// The organ to call: who has the card, or who handed it out.
    pub contact: OrganCode,
    /// The masked name; full level only.
    pub name: Option<String>,
    /// The offices of the organs in the timeline, where listed; full level only.
    pub offices: BTreeMap<OrganCode, Option<Arc<Office>>>,
}

/// Who asks: through which door, and from where.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    /// The door.
    pub channel: Channel,
    /// Under which key the source is counted; none where it has no address.
    pub source: Option<Key>,
}

/// How long somebody waits at the most: whoever hears nothing by then asks again.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks up, compares every fact, records the inquiry, and only then gives what `show` made of the answer: it is
/// put into words while its record is on the way to the disk, and nobody has it before the record is there.
///
/// # Errors
/// Fails when the store does or the inquiry cannot be recorded: then there is no answer.
pub(super) async fn ask<T>(
    app: &App,
    inquiry: &Inquiry,
    asker: Asker,
    show: impl FnOnce(Option<&Answer>) -> T,
) -> Result<T> {
    let answered = tokio::time::timeout(PATIENCE, answered(app, inquiry, asker, show)).await;
    answered.unwrap_or(Err(StoreError::TooSlow))
}

async fn answered<T>(
    app: &App,
    inquiry: &Inquiry,
    Asker { channel, source }: Asker,
    show: impl FnOnce(Option<&Answer>) -> T,
) -> Result<T> {
    let (now, started) = (app.clock.now(), Instant::now());
    let subject = app.store.keys().subject(&inquiry.number);
    let turn = app.turns.of(subject).await;
    let read = app.store.read();
    let (candidates, lately) =
        tokio::try_join!(application::of_subject(&read, subject), mismatch::lately(&read, subject, now))?;
    let whose = (subject, Way::of(inquiry.receipt.is_some()));
    let attempt = Attempt::begin(app, whose, now, lately).await?;
    let known = Choice::from(u8::from(!candidates.is_empty()));
    let stand_in = app.stand_ins.of(&app.store.read(), subject, now).await?;
    let candidates = if candidates.is_empty() {
        // The same answer for a wrong name and an unknown number, at the same cost: the difference would tell a
        // stranger which numbers exist.
        vec![stand_in.application().unwrap_or_else(|| app.decoy.clone())]
    } else {
        candidates
    };
    // The same work, whether or not the budget is spent.
    let matched = matching(app, inquiry, known, candidates)?.filter(|_| !attempt.is_limited());
    let outcome = match &matched {
        None if attempt.is_limited() => Outcome::Limited,
        None => Outcome::NoMatch,
        Some(matched) if matched.level == Level::Full => Outcome::Full,
        Some(_) => Outcome::Basic,
    };
    let recorded = app.inquiries.record(&InquiryEntry { at: now, subject, channel, outcome });
    attempt.end(matched.is_some()).await?;
    drop(turn);
    if let (None, Some(source)) = (&matched, source) {
        app.limit.mismatched(&source);
    }
    let answer = match matched {
        Some(matched) => Some(answer(app, matched, now).await?),
        None => None,
    };
    let shown = show(answer.as_ref());
    recorded.await?;
    app.meters.answered(channel, outcome, started.elapsed());
    Ok(shown)
}

/// An application that fits every fact, and how much they prove.
struct Matched {
    application: Application,
    progress: Progress,
    name: Name,
    level: Level,
}

/// Compares every fact of the inquiry with every candidate, in the same way whatever fits; none of them fits an
/// unknown number.
fn matching(
    app: &App,
    inquiry: &Inquiry,
    known: Choice,
    candidates: Vec<Application>,
) -> Result<Option<Matched>> {
    let name = inquiry.name.as_ref().map(Name::matching);
    let receipt = inquiry.receipt.as_ref().map(|receipt| app.store.keys().receipt(receipt));
    let mut found = None;
    for candidate in candidates {
        let person = candidate.person(app.store.keys())?;
        let fits = known
            & fits(&candidate.applied_on, &inquiry.applied_on)
            & name.as_ref().map_or(Choice::from(1), |name| same(name, &person.name.matching()))
            & receipt.map_or(Choice::from(1), |receipt| receipt.0.ct_eq(&candidate.receipt.0));
        let proof = Proof { number: true, date: true, name: name.is_some(), receipt: receipt.is_some() };
        if let (true, Some(level), Some(progress)) = (bool::from(fits), level(proof), &candidate.progress) {
            let progress = progress.clone();
            found.get_or_insert(Matched { application: candidate, progress, name: person.name, level });
        }
    }
    Ok(found)
}

fn fits(stored: &Date, asked: &Date) -> Choice {
    let key =
        |date: &Date| (i32::from(date.year()) << 16) | (i32::from(date.month()) << 8) | i32::from(date.day());
    key(stored).ct_eq(&key(asked))
}

fn same(left: &str, right: &str) -> Choice {
    left.as_bytes().ct_eq(right.as_bytes())
}

async fn answer(app: &App, matched: Matched, now: Moment) -> Result<Answer> {
    let Matched { application, progress, name, level } = matched;
    let today = now.date();
    let holder = holder(&application, &progress);
    let contact = holder.unwrap_or(application.handing_out);
    let clock = progress.clock(application.applied_on, today, &app.holidays);
    let promised = (application.promised_days > 0).then(|| {
        let days = application.promised_days;
        (promised(application.applied_on, days, &progress.pauses, &app.holidays), days)
    });
    let news = app.freshness.news(&app.store.read(), now, &app.holidays).await?;
    let beside = Beside { silent: news.is_silent_for(&application, &progress), missing: application.missing };
    Ok(Answer {
        level,
        kind: application.kind,
        reason: application.reason,
        delivery: application.delivery,
        expected: expected(app, &application, &progress, &clock, now).await?,
        flags: progress.flags(&clock, today, &app.thresholds, beside),
        as_of: news.newest.unwrap_or(progress.heard),
        name: level.shows_masked_name().then(|| name.masked()),
        offices: offices(app, &progress, contact, level, now).await?,
        holder,
        contact,
        clock,
        promised,
        progress,
    })
}

/// Who has the card by its stage. The organ that told us of the stage may be another: a review that sends an
/// application back leaves it with the organ that accepted it.
fn holder(application: &Application, progress: &Progress) -> Option<OrganCode> {
    match progress.stage.holder_role() {
        HolderRole::Accepting => Some(application.accepting),
        // Where nobody said which organ signs, the one that told of it is meant.
        HolderRole::Signing if application.signing == application.accepting => Some(progress.holder),
        HolderRole::Signing => Some(application.signing),
        HolderRole::HandingOut => Some(application.handing_out),
        HolderRole::ProvincialCentre | HolderRole::ProductionCentre | HolderRole::Carrier => {
            Some(progress.holder)
        }
        HolderRole::Citizen => None,
    }
}

/// A range for cards that are still on their way; nothing once the clock has stopped.
async fn expected(
    app: &App,
    application: &Application,
    progress: &Progress,
    clock: &StatutoryClock,
    now: Moment,
) -> Result<Option<Expectation>> {
    if clock.ended_on.is_some() {
        return Ok(None);
    }
    let read = app.store.read();
    let histories = app.histories.of(&read, application.accepting, application.kind, now).await?;
    let history = histories.get(&progress.stage);
    Ok(history.and_then(|history| history.expect(progress.since.date(), now.date())))
}

async fn offices(
    app: &App,
    progress: &Progress,
    contact: OrganCode,
    level: Level,
    now: Moment,
) -> Result<BTreeMap<OrganCode, Option<Arc<Office>>>> {
    let mut offices = BTreeMap::new();
    if level.shows_offices() {
        let organs = progress.timeline.iter().map(|passed| passed.organ);
        for organ in organs.chain([contact]).collect::<BTreeSet<_>>() {
            offices.insert(organ, app.offices.of(&app.store.read(), organ, now).await?);
        }
    }
    Ok(offices)
}
