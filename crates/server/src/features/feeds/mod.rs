//! Feeds: production systems report milestones.

mod care;
pub mod cli;
mod codes;
mod correction;
pub mod dead_letters;
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
pub mod manifests;
mod name;
mod params;
mod refused;
mod report;
pub mod signature;
mod steady;
mod stream;
#[cfg(test)]
mod tests;
mod upload;
mod view;
mod ways;
mod words;

pub use name::settled;
