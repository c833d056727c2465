//! What every page of the server shares.

pub mod problem;
pub mod words;
