//! Facts that fit nothing are counted against the person they were tried on. What was begun comes to its end: whoever hangs
//! up gets no answer, and is counted all the same.

use super::decision::Decided;
use crate::app::App;
use crate::ledger::Kind;
use crate::turns::{Turn, Whose};
use domain::mismatch::Way;
use domain::moment::Moment;
use std::sync::Arc;
use store::mismatch::{self, Budget};
use store::{Result, StoreError};

/// Counts an inquiry whose facts were compared and fit nothing. From the moment this is called the person counts as one
/// on whom facts were tried, whatever the database takes.
pub(super) fn count(
    app: &Arc<App>,
    whose: Whose,
    at: Moment,
    turn: Turn,
) -> impl Future<Output = Result<()>> + use<> {
    let (subject, way) = whose;
    app.tried.add(whose);
    app.ledger.note(heard_as(way), subject.0, 1);
    let app = Arc::clone(app);
    ended(async move {
        let counted = mismatch::count(&app.store, subject, way, at).await;
        drop(turn);
        counted.map(drop)
    })
}

/// Where facts were tried in vain on somebody lately: counts the inquiry first, then has it decided, told what is left of
/// the budget, and takes the count back if its facts fit. At however many servers it is asked at the same time, no more
/// are compared than the budget has.
pub(super) async fn counted_first(
    app: &Arc<App>,
    whose: Whose,
    at: Moment,
    turn: Turn,
    decide: impl FnOnce(Budget) -> Result<Decided> + Send + 'static,
) -> Result<Decided> {
    let (app, (subject, way)) = (Arc::clone(app), whose);
    ended(async move {
        let budget = mismatch::count(&app.store, subject, way, at).await?;
        let decided = decide(budget)?;
        if decided.matched.is_some() {
            mismatch::take_back(&app.store, subject, way, at).await?;
        }
        drop(turn);
        Ok(decided)
    })
    .await
}

/// Waits for work that goes on by itself if nobody does.
async fn ended<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|_| StoreError::Panicked)?
}

/// As what other servers hear of it.
const fn heard_as(way: Way) -> Kind {
    match way {
        Way::Name => Kind::TriedByName,
        Way::Receipt => Kind::TriedByReceipt,
    }
}
