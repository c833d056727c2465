//! Feeds: the systems that report milestones, what each may report, and when each was last heard.

mod secret;
mod terms;
#[cfg(test)]
mod tests;

use crate::audit::{self, Entry};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::{Read, Store, Work, Write};
use domain::feed::{FeedKind, Rhythm};
use domain::milestone::{FeedId, Rank, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Stage;

pub(crate) use secret::SEALED;
pub use secret::{Former, MOST_FORMER, OVERLAP_MILLIS, Rotated, rotate, secrets};
pub use terms::{Terms, set};

/// A name that is there is not tried again: PostgreSQL would use up a number each time.
const NAMED: &str = "INSERT INTO feed (name, added_at) SELECT $1, $2
    WHERE NOT EXISTS (SELECT 1 FROM feed WHERE name = $1) ON CONFLICT (name) DO NOTHING";
const ID_OF: &str = "SELECT id FROM feed WHERE name = $1";
const DESK: &str = "INSERT INTO feed (name, kind, rank, added_at) SELECT 'desk', 'desk', 0, $1
    WHERE NOT EXISTS (SELECT 1 FROM feed WHERE name = 'desk') ON CONFLICT (name) DO NOTHING";
const ADD: &str = "INSERT INTO feed (name, kind, owner, stages, rank, rhythm, codes, added_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING RETURNING id";
const BY_NAME: &str = "SELECT id, name, kind, owner, stages, rank, rhythm, codes, state, added_at,
    last_heard, last_happened FROM feed WHERE name = $1";
const BY_ID: &str = "SELECT id, name, kind, owner, stages, rank, rhythm, codes, state, added_at,
    last_heard, last_happened FROM feed WHERE id = $1";
const ALL: &str = "SELECT id, name, kind, owner, stages, rank, rhythm, codes, state, added_at,
    last_heard, last_happened FROM feed ORDER BY name";
const SET_STATE: &str = "UPDATE feed SET state = $1 WHERE id = $2 AND state <> 'removed' AND name <> 'desk'";
const SET_CODES: &str = "UPDATE feed SET codes = $1 WHERE id = $2 AND state <> 'removed' AND name <> 'desk'";
const LAST_HAPPENED: &str = "SELECT max(last_happened) FROM feed";
const STATE: &str = "SELECT state, name FROM feed WHERE id = $1";
const HEARD: &str = "UPDATE feed SET last_heard = CASE WHEN last_heard > $1 THEN last_heard ELSE $1 END,
    last_happened = CASE WHEN last_happened > $2 OR $2 IS NULL THEN last_happened ELSE $2 END
    WHERE id = $3";

/// The name of the feed by which people at a desk speak.
pub const DESK_NAME: &str = "desk";

/// A system that reports milestones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its number in this database.
    pub id: FeedId,
    /// What it is called; stands in the log of changes.
    pub name: String,
    /// What kind of system it is.
    pub kind: FeedKind,
    /// The organ that answers for it.
    pub owner: OrganCode,
    /// The stages it may report.
    pub stages: Vec<Stage>,
    /// Its precedence where another feed contradicts it; the smaller counts.
    pub rank: Rank,
    /// How often it should be heard.
    pub rhythm: Option<Rhythm>,
    /// Its own table of codes, as TOML; without it the one that comes with the product.
    pub codes: Option<String>,
    /// Whether it may report.
    pub state: State,
    /// When it was added.
    pub added_at: Moment,
    /// When it last reported anything.
    pub last_heard: Option<Moment>,
    /// The newest thing that it told of.
    pub last_happened: Option<Moment>,
}

impl Feed {
    /// Whether it may say this.
    #[must_use]
    pub fn may_say(&self, step: Step) -> bool {
        self.kind.may_say(step, &self.stages)
    }
}

