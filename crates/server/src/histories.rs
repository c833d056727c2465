//! How long cards took, by organ and kind, remembered.

use crate::remembered::Remembered;
use domain::expectation::History;
use domain::kind::Kind;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Stage;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::history::{self, Took};
use store::{Read, Result};

/// The history of each stage of one kind at one organ.
pub type ByStage = BTreeMap<Stage, History>;

/// Histories by accepting organ and kind.
#[derive(Default)]
pub struct Histories(Remembered<(OrganCode, Kind), Arc<ByStage>>);

impl Histories {
    /// The history of one kind at one organ; empty where no card became ready yet.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(
        &self,
        read: &Read<'_>,
        organ: OrganCode,
        kind: Kind,
        now: Moment,
    ) -> Result<Arc<ByStage>> {
        let took = async { Ok(Arc::new(by_stage(&history::of(read, organ, kind).await?))) };
        self.0.recall((organ, kind), now, took).await
    }
}

fn by_stage(took: &[Took]) -> ByStage {
    let mut stages: BTreeMap<Stage, Vec<(u16, u32)>> = BTreeMap::new();
    for Took { stage, days, cards } in took {
        stages.entry(*stage).or_default().push((*days, *cards));
    }
    stages.into_iter().map(|(stage, counts)| (stage, History::from_counts(counts))).collect()
}
