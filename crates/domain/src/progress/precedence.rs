//! Which feed counts where two contradict each other.
//!
//! Where everything fits together, everything counts. Otherwise feeds are heard in the order of their rank:
//! what a feed of lower precedence adds must leave a place to what counts without it, or it is held as
//! contradicted. Between feeds of one rank, and within one feed, what happened first counts: the fold alone decides.

use super::Impossible;
use super::fold::{Blame, Fold, Placed, hold, key};
use crate::milestone::{Milestone, Rank};

/// Folds that are tried at the most. A case of real life takes a few; a feed that went wild takes no longer, and
/// what is not settled by then is held as impossible.
const TRIES: usize = 200;

/// Whether somebody of lower precedence leaves no place to somebody of higher.
pub(super) fn decides(fold: &Fold<'_>) -> bool {
    // Without two ranks nothing has to be looked for.
    let lowest = fold.blames.iter().map(|blame| blame.held.rank).min();
    let is_weaker = |blame: &Blame<'_>, by: &Milestone| by.rank > blame.held.rank && is_other(blame, by);
    let is_wronged = |blame: &Blame<'_>| fold.to_blame(blame).iter().any(|by| is_weaker(blame, by));
    lowest.is_some_and(|lowest| fold.knows_below(lowest)) && fold.blames.iter().any(is_wronged)
}

/// The fold of milestones in their order, feeds heard by rank.
pub(super) fn settled<'a>(ordered: &[Placed<'a>]) -> Fold<'a> {
    let mut ranks: Vec<Rank> = ordered.iter().map(|(_, event)| event.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut trial = Trial { tries: TRIES };
    let mut fold = Fold::default();
    let mut contradicted: Vec<(&Milestone, &Milestone)> = Vec::new();
    for rank in ranks {
        let mut heard: Vec<Placed<'a>> =
            ordered.iter().filter(|(_, event)| event.rank <= rank).copied().collect();
        leave_out(&mut heard, contradicted.iter().map(|(out, _)| *out));
        loop {
            fold = Fold::of(&heard);
            let Some((wronged, wrong)) = trial.first_wrong(&fold, &heard, rank) else { break };
            leave_out(&mut heard, wrong.iter().copied());
            contradicted.extend(wrong.into_iter().map(|out| (out, wronged)));
        }
    }
    fold.held.extend(contradicted.iter().map(|(out, _)| hold(out, Impossible::Contradicted)));
    fold.contradicted = contradicted;
    fold
}

/// Who is wronged, and by whom.
type Wrong<'a> = (&'a Milestone, Vec<&'a Milestone>);

/// Folds that may still be tried.
struct Trial {
    tries: usize,
}

impl Trial {
    /// The first that is held because of some of this rank, and who of them has to be left out for it to count.
    fn first_wrong<'a>(&mut self, fold: &Fold<'a>, heard: &[Placed<'a>], rank: Rank) -> Option<Wrong<'a>> {
        let wronged = fold.blames.iter().filter(|blame| blame.held.rank < rank);
        let mut wrong = wronged
            .map(|blame| (blame.held, self.wrong(of_rank(fold, blame, rank), blame.held, heard, rank)));
        wrong.find(|(_, wrong)| !wrong.is_empty())
    }

    /// Who has to be left out for the one that is held to count, beginning with these; nobody where that does not
    /// help.
    fn wrong<'a>(
        &mut self,
        mut left_out: Vec<&'a Milestone>,
        held: &Milestone,
        heard: &[Placed<'a>],
        rank: Rank,
    ) -> Vec<&'a Milestone> {
        let mut heard = heard.to_vec();
        while !left_out.is_empty() {
            if self.tries == 0 {
                return Vec::new();
            }
            self.tries -= 1;
            leave_out(&mut heard, left_out.iter().copied());
            let fold = Fold::of(&heard);
            if fold.held.iter().all(|other| (other.feed, other.event) != key(held)) {
                break;
            }
            let blame = fold.blames.iter().find(|other| key(other.held) == key(held));
            let more = blame.map(|blame| of_rank(&fold, blame, rank)).unwrap_or_default();
            if more.is_empty() {
                left_out.clear();
            }
            left_out.extend(more);
        }
        left_out
    }
}

fn leave_out<'m>(heard: &mut Vec<Placed<'_>>, left_out: impl Iterator<Item = &'m Milestone>) {
    let mut keys: Vec<_> = left_out.map(key).collect();
    keys.sort_unstable();
    heard.retain(|(_, event)| keys.binary_search(&key(event)).is_err());
}

/// Whom of this rank to blame.
fn of_rank<'a>(fold: &Fold<'a>, blame: &Blame<'a>, rank: Rank) -> Vec<&'a Milestone> {
    fold.to_blame(blame).iter().copied().filter(|by| by.rank == rank && is_other(blame, by)).collect()
}

fn is_other(blame: &Blame<'_>, by: &Milestone) -> bool {
    by.feed != blame.held.feed
}
