//! What is settled about a feed, and may be settled otherwise later.

use super::{BY_ID, Feed, State};
use crate::audit::{self, Entry};
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::{Store, Work};
use domain::feed::Rhythm;
use domain::milestone::{FeedId, Rank};
use domain::organ::OrganCode;
use domain::stage::Stage;

const SET: &str = "UPDATE feed SET owner = $1, stages = $2, rank = $3, rhythm = $4 WHERE id = $5";

/// What is settled about a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The organ that answers for it.
    pub owner: OrganCode,
    /// The stages it may report.
    pub stages: Vec<Stage>,
    /// Its precedence for what it reports from now on.
    pub rank: Rank,
    /// How often it should be heard.
    pub rhythm: Option<Rhythm>,
}

/// Settles something about a feed otherwise; says what, each in words, and the log of changes says the same behind
/// `entry.detail`. None where the feed is unknown or removed, or the desk's; an empty list where nothing is otherwise.
///
/// # Errors
/// Fails when the database does, and where the rank is the desk's; then nothing is changed.
pub async fn set(
    store: &Store,
    entry: Entry,
    id: FeedId,
    change: impl FnOnce(&mut Terms) + Send + 'static,
) -> Result<Option<Vec<String>>> {
    store
        .change(move |write| -> Work<'_, Option<Vec<String>>> {
            Box::pin(async move {
                let found = write.rows(BY_ID, &[Value::Int(id.0.into())], super::feed).await?;
                let open = |feed: &Feed| feed.state != State::Removed && feed.name != super::DESK_NAME;
                let Some(feed) = found.into_iter().next().filter(open) else { return Ok(None) };
                let was = Terms::of(feed);
                let mut is = was.clone();
                change(&mut is);
                of_system(is.rank)?;
                let changed = is.instead_of(&was);
                if !changed.is_empty() {
                    let (stages, rhythm) = (is.stages(), is.rhythm.map(|rhythm| rhythm.to_string()));
                    let values = [
                        Value::Int(is.owner.get().into()),
                        Value::Text(&stages),
                        Value::Int(is.rank.0.into()),
                        rhythm.as_deref().into(),
                        Value::Int(id.0.into()),
                    ];
                    write.execute(SET, &values).await?;
                    let detail = format!("{}: {}", entry.detail, changed.join("; "));
                    audit::insert(write, &Entry { detail, ..entry }).await?;
                }
                Ok(Some(changed))
            })
        })
        .await
}

impl Terms {
    fn of(feed: Feed) -> Self {
        Self { owner: feed.owner, stages: feed.stages, rank: feed.rank, rhythm: feed.rhythm }
    }

    fn stages(&self) -> String {
        super::words(&self.stages)
    }

    /// What is otherwise than it was, each in words.
    fn instead_of(&self, was: &Self) -> Vec<String> {
        let rhythm = |terms: &Self| terms.rhythm.map_or("none".to_owned(), |rhythm| rhythm.to_string());
        let both = |what: fn(&Self) -> String| (what(was), what(self));
        let all = [
            ("organ", both(|terms| terms.owner.to_string())),
            ("stages", both(Self::stages)),
            ("rank", both(|terms| terms.rank.0.to_string())),
            ("rhythm", (rhythm(was), rhythm(self))),
        ];
        let changed = all.into_iter().filter(|(_, (was, is))| was != is);
        changed.map(|(what, (was, is))| format!("{what} from {was} to {is}")).collect()
    }
}

/// The rank where a system may have it.
pub(super) fn of_system(rank: Rank) -> Result<Rank> {
    Rank::of_system(rank.0).ok_or(StoreError::Desk)
}
