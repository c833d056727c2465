//! What each server has spent of the budgets that all of them share: a row for each second in which it spent any.
//!
//! Whose budget it is stands there as a hash. Rows are small, go beside the writer, and are soon deleted.

use crate::engine::Value;
use crate::error::Result;
use crate::lease::Run;
use crate::{Read, Store};
use domain::moment::Moment;

const KEEP: &str = "INSERT INTO spent (server, number, at, until, frame) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (server, number) DO NOTHING RETURNING number";
const AFTER: &str =
    "SELECT number, at, frame FROM spent WHERE server = $1 AND number > $2 ORDER BY number LIMIT 100";
const ALL: &str = "SELECT server, number, at, frame FROM spent WHERE until >= $1 ORDER BY at";
const FORGET: &str = "DELETE FROM spent WHERE until < $1 RETURNING number";

/// Bytes of one of a frame's entries: kind, key, count.
const ENTRY: usize = 1 + 16 + 4;
/// Entries of a frame at the most.
pub const ENTRIES: usize = 10_000;

/// So much of somebody's budget of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// Which budget; the server's own numbers.
    pub kind: u8,
    /// Whose: a hash, or a feed's number.
    pub key: [u8; 16],
    /// How much.
    pub count: u32,
}

/// What a server spent in a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Which run of which server.
    pub run: Run,
    /// Its rows are numbered from 0.
    pub number: i64,
    /// When, by its clock.
    pub at: Moment,
    /// What.
    pub spendings: Vec<Spending>,
}

/// Keeps what a server spent, until a moment at least. Told twice it is one row.
///
/// # Errors
/// Fails when the database does.
pub async fn keep(store: &Store, spent: &Spent, until: Moment) -> Result<()> {
    let frame = packed(&spent.spendings);
    let values = [
        Value::Blob(&spent.run.0),
        Value::Int(spent.number),
        Value::Int(spent.at.millis()),
        Value::Int(until.millis()),
        Value::Blob(&frame),
    ];
    store.aside(KEEP, &values, |row| row.int(0)).await.map(drop)
}

/// What a server spent after its row of a number; at the most a hundred rows.
///
/// # Errors
/// Fails when the database does.
pub async fn after(read: &Read<'_>, run: Run, number: i64) -> Result<Vec<Spent>> {
    let values = [Value::Blob(&run.0), Value::Int(number)];
    let rows = read.rows(AFTER, &values, |row| {
        let (number, at) = (row.int(0)?, Moment::from_millis(row.int(1)?));
        Ok(Spent { run, number, at, spendings: known(row.blob(2)?) })
    });
    rows.await
}

/// All that is kept and not over, in the order of time.
///
/// # Errors
/// Fails when the database does.
pub async fn all(read: &Read<'_>, now: Moment) -> Result<Vec<Spent>> {
    let over = [Value::Int(now.millis())];
    let rows = read.rows(ALL, &over, |row| {
        let (run, at) = (Run(row.array(0)?), Moment::from_millis(row.int(2)?));
        Ok(Spent { run, number: row.int(1)?, at, spendings: known(row.blob(3)?) })
    });
    rows.await
}

/// Deletes what is over; gives how many rows.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    Ok(store.aside(FORGET, &[Value::Int(now.millis())], |row| row.int(0)).await?.len())
}

fn packed(spendings: &[Spending]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(spendings.len() * ENTRY);
    for Spending { kind, key, count } in spendings {
        frame.push(*kind);
        frame.extend_from_slice(key);
        frame.extend_from_slice(&count.to_le_bytes());
    }
    frame
}

/// A frame that does not read counts for nothing: it must not keep the others from being heard, and is soon over.
fn known(frame: &[u8]) -> Vec<Spending> {
    unpacked(frame).unwrap_or_default()
}

fn unpacked(frame: &[u8]) -> Option<Vec<Spending>> {
    let (entries, rest) = frame.as_chunks::<ENTRY>();
    let read = |entry: &[u8; ENTRY]| -> Option<Spending> {
        let (kind, rest) = entry.split_first()?;
        let (key, count) = rest.split_first_chunk()?;
        Some(Spending { kind: *kind, key: *key, count: u32::from_le_bytes(count.try_into().ok()?) })
    };
    if rest.is_empty() { entries.iter().map(read).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fresh, at};

    fn spent(run: u8, number: i64, hour: i8, count: u32) -> Spent {
        let spendings =
            vec![Spending { kind: 3, key: [7; 16], count }, Spending { kind: 1, key: [8; 16], count: 1 }];
        Spent { run: Run([run; 16]), number, at: at(5, hour), spendings }
    }

    #[tokio::test]
    async fn each_server_s_rows_are_read_after_the_last_one_known_and_forgotten_when_they_are_over() {
        let fresh = Fresh::new().await;
        let rows = [spent(1, 0, 9, u32::MAX), spent(1, 1, 10, 2), spent(2, 0, 8, 3)];
        for (row, until) in rows.iter().zip([11, 12, 13]) {
            keep(&fresh.store, row, at(5, until)).await.unwrap();
            // A server that does not know whether its row is there says it again.
            keep(&fresh.store, row, at(5, until)).await.unwrap();
        }
        let read = fresh.store.read();
        let [first, second, other] = rows;
        assert_eq!(after(&read, Run([1; 16]), -1).await.unwrap(), [first.clone(), second.clone()]);
        assert_eq!(after(&read, Run([1; 16]), 0).await.unwrap(), std::slice::from_ref(&second));
        assert_eq!(all(&read, at(5, 10)).await.unwrap(), [other.clone(), first, second.clone()]);
        assert_eq!(forget(&fresh.store, at(5, 12)).await.unwrap(), 1);
        assert_eq!(all(&read, at(5, 10)).await.unwrap(), [other, second]);
    }

    #[test]
    fn a_frame_that_is_not_whole_counts_for_nothing() {
        let frame = packed(&spent(1, 0, 9, 5).spendings);
        assert_eq!(known(&frame), spent(1, 0, 9, 5).spendings);
        assert!(unpacked(&[]).is_some_and(|none| none.is_empty()));
        assert!(unpacked(&frame[1..]).is_none() && known(&frame[1..]).is_empty());
    }
}
