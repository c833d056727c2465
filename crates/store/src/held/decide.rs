//! What a person decides about something held: release, correct, discard; each with its reason, audited.
//!
//! Nothing is changed or taken out of the list of milestones. What a person says is told by the desk's feed,
//! which goes before every other; what a person takes away is withdrawn in the list of the feed that told it,
//! because a correction names an event of its own feed, and its rank says that the desk spoke.
//!
//! A feed may decide about what is held of it too, and then speaks for itself: under its own name and rank, of the
//! same application, of its own stages. It cannot say that what is impossible is true.

use super::report::{self, Opened};
use super::{Closed, HeldId, Item, Why};
use crate::application::{self, Known};
use crate::audit::{self, Entry};
use crate::engine::Value;
use crate::error::Result;
use crate::feed::Feed;
use crate::keys::{Keys, Receipt};
use crate::record::{Claim, Course, gathered, held};
use crate::{Store, Work, Write, feed, milestone};
use domain::milestone::{FeedId, Milestone, Rank, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::receipt::ReceiptNumber;
use domain::stage::Cause;
use std::sync::Arc;

const CLOSE: &str = "UPDATE held SET closed = $1, closed_at = $2, report = NULL WHERE id = $3";

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is done.
    Done,
    /// There is no such item.
    Unknown,
    /// It was settled before.
    Settled,
    /// It would be held again, for this reason; nothing changed.
    Refused(Why),
}

/// What a person says instead.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Of which application, where the report named the wrong one.
    pub receipt: Option<ReceiptNumber>,
    /// What happened.
    pub step: Step,
    /// At which organ.
    pub organ: OrganCode,
    /// When.
    pub happened: Moment,
    /// Why, where there is something to explain.
    pub cause: Option<Cause>,
}

/// What is said about an item.
#[derive(Clone, Debug)]
pub enum Verb {
    /// It is true.
    Release,
    /// This is true instead.
    Correct(Correction),
    /// It is wrong.
    Discard,
}

/// What a feed may not say by itself; at the desk a person may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// That it was about another application.
    Receipt,
    /// A stage that the feed may not report.
    Stage,
}

/// Who decides, and so who speaks.
enum By {
    Desk,
    Feed(FeedId, Rank),
}

/// A decision on its way.
struct Decision {
    keys: Arc<Keys>,
    by: By,
    id: HeldId,
    now: Moment,
}

/// Milestones for one application.
struct Addition {
    receipt: Receipt,
    known: Known,
    milestones: Vec<Milestone>,
}

/// A person says that a held milestone is true: it is told again by the desk, and what contradicts it is held.
/// `why` is kept in the audit and names nobody.
///
/// # Errors
/// Fails when the database does; then nothing is changed.
pub async fn release(store: &Store, id: HeldId, why: String, actor: String, now: Moment) -> Result<Decided> {
    decide(store, By::Desk, id, Verb::Release, (why, actor), now).await
}

/// A person says what is true instead: the held milestone is withdrawn, and the correction is told by the desk.
///
/// # Errors
/// Fails when the database does; then nothing is changed.
pub async fn correct(
    store: &Store,
    id: HeldId,
    correction: Correction,
    why: String,
    actor: String,
    now: Moment,
) -> Result<Decided> {
    decide(store, By::Desk, id, Verb::Correct(correction), (why, actor), now).await
}

/// A person says that a held milestone is wrong: it is withdrawn.
///
/// # Errors
/// Fails when the database does; then nothing is changed.
pub async fn discard(store: &Store, id: HeldId, why: String, actor: String, now: Moment) -> Result<Decided> {
    decide(store, By::Desk, id, Verb::Discard, (why, actor), now).await
}

/// A feed decides about what is held of it; what is held of another is unknown to it. What it says counts as its
/// own report, not as the desk's: to release what is impossible is refused, and to release what waits looks again
/// for its application.
///
/// # Errors
/// Fails when the database does; then nothing is changed.
pub async fn by_feed(
    store: &Store,
    feed: &Feed,
    id: HeldId,
    verb: Verb,
    why: String,
    now: Moment,
) -> Result<std::result::Result<Decided, Beyond>> {
    // Of which feed and application an item is never changes.
    let found = store.read().rows(super::ONE, &[Value::Int(id.0)], super::item).await?.into_iter().next();
    let Some(item) = found.filter(|item| item.feed == feed.id) else { return Ok(Ok(Decided::Unknown)) };
    if let Verb::Correct(correction) = &verb {
        let receipt = correction.receipt.as_ref().map(|number| store.keys().receipt(number));
        if receipt.is_some_and(|receipt| receipt != item.receipt) {
            return Ok(Err(Beyond::Receipt));
        }
        if !feed.may_say(correction.step) {
            return Ok(Err(Beyond::Stage));
        }
    }
    let actor = format!("feed:{}", feed.name);
    decide(store, By::Feed(feed.id, feed.rank), id, verb, (why, actor), now).await.map(Ok)
}

