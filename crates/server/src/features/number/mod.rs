//! Checks citizen numbers.

pub mod cli;
#[cfg(test)]
mod tests;
