//! Manifests: what a sender announced as one batch, compared with what arrived.
//!
//! A batch's number is its sender's own, so a manifest is known by feed and number. An arrival names the number alone:
//! it counts for the manifest that lists the card, and is extra where none of that number does. What a sender tells
//! itself is no arrival.

mod settle;
#[cfg(test)]
mod tests;

use crate::application;
use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place, Receipt};
use crate::{Read, Store, Work, Write};
use domain::batch::BatchNumber;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::receipt::ReceiptNumber;

pub(crate) use settle::found;
pub use settle::settle;

const DECLARE: &str =
    "INSERT INTO manifest (feed, batch, count, due_at, declared_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (feed, batch) DO UPDATE SET count = excluded.count, due_at = excluded.due_at";
const LIST: &str = "INSERT INTO manifest_line (feed, batch, receipt, number) VALUES ($1, $2, $3, $4)
    ON CONFLICT (feed, batch, receipt) DO UPDATE SET number = excluded.number";
/// However often a feed tells it, a card arrives once. Who sent the batch may not be known yet.
const ARRIVED: &str = "INSERT INTO arrival (batch, receipt, feed, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (batch, receipt, feed) DO NOTHING";
const SENDERS: &str = "SELECT feed FROM manifest WHERE batch = $1 ORDER BY feed";
const ONE: &str = "SELECT count, due_at, declared_at FROM manifest WHERE feed = $1 AND batch = $2";
const COUNTS: &str = "SELECT count(*), count(CASE WHEN EXISTS (SELECT 1 FROM arrival
        WHERE arrival.batch = line.batch AND arrival.receipt = line.receipt AND arrival.feed <> line.feed) THEN 1 END)
    FROM manifest_line AS line WHERE feed = $1 AND batch = $2";
/// Listed and not arrived or late; arrived and listed nowhere.
const ODD: &str = "SELECT receipt, number, at FROM (SELECT receipt, number, (SELECT min(at) FROM arrival
            WHERE arrival.batch = line.batch AND arrival.receipt = line.receipt AND arrival.feed <> line.feed) AS at
        FROM manifest_line AS line WHERE feed = $1 AND batch = $2) AS listed
    WHERE at IS NULL OR at > $3
    UNION ALL
    SELECT receipt, NULL, min(at) FROM arrival WHERE batch = $2 AND feed <> $1 AND NOT EXISTS
        (SELECT 1 FROM manifest_line AS line WHERE line.batch = arrival.batch AND line.receipt = arrival.receipt)
    GROUP BY receipt ORDER BY receipt LIMIT 10000";

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
    /// How many cards there are, as the sender counts them.
    pub count: u32,
}

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
    /// How many of these arrived.
    pub arrived: u64,
    /// Listed and not arrived; with the other two at most 10,000.
    pub missing: Vec<Line>,
    /// Arrived, and listed in no batch of this number.
    pub extra: Vec<Line>,
    /// Listed, and arrived after the batch was due.
    pub late: Vec<Line>,
}

/// A card of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Keyed hash of the receipt number.
    pub receipt: Receipt,
    /// The receipt number, where the sender listed it or its application is known. Personal: for staff who look
    /// into the batch, not for logs.
    pub number: Option<String>,
    /// When it arrived.
    pub arrived: Option<Moment>,
}

