//! Moving from one database to another, from the embedded engine to PostgreSQL and back.

pub mod cli;
mod service;

pub use service::{End, Ended};
