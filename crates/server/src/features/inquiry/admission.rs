//! Whether a source may ask: how often it has asked, how often in vain, and what it has to do first.

use super::http::unanswered;
use super::service::Inquiry;
use crate::app::App;
use crate::ledger::Key;
use altcha::Challenge;
use axum::http::HeaderMap;
use domain::mismatch::Suspicion;
use std::time::Duration;
use web::{Context, Failure};

/// A source that may ask, with a receipt number at least.
pub(super) struct Admission {
    /// Under which key it is counted; none where it has no address.
    pub(super) source: Option<Key>,
}

/// Counts the inquiry against its source's budget.
///
/// # Errors
/// 429 where the budget is spent.
pub(super) fn admit(app: &App, context: &Context, headers: &HeaderMap) -> Result<Admission, Failure> {
    let Some(peer) = context.peer else { return Ok(Admission { source: None }) };
    let source = app.limit.admit(peer.ip(), headers).map_err(|seconds| refused(app, seconds))?;
    Ok(Admission { source: Some(source) })
}

fn refused(app: &App, seconds: u64) -> Failure {
    app.meters.refused.increment(1);
    Failure::TooManyRequests { retry_after: Duration::from_secs(seconds) }
}

impl Admission {
    /// How much the source is suspected of guessing.
    pub(super) fn suspicion(&self, app: &App) -> Option<Suspicion> {
        self.source.and_then(|source| app.limit.suspicion(&source))
    }

    /// For how much suspicion the source still has to work, before anything is looked up. Whoever has a receipt number
    /// never has to, and waits for nobody who shares his address: that is the way for whoever has no script, cannot see,
    /// or has an old device.
    ///
    /// # Errors
    /// 429 where too many inquiries of the source fitted nothing.
    pub(super) async fn asks_for_work(
        &self,
        app: &App,
        inquiry: &Inquiry,
        shown: &str,
    ) -> Result<Option<Suspicion>, Failure> {
        let (None, Some(source)) = (&inquiry.receipt, &self.source) else { return Ok(None) };
        app.limit.may_mismatch(source).map_err(|seconds| refused(app, seconds))?;
        let Some(suspicion) = self.suspicion(app) else { return Ok(None) };
        let accepted = app.works.accept(&app.store, shown, suspicion, app.clock.now()).await;
        if accepted.map_err(unanswered)? {
            return Ok(None);
        }
        app.meters.worked.increment(1);
        Ok(Some(suspicion))
    }
}

/// Work for such a suspicion.
pub(super) fn challenge(app: &App, suspicion: Suspicion) -> Result<Challenge, Failure> {
    app.works.ask(suspicion, app.clock.now()).map_err(Failure::internal)
}
