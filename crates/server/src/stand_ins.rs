//! Whose applications unknown numbers are compared with: somebody's, read as a known one is read.

use crate::remembered::Remembered;
use domain::moment::Moment;
use std::sync::Arc;
use store::application::{self, ApplicationId};
use store::keys::Subject;
use store::{Read, Result};

/// Places in the order of arrival at which some are taken.
const PLACES: usize = 4;
/// How many are taken there.
const AT_A_PLACE: u16 = 1_000;

/// Some of those who have applications, taken anew every minute.
#[derive(Default)]
pub struct StandIns(Remembered<(), Arc<[Subject]>>);

impl StandIns {
    /// Who stands in for a subject: always the same one, as long as the same are remembered. Nobody while there is no
    /// application.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(&self, read: &Read<'_>, subject: Subject, now: Moment) -> Result<Option<Subject>> {
        let some = self.0.recall((), now, some(read, subject)).await?;
        let place = chances(subject).next().unwrap_or(0).checked_rem(some.len() as u64);
        Ok(place.and_then(|place| some.get(usize::try_from(place).ok()?).copied()))
    }
}

/// Takes some, by chance: who is asked about is nobody's choice but the asker's, and its hash nobody's at all.
async fn some(read: &Read<'_>, asked: Subject) -> Result<Arc<[Subject]>> {
    let newest = application::newest(read).await?.0.max(1).unsigned_abs();
    let mut some = Vec::new();
    for chance in chances(asked).take(PLACES) {
        let after = i64::try_from(chance % newest).unwrap_or(0);
        some.extend(application::subjects(read, ApplicationId(after), AT_A_PLACE).await?);
    }
    Ok(some.into())
}

/// Numbers from a hash, one after another.
fn chances(hash: Subject) -> impl Iterator<Item = u64> {
    let (first, second) = hash
        .0
        .split_first_chunk()
        .map_or(([0; 8], [0; 8]), |(first, rest)| (*first, *rest.first_chunk().unwrap_or(&[0; 8])));
    let (first, second) = (u64::from_le_bytes(first), u64::from_le_bytes(second) | 1);
    std::iter::successors(Some(first), move |last| Some(last.wrapping_add(second)))
}
