//! What only one server of a database does at a time.

#[cfg(test)]
mod tests;

use crate::app::App;
use crate::stop::{Stop, Stopper};
use std::pin::pin;
use std::sync::Arc;
use store::lease::Claim;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A lease that is kept while there is one, and wanted while another has it.
pub(crate) struct Lease {
    held: watch::Receiver<bool>,
    stopper: Stopper,
    keeper: JoinHandle<()>,
}

impl Lease {
    /// Wants the lease of a name from now on.
    pub(crate) fn want(app: &Arc<App>, name: String) -> Self {
        let claim = Claim::new(name, app.run, app.times);
        let (told, held) = watch::channel(false);
        let (stopper, stop) = Stopper::new();
        // A task of its own: the beat goes on while the work computes.
        let keeper = tokio::spawn(keep(Arc::clone(app), claim, told, stop));
        Self { held, stopper, keeper }
    }

    /// Hears whether it is held.
    pub(crate) fn held(&self) -> watch::Receiver<bool> {
        self.held.clone()
    }

    /// Gives it back.
    pub(crate) async fn give_back(self) {
        self.stopper.tell();
        if let Err(failed) = self.keeper.await {
            tracing::error!("a lease was no longer kept: {failed}");
        }
    }
}

/// Keeps a claim until told to stop, and then gives the lease back.
async fn keep(app: Arc<App>, mut claim: Claim, told: watch::Sender<bool>, mut stop: Stop) {
    let mut fails = false;
    while !stop.is_told() {
        let stepped = claim.step(&app.store).await;
        if let Err(error) = &stepped
            && !fails
        {
            let error = error as &dyn std::error::Error;
            tracing::warn!(lease = claim.name(), error, "a lease cannot be kept; it lapses unless that ends");
        }
        fails = stepped.is_err();
        told.send_if_modified(|held| std::mem::replace(held, claim.is_held()) != claim.is_held());
        stop.or_after(claim.next().saturating_duration_since(Instant::now())).await;
    }
    told.send_replace(false);
    if let Err(error) = claim.give_back(&app.store).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a lease was not given back, and lapses");
    }
}

/// Does something while this server holds the lease of a name, again whenever it has it anew, until told to stop. Work
/// whose lease is lost is dropped where it waits. Where there is one server only it is done without a lease.
pub(crate) async fn under<W: Future<Output = ()>>(
    app: &Arc<App>,
    name: String,
    mut stop: Stop,
    work: impl Fn(Stop) -> W,
) {
    if !app.store.is_shared() {
        return work(stop).await;
    }
    let lease = Lease::want(app, name.clone());
    let (mut gained, mut lost) = (lease.held(), lease.held());
    while !stop.is_told() {
        tokio::select! {
            () = until(&mut gained, true) => {}
            () = stop.told() => break,
        }
        tracing::info!(lease = name, "this server has the lease");
        let (stopper, its) = Stopper::new();
        let working = async {
            let mut working = pin!(work(its));
            tokio::select! {
                () = &mut working => return,
                () = stop.told() => stopper.tell(),
            }
            working.await;
        };
        let ended = tokio::select! {
            biased;
            () = until(&mut lost, false) => false,
            () = working => true,
        };
        if ended {
            break;
        }
        tracing::warn!(lease = name, "this server has lost the lease, and stops what belongs to it");
    }
    lease.give_back().await;
}

/// Waits until a lease is held, or is not.
async fn until(held: &mut watch::Receiver<bool>, is: bool) {
    // An error means that its keeper is gone, and then it is not held.
    if held.wait_for(|held| *held == is).await.is_err() && is {
        std::future::pending::<()>().await;
    }
}
