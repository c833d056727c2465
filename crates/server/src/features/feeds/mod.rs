//! Feeds: production systems report milestones.

mod care;
pub mod cli;
mod codes;
mod door;
mod drop;
mod events;
mod examples;
mod fields;
mod formats;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod held;
mod held_view;
pub mod http;
mod idempotent;
mod import;
mod intake;
mod line;
mod lines;
mod report;
pub mod manifests;
pub mod signature;
mod stream;
mod upload;
mod view;
mod ways;
mod words;
#[cfg(test)]
mod tests;
