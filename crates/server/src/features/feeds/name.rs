//! The name of a message while it is under way: it is the message's own once something of it was taken, and else it is
//! given back, before the answer leaves.

use crate::app::App;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::seen::{self, Sent};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long an answer waits for that; it is settled later then.
const PATIENCE: Duration = Duration::from_millis(300);

/// A name that was met; what becomes of it is settled when this is dropped.
pub(super) struct Name {
    app: Arc<App>,
    sent: Sent,
    is_repeated: bool,
    is_taken: AtomicBool,
    settling: Settling,
}

/// What has to be settled before an answer leaves: whoever hears it may use the name again at once.
#[derive(Clone, Default)]
pub(super) struct Settling(Arc<Mutex<Vec<JoinHandle<()>>>>);

/// Lets an answer go when all that belongs to it is settled.
pub async fn settled(mut request: Request, next: Next) -> Response {
    let settling = Settling::default();
    request.extensions_mut().insert(settling.clone());
    let answer = next.run(request).await;
    let all = std::mem::take(&mut *settling.0.lock().unwrap_or_else(PoisonError::into_inner));
    let settled = async {
        for each in all {
            if let Err(failed) = each.await {
                tracing::error!("the name of a message is not settled: {failed}");
            }
        }
    };
    // A database that is away keeps the answer that says so no longer.
    let _ = timeout(PATIENCE, settled).await;
    answer
}

impl Name {
    pub(super) fn new(app: Arc<App>, sent: Sent, is_repeated: bool, settling: Settling) -> Self {
        Self { app, sent, is_repeated, is_taken: AtomicBool::new(false), settling }
    }

    /// Whether the same was sent before, and something of it was taken.
    pub(super) const fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// Something of the message was taken, or its question answered: from now on the name is its own.
    pub(super) fn taken(&self) {
        self.is_taken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let (sent, is_taken) = (self.sent, self.is_taken.load(Ordering::Relaxed));
        let Some(runtime) = Handle::try_current().ok().filter(|_| is_taken || !self.is_repeated) else {
            return;
        };
        let app = Arc::clone(&self.app);
        let settles = runtime.spawn(async move {
            let settled = match is_taken {
                true => seen::answered(&app.store, sent).await,
                false => seen::give_back(&app.store, sent).await,
            };
            if let Err(error) = settled {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the name of a message stands for it until its signature is over");
            }
        });
        self.settling.0.lock().unwrap_or_else(PoisonError::into_inner).push(settles);
    }
}
