//! A problem as the description for programs tells it (RFC 9457).

use serde::Serialize;
use utoipa::ToSchema;

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemView {
    /// What kind of problem it is: `/problems/no-match`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What it means and what to do.
    pub detail: String,
    /// Names this reply, to quote when asking for help.
    pub instance: String,
    /// What is wrong with which field.
    pub errors: Option<Vec<ProblemFieldView>>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemFieldView {
    /// JSON pointer to the field (RFC 6901).
    pub pointer: String,
    /// What is wrong, for programs.
    pub code: String,
    /// What is wrong and how to put it right, for people.
    pub detail: String,
}
