//! What stands against something held: for staff, who weigh one feed's word against another's.

use super::Item;
use crate::error::Result;
use crate::{Read, application, milestone};
use domain::milestone::Milestone;

/// For each feed the first milestone that leaves no place to this one; none where it waits for its application, or
/// where something is missing rather than in the way.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn against(read: &Read<'_>, item: &Item) -> Result<Vec<Milestone>> {
    if item.application.is_none() || item.closed.is_some() {
        return Ok(Vec::new());
    }
    let Some(application) = application::of_receipt(read, item.receipt).await? else { return Ok(Vec::new()) };
    let all = milestone::of(read, &application).await?;
    Ok(domain::progress::against(&all, item.feed, item.event).into_iter().cloned().collect())
}
