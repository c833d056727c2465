//! Whose applications unknown numbers are compared with: somebody's, as they were read a while ago.

use crate::remembered::Remembered;
use domain::moment::Moment;
use std::sync::Arc;
use store::application::{self, Application, ApplicationId};
use store::keys::Subject;
use store::{Read, Result};

/// Places in the order of arrival at which some are taken.
const PLACES: usize = 4;
/// How many are taken there.
const AT_A_PLACE: u16 = 64;

/// Some of all applications, taken anew every minute.
#[derive(Default)]
pub struct StandIns(Remembered<(), Arc<[Application]>>);

impl StandIns {
    /// Those of whom one stands in for a subject; none while there is no application.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(&self, read: &Read<'_>, subject: Subject, now: Moment) -> Result<StandIn> {
        Ok(StandIn { subject, some: self.0.recall((), now, some(read, subject)).await? })
    }
}

/// Whoever stands in for a subject.
pub struct StandIn {
    subject: Subject,
    some: Arc<[Application]>,
}

impl StandIn {
    /// The application: always the same one, as long as the same are remembered.
    #[must_use]
    pub fn application(&self) -> Option<Application> {
        let place = chances(self.subject).next()?.checked_rem(self.some.len() as u64)?;
        self.some.get(usize::try_from(place).ok()?).cloned()
    }
}

/// Takes some, at places that the hash of whoever is asked about gives: nobody can choose a hash.
async fn some(read: &Read<'_>, asked: Subject) -> Result<Arc<[Application]>> {
    let newest = application::newest(read).await?.0.unsigned_abs();
    let mut some = Vec::new();
    for place in chances(asked).take(PLACES).filter_map(|chance| chance.checked_rem(newest)) {
        let after = ApplicationId(i64::try_from(place).unwrap_or(0));
        some.extend(application::page(read, after, AT_A_PLACE).await?);
    }
    Ok(some.into())
}

/// Numbers from a hash, one after another.
fn chances(hash: Subject) -> impl Iterator<Item = u64> {
    let [first, second] = [0, 8].map(|at| {
        let part = hash.0.get(at..).and_then(<[u8]>::first_chunk);
        part.map_or(0, |part| u64::from_le_bytes(*part))
    });
    std::iter::successors(Some(first), move |last| Some(last.wrapping_add(second | 1)))
}