async fn decide(
    store: &Store,
    by: By,
    id: HeldId,
    verb: Verb,
    (why, actor): (String, String),
    now: Moment,
) -> Result<Decided> {
    let decision = Decision { keys: store.shared_keys(), by, id, now };
    let entry = Entry { at: now, actor, action: verb.action(), detail: format!("{}: {why}", id.0) };
    store
        .change(move |write| -> Work<'_, Decided> {
            Box::pin(async move {
                let decided = decision.decide(write, verb).await?;
                if decided == Decided::Done {
                    audit::insert(write, &entry).await?;
                }
                Ok(decided)
            })
        })
        .await
}

impl Verb {
    fn action(&self) -> &'static str {
        match self {
            Self::Release => "release_held",
            Self::Correct(_) => "correct_held",
            Self::Discard => "discard_held",
        }
    }

    fn closes(&self, by: &By) -> Closed {
        match (self, by) {
            (Self::Release, By::Desk) => Closed::Released,
            (Self::Release, By::Feed(..)) => Closed::Recorded,
            (Self::Correct(_), _) => Closed::Corrected,
            (Self::Discard, _) => Closed::Discarded,
        }
    }
}

impl Decision {
    async fn decide(&self, write: &mut Write<'_>, verb: Verb) -> Result<Decided> {
        let id = [Value::Int(self.id.0)];
        let found = write
            .rows(super::ONE, &id, |row| Ok((super::item(row)?, row.optional_blob(10)?.map(<[u8]>::to_vec))));
        let Some((item, report)) = found.await?.into_iter().next() else { return Ok(Decided::Unknown) };
        if item.closed.is_some() {
            return Ok(Decided::Settled);
        }
        let only_desk = matches!(item.why, Why::Impossible(_) | Why::OtherApplication);
        if let (By::Feed(..), Verb::Release, true) = (&self.by, &verb, only_desk) {
            return Ok(Decided::Refused(item.why));
        }
        let closes = verb.closes(&self.by);
        let additions = match self.additions(write, &item, report, verb).await? {
            Ok(additions) => additions,
            Err(why) => return Ok(Decided::Refused(why)),
        };
        for addition in &additions {
            if let Some(why) = addition.would_be_held(write).await? {
                return Ok(Decided::Refused(why));
            }
        }
        let mut course = Course::of_decision(Arc::clone(&self.keys), self.now);
        for Addition { receipt, known, milestones } in additions {
            course.add(write, known, receipt, &milestones).await?;
        }
        course.finish(write).await?;
        let values = [Value::Text(closes.as_str()), Value::Int(self.now.millis()), Value::Int(self.id.0)];
        write.execute(CLOSE, &values).await?;
        Ok(Decided::Done)
    }

    /// What is to be added where, or why nothing can be.
    async fn additions(
        &self,
        write: &mut Write<'_>,
        item: &Item,
        report: Option<Vec<u8>>,
        verb: Verb,
    ) -> Result<std::result::Result<Vec<Addition>, Why>> {
        let own = Addition::to(write, item.receipt).await?;
        // What does not open can only be discarded.
        let missing = if report.is_some() { Why::UnreadableReport } else { Why::UnknownApplication };
        let Some((reported, claim)) = self.reported(write, item, own.as_ref(), report).await? else {
            return Ok(if matches!(verb, Verb::Discard) { Ok(Vec::new()) } else { Err(missing) });
        };
        let is_other = own.as_ref().zip(claim).is_some_and(|(own, claim)| own.owner() != claim);
        // A report that still waits is in no list from which it could be withdrawn.
        let listed = item.application.and(own.as_ref()).is_some();
        let withdrawn = listed.then(|| self.withdrawing(&reported));
        let additions = match (verb, own) {
            (Verb::Discard, None) => Some(Vec::new()),
            (Verb::Discard, Some(own)) => Some(vec![own.with(withdrawn)]),
            (Verb::Release, None) => None,
            (Verb::Release, Some(_)) if is_other && matches!(self.by, By::Feed(..)) => {
                return Ok(Err(Why::OtherApplication));
            }
            (Verb::Release, Some(own)) => Some(vec![own.with([self.released(write, reported).await?])]),
            (Verb::Correct(correction), own) => {
                let other = self.other(&correction);
                let told = self.told(write, correction.of(reported)).await?;
                match (own, other.filter(|receipt| *receipt != item.receipt)) {
                    (own, Some(receipt)) => {
                        let right = Addition::to(write, receipt).await?;
                        right.map(|right| {
                            own.map(|own| own.with(withdrawn))
                                .into_iter()
                                .chain([right.with([told])])
                                .collect()
                        })
                    }
                    (Some(own), None) => Some(vec![own.with(withdrawn).with([told])]),
                    (None, None) => None,
                }
            }
        };
        Ok(additions.ok_or(Why::UnknownApplication))
    }

