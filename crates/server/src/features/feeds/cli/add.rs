//! `jindu feed add` and `rotate`: a new feed, a new secret, shown once.

use super::change::system;
use super::{named, typed};
use crate::app::Failed;
use crate::features::feeds::codes::Codes;
use crate::features::feeds::report::unmade;
use crate::features::feeds::signature::written;
use aws_lc_rs::rand;
use domain::moment::Moment;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use store::Store;
use store::audit::Entry;
use store::feed::{self, Former, MOST_FORMER, NewFeed, Rotated};

/// Bytes of a secret; Standard Webhooks asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// A feed as it was typed.
pub struct Adding {
    /// Its name.
    pub name: String,
    /// The organ that owns it.
    pub organ: String,
    /// What kind of system it is.
    pub kind: String,
    /// The stages it may report; without any, those of its kind.
    pub stages: Vec<String>,
    /// Its precedence.
    pub rank: u8,
    /// How often it should be heard.
    pub rhythm: Option<String>,
    /// The file of its own table of codes.
    pub codes: Option<PathBuf>,
}

/// Adds a feed; gives its signing secret, which is in nobody's hands but the caller's from then on.
///
/// # Errors
/// Names the word that is wrong and says which ones there are; refuses a name that was taken before.
pub async fn add(store: &Store, now: Moment, adding: &Adding) -> Result<String, Failed> {
    let new = parse(adding)?;
    let secret = secret()?;
    let name = new.name.clone();
    let detail = format!("{name}, {}", new.kind.as_str());
    let entry = Entry { at: now, actor: "command:feed_add".to_owned(), action: "add_feed", detail };
    let new = NewFeed { secret: Some(secret.clone()), ..new };
    match feed::add(store, entry, new).await? {
        Some(_) => Ok(written(&secret)),
        None => Err(format!("a feed is or was called {name:?}; take another name").into()),
    }
}

/// Gives a feed a new secret, and says in words until when those before are accepted: each for 24 hours from its
/// replacement, or none any more.
///
/// # Errors
/// Names a feed that is unknown or removed; refuses to replace more secrets within a day than are accepted at a time.
pub async fn rotate(
    store: &Store,
    now: Moment,
    name: &str,
    former: Former,
) -> Result<(String, String), Failed> {
    let known = system(store, name).await?;
    let secret = secret()?;
    let all = if former == Former::EndNow { ", all before end" } else { "" };
    let (actor, detail) = ("command:feed_rotate".to_owned(), format!("{}{all}", known.name));
    let entry = Entry { at: now, actor, action: "rotate_feed", detail };
    match feed::rotate(store, entry, known.id, &secret, former).await? {
        Rotated::Done(until) => Ok((written(&secret), accepted(&until))),
        Rotated::Unknown => {
            Err(format!("feed {name:?} was removed; its secret is not changed any more").into())
        }
        Rotated::TooMany(until) => Err(format!(
            "nothing changed: {MOST_FORMER} secrets before the present one are accepted, the first until {}; wait \
             until then, or end all of them at once with --now",
            until.to_rfc3339()
        )
        .into()),
    }
}

/// Until when the secrets before are accepted.
fn accepted(until: &[Moment]) -> String {
    let until: Vec<String> = until.iter().copied().map(Moment::to_rfc3339).collect();
    match until.as_slice() {
        [] => "No secret before it is accepted any more.".to_owned(),
        [one] => format!("The secret before it is accepted until {one}."),
        [latest, earlier @ ..] => {
            format!(
                "The secret before it is accepted until {latest}, earlier ones until {}.",
                earlier.join(", ")
            )
        }
    }
}

/// Reserves a file for a secret before there is one: its owner alone may read it, and no other is replaced.
///
/// # Errors
/// Refuses a file that exists.
pub fn secret_file(path: &Path) -> Result<impl FnOnce(&str) -> Result<(), Failed> + use<>, Failed> {
    let shown = path.display().to_string();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{shown}: {error}; name a file that is not there yet"),
        _ => format!("{shown}: {}", unmade(path, error)),
    })?;
    Ok(move |secret: &str| {
        let kept = file.write_all(format!("{secret}\n").as_bytes()).and_then(|()| file.sync_all());
        Ok(kept.map_err(|error| format!("{shown}: {error}; make a new secret with `jindu feed rotate`"))?)
    })
}

fn parse(adding: &Adding) -> Result<NewFeed, Failed> {
    let name = named(&adding.name)?.to_owned();
    let owner = typed::owner(&adding.organ)?;
    let kind = typed::kind(&adding.kind)?;
    let rhythm = adding.rhythm.as_deref().map(typed::rhythm).transpose()?;
    let codes = adding.codes.as_deref().map(table).transpose()?;
    let stages = match typed::stages(&adding.stages)? {
        none if none.is_empty() => kind.stages().to_vec(),
        stages => stages,
    };
    let rank = typed::rank(adding.rank)?;
    Ok(NewFeed { name, kind, owner, stages, rank, rhythm, codes, secret: None })
}

/// The text of a table of codes that reads.
pub(super) fn table(file: &Path) -> Result<String, Failed> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Codes::parse(text.as_bytes()).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        format!("{}: {error}{}", file.display(), cause.unwrap_or_default())
    })?;
    Ok(text)
}

fn secret() -> Result<Vec<u8>, Failed> {
    let mut secret = vec![0; SECRET_BYTES];
    rand::fill(&mut secret).map_err(|_| "the system gave no random bytes")?;
    Ok(secret)
}
