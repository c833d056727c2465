//! What every page of the server shares.

pub(crate) mod host;
pub mod offices;
pub mod problem;
pub mod staff;
pub mod words;
