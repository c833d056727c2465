//! What somebody is told where the store fails.

use store::StoreError;
use web::Failure;

/// What the store failed with: away for a while, or our fault. The log says what was not answered.
pub(crate) fn failed(error: StoreError, what: &'static str) -> Failure {
    if !error.is_passing() {
        return Failure::internal(error);
    }
    tracing::error!(error = &error as &dyn std::error::Error, "{what} was not answered");
    Failure::Unavailable
}