    /// What was reported and whose it said it is, from the queue or from the application's list.
    async fn reported(
        &self,
        write: &mut Write<'_>,
        item: &Item,
        own: Option<&Addition>,
        report: Option<Vec<u8>>,
    ) -> Result<Option<(Milestone, Option<Claim>)>> {
        if let Some(report) = report {
            let opened = report::opened(&self.keys, (item.receipt, item.feed, item.event), &report);
            return Ok(opened.ok().map(|Opened { milestone, claim, .. }| (milestone, claim)));
        }
        let Some(own) = own else { return Ok(None) };
        let all = milestone::of_changing(write, own.known.id, own.known.subject).await?;
        let mut all = all.into_iter();
        let found = all.find(|other| (other.feed, other.event) == (item.feed, item.event));
        Ok(found.map(|milestone| (milestone, None)))
    }

    /// Of which application it was instead; only the desk may say that it was of another.
    fn other(&self, correction: &Correction) -> Option<Receipt> {
        let number = correction.receipt.as_ref().filter(|_| matches!(self.by, By::Desk));
        number.map(|number| self.keys.receipt(number))
    }

    /// What waited, as the feed told it; or what the desk says.
    async fn released(&self, write: &mut Write<'_>, reported: Milestone) -> Result<Milestone> {
        match self.by {
            By::Desk => self.told(write, reported).await,
            By::Feed(..) => Ok(reported),
        }
    }

    /// The same, told by who decides.
    async fn told(&self, write: &mut Write<'_>, milestone: Milestone) -> Result<Milestone> {
        let feed = match self.by {
            By::Desk => feed::desk(write, self.now).await?,
            By::Feed(feed, _) => feed,
        };
        Ok(Milestone { feed, rank: self.rank(), event: self.event("told"), learned: self.now, ..milestone })
    }

    fn rank(&self) -> Rank {
        match self.by {
            By::Desk => Rank::DESK,
            By::Feed(_, rank) => rank,
        }
    }

    /// A correction is taken away with the desk's rank alone. A feed that takes back its own needs it too: that adds
    /// nothing to what counts, whatever it named comes or is there.
    fn withdrawing(&self, milestone: &Milestone) -> Milestone {
        let is_correction = matches!(milestone.step, Step::Withdraws(_));
        Milestone {
            step: Step::Withdraws(milestone.event),
            happened: self.now,
            learned: self.now,
            rank: if is_correction { Rank::DESK } else { self.rank() },
            event: self.event("withdrawn"),
            cause: None,
            ..milestone.clone()
        }
    }

    fn event(&self, what: &str) -> domain::milestone::EventKey {
        self.keys.event(format!("held-{}-{}-{what}", self.id.0, self.now.millis()).as_bytes())
    }
}

impl Correction {
    fn of(self, reported: Milestone) -> Milestone {
        let Self { step, organ, happened, cause, .. } = self;
        Milestone { step, organ, happened, cause, ..reported }
    }
}

impl Addition {
    async fn to(write: &mut Write<'_>, receipt: Receipt) -> Result<Option<Self>> {
        let known = application::known_by(write, receipt).await?;
        Ok(known.map(|known| Self { receipt, known, milestones: Vec::new() }))
    }

    fn owner(&self) -> Claim {
        (self.known.subject, self.known.applied_on)
    }

    fn with(mut self, more: impl IntoIterator<Item = Milestone>) -> Self {
        self.milestones.extend(more);
        self
    }

    /// Why what is added would be held itself.
    async fn would_be_held(&self, write: &mut Write<'_>) -> Result<Option<Why>> {
        let mut all = milestone::of_changing(write, self.known.id, self.known.subject).await?;
        gathered(&mut all, &self.milestones);
        let progress = Progress::replay(&all);
        let held = held(progress.as_ref(), &all);
        let is_added = |key| self.milestones.iter().any(|added| (added.feed, added.event) == key);
        let found = held.iter().find(|held| is_added((held.feed, held.event)));
        Ok(found.map(|held| Why::Impossible(held.why)))
    }
}
