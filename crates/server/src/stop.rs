//! Telling what runs beside the server to stop.

use std::time::Duration;
use tokio::sync::watch;

/// Tells those who listen to stop.
pub(crate) struct Stopper(watch::Sender<bool>);

/// Hears that it is time to stop.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stopper {
    pub(crate) fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Tells everybody.
    pub(crate) fn tell(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether it was told. Who could tell it is gone: that counts as told.
    pub(crate) fn is_told(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until it is told.
    pub(crate) async fn told(&mut self) {
        // An error means that who could tell is gone.
        let _ = self.0.wait_for(|told| *told).await;
    }

    /// Waits for a while, and no longer than until it is told.
    pub(crate) async fn or_after(&mut self, pause: Duration) {
        let _ = tokio::time::timeout(pause, self.told()).await;
    }
}
