//! The offices that answers name, and the directory of all of them, remembered.

use crate::remembered::Remembered;
use domain::moment::Moment;
use domain::office::Directory;
use domain::organ::OrganCode;
use domain::region::Regions;
use std::sync::Arc;
use store::office::{self, Office};
use store::{Read, Result};
use tokio::sync::RwLock;

/// Offices by organ, a missing one as missing; and the directory as it was read last.
#[derive(Default)]
pub struct Offices {
    by_organ: Remembered<OrganCode, Option<Arc<Office>>>,
    directory: RwLock<Option<Known>>,
}

/// The directory, and which state of the offices it is of.
struct Known {
    version: Option<String>,
    directory: Arc<Directory>,
}

impl Offices {
    /// The office of an organ, if one is listed.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(&self, read: &Read<'_>, organ: OrganCode, now: Moment) -> Result<Option<Arc<Office>>> {
        let found = async { Ok(office::of(read, organ).await?.map(Arc::new)) };
        self.by_organ.recall(organ, now, found).await
    }

    /// The directory as the store has it now. It is read anew when offices were changed, by whoever asks first.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn directory(&self, read: &Read<'_>, regions: &Regions) -> Result<Arc<Directory>> {
        // The version first: what changes after it is read twice, and never missed.
        let version = office::version(read).await?;
        if let Some(known) = known(version.as_ref(), self.directory.read().await.as_ref()) {
            return Ok(known);
        }
        let mut directory = self.directory.write().await;
        if let Some(known) = known(version.as_ref(), directory.as_ref()) {
            return Ok(known);
        }
        let read = Arc::new(Directory::of(office::listed(read).await?, regions));
        *directory = Some(Known { version, directory: Arc::clone(&read) });
        Ok(read)
    }
}

/// The directory that is known, if it is of this state.
fn known(version: Option<&String>, known: Option<&Known>) -> Option<Arc<Directory>> {
    known.filter(|known| known.version.as_ref() == version).map(|known| Arc::clone(&known.directory))
}
