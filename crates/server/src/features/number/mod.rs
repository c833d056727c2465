//! Checks citizen numbers.

pub mod cli;
