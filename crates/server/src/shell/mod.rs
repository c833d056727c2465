//! What every page of the server shares.

pub mod offices;
pub mod problem;
pub mod words;
