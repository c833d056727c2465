//! Decides what somebody who asks may know.

use super::decision::{Decided, Matched, decide};
use crate::app::App;
use crate::ledger::Key;
use domain::Date;
use domain::clock::{Flag, StatutoryClock, promised};
use domain::disclosure::Level;
use domain::expectation::Expectation;
use domain::kind::{Delivery, Kind, Reason};
use domain::mismatch::{Since, Way};
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
use store::application::Application;
use store::inquiry_log::{Channel, Outcome};
use store::keys::Subject;
use store::office::Office;
use store::{Result, StoreError, mismatch};

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
    /// How often facts about the holder fitted nothing in thirty days, where it was often; full level only.
    pub tried: Option<usize>,
    /// The offices of the organs in the timeline, where listed; full level only.
    pub offices: BTreeMap<OrganCode, Option<Arc<Office>>>,
}

/// What is told to whoever asks.
#[derive(Clone, Copy)]
pub(super) enum Told<'a> {
    /// The facts fit.
    Answer(&'a Answer),
    /// They fit nothing.
    NoMatch,
    /// They fit, and the holder wants no inquiry online.
    Closed,
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
/// After so long, or a multiple of it, an answer leaves that nothing fits. What was found on the way, a row or none, takes
/// some microseconds more or less, and many questions together would tell them apart. Nobody notices so little.
pub(super) const EVEN: Duration = Duration::from_millis(20);

/// Looks up, compares every fact, records the inquiry, and only then gives what `show` made of the answer: it is
/// put into words while its record is on the way to the disk, and nobody has it before the record is there.
///
/// # Errors
/// Fails when the store does or the inquiry cannot be recorded: then there is no answer.
pub(super) async fn ask<T>(
    app: &Arc<App>,
    inquiry: Inquiry,
    asker: Asker,
    show: impl FnOnce(Told<'_>) -> T,
) -> Result<T> {
    let came = Instant::now();
    let answered = tokio::time::timeout(PATIENCE, answered(app, inquiry, asker, show)).await;
    let (shown, outcome) = answered.unwrap_or(Err(StoreError::TooSlow))?;
    if matches!(outcome, Outcome::NoMatch | Outcome::Limited) {
        tokio::time::sleep_until((came + even(came.elapsed())).into()).await;
    }
    app.meters.answered(asker.channel, outcome, came.elapsed());
    Ok(shown)
}

/// The next of the moments at which it is answered that nothing fits.
fn even(passed: Duration) -> Duration {
    let turns = passed.as_nanos() / EVEN.as_nanos() + 1;
    EVEN.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX))
}

async fn answered<T>(
    app: &Arc<App>,
    inquiry: Inquiry,
    asker: Asker,
    show: impl FnOnce(Told<'_>) -> T,
) -> Result<(T, Outcome)> {
    let Decided { matched, outcome, at, recorded } = decide(app, inquiry, asker).await?;
    let shown = match matched {
        None => show(Told::NoMatch),
        Some(_) if outcome == Outcome::Closed => show(Told::Closed),
        Some(matched) => show(Told::Answer(&answer(app, matched, at).await?)),
    };
    recorded.await?;
    Ok((shown, outcome))
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
        tried: if level.shows_tries() { tried(app, application.subject, now).await? } else { None },
        offices: offices(app, &progress, contact, level, now).await?,
        holder,
        contact,
        clock,
        promised,
        progress,
    })
}

/// How often facts fitted nothing lately. Nearly always the filter in memory says that none did.
async fn tried(app: &App, subject: Subject, now: Moment) -> Result<Option<usize>> {
    if !Way::ALL.into_iter().any(|way| app.tried.holds((subject, way))) {
        return Ok(None);
    }
    let tried = mismatch::of_subject(&app.store.read(), subject).await?;
    Ok(Since::before(now).told(tried.into_iter().flat_map(|(_, moments)| moments)))
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
