//! `jindu feed add` and `rotate`: a new feed, a new secret, shown once.

use super::change::known;
use super::named;
use crate::app::Failed;
use crate::features::feeds::codes::Codes;
use crate::features::feeds::signature::written;
use aws_lc_rs::rand;
use domain::feed::{FeedKind, Rhythm};
use domain::milestone::Rank;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Stage;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use store::Store;
use store::audit::Entry;
use store::feed::{self, NewFeed};

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

/// Gives a feed a new secret; the one before is accepted for another 24 hours.
///
/// # Errors
/// Names a feed that is unknown or removed.
pub async fn rotate(store: &Store, now: Moment, name: &str) -> Result<String, Failed> {
    let known = known(store, name).await?;
    let secret = secret()?;
    let (actor, detail) = ("command:feed_rotate".to_owned(), known.name.clone());
    let entry = Entry { at: now, actor, action: "rotate_feed", detail };
    if feed::rotate(store, entry, known.id, &secret, now).await? {
        Ok(written(&secret))
    } else {
        Err(format!("feed {name:?} was removed; its secret is not changed any more").into())
    }
}

/// Reserves a file for a secret before there is one: its owner alone may read it, and no other is replaced.
///
/// # Errors
/// Refuses a file that exists.
pub fn secret_file(path: &Path) -> Result<impl FnOnce(&str) -> Result<(), Failed> + use<>, Failed> {
    let shown = path.display().to_string();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| format!("{shown}: {error}; name a file that is not there yet"))?;
    Ok(move |secret: &str| {
        let kept = file.write_all(format!("{secret}\n").as_bytes()).and_then(|()| file.sync_all());
        Ok(kept.map_err(|error| format!("{shown}: {error}; make a new secret with `jindu feed rotate`"))?)
    })
}

fn parse(adding: &Adding) -> Result<NewFeed, Failed> {
    let name = named(&adding.name)?.to_owned();
    if name == feed::DESK_NAME {
        return Err(format!("{name:?} is the name by which people at a desk speak; take another").into());
    }
    let Adding { organ, kind, rhythm, .. } = adding;
    let owner = OrganCode::parse(organ)
        .ok_or_else(|| format!("organ {organ:?} is none: give nine digits, region (6) and station (3)"))?;
    let kinds = || FeedKind::ALL.map(FeedKind::as_str).join(", ");
    let kind =
        FeedKind::parse(kind).ok_or_else(|| format!("kind {kind:?} is none; there are {}", kinds()))?;
    let rhythm = rhythm.as_ref().map(|typed| {
        let fault = || format!("rhythm {typed:?} is none: give hours such as 6h, or working days such as 1d");
        Rhythm::parse(typed).ok_or_else(fault)
    });
    let codes = adding.codes.as_deref().map(table).transpose()?;
    let stages = stages(&adding.stages, kind)?;
    let rank = Rank(adding.rank);
    Ok(NewFeed { name, kind, owner, stages, rank, rhythm: rhythm.transpose()?, codes, secret: None })
}

fn stages(typed: &[String], kind: FeedKind) -> Result<Vec<Stage>, String> {
    if typed.is_empty() {
        return Ok(kind.stages().to_vec());
    }
    let stage = |word: &String| {
        let all = || Stage::ALL.map(Stage::as_str).join(", ");
        Stage::parse(word.trim()).ok_or_else(|| format!("stage {word:?} is none; there are {}", all()))
    };
    typed.iter().map(stage).collect()
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
