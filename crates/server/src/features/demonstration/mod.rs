//! Demonstration: invented people and plausible applications, recorded the way every feed records.

pub mod cli;
mod fill;
mod offices;
mod people;
mod staff;
mod stories;
#[cfg(test)]
mod tests;
mod working;
