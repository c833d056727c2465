//! For how many days a report waits for its application.

use crate::audit::{self, Entry};
use crate::error::Result;
use crate::{Read, Store, Work, Write, setting};
use domain::moment::Moment;
use std::ops::RangeInclusive;

const NAME: &str = "held_days";
/// For how many days a report waits for its application, unless somebody settles otherwise.
pub const DEFAULT_DAYS: u16 = 30;
/// The days that may be settled.
pub const DAYS: RangeInclusive<u16> = 1..=3650;

/// For how many days a report that comes now waits for its application.
///
/// # Errors
/// Fails when the database does.
pub async fn days(read: &Read<'_>) -> Result<u16> {
    Ok(understood(setting::committed(read, NAME).await?))
}

/// Settles for how many days a report waits that comes from now on; gives the days before, and none where so many
/// days may not be settled. What waits already waits as long as it was to.
///
/// # Errors
/// Fails when the database does; then nothing is changed.
pub async fn set_days(store: &Store, entry: Entry, days: u16) -> Result<Option<u16>> {
    if !DAYS.contains(&days) {
        return Ok(None);
    }
    store
        .change(move |write| -> Work<'_, Option<u16>> {
            Box::pin(async move {
                let before = understood(setting::get(write, NAME).await?);
                setting::set(write, NAME, &days.to_string()).await?;
                let detail = format!("from {before} to {days} days");
                audit::insert(write, &Entry { detail, ..entry }).await?;
                Ok(Some(before))
            })
        })
        .await
}

/// Until when what is kept now waits.
pub(crate) async fn until(write: &mut Write<'_>, now: Moment) -> Result<Moment> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let days = understood(setting::get(write, NAME).await?);
    Ok(Moment::from_millis(now.millis().saturating_add(i64::from(days) * DAY)))
}

fn understood(setting: Option<String>) -> u16 {
    setting.and_then(|days| days.parse().ok()).unwrap_or(DEFAULT_DAYS)
}
