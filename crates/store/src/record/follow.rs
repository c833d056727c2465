//! What follows from recorded milestones: the history of durations, the held queue, the outbox, arrivals.
//!
//! Rows that many applications of a batch share, or that are written in one place, are gathered and written
//! at the end; nothing is written for an application that nothing follows for.

use super::Outcome;
use super::batch::{Group, Source};
use super::written::PART;
use crate::application::{Address, Case};
use crate::error::Result;
use crate::held::{Room, queue};
use crate::keys::Receipt;
use crate::manifest::Told;
use crate::outbox::{self, Moving};
use crate::{Write, held, history, manifest};
use domain::batch::BatchNumber;
use domain::milestone::{FeedId, Milestone, Step};
use domain::moment::Moment;
use domain::progress::{Held, Impossible, Progress};
use domain::stage::Stage;

/// What is to be written at the end of a batch.
pub(super) struct Follow {
    at: Moment,
    history: history::Change,
    moved: Vec<Moving>,
    /// What told that a card came with which batch.
    arrived: Vec<(BatchNumber, Told)>,
    /// Events that were withdrawn: what they told has not arrived.
    withdrawn: Vec<Told>,
    /// Applications whose card was missing, and was told to have arrived with some batch.
    found: Vec<(Address, Receipt)>,
    /// The room for reports that wait for their application, once known.
    room: Option<Room>,
}

/// What an application's milestones said at a time.
#[derive(Default)]
pub(super) struct State<'a> {
    pub(super) progress: Option<&'a Progress>,
    /// Sorted by feed and event.
    pub(super) held: &'a [Held],
}

impl State<'_> {
    /// Why the same is held.
    fn why(&self, held: &Held) -> Option<Impossible> {
        let at = self.held.binary_search_by_key(&(held.feed, held.event), |held| (held.feed, held.event));
        at.ok().and_then(|at| self.held.get(at)).map(|held| held.why)
    }

    fn stage(&self) -> Option<Stage> {
        self.progress.map(|progress| progress.stage)
    }
}

impl Follow {
    pub(super) fn new(at: Moment) -> Self {
        let history = history::Change::default();
        let (arrived, withdrawn) = (Vec::new(), Vec::new());
        Self { at, history, moved: Vec::new(), arrived, withdrawn, found: Vec::new(), room: None }
    }

    /// Notes what follows from an application's change, and opens and closes what is held of it.
    pub(super) async fn changed(
        &mut self,
        write: &mut Write<'_>,
        case: &Case,
        was: &State<'_>,
        is: &State<'_>,
    ) -> Result<()> {
        for (state, by) in [(was, -1), (is, 1)] {
            let took = state.progress.map(Progress::durations).unwrap_or_default();
            self.history.count(case.accepting, case.kind, &took, by);
        }
        if was.stage() != is.stage() {
            let (subject, application) = (case.subject, case.id);
            self.moved.push(Moving { subject, application, from: was.stage(), to: is.stage() });
        }
        for held in is.held.iter().filter(|held| was.why(held) != Some(held.why)) {
            queue::open(write, case, held, self.at).await?;
        }
        for held in was.held.iter().filter(|held| is.why(held).is_none()) {
            let event = (case.receipt, held.feed, held.event);
            queue::close(write, event, held::Closed::Resolved, self.at).await?;
        }
        Ok(())
    }

    /// Notes with which batches cards arrived: as was told by what counts or waits, and says that the card is on its
    /// way out. Of an event that was told before, the first telling stands.
    pub(super) fn arrivals(&mut self, group: &Group, told: &[Outcome]) {
        for ((source, milestone), outcome) in group.sources.iter().zip(&group.milestones).zip(told) {
            let counts = matches!(outcome, Outcome::Recorded | Outcome::Waiting);
            if let (Some(batch), true) = (&source.batch, counts && is_arrival(milestone.step)) {
                self.arrived.push((batch.clone(), (group.receipt, milestone.feed, milestone.event)));
            }
        }
    }

    /// Notes what the milestones of an application withdraw.
    pub(super) fn withdrawn(&mut self, receipt: Receipt, milestones: &[Milestone]) {
        self.withdrawn.extend(milestones.iter().filter_map(|milestone| match milestone.step {
            Step::Withdraws(event) => Some((receipt, milestone.feed, event)),
            _ => None,
        }));
    }

    pub(super) fn may_have_arrived(&mut self, application: Address, receipt: Receipt) {
        self.found.push((application, receipt));
    }

    /// The room of the batch's feed for reports that wait for their application.
    pub(super) async fn room(&mut self, write: &mut Write<'_>, feed: FeedId) -> Result<&mut Room> {
        let room = match self.room.take() {
            Some(room) => room,
            None => Room::of(write, feed, self.at).await?,
        };
        Ok(self.room.insert(room))
    }

    pub(super) async fn write(mut self, write: &mut Write<'_>) -> Result<()> {
        self.history.apply(write).await?;
        for part in self.moved.chunks(PART) {
            outbox::add(write, part, self.at).await?;
        }
        self.arrived.sort_unstable();
        self.arrived.dedup();
        for (batch, told) in &self.arrived {
            manifest::arrived(write, batch, *told, self.at).await?;
        }
        for told in self.withdrawn {
            manifest::withdrawn(write, told).await?;
        }
        for (application, receipt) in self.found {
            manifest::found(write, application, receipt, self.at).await?;
        }
        Ok(())
    }
}

/// Whether it says that the card has left production. Whoever only made it says nothing of its way.
const fn is_arrival(step: Step) -> bool {
    let Step::Reached(stage) = step else { return false };
    matches!(
        stage,
        Stage::InDistribution
            | Stage::Mailed
            | Stage::ReadyForCollection
            | Stage::Collected
            | Stage::MailReturned
            | Stage::Uncollected
    )
}

impl Source {
    pub(super) fn has_batch(&self) -> bool {
        self.batch.is_some()
    }
}
