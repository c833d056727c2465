//! The key file: made, listed, and its keys replaced while servers run.

pub mod cli;
mod service;
