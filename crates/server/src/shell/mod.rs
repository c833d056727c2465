//! What every page of the server shares.

mod failed;
pub(crate) mod host;
pub mod offices;
pub mod problem;
pub mod staff;
pub mod words;

pub(crate) use failed::failed;
