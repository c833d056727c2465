//! `jindu feed list`: every feed, and how it is doing.

use crate::app::Failed;
use crate::features::feeds::codes::Codes;
use crate::freshness::is_silent;
use domain::calendar::Holidays;
use domain::moment::Moment;
use domain::stage::Stage;
use serde::Serialize;
use store::Store;
use store::feed::{self, Feed};

/// A feed as the list shows it.
#[derive(Debug, Serialize)]
pub struct Shown {
    name: String,
    kind: &'static str,
    organ: String,
    stages: Vec<&'static str>,
    rank: u8,
    rhythm: Option<String>,
    own_codes: bool,
    /// The version of the table that its codes are read by; none where its own does not read.
    codes: Option<String>,
    last_heard: Option<String>,
    last_happened: Option<String>,
    silent: bool,
    state: &'static str,
}

/// Every feed by name, removed ones too.
///
/// # Errors
/// Fails when the database does.
pub async fn list(store: &Store, now: Moment) -> Result<Vec<Shown>, Failed> {
    let holidays = Holidays::built_in()?;
    let feeds = feed::all(&store.read()).await?;
    Ok(feeds.into_iter().map(|feed| shown(feed, now, &holidays)).collect())
}

fn shown(feed: Feed, now: Moment, holidays: &Holidays) -> Shown {
    Shown {
        kind: feed.kind.as_str(),
        organ: feed.owner.to_string(),
        rank: feed.rank.0,
        rhythm: feed.rhythm.map(|rhythm| rhythm.to_string()),
        own_codes: feed.codes.is_some(),
        codes: Codes::of(feed.codes.as_deref()).ok().map(|codes| codes.version().to_owned()),
        last_heard: feed.last_heard.map(Moment::to_rfc3339),
        last_happened: feed.last_happened.map(Moment::to_rfc3339),
        silent: is_silent(&feed, now, holidays),
        state: feed.state.as_str(),
        stages: feed.stages.into_iter().map(Stage::as_str).collect(),
        name: feed.name,
    }
}

/// The list for people: a few lines for each feed.
#[must_use]
pub fn in_words(feeds: &[Shown]) -> String {
    let one = |feed: &Shown| {
        let Shown { name, kind, organ, state, rank, .. } = feed;
        let silent = if feed.silent { ", SILENT" } else { "" };
        let or =
            |text: &Option<String>, otherwise: &str| text.clone().unwrap_or_else(|| otherwise.to_owned());
        let codes = if feed.own_codes { "its own" } else { "the built-in table" };
        let version = or(&feed.codes, "unreadable");
        format!(
            "{name}  {kind} of {organ}, {state}{silent}\n  heard {}, told of {}; rhythm {}, rank {rank}\n  \
             codes: {codes}, version {version}; stages: {}\n",
            or(&feed.last_heard, "never"),
            or(&feed.last_happened, "nothing"),
            or(&feed.rhythm, "none"),
            feed.stages.join(" "),
        )
    };
    match feeds {
        [] => "There is no feed; add one with `jindu feed add`.\n".to_owned(),
        feeds => feeds.iter().map(one).collect(),
    }
}
