//! What is typed about a feed, read by one set of rules whether it is added or settled otherwise.

use domain::feed::{FeedKind, Rhythm};
use domain::milestone::Rank;
use domain::organ::OrganCode;
use domain::stage::Stage;

pub(super) fn owner(typed: &str) -> Result<OrganCode, String> {
    OrganCode::parse(typed)
        .ok_or_else(|| format!("organ {typed:?} is none: give nine digits, region (6) and station (3)"))
}

pub(super) fn kind(typed: &str) -> Result<FeedKind, String> {
    // The desk's is people's: a system of that kind could say everything.
    let of_systems = || FeedKind::ALL.into_iter().filter(|kind| *kind != FeedKind::Desk);
    let kinds = || of_systems().map(FeedKind::as_str).collect::<Vec<_>>().join(", ");
    let found = of_systems().find(|kind| kind.as_str() == typed);
    found.ok_or_else(|| format!("kind {typed:?} is none of a system; there are {}", kinds()))
}

pub(super) fn rhythm(typed: &str) -> Result<Rhythm, String> {
    let fault = || format!("rhythm {typed:?} is none: give hours such as 6h, or working days such as 1d");
    Rhythm::parse(typed).ok_or_else(fault)
}

pub(super) fn rank(typed: u8) -> Result<Rank, String> {
    Rank::of_system(typed).ok_or_else(|| format!("rank {typed} is the desk's; give 1 to 255"))
}

/// Each stage once, in the order of the road.
pub(super) fn stages(typed: &[String]) -> Result<Vec<Stage>, String> {
    let stage = |word: &String| {
        let all = || Stage::ALL.map(Stage::as_str).join(", ");
        Stage::parse(word.trim()).ok_or_else(|| format!("stage {word:?} is none; there are {}", all()))
    };
    let mut stages: Vec<Stage> = typed.iter().map(stage).collect::<Result<_, _>>()?;
    stages.sort_unstable();
    stages.dedup();
    Ok(stages)
}
