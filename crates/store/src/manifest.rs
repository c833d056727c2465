//! Manifests: what a sender announced as one batch, compared with what arrived.
//!
//! A batch's number is its sender's own, so a manifest is known by feed and number. An arrival names the number alone:
//! it counts for the manifest that lists the card. Of what no manifest of that number lists, as many count as arrived as
//! the sender counted beyond its list; the rest is extra. What a sender tells itself is no arrival.

mod compare;
mod keep;
mod settle;
#[cfg(test)]
mod tests;

use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Place, Receipt};
use crate::sealed::Column;
use crate::{Read, Store, Work, Write};
use domain::batch::BatchNumber;
use domain::milestone::{EventKey, FeedId};
use domain::moment::Moment;
use domain::receipt::ReceiptNumber;

pub use compare::{Card, Comparison, Sight, compare};
pub use keep::forget;
pub(crate) use settle::found;
pub use settle::{Settled, settle};

const DECLARE: &str =
    "INSERT INTO manifest (feed, batch, count, due_at, declared_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (feed, batch) DO UPDATE SET count = excluded.count, due_at = excluded.due_at";
/// A card may arrive before it is listed.
const LIST: &str =
    "INSERT INTO manifest_line (feed, batch, receipt, number, arrived_at) VALUES ($1, $2, $3, $4,
        (SELECT min(at) FROM arrival WHERE batch = $2 AND receipt = $3 AND feed <> $1))
    ON CONFLICT (feed, batch, receipt) DO NOTHING";
const REMOVE: &str = "DELETE FROM manifest_line WHERE feed = $1 AND batch = $2 AND receipt = $3";
const LISTED: &str = "SELECT count(*) FROM manifest_line WHERE feed = $1 AND batch = $2";
const KEPT: &str = "SELECT items FROM manifest_count WHERE feed = $1";
/// However often a feed tells an event, its card arrives once. Who sent the batch may not be known yet.
const ARRIVED: &str = "INSERT INTO arrival (batch, receipt, feed, event, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (batch, receipt, feed, event) DO NOTHING";
const MARK: &str = "UPDATE manifest_line SET arrived_at = $1
    WHERE receipt = $2 AND batch = $3 AND feed <> $4 AND arrived_at IS NULL";
const WITHDRAW: &str = "DELETE FROM arrival WHERE receipt = $1 AND feed = $2 AND event = $3 RETURNING batch";
const MARK_ANEW: &str = "UPDATE manifest_line SET arrived_at = (SELECT min(at) FROM arrival
        WHERE arrival.batch = manifest_line.batch AND arrival.receipt = manifest_line.receipt
            AND arrival.feed <> manifest_line.feed)
    WHERE receipt = $1 AND batch = $2";
const SENDERS: &str = "SELECT feed FROM manifest WHERE batch = $1 ORDER BY feed";
const OF_RECEIPT: &str =
    "SELECT feed, batch, arrived_at FROM manifest_line WHERE receipt = $1 ORDER BY feed, batch";

/// Cards of one batch at the most.
pub const MOST_OF_A_BATCH: u32 = 100_000;
/// Batches and cards of batches that are kept of one feed at the most: those of some months of a large province.
pub const MOST_OF_A_FEED: u64 = 5_000_000;

/// What a sender announces.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Who announces it.
    pub feed: FeedId,
    /// The number of the batch.
    pub batch: BatchNumber,
    /// When all of it should have arrived.
    pub due: Moment,
    /// The receipts of its cards.
    pub receipts: Vec<ReceiptNumber>,
    /// The receipts of cards that were listed by mistake.
    pub removed: Vec<ReceiptNumber>,
    /// How many cards there are, as the sender counts them.
    pub count: u32,
}

/// Why a batch cannot be announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It counts more than [`MOST_OF_A_BATCH`] cards.
    Batch,
    /// It lists more cards than it counts.
    Listed,
    /// The feed has announced as much as is kept of one.
    Feed,
}