/// A feed to be added.
#[derive(Clone)]
pub struct NewFeed {
    /// What it is called; no other feed has or had this name.
    pub name: String,
    /// What kind of system it is.
    pub kind: FeedKind,
    /// The organ that answers for it.
    pub owner: OrganCode,
    /// The stages it may report.
    pub stages: Vec<Stage>,
    /// Its precedence.
    pub rank: Rank,
    /// How often it should be heard.
    pub rhythm: Option<Rhythm>,
    /// Its own table of codes, as TOML.
    pub codes: Option<String>,
    /// The key with which it signs its messages, where it sends any.
    pub secret: Option<Vec<u8>>,
}

/// Whether a feed may report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may.
    Active,
    /// It may not for now.
    Paused,
    /// It never will again; what it reported stays.
    Removed,
}

impl State {
    /// The word in the database and in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Removed => "removed",
        }
    }

    /// The state of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Paused, Self::Removed].into_iter().find(|state| state.as_str() == word)
    }
}

/// The feed of that name.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn by_name(read: &Read<'_>, name: &str) -> Result<Option<Feed>> {
    Ok(read.rows(BY_NAME, &[Value::Text(name)], feed).await?.into_iter().next())
}

/// The feed of that number.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn by_id(read: &Read<'_>, id: FeedId) -> Result<Option<Feed>> {
    Ok(read.rows(BY_ID, &[Value::Int(id.0.into())], feed).await?.into_iter().next())
}

/// Every feed by name, removed ones too.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn all(read: &Read<'_>) -> Result<Vec<Feed>> {
    read.rows(ALL, &[], feed).await
}

/// The newest thing that any feed has told of; none where none told anything.
///
/// # Errors
/// Fails when the database does.
pub async fn last_happened(read: &Read<'_>) -> Result<Option<Moment>> {
    let happened = read.rows(LAST_HAPPENED, &[], |row| row.optional_int(0)).await?;
    Ok(happened.into_iter().flatten().next().map(Moment::from_millis))
}

/// The feed of that name; a new name makes a new feed that may report everything. For commands that make a
/// feed on the fly, such as the demonstration.
///
/// # Errors
/// Fails when the database does, and where the name is the desk's.
pub async fn named(write: &mut Write<'_>, name: &str, now: Moment) -> Result<FeedId> {
    not_the_desk(name)?;
    write.execute(NAMED, &[Value::Text(name), Value::Int(now.millis())]).await?;
    id_of(write, name).await
}

/// The feed by which people at a desk speak.
pub(crate) async fn desk(write: &mut Write<'_>, now: Moment) -> Result<FeedId> {
    write.execute(DESK, &[Value::Int(now.millis())]).await?;
    id_of(write, DESK_NAME).await
}

async fn id_of(write: &mut Write<'_>, name: &str) -> Result<FeedId> {
    let found = write.rows(ID_OF, &[Value::Text(name)], |row| row.narrow(0, "feed")).await?;
    found.into_iter().next().map(FeedId).ok_or(StoreError::Corrupt("feed"))
}

fn not_the_desk(name: &str) -> Result<()> {
    if name == DESK_NAME { Err(StoreError::Desk) } else { Ok(()) }
}

/// Adds a feed; none where a feed has or had this name.
///
/// # Errors
/// Fails when the database does, and where the name or the rank is the desk's.
pub async fn add(store: &Store, entry: Entry, new: NewFeed) -> Result<Option<FeedId>> {
    not_the_desk(&new.name)?;
    terms::of_system(new.rank)?;
    let sealed = new.secret.as_ref().map(|key| secret::sealed(store.keys(), &new.name, key)).transpose()?;
    let added = store.change(move |write| -> Work<'_, Option<FeedId>> {
        Box::pin(async move {
            let (stages, rhythm) = (words(&new.stages), new.rhythm.map(|rhythm| rhythm.to_string()));
            let values = [
                Value::Text(&new.name),
                Value::Text(new.kind.as_str()),
                Value::Int(new.owner.get().into()),
                Value::Text(&stages),
                Value::Int(new.rank.0.into()),
                rhythm.as_deref().into(),
                new.codes.as_deref().into(),
                Value::Int(entry.at.millis()),
            ];
            let added = write.rows(ADD, &values, |row| row.narrow(0, "feed").map(FeedId)).await?;
            let Some(id) = added.into_iter().next() else { return Ok(None) };
            if let Some(sealed) = sealed {
                secret::add(write, id, &sealed).await?;
            }
            audit::insert(write, &entry).await?;
            Ok(Some(id))
        })
    });
    added.await
}

