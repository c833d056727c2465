//! Which feed counts where two contradict each other.
//!
//! Where everything fits together, everything counts. Otherwise feeds are heard in the order of their rank:
//! what a feed of lower precedence adds must leave a place to what counts without it, or it is held as
//! contradicted. Feeds of one rank, and the milestones of one feed, never contradict each other.

use super::Impossible;
use super::fold::{Blame, Fold, Placed, hold, key};
use crate::milestone::{Milestone, Rank};

/// Whether somebody of lower precedence leaves no place to somebody of higher.
pub(super) fn decides(fold: &Fold<'_>) -> bool {
    fold.blames.iter().any(|blame| blame.by.iter().any(|by| by.rank > blame.held.rank && is_other(blame, by)))
}

/// The fold of milestones in their order, feeds heard by rank.
pub(super) fn settled<'a>(ordered: &[Placed<'a>]) -> Fold<'a> {
    let mut ranks: Vec<Rank> = ordered.iter().map(|(_, event)| event.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut fold = Fold::default();
    let mut contradicted: Vec<&Milestone> = Vec::new();
    for rank in ranks {
        let mut heard: Vec<Placed<'a>> =
            ordered.iter().filter(|(_, event)| event.rank <= rank).copied().collect();
        leave_out(&mut heard, &contradicted);
        loop {
            fold = Fold::of(&heard);
            let wronged = fold.blames.iter().filter(|blame| blame.held.rank < rank);
            let Some(wrong) = wronged.map(|blame| wrong(&heard, blame, rank)).find(|by| !by.is_empty())
            else {
                break;
            };
            leave_out(&mut heard, &wrong);
            contradicted.extend(wrong);
        }
    }
    fold.held.extend(contradicted.into_iter().map(|event| hold(event, Impossible::Contradicted)));
    fold
}

/// Who of this rank has to be left out for the one that is held to count; nobody where that does not help.
fn wrong<'a>(heard: &[Placed<'a>], blame: &Blame<'a>, rank: Rank) -> Vec<&'a Milestone> {
    let mut left_out = of_rank(blame, rank);
    let mut heard = heard.to_vec();
    while !left_out.is_empty() {
        leave_out(&mut heard, &left_out);
        let fold = Fold::of(&heard);
        let held = key(blame.held);
        if fold.held.iter().all(|other| (other.feed, other.event) != held) {
            return left_out;
        }
        let blame = fold.blames.iter().find(|other| key(other.held) == held);
        let more = blame.map(|blame| of_rank(blame, rank)).unwrap_or_default();
        if more.is_empty() {
            left_out.clear();
        }
        left_out.extend(more);
    }
    left_out
}

fn leave_out(heard: &mut Vec<Placed<'_>>, left_out: &[&Milestone]) {
    heard.retain(|(_, event)| left_out.iter().all(|other| key(other) != key(event)));
}

/// Whom of this rank to blame.
fn of_rank<'a>(blame: &Blame<'a>, rank: Rank) -> Vec<&'a Milestone> {
    blame.by.iter().copied().filter(|by| by.rank == rank && is_other(blame, by)).collect()
}

fn is_other(blame: &Blame<'_>, by: &Milestone) -> bool {
    by.feed != blame.held.feed
}
