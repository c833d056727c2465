//! What the server does, one folder per capability.

pub mod backup;
pub mod copy;
pub mod demonstration;
pub mod feeds;
pub mod inquiry;
pub mod keys;
pub mod log;
pub mod number;
pub mod offices;
pub mod operations;
pub mod person;
pub mod sign_in;
pub mod stages;
