//! What a batch writes of applications and milestones, gathered so that it is said of many at once.

use crate::Write;
use crate::application::{self, Address, ApplicationId, New, Packed, Sealed};
use crate::error::Result;
use crate::milestone;
use crate::packed;
use domain::milestone::Milestone;
use domain::progress::Progress;

/// Applications whose rows are read, folded and written together: enough that a statement is worth its way, few
/// enough that memory stays flat.
pub(super) const PART: usize = 1_000;

#[derive(Default)]
pub(super) struct Written {
    next: Option<ApplicationId>,
    opened: Vec<New>,
    folded: Vec<(Address, Packed)>,
    milestones: Vec<(Address, Milestone)>,
}

impl Written {
    /// The number of the next application.
    pub(super) async fn next(&mut self, write: &mut Write<'_>) -> Result<ApplicationId> {
        let id = match self.next {
            Some(next) => next,
            None => application::next(write).await?,
        };
        self.next = Some(ApplicationId(id.0 + 1));
        Ok(id)
    }

    /// Opens an application.
    pub(super) fn open(&mut self, id: ApplicationId, sealed: Box<Sealed>, progress: Option<&Progress>) {
        self.opened.push(New { id, sealed, progress: progress.map(packed::pack) });
    }

    /// Sets an application's progress anew.
    pub(super) fn fold(&mut self, of: Address, progress: Option<&Progress>) {
        self.folded.push((of, progress.map(packed::pack)));
    }

    pub(super) fn add(&mut self, of: Address, milestones: &[Milestone]) {
        self.milestones.extend(milestones.iter().map(|milestone| (of, milestone.clone())));
    }

    /// Writes what is gathered.
    pub(super) async fn write(&mut self, write: &mut Write<'_>) -> Result<()> {
        application::insert(write, &self.opened).await?;
        self.opened.clear();
        application::set_progress(write, &self.folded).await?;
        self.folded.clear();
        for part in self.milestones.chunks(2 * PART) {
            milestone::insert(write, part).await?;
        }
        self.milestones.clear();
        Ok(())
    }
}
