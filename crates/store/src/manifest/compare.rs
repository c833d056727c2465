//! A batch as announced and as arrived.

use super::{MOST_OF_A_BATCH, name, place, row_name};
use crate::Read;
use crate::application::{self, Application};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Receipt};
use domain::batch::BatchNumber;
use domain::milestone::FeedId;
use domain::moment::Moment;

const ONE: &str = "SELECT count, due_at, declared_at FROM manifest WHERE feed = $1 AND batch = $2";
const COUNTS: &str = "SELECT count(*), count(arrived_at) FROM manifest_line WHERE feed = $1 AND batch = $2";
/// Listed and not arrived or late.
const ODD: &str = "SELECT receipt, number, arrived_at FROM manifest_line
    WHERE feed = $1 AND batch = $2 AND (arrived_at IS NULL OR arrived_at > $3)
    ORDER BY receipt LIMIT 10000";
/// Arrived and listed nowhere. Anybody may tell of any number: so many arrivals are looked at and no more.
const UNLISTED: &str = "SELECT receipt, min(at) FROM
        (SELECT receipt, feed, at FROM arrival WHERE batch = $1 ORDER BY receipt LIMIT 300000) AS told
    WHERE feed <> $2 AND NOT EXISTS
        (SELECT 1 FROM manifest_line AS line WHERE line.receipt = told.receipt AND line.batch = $1)
    GROUP BY receipt ORDER BY min(at), receipt LIMIT $3";
const TOLD: &str = "SELECT CAST(1 AS BIGINT) FROM milestone
    WHERE subject = $1 AND application = $2 AND feed = $3 LIMIT 1";

/// Cards that a comparison names at the most.
const MOST_NAMED: u32 = 10_000;

/// A batch as announced and as arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// When it was announced.
    pub declared_at: Moment,
    /// When all of it should have arrived.
    pub due: Moment,
    /// How many cards the sender counted.
    pub declared: u64,
    /// How many it listed.
    pub listed: u64,
    /// How many it counted and did not list.
    pub unlisted: u64,
    /// How many arrived: of those that were listed, and as many others as were counted and not listed.
    pub arrived: u64,
    /// Listed and not arrived; with the other two at most 10,000.
    pub missing: Vec<Card>,
    /// Arrived beyond what was counted, and listed in no batch of this number.
    pub extra: Vec<Card>,
    /// Listed, and told to have arrived after the batch was due.
    pub late: Vec<Card>,
}

/// A card of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Keyed hash of the receipt number.
    pub receipt: Receipt,
    /// The receipt number, where the sender listed it, or where its application is known and may be seen. Personal:
    /// for staff who look into the batch, not for logs.
    pub number: Option<String>,
    /// When we were told that it arrived.
    pub arrived: Option<Moment>,
}

/// Who looks: whose numbers are opened of the cards that nobody listed. A batch's number is easily guessed, and a
/// receipt number is not to be learnt by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The sender: of applications of which it told something itself.
    Sender,
    /// Staff: of every application.
    Staff,
}

/// A feed's batch as announced and as arrived; none where the feed announced none of this number. May look at many
/// rows: it has no place on a thread that answers others.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn compare(
    read: &Read<'_>,
    keys: &Keys,
    feed: FeedId,
    batch: &BatchNumber,
    sight: Sight,
) -> Result<Option<Comparison>> {
    let name = name(feed, batch);
    let declared = read.rows(ONE, &name, |row| {
        let moment = |column| Ok::<_, StoreError>(Moment::from_millis(row.int(column)?));
        Ok((row.narrow::<u64>(0, "count")?, moment(1)?, moment(2)?))
    });
    let Some((declared, due, declared_at)) = declared.await?.into_iter().next() else {
        return Ok(None);
    };
    let counts =
        read.rows(COUNTS, &name, |row| Ok((row.narrow::<u64>(0, "count")?, row.narrow::<u64>(1, "count")?)));
    let (listed, arrived) = counts.await?.into_iter().next().unwrap_or_default();
    let unlisted = declared.saturating_sub(listed);
    let [of_feed, number] = name;
    let odd =
        read.rows(ODD, &[of_feed, number, Value::Int(due.millis())], |row| card(row, keys, batch)).await?;
    let (late, missing): (Vec<_>, Vec<_>) = odd.into_iter().partition(|card| card.arrived.is_some());
    let most = Value::Int((MOST_OF_A_BATCH + MOST_NAMED).into());
    let others = read.rows(UNLISTED, &[number, of_feed, most], unnamed).await?;
    let counted = usize::try_from(unlisted).unwrap_or(usize::MAX).min(others.len());
    let arrived = arrived + u64::try_from(counted).unwrap_or(u64::MAX);
    let room = usize::try_from(MOST_NAMED).unwrap_or(usize::MAX).saturating_sub(missing.len() + late.len());
    let mut extra: Vec<Card> = others.into_iter().skip(counted).take(room).collect();
    for card in &mut extra {
        let known = application::of_receipt(read, card.receipt).await?;
        if let Some(known) = known
            && may_see(read, sight, feed, &known).await?
        {
            card.number = Some(known.person(keys)?.receipt);
        }
    }
    Ok(Some(Comparison { declared_at, due, declared, listed, unlisted, arrived, missing, extra, late }))
}

async fn may_see(read: &Read<'_>, sight: Sight, feed: FeedId, application: &Application) -> Result<bool> {
    let values =
        [Value::Blob(&application.subject.0), Value::Int(application.id.0), Value::Int(feed.0.into())];
    Ok(sight == Sight::Staff || !read.rows(TOLD, &values, |row| row.int(0)).await?.is_empty())
}

fn unnamed(row: &Row<'_>) -> Result<Card> {
    let arrived = row.optional_int(1)?.map(Moment::from_millis);
    Ok(Card { receipt: Receipt(row.array(0)?), number: None, arrived })
}

fn card(row: &Row<'_>, keys: &Keys, batch: &BatchNumber) -> Result<Card> {
    let receipt = Receipt(row.array(0)?);
    let number = keys.open(&place(&row_name(batch, receipt)), row.blob(1)?)?;
    let number = String::from_utf8(number).map_err(|_| StoreError::Corrupt("receipt number"))?;
    Ok(Card { receipt, number: Some(number), arrived: row.optional_int(2)?.map(Moment::from_millis) })
}
