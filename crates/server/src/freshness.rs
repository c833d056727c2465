//! How fresh the data is: what the feeds last told of and which of them are silent, remembered.

use crate::remembered::Remembered;
use domain::calendar::Holidays;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::region::RegionCode;
use domain::stage::{Stage, ahead};
use std::sync::Arc;
use store::application::{self, Application, ApplicationId};
use store::feed::{self, Feed, State};
use store::{Read, Result};

/// What the feeds last told of, and which are silent.
#[derive(Default)]
pub struct Freshness(Remembered<(), Arc<News>>);

/// The state of all feeds at a moment.
pub struct News {
    /// The newest thing that any feed has told of; none where none told anything yet.
    pub newest: Option<Moment>,
    silent: Vec<Silent>,
}

/// A feed that was not heard within its rhythm: what it would report, and from where.
struct Silent {
    region: RegionCode,
    stages: Vec<Stage>,
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
        let silent = feeds.iter().filter(|feed| is_silent(feed, now, holidays));
        let silent = silent.map(|feed| Silent { region: feed.owner.region(), stages: feed.stages.clone() });
        Self { newest: feeds.iter().filter_map(|feed| feed.last_happened).max(), silent: silent.collect() }
    }

    /// Whether an application waits for a feed that is silent: its next stage is one that the feed reports, and
    /// one of its organs lies where the feed's owner does.
    #[must_use]
    pub fn is_silent_for(&self, application: &Application, progress: &Progress) -> bool {
        let Some(next) = ahead(progress.stage, application.delivery).first() else { return false };
        let organs = [application.accepting, application.signing, application.handing_out];
        let covers =
            |silent: &Silent| organs.map(OrganCode::region).iter().any(|organ| silent.region.covers(*organ));
        self.silent.iter().any(|silent| silent.stages.contains(next) && covers(silent))
    }
}

/// A feed that works and was not heard within its rhythm; one that never spoke counts from its beginning.
#[must_use]
pub fn is_silent(feed: &Feed, now: Moment, holidays: &Holidays) -> bool {
    let heard = feed.last_heard.unwrap_or(feed.added_at);
    let silent = feed.rhythm.is_some_and(|rhythm| rhythm.is_silent(heard, now, holidays));
    feed.state == State::Active && silent
}

/// The number of the newest application.
#[derive(Default)]
pub struct Newest(Remembered<(), ApplicationId>);

impl Newest {
    /// The number; 0 where there is no application.
    ///
    /// # Errors
    /// Fails when the store does.
    pub async fn of(&self, read: &Read<'_>, now: Moment) -> Result<ApplicationId> {
        self.0.recall((), now, application::newest(read)).await
    }
}
