//! The page that explains the stages.

use super::view::StagesPage;
use web::{Context, Failure, Reply};

/// Every stage in words.
///
/// # Errors
/// Fails when the page cannot be made.
pub async fn stages(context: Context) -> Result<Reply, Failure> {
    Reply::page(&StagesPage::new(&context))
}
