//! Manifests: what a sender announced as one batch, compared with what arrived.

#[cfg(test)]
mod tests;

use crate::application::{self, ApplicationId};
use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Keys, Place, Receipt};
use crate::{Read, Store, Work, Write};
use domain::batch::BatchNumber;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::receipt::ReceiptNumber;

/// A batch belongs to the feed that declared it first.
const DECLARE: &str =
    "INSERT INTO manifest (batch, feed, count, due_at, declared_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (batch) DO UPDATE SET count = excluded.count, due_at = excluded.due_at
    WHERE manifest.feed = excluded.feed";
const LIST: &str = "INSERT INTO manifest_line (batch, receipt, number) VALUES ($1, $2, $3)
    ON CONFLICT (batch, receipt) DO UPDATE SET number = excluded.number";
/// A card arrives once, however often it is told; what the sender itself says is no arrival. Who the sender is may
/// not be known yet: the first feed that tells, and the first beside it, are remembered.
const ARRIVED: &str = "INSERT INTO manifest_line (batch, receipt, arrived_at, arrived_by)
    SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM manifest WHERE batch = $1 AND feed = $4)
    ON CONFLICT (batch, receipt) DO UPDATE SET
        again_at = CASE WHEN arrived_by <> excluded.arrived_by THEN coalesce(again_at, excluded.arrived_at)
            ELSE again_at END,
        arrived_by = CASE WHEN arrived_at IS NULL THEN excluded.arrived_by ELSE arrived_by END,
        arrived_at = coalesce(arrived_at, excluded.arrived_at)";
/// What the sender said before it announced the batch.
const OWN: &str = "UPDATE manifest_line SET arrived_at = again_at, arrived_by = NULL, again_at = NULL
    WHERE batch = $1 AND arrived_by = $2";
const NOTHING: &str = "DELETE FROM manifest_line WHERE batch = $1 AND number IS NULL AND arrived_at IS NULL";
const ONE: &str = "SELECT feed, count, due_at, declared_at FROM manifest WHERE batch = $1";
const COUNTS: &str = "SELECT count(number), count(CASE WHEN number IS NOT NULL THEN arrived_at END)
    FROM manifest_line WHERE batch = $1";
/// Neither listed and in time, nor both not yet.
const ODD: &str = "SELECT receipt, number, arrived_at FROM manifest_line
    WHERE batch = $1 AND (arrived_at IS NULL OR number IS NULL OR arrived_at > $2) ORDER BY receipt LIMIT 10000";
/// Whether there is anything to settle; what is changed, the changes themselves decide.
const UNSETTLED: &str = "SELECT EXISTS (SELECT 1 FROM manifest
        JOIN manifest_line ON manifest_line.batch = manifest.batch
        JOIN application ON application.receipt = manifest_line.receipt
        WHERE due_at < $1 AND number IS NOT NULL AND arrived_at IS NULL AND missing = 0)
    OR EXISTS (SELECT 1 FROM application WHERE missing = 1 AND NOT EXISTS
        (SELECT 1 FROM manifest_line JOIN manifest ON manifest.batch = manifest_line.batch
         WHERE manifest_line.receipt = application.receipt AND number IS NOT NULL AND arrived_at IS NULL
           AND due_at < $1))";
const SET_MISSING: &str = "UPDATE application SET missing = 1 WHERE missing = 0 AND receipt IN
    (SELECT manifest_line.receipt FROM manifest JOIN manifest_line ON manifest_line.batch = manifest.batch
     WHERE due_at < $1 AND number IS NOT NULL AND arrived_at IS NULL)";
const CLEAR_MISSING: &str = "UPDATE application SET missing = 0 WHERE missing = 1 AND NOT EXISTS
    (SELECT 1 FROM manifest_line JOIN manifest ON manifest.batch = manifest_line.batch
     WHERE manifest_line.receipt = application.receipt AND number IS NOT NULL AND arrived_at IS NULL
       AND due_at < $1)";
/// Cleared unless another batch that is past due still misses the card.
const FOUND: &str = "UPDATE application SET missing = 0 WHERE id = $1 AND NOT EXISTS
    (SELECT 1 FROM manifest_line JOIN manifest ON manifest.batch = manifest_line.batch
     WHERE manifest_line.receipt = $2 AND number IS NOT NULL AND arrived_at IS NULL AND due_at < $3)";

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
    /// Who announced it.
    pub feed: FeedId,
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
    /// Arrived and not listed.
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