/// Stages as the database keeps them.
fn words(stages: &[Stage]) -> String {
    stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(" ")
}

/// Lets a feed report, pauses it, or removes it for good; false where it is unknown or removed, or the desk's.
///
/// # Errors
/// Fails when the database does.
pub async fn set_state(store: &Store, entry: Entry, id: FeedId, state: State) -> Result<bool> {
    change(store, entry, SET_STATE, Some(state.as_str().to_owned()), id).await
}

/// Gives a feed its own table of codes, or none; false where it is unknown or removed, or the desk's.
///
/// # Errors
/// Fails when the database does.
pub async fn set_codes(store: &Store, entry: Entry, id: FeedId, codes: Option<String>) -> Result<bool> {
    change(store, entry, SET_CODES, codes, id).await
}

async fn change(
    store: &Store,
    entry: Entry,
    sql: &'static str,
    to: Option<String>,
    id: FeedId,
) -> Result<bool> {
    store
        .change(move |write| -> Work<'_, bool> {
            Box::pin(async move {
                let values = [to.as_deref().into(), Value::Int(id.0.into())];
                let done = write.execute(sql, &values).await? == 1;
                if done {
                    audit::insert(write, &entry).await?;
                }
                Ok(done)
            })
        })
        .await
}

/// Refuses a feed that may not report now, and the desk.
pub(crate) async fn may_report(write: &mut Write<'_>, feed: FeedId) -> Result<()> {
    let read = |row: &Row<'_>| Ok((State::parse(row.text(0)?), row.text(1)? == DESK_NAME));
    match write.rows(STATE, &[Value::Int(feed.0.into())], read).await?.into_iter().next() {
        Some((_, true)) => Err(StoreError::Desk),
        Some((Some(State::Active), _)) => Ok(()),
        Some((Some(state), _)) => Err(StoreError::Refused(state)),
        None | Some((None, _)) => Err(StoreError::Corrupt("feed")),
    }
}

/// Moves the feed's watermarks: last heard, and last happened where something was told. They never move back.
pub(crate) async fn heard(
    write: &mut Write<'_>,
    feed: FeedId,
    learned: Moment,
    happened: Option<Moment>,
) -> Result<()> {
    let happened = happened.map_or(Value::Null, |happened| Value::Int(happened.millis()));
    let values = [Value::Int(learned.millis()), happened, Value::Int(feed.0.into())];
    write.execute(HEARD, &values).await.map(drop)
}

fn feed(row: &Row<'_>) -> Result<Feed> {
    let stages =
        row.text(4)?.split_whitespace().map(|word| Stage::parse(word).ok_or(StoreError::Corrupt("stage")));
    let rhythm = |word| Rhythm::parse(word).ok_or(StoreError::Corrupt("rhythm"));
    Ok(Feed {
        id: FeedId(row.narrow(0, "feed")?),
        name: row.text(1)?.to_owned(),
        kind: FeedKind::parse(row.text(2)?).ok_or(StoreError::Corrupt("kind"))?,
        owner: OrganCode::from_u32(row.narrow(3, "organ")?).ok_or(StoreError::Corrupt("organ"))?,
        stages: stages.collect::<Result<_>>()?,
        rank: Rank(row.narrow(5, "rank")?),
        rhythm: row.optional_text(6)?.map(rhythm).transpose()?,
        codes: row.optional_text(7)?.map(str::to_owned),
        state: State::parse(row.text(8)?).ok_or(StoreError::Corrupt("state"))?,
        added_at: Moment::from_millis(row.int(9)?),
        last_heard: row.optional_int(10)?.map(Moment::from_millis),
        last_happened: row.optional_int(11)?.map(Moment::from_millis),
    })
}