/// Declares a batch; declared again by the same feed, cards are added and count and date replaced. Another feed's
/// batch of the same number is another batch.
///
/// # Errors
/// Fails when the database does.
pub async fn declare(store: &Store, entry: Entry, declaration: Declaration) -> Result<()> {
    let Declaration { feed, batch, due, receipts, count } = declaration;
    let keys = store.keys();
    let mut lines = Vec::with_capacity(receipts.len());
    for number in &receipts {
        let receipt = keys.receipt(number);
        lines.push((receipt, keys.seal(&place(&row_name(&batch, receipt)), number.as_str().as_bytes())?));
    }
    lines.sort_unstable();
    let now = entry.at;
    store
        .write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move {
                let [feed, batch] = name(feed, &batch);
                let (count, due, now) =
                    (Value::Int(count.into()), Value::Int(due.millis()), Value::Int(now.millis()));
                write.execute(DECLARE, &[feed, batch, count, due, now]).await?;
                for (receipt, number) in &lines {
                    let values = [feed, batch, Value::Blob(&receipt.0), Value::Blob(number)];
                    write.execute(LIST, &values).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The feeds that announced a batch of this number.
///
/// # Errors
/// Fails when the database does.
pub async fn senders(read: &Read<'_>, batch: &BatchNumber) -> Result<Vec<FeedId>> {
    read.rows(SENDERS, &[Value::Text(batch.as_str())], |row| Ok(FeedId(row.narrow(0, "feed")?))).await
}

/// A feed's batch as announced and as arrived; none where the feed announced none of this number.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn compare(
    read: &Read<'_>,
    keys: &Keys,
    feed: FeedId,
    batch: &BatchNumber,
) -> Result<Option<Comparison>> {
    let name = name(feed, batch);
    let declared = read.rows(ONE, &name, |row| {
        let moment = |column| Ok::<_, StoreError>(Moment::from_millis(row.int(column)?));
        Ok((row.narrow(0, "count")?, moment(1)?, moment(2)?))
    });
    let Some((declared, due, declared_at)) = declared.await?.into_iter().next() else {
        return Ok(None);
    };
    let counts = read.rows(COUNTS, &name, |row| Ok((row.narrow(0, "count")?, row.narrow(1, "count")?)));
    let (listed, arrived) = counts.await?.into_iter().next().unwrap_or_default();
    let (missing, extra, late) = (Vec::new(), Vec::new(), Vec::new());
    let mut compared = Comparison { declared_at, due, declared, listed, arrived, missing, extra, late };
    let [feed, number] = name;
    let odd = read.rows(ODD, &[feed, number, Value::Int(due.millis())], |row| line(row, keys, batch)).await?;
    for mut line in odd {
        match (&line.number, line.arrived) {
            (Some(_), None) => compared.missing.push(line),
            (Some(_), Some(_)) => compared.late.push(line),
            (None, _) => {
                let known = application::of_receipt(read, line.receipt).await?;
                line.number = known.map(|known| known.person(keys)).transpose()?.map(|person| person.receipt);
                compared.extra.push(line);
            }
        }
    }
    Ok(Some(compared))
}

/// Notes that a feed told that a card arrived with a batch.
pub(crate) async fn arrived(
    write: &mut Write<'_>,
    batch: &BatchNumber,
    receipt: Receipt,
    at: Moment,
    feed: FeedId,
) -> Result<()> {
    let values = [
        Value::Text(batch.as_str()),
        Value::Blob(&receipt.0),
        Value::Int(feed.0.into()),
        Value::Int(at.millis()),
    ];
    write.execute(ARRIVED, &values).await.map(drop)
}

/// What a manifest is known by.
fn name(feed: FeedId, batch: &BatchNumber) -> [Value<'_>; 2] {
    [Value::Int(feed.0.into()), Value::Text(batch.as_str())]
}

fn line(row: &Row<'_>, keys: &Keys, batch: &BatchNumber) -> Result<Line> {
    let receipt = Receipt(row.array(0)?);
    let opened = |sealed| {
        let number = keys.open(&place(&row_name(batch, receipt)), sealed)?;
        String::from_utf8(number).map_err(|_| StoreError::Corrupt("receipt number"))
    };
    let number = row.optional_blob(1)?.map(opened).transpose()?;
    Ok(Line { receipt, number, arrived: row.optional_int(2)?.map(Moment::from_millis) })
}

fn place(row: &[u8]) -> Place<'_> {
    Place { table: "manifest_line", column: "number", row }
}

/// What a sealed number is bound to: receipt and batch.
fn row_name(batch: &BatchNumber, receipt: Receipt) -> Vec<u8> {
    [&receipt.0[..], batch.as_str().as_bytes()].concat()
}
