//! How fresh the data is: what the feeds last told of and which of them are silent, remembered.

use crate::remembered::Remembered;
use domain::calendar::Holidays;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::region::RegionCode;
use domain::stage::{Stage, ahead};
use std::sync::Arc;
use store::application::Application;
use store::feed::{self, DESK_NAME, Feed, State};
use store::{Read, Result};

/// What the feeds last told of, and which are silent.
#[derive(Default)]
pub struct Freshness(Remembered<(), Arc<News>>);

/// The state of all feeds at a moment.
pub struct News {
    /// The newest thing that any feed has told of; none where none told anything yet.
    pub newest: Option<Moment>,
    /// The systems that may report: who is waited for.
    reporting: Vec<Reporting>,
}

/// A feed that may report: what, from where, and whether it was not heard within its rhythm.
struct Reporting {
    region: RegionCode,
    stages: Vec<Stage>,
    silent: bool,
}

impl Freshness {
    /// The news of the feeds, a few seconds old at the most.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn news(&self, read: &Read<'_>, now: Moment, holidays: &Holidays) -> Result<Arc<News>> {
        self.0
            .recall((), now, async { Ok(Arc::new(News::new(&feed::all(read).await?, now, holidays))) })
            .await
    }
}

impl News {
    fn new(feeds: &[Feed], now: Moment, holidays: &Holidays) -> Self {
        let reporting = feeds.iter().filter(|feed| feed.state == State::Active && feed.name != DESK_NAME);
        let reporting = reporting.map(|feed| Reporting {
            region: feed.owner.region(),
            stages: feed.stages.clone(),
            silent: is_silent(feed, now, holidays),
        });
        Self {
            newest: feeds.iter().filter_map(|feed| feed.last_happened).max(),
            reporting: reporting.collect(),
        }
    }

    /// Whether an application waits for a feed that is silent. Of the feeds whose owner's region covers one of its organs
    /// or its holder, those are waited for that report the first stage ahead which any of them reports.
    #[must_use]
    pub fn is_silent_for(&self, application: &Application, progress: &Progress) -> bool {
        let Application { accepting, signing, handing_out, .. } = application;
        let organs = [*accepting, *signing, *handing_out, progress.holder].map(OrganCode::region);
        let covers = |feed: &&Reporting| organs.iter().any(|organ| feed.region.covers(*organ));
        if !self.reporting.iter().any(|feed| feed.silent && covers(&feed)) {
            return false;
        }
        let near: Vec<&Reporting> = self.reporting.iter().filter(covers).collect();
        let mut ahead = ahead(progress.stage, application.delivery).iter();
        let next = ahead.find(|stage| near.iter().any(|feed| feed.stages.contains(stage)));
        next.is_some_and(|next| near.iter().any(|feed| feed.silent && feed.stages.contains(next)))
    }
}

/// A feed that works and was not heard within its rhythm; one that never spoke counts from its beginning.
#[must_use]
pub fn is_silent(feed: &Feed, now: Moment, holidays: &Holidays) -> bool {
    let heard = feed.last_heard.unwrap_or(feed.added_at);
    let silent = feed.rhythm.is_some_and(|rhythm| rhythm.is_silent(heard, now, holidays));
    feed.state == State::Active && silent
}