/// Declares a batch. Declared again by the same feed, cards are added and taken off, count and date replaced. Another
/// feed's batch of the same number is another batch.
///
/// # Errors
/// Fails when the database does. What is too much changes nothing.
pub async fn declare(
    store: &Store,
    entry: Entry,
    declaration: Declaration,
) -> Result<std::result::Result<(), Excess>> {
    let Declaration { feed, batch, due, receipts, removed, count } = declaration;
    if count > MOST_OF_A_BATCH {
        return Ok(Err(Excess::Batch));
    }
    let keys = store.keys();
    let mut cards = Vec::with_capacity(receipts.len());
    for number in &receipts {
        let receipt = keys.receipt(number);
        cards.push((receipt, keys.seal(&place(&row_name(&batch, receipt)), number.as_str().as_bytes())?));
    }
    cards.sort_unstable();
    let removed: Vec<Receipt> = removed.iter().map(|number| keys.receipt(number)).collect();
    let now = entry.at;
    let declared = store.write(entry, move |write| -> Work<'_, ()> {
        Box::pin(async move {
            let [feed, batch] = name(feed, &batch);
            let values =
                [feed, batch, Value::Int(count.into()), Value::Int(due.millis()), Value::Int(now.millis())];
            write.execute(DECLARE, &values).await?;
            for receipt in &removed {
                write.execute(REMOVE, &[feed, batch, Value::Blob(&receipt.0)]).await?;
            }
            for (receipt, number) in &cards {
                let values = [feed, batch, Value::Blob(&receipt.0), Value::Blob(number)];
                write.execute(LIST, &values).await?;
            }
            if counted(write, LISTED, &[feed, batch]).await? > count.into() {
                return Err(StoreError::Announced(Excess::Listed));
            }
            if counted(write, KEPT, &[feed]).await? > MOST_OF_A_FEED {
                return Err(StoreError::Announced(Excess::Feed));
            }
            Ok(())
        })
    });
    match declared.await {
        Err(StoreError::Announced(excess)) => Ok(Err(excess)),
        declared => declared.map(Ok),
    }
}

async fn counted(write: &mut Write<'_>, sql: &str, values: &[Value<'_>]) -> Result<u64> {
    let counted = write.rows(sql, values, |row| row.narrow(0, "count")).await?;
    Ok(counted.into_iter().next().unwrap_or_default())
}

/// The feeds that announced a batch of this number.
///
/// # Errors
/// Fails when the database does.
pub async fn senders(read: &Read<'_>, batch: &BatchNumber) -> Result<Vec<FeedId>> {
    read.rows(SENDERS, &[Value::Text(batch.as_str())], |row| Ok(FeedId(row.narrow(0, "feed")?))).await
}

/// A card on the list of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Who listed it.
    pub feed: FeedId,
    /// The number of the batch.
    pub batch: BatchNumber,
    /// When it arrived first; none while it has not.
    pub arrived: Option<Moment>,
}

/// The batches that list the card of a receipt.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_receipt(read: &Read<'_>, receipt: Receipt) -> Result<Vec<Listing>> {
    let listing = |row: &Row<'_>| {
        Ok(Listing {
            feed: FeedId(row.narrow(0, "feed")?),
            batch: BatchNumber::parse(row.text(1)?).ok_or(StoreError::Corrupt("batch"))?,
            arrived: row.optional_int(2)?.map(Moment::from_millis),
        })
    };
    read.rows(OF_RECEIPT, &[Value::Blob(&receipt.0)], listing).await
}

/// What told that a card came: of which application, which feed, and its own event.
pub(crate) type Told = (Receipt, FeedId, EventKey);

/// Notes that a feed told that a card arrived with a batch.
pub(crate) async fn arrived(
    write: &mut Write<'_>,
    batch: &BatchNumber,
    (receipt, feed, event): Told,
    at: Moment,
) -> Result<()> {
    let (batch, receipt) = (Value::Text(batch.as_str()), Value::Blob(&receipt.0));
    let (feed, at) = (Value::Int(feed.0.into()), Value::Int(at.millis()));
    if write.execute(ARRIVED, &[batch, receipt, feed, Value::Blob(&event.0), at]).await? == 1 {
        write.execute(MARK, &[at, receipt, batch, feed]).await?;
    }
    Ok(())
}

/// An event that told of an arrival was withdrawn: by it, nothing has arrived.
pub(crate) async fn withdrawn(write: &mut Write<'_>, (receipt, feed, event): Told) -> Result<()> {
    let values = [Value::Blob(&receipt.0), Value::Int(feed.0.into()), Value::Blob(&event.0)];
    for batch in write.rows(WITHDRAW, &values, |row| row.text(0).map(str::to_owned)).await? {
        write.execute(MARK_ANEW, &[Value::Blob(&receipt.0), Value::Text(&batch)]).await?;
    }
    Ok(())
}

/// What a manifest is known by.
fn name(feed: FeedId, batch: &BatchNumber) -> [Value<'_>; 2] {
    [Value::Int(feed.0.into()), Value::Text(batch.as_str())]
}

/// How the numbers of cards are sealed anew.
pub(crate) const SEALED: Column = Column {
    table: "manifest_line",
    column: "number",
    page: "SELECT receipt, number, batch FROM manifest_line WHERE receipt >= $1 ORDER BY receipt LIMIT $2",
    replace: "UPDATE manifest_line SET number = $1 WHERE number = $2 AND receipt = $3",
    by_hash: true,
    name: |row| Ok([row.blob(0)?, row.text(2)?.as_bytes()].concat()),
};

fn place(row: &[u8]) -> Place<'_> {
    SEALED.place(row)
}

/// What a sealed number is bound to: receipt and batch.
fn row_name(batch: &BatchNumber, receipt: Receipt) -> Vec<u8> {
    [&receipt.0[..], batch.as_str().as_bytes()].concat()
}
