//! `jindu held list`: what waits for a person, in parts.

use super::change::known;
use super::held::{Number, moment, names};
use super::letters;
use crate::app::Failed;
use crate::features::feeds::words::CODES;
use domain::milestone::FeedId;
use domain::moment::Moment;
use serde::Serialize;
use store::Store;
use store::dead_letter::Kept;
use store::held::{self, Filter, HeldId, Item, Why};

/// Rows of one look into the database.
const PAGE: u16 = 500;
/// Which ones to list, as typed.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of this feed only.
    pub feed: Option<String>,
    /// For this reason only.
    pub reason: Option<String>,
    /// Held since this moment or later.
    pub since: Option<String>,
    /// Reports that are settled too.
    pub settled: bool,
    /// Behind this one, by its number in the list.
    pub after: Option<String>,
    /// So many.
    pub limit: usize,
}

/// One of the list.
#[derive(Debug, Serialize)]
pub struct Listed {
    number: String,
    feed: String,
    reason: String,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled: Option<&'static str>,
}

/// What waits, oldest first: reports, then dead letters; and whether more is there. Names nobody.
///
/// # Errors
/// Names a filter that means nothing; fails when the database does.
pub async fn list(store: &Store, wanted: &Wanted) -> Result<(Vec<Listed>, bool), Failed> {
    wanted.reason.as_deref().map_or(Ok(()), known_reason)?;
    let feed = match &wanted.feed {
        Some(name) => Some(known(store, name).await?.id),
        None => None,
    };
    let since = wanted.since.as_deref().map(moment).transpose()?;
    let later = |moment: Moment| since.is_none_or(|since| moment >= since);
    let names = names(store).await?;
    let name = |feed: FeedId| names.get(&feed).cloned().unwrap_or_default();
    let after = wanted.after.as_deref().map(Number::parse).transpose()?;
    let (report, letter) = match after {
        None => (Some(HeldId(0)), 0),
        Some(Number::Report(id)) => (Some(id), 0),
        Some(Number::Letter(id)) => (None, id),
    };
    let mut listed = Vec::new();
    if let Some(after) = report {
        for Item { id, feed, why, since, until, closed, .. } in
            reports(store, feed, wanted, after, later).await?
        {
            let (number, reason) = (Number::Report(id).to_string(), why.as_str().to_owned());
            let (since, until) = (since.to_rfc3339(), until.map(Moment::to_rfc3339));
            let settled = closed.map(|(how, _)| how.as_str());
            listed.push(Listed { number, feed: name(feed), reason, since, until, settled });
        }
    }
    let is_wanted = |letter: &Kept| {
        later(letter.since) && wanted.reason.as_ref().is_none_or(|reason| *reason == letter.why)
    };
    let room = wanted.limit.saturating_add(1).saturating_sub(listed.len());
    for letter in letters::some(store, feed, letter, room, is_wanted).await? {
        let (number, since) = (Number::Letter(letter.id).to_string(), letter.since.to_rfc3339());
        let (feed, reason) = (name(letter.feed), letter.why);
        listed.push(Listed { number, feed, reason, since, until: None, settled: None });
    }
    let more = listed.len() > wanted.limit;
    listed.truncate(wanted.limit);
    Ok((listed, more))
}

/// A reason as the list prints it: of a report a word, of a letter one that may stand behind its column.
fn known_reason(typed: &str) -> Result<(), String> {
    let code = typed.split_once(": ").map_or(typed, |(_, code)| code);
    if CODES.contains(&code) {
        return Ok(());
    }
    let held: Vec<&str> = CODES.iter().copied().filter(|code| Why::parse(code).is_some()).collect();
    Err(format!(
        "{typed:?} is no reason; reports are held for: {}; messages for words such as malformed or \"step: unknown\"",
        held.join(", ")
    ))
}

/// Reports of a feed, held for a reason, and one more than is wanted; a reason that only letters have gives none.
async fn reports(
    store: &Store,
    feed: Option<FeedId>,
    wanted: &Wanted,
    mut after: HeldId,
    later: impl Fn(Moment) -> bool,
) -> Result<Vec<Item>, Failed> {
    let why = wanted.reason.as_deref().map(Why::parse);
    if why == Some(None) {
        return Ok(Vec::new());
    }
    let filter = Filter { feed, why: why.flatten(), closed: wanted.settled };
    let mut found = Vec::new();
    while found.len() <= wanted.limit {
        let page = held::list(&store.read(), &filter, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        found.extend(page.into_iter().filter(|item| later(item.since)));
    }
    found.truncate(wanted.limit.saturating_add(1));
    Ok(found)
}

/// The list for people.
#[must_use]
pub fn in_words(listed: &[Listed], more: bool) -> String {
    let one = |one: &Listed| {
        let Listed { number, feed, reason, since, until, settled } = one;
        let until = until.as_ref().map(|until| format!(", waits until {until}")).unwrap_or_default();
        let settled = settled.map(|settled| format!(", {settled}")).unwrap_or_default();
        format!("{number:>8}  {feed}  {reason}  since {since}{until}{settled}\n")
    };
    let Some(last) = listed.last() else { return "Nothing is held.\n".to_owned() };
    let mut text: String = listed.iter().map(one).collect();
    if more {
        text += &format!("More is held: go on with --after {}\n", last.number);
    }
    text
}
