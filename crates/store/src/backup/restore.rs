//! Puts a backup into a database that holds nothing, and compares what stands there then.

use super::{BackupError, Closing, Counted, Part, Reader, Result, SETTING, Shape, Sum};
use crate::audit::Entry;
use crate::keys::Keys;
use crate::setting::Purpose;
use crate::whole::{Cells, Errand, Pages, Snapshot, Table, Target, cells};
use crate::{Database, migrations};
use std::io::Read;
use std::path::Path;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Parts that wait to be written: unpacking and writing go side by side.
const WAITING: usize = 2;

/// Where a backup is restored to.
pub struct Place<'p> {
    /// The data folder.
    pub folder: &'p Path,
    /// The database.
    pub database: &'p Database,
    /// The keys with which the data were made.
    pub keys: Keys,
}

/// Restores a backup; `told` gets how many rows were written, and then how many were compared. Until the end the
/// database is marked, and nobody opens it. What was broken off is begun anew. Needs a running Tokio runtime.
///
/// # Errors
/// Refuses other keys, another schema, and a place that holds something; fails when the backup does not read, the
/// database does not write, or what was written reads back otherwise.
pub async fn restore<R: Read + Send + 'static>(
    place: Place<'_>,
    reader: Reader<R>,
    entry: Entry,
    mut told: impl FnMut(u64),
) -> Result<()> {
    let purpose = restorable(&reader, &place.keys)?;
    let target = Target::open(place.folder, place.database, place.keys, purpose, Errand::Restore).await?;
    if target.holds_other_data() {
        return Err(BackupError::NotEmpty);
    }
    let tables = emptied(&target).await?;
    let (parts, waiting) = channel(WAITING);
    let unpacking = tokio::task::spawn_blocking(move || unpacked(reader, &parts));
    let written = written(&target, &tables, waiting, &mut told).await;
    let unpacked = unpacking.await.map_err(|_| BackupError::Damaged("the unpacking panicked"))?;
    // Where unpacking failed the parts ended, and the reason is here.
    let closing = written.and_then(|closing| unpacked.map(|()| closing))?.ok_or(BackupError::Cut)?;
    if !closing.is_by(target.keys()) {
        return Err(BackupError::Forged);
    }
    closing.opens_with(target.keys())?;
    target.go_on_after(closing.given.clone()).await?;
    compare(&target, &closing, told).await?;
    target.finish(entry).await?;
    Ok(())
}

/// What the data are, if this program and these keys can do something with them.
fn restorable<R: Read>(reader: &Reader<R>, keys: &Keys) -> Result<Purpose> {
    let header = reader.header();
    if !header.fits(keys) {
        return Err(BackupError::Keys);
    }
    let (schema, ours) = (header.schema, migrations::newest());
    if schema > ours {
        return Err(BackupError::Newer(format!("version {}, schema {schema}", header.program)));
    }
    if schema < ours {
        return Err(BackupError::Older(header.program.clone()));
    }
    Purpose::parse(&header.purpose).ok_or(BackupError::Damaged("its purpose"))
}

/// The target's tables, without what an earlier try has left in them.
async fn emptied(target: &Target) -> Result<Vec<Table>> {
    let tables = Snapshot::of(target.source()).await?.tables();
    for table in tables.iter().filter(|table| table.name != SETTING) {
        // One look for a table: on a server each look begins by ordering all of it.
        let (mut look, mut pages) = (Snapshot::of(target.source()).await?, Pages::of(table));
        while let Some(gone) = pages.next(&mut look).await? {
            target.put(table, gone, Vec::new()).await?;
        }
    }
    Ok(tables.to_vec())
}

fn unpacked<R: Read>(mut reader: Reader<R>, parts: &Sender<Part>) -> Result<()> {
    loop {
        let part = reader.part()?;
        let is_end = matches!(part, Part::End(_));
        // Whoever went away has the reason.
        if parts.blocking_send(part).is_err() || is_end {
            return Ok(());
        }
    }
}

/// Writes part for part; gives what the end says, if the end came.
async fn written(
    target: &Target,
    tables: &[Table],
    mut parts: Receiver<Part>,
    told: &mut impl FnMut(u64),
) -> Result<Option<Closing>> {
    let mut table = None;
    while let Some(part) = parts.recv().await {
        match part {
            Part::Table(shape) => table = Some(taker(tables, &shape)?),
            Part::Rows(rows) => {
                let table = table.ok_or(BackupError::Damaged("rows of no table"))?;
                told(rows.len() as u64);
                target.put(table, replaced(target, table).await?, rows).await?;
            }
            Part::End(closing) => return Ok(Some(closing)),
        }
    }
    Ok(None)
}

/// The table that takes the rows.
fn taker<'t>(tables: &'t [Table], shape: &Shape) -> Result<&'t Table> {
    let takes = |table: &&Table| Shape::of(table) == *shape;
    tables.iter().find(takes).ok_or_else(|| BackupError::Differs(shape.name.clone()))
}

/// A database has settings from its first moment on: they give way in the transaction that brings the backup's.
async fn replaced(target: &Target, table: &Table) -> Result<Vec<Cells>> {
    if table.name != SETTING {
        return Ok(Vec::new());
    }
    Ok(Snapshot::of(target.source()).await?.page(table, None, table.page()).await?)
}

/// Makes sure that the target holds what the closing frame counts, and nothing else.
async fn compare(target: &Target, closing: &Closing, mut told: impl FnMut(u64)) -> Result<()> {
    let mut snapshot = Snapshot::of(target.source()).await?;
    for table in snapshot.tables().iter() {
        let (mut sum, mut pages, mut bytes) = (Sum::default(), Pages::of(table), Vec::new());
        while let Some(rows) = pages.next(&mut snapshot).await? {
            told(rows.len() as u64);
            for row in &rows {
                bytes.clear();
                cells::write(row, &mut bytes);
                sum.add(&bytes);
            }
        }
        let found = Counted { table: table.name.clone(), sum };
        if !closing.tables.contains(&found) {
            return Err(BackupError::Differs(found.table));
        }
    }
    Ok(())
}
