//! What is typed about feeds: `jindu feed …`, `jindu held …`, `jindu batch …`.

pub mod add;
pub mod batches;
pub mod change;
pub mod held;
pub mod held_days;
pub mod held_list;
pub mod letters;
pub mod list;
pub mod run;
pub mod set;
mod typed;

pub use super::import::Asked;
use super::import::{Importing, import_file};
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
) -> Result<(Tally, PathBuf), Failed> {
    let (feed, now) = (named(feed)?, clock.now());
    let (store, opened) = (open_store(config, None).await?, Importing::open(file)?);
    let receipts = config.receipt_format()?;
    let made_by_name = store.purpose() == Purpose::Demonstration;
    if made_by_name && !asked.dry_run {
        make(&store, feed, now).await?;
    }
    let intake = match Intake::open(&store, &receipts, feed, clock).await {
        Err(Closed::Unknown(name)) if made_by_name => {
            tracing::info!(name, "the feed is not there; without --dry-run it would be made");
            Intake::of(&store, &receipts, unmade(name, now)?, clock)
        }
        opened => opened,
    }?;
    import_file(&intake, opened, asked, progress::bytes).await
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
