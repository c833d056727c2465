//! What is typed about feeds: `jindu feed …`, `jindu held …`, `jindu batch …`.

pub mod add;
pub mod batches;
pub mod change;
pub mod held;
mod held_after;
pub mod held_days;
pub mod held_list;
pub mod letters;
pub mod list;
pub mod run;
pub mod set;
mod typed;

pub use super::import::Asked;
use super::import::{Importing, Ready};
use super::intake::{Closed, Intake};
pub use super::report::Tally;
pub use super::ways::Ways;
use crate::app::{Failed, open_store};
use crate::clock::Clock;
use crate::config::Config;
use crate::progress;
use domain::feed::FeedKind;
use domain::milestone::{FeedId, Rank};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Stage;
use std::path::{Path, PathBuf};
use store::audit::Entry;
use store::feed::{Feed, State};
use store::setting::Purpose;
use store::{Store, StoreError, Work, feed};

/// How an import went.
#[derive(Debug)]
pub struct Imported {
    /// How many lines of each outcome.
    pub tally: Tally,
    /// Where it stands what became of each line.
    pub report: PathBuf,
    /// Why lines were rejected, each reason in a line of words.
    pub rejected: Vec<String>,
}

/// Imports a file of milestones and writes a report beside it, or where it is asked to.
///
/// # Errors
/// Says what is wrong with the file, its first line or the database; once lines are recorded, up to which.
pub async fn import(
    config: &Config,
    clock: Clock,
    file: &Path,
    feed: &str,
    asked: &Asked,
) -> Result<Imported, Failed> {
    let (feed, now) = (named(feed)?, clock.now());
    let (store, opened) = (open_store(config, None).await?, Importing::open(file)?);
    let receipts = config.receipt_format()?;
    let known = match Intake::open(&store, &receipts, feed, clock).await {
        Err(Closed::Unknown(_)) if store.purpose() == Purpose::Demonstration => None,
        opened => Some(opened?),
    };
    let ready = Ready::of(opened, asked)?;
    let intake = match known {
        Some(known) => known,
        None if asked.dry_run => {
            tracing::info!(feed, "the feed is not there; without --dry-run it would be made");
            Intake::of(&store, &receipts, unmade(feed.to_owned(), now)?, clock)?
        }
        None => {
            make(&store, feed, now).await?;
            tracing::warn!("The feed {feed} was not there; it was made (demonstration only)");
            Intake::open(&store, &receipts, feed, clock).await?
        }
    };
    let ((tally, rejected), report) = ready.import(&intake, progress::bytes).await?;
    Ok(Imported { tally, report, rejected: rejected.in_words() })
}

/// The feed that would be made by its name.
fn unmade(name: String, now: Moment) -> Result<Feed, Failed> {
    let owner = OrganCode::parse("119900000").ok_or("the organ of the demonstration is none")?;
    Ok(Feed {
        id: FeedId(0),
        name,
        kind: FeedKind::Intake,
        owner,
        stages: Stage::ALL.to_vec(),
        rank: Rank::default(),
        rhythm: None,
        codes: None,
        state: State::Active,
        added_at: now,
        last_heard: None,
        last_happened: None,
    })
}

/// In a demonstration a feed is made by its name.
async fn make(store: &Store, feed: &str, now: Moment) -> Result<FeedId, Failed> {
    let name = feed.to_owned();
    let entry = Entry { at: now, actor: format!("feed:{name}"), action: "name_feed", detail: name.clone() };
    let named = store.write(entry, move |write| -> Work<'_, FeedId> {
        Box::pin(async move { feed::named(write, &name, now).await })
    });
    Ok(named.await?)
}

/// The feed's name: letters, digits and `-_.`, for it stands in the log of changes.
fn named(feed: &str) -> Result<&str, String> {
    if feed == feed::DESK_NAME {
        return Err(StoreError::Desk.to_string());
    }
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let whole = (1..=50).contains(&feed.chars().count()) && feed.chars().all(fits);
    whole.then_some(feed).ok_or_else(|| {
        format!("feed {feed:?} is no name; use 1 to 50 letters, digits, hyphens, full stops or underscores")
    })
}
