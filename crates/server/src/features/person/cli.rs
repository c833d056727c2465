//! `jindu person`: at the wish of a person, whose number is read from the standard input, so that it stands in no list of
//! processes and in no history of a shell.

use super::service;
use super::view::KeptView;
use crate::app::{Failed, open_store};
use crate::clock::Clock;
use crate::config::Config;
use domain::number::{CitizenNumber, Demonstration};
use std::fs::OpenOptions;
use std::io::{BufRead, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use store::Store;
use store::erasure::Erased;
use store::setting::Purpose;

/// What is wished.
pub enum Wish<'a> {
    /// To have what is kept, in a new file.
    Export(&'a Path),
    /// To have it erased, for a reason.
    Erase(&'a str),
    /// To have inquiries online opened again, for a reason.
    OpenOnline(&'a str),
}

/// Does what a person wishes; gives what is said at the end.
///
/// # Errors
/// Says what is refused or has failed.
pub async fn run(
    config: &Config,
    clock: Clock,
    wish: Wish<'_>,
    input: impl BufRead,
) -> Result<String, Failed> {
    let store = open_store(config, None).await?;
    let number = number(&store, clock, input)?;
    let now = clock.now();
    match wish {
        Wish::Export(file) => {
            let kept = service::export(&store, &number, now).await?;
            if kept.is_nothing() {
                return Ok("Nothing is kept about anybody of this number; no file was written.".to_owned());
            }
            written(file, &serde_json::to_vec_pretty(&KeptView::new(&kept))?)?;
            let (applications, looks) = (kept.applications.len(), kept.looks.len());
            Ok(format!(
                "{}: {applications} applications, {looks} looks. It names a person: hand it over, and delete it.",
                file.display()
            ))
        }
        Wish::Erase(reason) => {
            let Erased { applications, rows, left } = service::erase(&store, &number, reason, now).await?;
            if applications == 0 {
                return Ok("Nobody of this number has an application here; nothing was erased.".to_owned());
            }
            if left > 0 {
                return Err(
                    format!("{left} rows are left: a feed has reported meanwhile; run it again").into()
                );
            }
            Ok(format!(
                "{applications} applications are erased, {rows} rows; nothing of them is left in the tables of applications.\n\
                 Backups made until now hold them until they are deleted. That they were looked at stays in the log, which \
                 names nobody."
            ))
        }
        Wish::OpenOnline(reason) => {
            let opened = service::open_online(&store, &number, reason, now).await?;
            Ok(format!("{opened} applications are open to inquiries online again."))
        }
    }
}

/// Writes a new file that only its owner may read.
fn written(file: &Path, text: &[u8]) -> Result<(), Failed> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut out = made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{} exists already; it is never replaced", file.display()),
        _ => format!("{}: {error}", file.display()),
    })?;
    Ok(out.write_all(text).and_then(|()| out.sync_all())?)
}

/// The number in the first line.
fn number(store: &Store, clock: Clock, input: impl BufRead) -> Result<CitizenNumber, Failed> {
    let demonstration = match store.purpose() {
        Purpose::Demonstration => Demonstration::Accepted,
        Purpose::Service => Demonstration::Refused,
    };
    let line = input.lines().next().transpose()?.unwrap_or_default();
    CitizenNumber::parse(line.trim(), clock.today(), demonstration)
        .map_err(|_| "the first line of the standard input is no citizen number".into())
}
