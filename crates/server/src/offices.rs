//! The offices that answers name, remembered.

use crate::remembered::Remembered;
use domain::moment::Moment;
use domain::organ::OrganCode;
use std::sync::Arc;
use store::office::{self, Office};
use store::{Read, Result};

/// Offices by organ; a missing one is remembered as missing.
#[derive(Default)]
pub struct Offices(Remembered<OrganCode, Option<Arc<Office>>>);

impl Offices {
    /// The office of an organ, if one is listed.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(&self, read: &Read<'_>, organ: OrganCode, now: Moment) -> Result<Option<Arc<Office>>> {
        let found = async { Ok(office::of(read, organ).await?.map(Arc::new)) };
        self.0.recall(organ, now, found).await
    }
}
