//! How long the server is waited for. The deadlines are ours: a statement that is cancelled at the server may have
//! been done all the same, and a cancelled commit says that it succeeded.

use crate::error::{Result, StoreError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a read waits for an answer, with all its attempts.
pub(super) const READ: Duration = Duration::from_secs(3);
/// How long a change waits for a server that takes it: longer than one takes over from another.
pub(super) const WRITE: Duration = Duration::from_secs(30);
/// Between two attempts.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// What `work` gives before the deadline.
pub(super) async fn before<T>(deadline: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(deadline, work).await.unwrap_or(Err(StoreError::TooSlow))
}
