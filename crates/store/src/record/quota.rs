//! How many milestones of one application are kept of one feed. Every change folds all of them anew: a feed that went
//! wild would slow down everybody who reports of that application.

use domain::milestone::{EventKey, FeedId, Milestone};
use std::collections::{HashMap, HashSet};

/// Milestones of one application that one feed may tell. A case that goes round for years has some dozens.
pub const MOST_OF_ONE_FEED: usize = 1_000;

/// Events that are not kept.
pub(super) type Refused = HashSet<(FeedId, EventKey)>;

/// Takes out of what was added to an application's milestones, from `before` on, what is more than one feed may tell
/// of it. Most applications have so few that nothing is counted.
pub(super) fn refused(all: &mut Vec<Milestone>, before: usize) -> Refused {
    if all.len() <= MOST_OF_ONE_FEED {
        return Refused::new();
    }
    let added = all.split_off(before.min(all.len()));
    let mut told: HashMap<FeedId, usize> = HashMap::new();
    all.iter().for_each(|milestone| *told.entry(milestone.feed).or_default() += 1);
    let mut refused = Refused::new();
    for milestone in added {
        let told = told.entry(milestone.feed).or_default();
        if *told < MOST_OF_ONE_FEED {
            *told += 1;
            all.push(milestone);
        } else {
            refused.insert((milestone.feed, milestone.event));
        }
    }
    refused
}
