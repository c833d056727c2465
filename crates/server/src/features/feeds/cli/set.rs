//! `jindu feed set`: what was settled about a feed is settled otherwise.

use super::change::system;
use super::typed;
use crate::app::Failed;
use domain::moment::Moment;
use store::Store;
use store::audit::Entry;
use store::feed::{self, Terms};

/// What is to be settled otherwise, as it was typed.
#[derive(Debug, Default)]
pub struct Setting {
    /// The organ that owns it.
    pub organ: Option<String>,
    /// The stages it may report; without any, those that it may now.
    pub stages: Vec<String>,
    /// How often it should be heard.
    pub rhythm: Option<String>,
    /// It has no rhythm any more.
    pub no_rhythm: bool,
    /// Its precedence for what it reports from now on.
    pub rank: Option<u8>,
}

/// Settles something about a feed otherwise; says what, from what to what, each in words. None where it is so already.
///
/// # Errors
/// Names the word that is wrong and says which ones there are, or a feed that is unknown or removed.
pub async fn set(store: &Store, now: Moment, name: &str, setting: &Setting) -> Result<Vec<String>, Failed> {
    let known = system(store, name).await?;
    let change = parse(setting)?;
    let (actor, detail) = ("command:feed_set".to_owned(), known.name);
    let entry = Entry { at: now, actor, action: "set_feed", detail };
    let changed = feed::set(store, entry, known.id, change).await?;
    Ok(changed.ok_or_else(|| format!("feed {name:?} was removed; nothing about it is changed any more"))?)
}

fn parse(setting: &Setting) -> Result<impl FnOnce(&mut Terms) + Send + 'static, String> {
    let owner = setting.organ.as_deref().map(typed::owner).transpose()?;
    let stages = typed::stages(&setting.stages)?;
    let rhythm = setting.rhythm.as_deref().map(typed::rhythm).transpose()?;
    let rank = setting.rank.map(typed::rank).transpose()?;
    let is_rhythm = rhythm.is_some() || setting.no_rhythm;
    Ok(move |terms: &mut Terms| {
        terms.owner = owner.unwrap_or(terms.owner);
        terms.rank = rank.unwrap_or(terms.rank);
        if !stages.is_empty() {
            terms.stages = stages;
        }
        if is_rhythm {
            terms.rhythm = rhythm;
        }
    })
}

/// What was changed, for people.
#[must_use]
pub fn in_words(name: &str, changed: &[String]) -> String {
    match changed {
        [] => format!("Feed {name}: nothing changed, it is so already\n"),
        changed => changed.iter().map(|what| format!("Feed {name}: {what}\n")).collect(),
    }
}