/// Declares a batch; declared again by the same feed, cards are added and count and date replaced. False where
/// the batch is another feed's.
///
/// # Errors
/// Fails when the database does.
pub async fn declare(store: &Store, entry: Entry, declaration: Declaration) -> Result<bool> {
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
        .write(entry, move |write| -> Work<'_, bool> {
            Box::pin(async move {
                let values = [
                    Value::Text(batch.as_str()),
                    Value::Int(feed.0.into()),
                    Value::Int(count.into()),
                    Value::Int(due.millis()),
                    Value::Int(now.millis()),
                ];
                if write.execute(DECLARE, &values).await? == 0 {
                    return Ok(false);
                }
                write.execute(OWN, &[Value::Text(batch.as_str()), Value::Int(feed.0.into())]).await?;
                for (receipt, number) in &lines {
                    let values = [Value::Text(batch.as_str()), Value::Blob(&receipt.0), Value::Blob(number)];
                    write.execute(LIST, &values).await?;
                }
                write.execute(NOTHING, &[Value::Text(batch.as_str())]).await?;
                Ok(true)
            })
        })
        .await
}

/// A batch as announced and as arrived; none where nobody announced it.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn compare(read: &Read<'_>, keys: &Keys, batch: &BatchNumber) -> Result<Option<Comparison>> {
    let name = [Value::Text(batch.as_str())];
    let declared = read.rows(ONE, &name, |row| {
        let moment = |column| Ok::<_, StoreError>(Moment::from_millis(row.int(column)?));
        Ok((FeedId(row.narrow(0, "feed")?), row.narrow(1, "count")?, moment(2)?, moment(3)?))
    });
    let Some((feed, declared, due, declared_at)) = declared.await?.into_iter().next() else {
        return Ok(None);
    };
    let counts = read.rows(COUNTS, &name, |row| Ok((row.narrow(0, "count")?, row.narrow(1, "count")?)));
    let (listed, arrived) = counts.await?.into_iter().next().unwrap_or_default();
    let (missing, extra, late) = (Vec::new(), Vec::new(), Vec::new());
    let mut compared = Comparison { feed, declared_at, due, declared, listed, arrived, missing, extra, late };
    let odd = read
        .rows(ODD, &[Value::Text(batch.as_str()), Value::Int(due.millis())], |row| line(row, keys, batch))
        .await?;
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

/// Flags the applications whose cards are missing in a batch past due, and takes the flag from those whose card
/// is missing no longer. Says how many flags changed; writes nothing where none did.
///
/// # Errors
/// Fails when the database does.
pub async fn settle(store: &Store, actor: &str, now: Moment) -> Result<usize> {
    let unsettled = store.read().rows(UNSETTLED, &[Value::Int(now.millis())], |row| row.int(0)).await?;
    if unsettled != [1] {
        return Ok(0);
    }
    let detail = "batches past their day".to_owned();
    let entry = Entry { at: now, actor: actor.to_owned(), action: "flag_missing", detail };
    store
        .write(entry, move |write| -> Work<'_, usize> {
            Box::pin(async move {
                // The conditions stand in the changes: a card that arrives meanwhile is not flagged.
                let due = [Value::Int(now.millis())];
                Ok(write.execute(SET_MISSING, &due).await? + write.execute(CLEAR_MISSING, &due).await?)
            })
        })
        .await
}

/// Notes that a feed told that a card arrived with a batch; the feed that announced the batch cannot know that.
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
        Value::Int(at.millis()),
        Value::Int(feed.0.into()),
    ];
    write.execute(ARRIVED, &values).await.map(drop)
}

/// Takes the flag from an application whose card was told to have arrived.
pub(crate) async fn found(
    write: &mut Write<'_>,
    application: ApplicationId,
    receipt: Receipt,
    now: Moment,
) -> Result<()> {
    let values = [Value::Int(application.0), Value::Blob(&receipt.0), Value::Int(now.millis())];
    write.execute(FOUND, &values).await.map(drop)
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

/// A row's unchangeable name: receipt and batch.
fn row_name(batch: &BatchNumber, receipt: Receipt) -> Vec<u8> {
    [&receipt.0[..], batch.as_str().as_bytes()].concat()
}
