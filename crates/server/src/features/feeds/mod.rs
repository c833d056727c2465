//! Feeds: production systems report milestones.

pub mod cli;
mod codes;
mod import;
mod line;
mod lines;
mod report;
pub mod signature;
#[cfg(test)]
mod tests;
