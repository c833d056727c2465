//! How far an import came that ended before its file.

use super::Tally;
use crate::app::Failed;

/// An import that ended before its file did.
#[derive(Debug, thiserror::Error)]
#[error("the import stopped: {}", self.so_far())]
pub(in crate::features::feeds) struct Stopped {
    /// Whether anything was handed to the database.
    pub(super) begun: bool,
    pub(super) settled: u64,
    pub(super) unsettled: u64,
    pub(super) tally: Tally,
    pub(super) source: Failed,
}

impl Stopped {
    fn so_far(&self) -> String {
        let Self { begun, settled, unsettled, tally, .. } = self;
        let again = "import the file again when the cause is gone, nothing is recorded twice";
        if !begun {
            return "nothing was recorded".to_owned();
        }
        if *settled == 0 {
            return format!("no line is known to be recorded, though some may be; {again}");
        }
        let Tally { recorded, repeated, held, waiting, rejected, .. } = tally;
        format!(
            "of the lines up to {settled} all is done ({recorded} recorded, {repeated} repeated, {held} held, {waiting} \
             waiting for their application, {rejected} rejected) but of {unsettled} that waited for a line below them; \
             of those after it some may be; {again}"
        )
    }
}
