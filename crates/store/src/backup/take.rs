//! Takes a backup of a database that others read and write meanwhile.

use super::{FORMAT, Header, Result, Writer};
use crate::Store;
use crate::backup::{BackupError, Closing};
use crate::keys::Keys;
use crate::whole::{Cell, Pages, Snapshot, Source, Table};
use domain::moment::Moment;
use std::io::Write;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pages that wait to be packed: reading and packing go side by side.
const WAITING: usize = 2;

/// What is handed to whoever packs it.
enum Next {
    Table(Table),
    Rows(Vec<Vec<Cell>>),
    /// There is no more. What ends without it was broken off.
    End,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Rows that were read.
    pub done: u64,
    /// Rows that there are.
    pub of: u64,
}

/// Writes everything that the database holds at one moment; gives back what was written to, which has an end of its
/// own, and what is in it. Needs a running Tokio runtime.
///
/// # Errors
/// Fails when the database cannot be read or the backup not be written.
pub async fn take<W: Write + Send + 'static>(
    store: &Store,
    at: Moment,
    out: W,
    mut told: impl FnMut(Progress),
) -> Result<(W, Closing)> {
    let mut snapshot = Snapshot::of(&Source::of(store)).await?;
    let (tables, given) = (snapshot.tables(), snapshot.given().await?);
    let mut progress = Progress { done: 0, of: snapshot.count_all().await? };
    let (header, keys) = (header(store, at), store.shared_keys());
    let (pages, waiting) = channel(WAITING);
    let packing =
        tokio::task::spawn_blocking(move || packed(Writer::begin(out, &header)?, waiting, given, &keys));
    let read = read(&mut snapshot, &tables, &pages, |rows| {
        progress.done += rows;
        told(progress);
    });
    let read = read.await;
    drop(pages);
    let packed = packing.await.map_err(|_| BackupError::Damaged("the packing panicked"))?;
    read.and(packed)
}

fn header(store: &Store, at: Moment) -> Header {
    Header {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: crate::migrations::newest(),
        engine: if store.server().is_some() { "postgres" } else { "sqlite" }.to_owned(),
        purpose: store.purpose().as_str().to_owned(),
        keys: store.keys().fingerprint(),
        at: at.to_rfc3339(),
    }
}

async fn read(
    snapshot: &mut Snapshot,
    tables: &[Table],
    pages: &Sender<Next>,
    mut told: impl FnMut(u64),
) -> Result<()> {
    for table in tables {
        if pages.send(Next::Table(table.clone())).await.is_err() {
            return Ok(());
        }
        let mut pages_of = Pages::of(table);
        while let Some(rows) = pages_of.next(snapshot).await? {
            told(rows.len() as u64);
            if pages.send(Next::Rows(rows)).await.is_err() {
                return Ok(());
            }
        }
    }
    // Whoever went away has the reason.
    drop(pages.send(Next::End).await);
    Ok(())
}

fn packed<W: Write>(
    mut writer: Writer<W>,
    mut pages: Receiver<Next>,
    given: Vec<(String, i64)>,
    keys: &Keys,
) -> Result<(W, Closing)> {
    while let Some(next) = pages.blocking_recv() {
        match next {
            Next::Table(table) => writer.table(&table)?,
            Next::Rows(rows) => writer.rows(&rows)?,
            Next::End => return writer.end(given, keys),
        }
    }
    Err(BackupError::Cut)
}
