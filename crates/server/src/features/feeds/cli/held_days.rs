//! `jindu held days`: for how long a report waits for its application.

use super::held::ACTOR;
use crate::app::Failed;
use domain::moment::Moment;
use store::Store;
use store::audit::Entry;
use store::held;

/// For how many days a report waits, in words; settled anew where a number is given.
///
/// # Errors
/// Says how many days there may be.
pub async fn days(store: &Store, now: Moment, days: Option<u16>) -> Result<String, Failed> {
    let Some(days) = days else {
        return Ok(format!("A report waits {} days for its application.", held::days(&store.read()).await?));
    };
    let entry = Entry { at: now, actor: ACTOR.to_owned(), action: "set_held_days", detail: String::new() };
    let before = held::set_days(store, entry, days).await?;
    let before = before.ok_or_else(|| {
        format!("{days} days are too many or too few: {} to {}", held::DAYS.start(), held::DAYS.end())
    })?;
    Ok(format!(
        "Changed from {before} to {days} days for what comes from now on. What waits already keeps its day."
    ))
}
