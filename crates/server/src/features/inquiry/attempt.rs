//! Facts that fit nothing are counted against the person they were tried on.

use crate::app::App;
use domain::mismatch::Way;
use domain::moment::Moment;
use store::Result;
use store::keys::Subject;
use store::mismatch::{self, Counted, Lately};

/// One inquiry about one person, from before its facts are compared until it is known whether they fit.
pub(super) struct Attempt<'a> {
    app: &'a App,
    subject: Subject,
    way: Way,
    at: Moment,
    /// Whether it is counted already, as one that fits nothing.
    counted: Option<Counted>,
}

impl<'a> Attempt<'a> {
    /// Where somebody was asked about in vain lately, the next inquiry is counted before its facts are compared: at
    /// however many servers it is asked at the same time, no more are compared than the budget has.
    pub(super) async fn begin(
        app: &'a App,
        (subject, way): (Subject, Way),
        at: Moment,
        lately: Lately,
    ) -> Result<Self> {
        let counted = match lately.on(way) {
            true => Some(mismatch::count(&app.store, subject, way, at).await?),
            false => None,
        };
        Ok(Self { app, subject, way, at, counted })
    }

    /// Whether the budget is spent: then nothing fits.
    pub(super) fn is_limited(&self) -> bool {
        self.counted == Some(Counted::Beyond)
    }

    /// Counts it if it fits nothing and is not counted yet; takes it back if it is and fits.
    pub(super) async fn end(self, fits: bool) -> Result<()> {
        let Self { app, subject, way, at, counted } = self;
        match (fits, counted) {
            (true, Some(Counted::Within)) => mismatch::take_back(&app.store, subject, way, at).await,
            (false, None) => mismatch::count(&app.store, subject, way, at).await.map(drop),
            _ => Ok(()),
        }
    }
}
