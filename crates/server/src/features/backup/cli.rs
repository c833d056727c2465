//! `jindu backup`, `jindu backup verify` and `jindu restore`.

use super::file::Unnamed;
use super::seal::{Envelope, closed, identities, sealed};
use crate::app::Failed;
use crate::config::Config;
use crate::progress::{self, Lines};
use age::x25519::Recipient;
use domain::moment::Moment;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use store::Store;
use store::audit::Entry;
use store::backup::{self, BackupError, Closing, Header, Part, Place, Reader};
use store::keys::Keys;

/// A backup that is whole and on disk.
#[derive(Debug)]
pub struct Made {
    /// Its file.
    pub file: PathBuf,
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
}

/// Writes a backup to a file of this name, or into this folder, beside whoever uses the database; `line` writes a line
/// where there is no terminal.
///
/// # Errors
/// Refuses to write for nobody; says what failed, and leaves no file then.
pub async fn make(
    store: &Store,
    now: Moment,
    (to, recipients): (&Path, &[Recipient]),
    line: impl FnMut(String) + Send,
) -> Result<Made, Failed> {
    if recipients.is_empty() {
        return Err("for whom? Set backup_recipients in the configuration, or give --recipient age1…".into());
    }
    let unnamed = Unnamed::at(to, now)?;
    // First of all: nobody takes the data away without a trace.
    let entry = Entry {
        at: now,
        actor: "command:backup".to_owned(),
        action: "backup",
        detail: format!("for {} recipients", recipients.len()),
    };
    store.write(entry, |_| Box::pin(async { Ok(()) })).await?;
    let bar = progress::things(0, "rows");
    let mut lines = Lines::beside(&bar, line);
    let told = |progress: backup::Progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.done);
        lines.tell("reading", "rows");
    };
    let (sealed, closing) = backup::take(store, now, sealed(unnamed.file()?, recipients)?, told).await?;
    closed(sealed)?;
    let (file, bytes) = unnamed.name()?;
    bar.finish_and_clear();
    Ok(Made { file, bytes, rows: closing.rows() })
}

/// A backup that was read to its end, and is whole.
#[derive(Debug)]
pub struct Whole {
    /// What it says about itself.
    pub header: Header,
    /// What is in it.
    pub closing: Closing,
}

/// Reads a backup to its end; `line` writes a line where there is no terminal.
///
/// # Errors
/// Says where it is damaged or breaks off.
pub fn verify(from: &Path, identity: &Path, line: impl FnMut(String)) -> Result<Whole, Failed> {
    let (mut reader, bar) = opened(from, identity)?;
    let mut lines = Lines::beside(&bar, line);
    let header = reader.header().clone();
    loop {
        let part = reader.part()?;
        lines.tell("checking", "bytes");
        if let Part::End(closing) = part {
            bar.finish_and_clear();
            return Ok(Whole { header, closing });
        }
    }
}

/// Makes sure that a file is an envelope of age: all that can be said without an identity.
///
/// # Errors
/// Says that it is none.
pub fn is_sealed(from: &Path) -> Result<(), Failed> {
    Envelope::of(read(from)?, from).map(drop)
}

impl Whole {
    /// Whether the keys at hand are those of the backup; nothing where there are none at hand.
    ///
    /// # Errors
    /// Fails when the key file is there and cannot be used or lacks a key that the backup needs, and when somebody without
    /// its keys made the backup.
    pub fn fits(&self, key_file: &Path) -> Result<Option<bool>, Failed> {
        if !key_file.try_exists()? {
            return Ok(None);
        }
        match self.is_by(&Keys::load(key_file)?) {
            Ok(()) => Ok(Some(true)),
            Err(BackupError::Keys) => Ok(Some(false)),
            Err(forged) => Err(forged.into()),
        }
    }

    fn is_by(&self, keys: &Keys) -> backup::Result<()> {
        if !self.header.fits(keys) {
            return Err(BackupError::Keys);
        }
        if !self.closing.is_by(keys) {
            return Err(BackupError::Forged);
        }
        self.closing.opens_with(keys)
    }
}

/// Puts a backup into a place that holds nothing, and compares what stands there then. The file is read to its end
/// before anything is written.
///
/// # Errors
/// Refuses other keys, a place that holds something, and a backup that is not whole. What was broken off is begun anew
/// by the same command; nobody is served from it meanwhile.
pub async fn restore(
    config: &Config,
    now: Moment,
    (from, identity): (&Path, &Path),
    mut line: impl FnMut(String) + Send,
) -> Result<Whole, Failed> {
    let keys = Keys::load(&config.key_file())?;
    let whole = verify(from, identity, &mut line)?;
    whole.is_by(&keys)?;
    let database = config.database()?;
    let place = Place { folder: &config.data, database: &database, keys };
    let (reader, _) = opened(from, identity)?;
    let bar = progress::things(2 * whole.closing.rows(), "rows");
    let entry = Entry {
        at: now,
        actor: "command:restore".to_owned(),
        action: "restore",
        detail: format!("{} rows of a backup of {}", whole.closing.rows(), whole.header.at),
    };
    let (mut lines, all) = (Lines::beside(&bar, line), whole.closing.rows());
    let told = |rows| {
        bar.inc(rows);
        lines.tell(if bar.position() > all { "comparing" } else { "writing" }, "rows");
    };
    backup::restore(place, reader, entry, told).await?;
    bar.finish_and_clear();
    Ok(whole)
}

type Opened = Reader<Box<dyn Read + Send>>;

fn opened(from: &Path, identity: &Path) -> Result<(Opened, ProgressBar), Failed> {
    let identities = identities(identity)?;
    let file = read(from)?;
    let bar = progress::bytes(file.metadata()?.len());
    let input: Box<dyn Read + Send> = Box::new(Envelope::of(bar.wrap_read(file), from)?.open(&identities)?);
    Ok((Reader::begin(input)?, bar))
}

fn read(from: &Path) -> Result<File, Failed> {
    Ok(File::open(from).map_err(|error| format!("{} cannot be read: {error}", from.display()))?)
}
