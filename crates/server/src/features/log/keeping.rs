//! Takes looks and changes into the log as they come, and signs what it came to. Of several servers one does it.

use crate::app::App;
use crate::leases;
use crate::stop::{Stop, Stopper};
use std::sync::Arc;
use std::time::Duration;
use store::log::{self, Taken};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often what waits is taken in.
const TAKEN_EVERY: Duration = Duration::from_secs(2);
/// How often it is signed, where there is something new: whoever asks sees a look within a minute, with its proof.
const SIGNED_EVERY: Duration = Duration::from_secs(10);
/// How many times at once: some thousands a second. What is beyond waits, so that whoever asks does not.
const AT_ONCE: u32 = 2;

/// The keeping, until it is stopped.
pub struct Keeping(Stopper, JoinHandle<()>);

impl Keeping {
    /// Begins.
    #[must_use]
    pub fn start(app: &Arc<App>) -> Self {
        let (stopper, stop) = Stopper::new();
        let app = Arc::clone(app);
        let keeper = tokio::spawn(async move {
            leases::under(&app, "log".to_owned(), stop, |stop| keep(&app, stop)).await;
        });
        Self(stopper, keeper)
    }

    /// Takes in and signs what is left, and ends.
    pub async fn stop(self) {
        let Self(stopper, keeper) = self;
        stopper.tell();
        if let Err(failed) = keeper.await {
            tracing::error!("the log is no longer kept: {failed}");
        }
    }
}

async fn keep(app: &App, mut stop: Stop) {
    let (mut signed, mut caught_up, mut well) = (None::<Instant>, Instant::now(), true);
    // Whoever keeps it no more says nothing of it.
    let _shown = Shown(app);
    loop {
        let ends = stop.is_told();
        let is_due = ends || signed.is_none_or(|signed| signed.elapsed() >= SIGNED_EVERY);
        let kept = once(app, is_due).await;
        if is_due && kept.is_ok() {
            signed = Some(Instant::now());
        }
        if kept.as_ref().is_ok_and(|taken| !taken.is_behind) {
            caught_up = Instant::now();
        }
        app.meters.log_behind(caught_up.elapsed());
        let is_well = kept.as_ref().is_ok_and(|taken| taken.damaged == 0);
        match &kept {
            Err(failed) if well => tracing::error!("what was done does not come into the log: {failed}"),
            Ok(Taken { damaged, .. }) if well && *damaged > 0 => {
                tracing::error!(
                    damaged,
                    "records of inquiries are damaged; what is in them does not come into the log"
                );
            }
            Ok(_) if is_well && !well => tracing::info!("what was done comes into the log again"),
            _ => {}
        }
        well = is_well;
        if ends {
            return;
        }
        stop.or_after(TAKEN_EVERY).await;
    }
}

/// What the meters show of the log, until this goes.
struct Shown<'a>(&'a App);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.meters.log_kept_elsewhere();
    }
}

/// Takes in some of what waits, and signs it if that is due.
pub(super) async fn once(app: &App, is_due: bool) -> store::Result<Taken> {
    let mut taken = log::take_in(&app.store).await?;
    for _ in 1..AT_ONCE {
        if !taken.is_behind {
            break;
        }
        taken = log::take_in(&app.store).await?;
    }
    if is_due {
        log::sign(&app.store).await?;
    }
    app.meters.logged(taken.size, taken.damaged);
    Ok(taken)
}
