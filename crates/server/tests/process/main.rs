//! The real binary as a process: what a newcomer, an operator and a crash do to it.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod asking;
mod demo;
mod inquire;
mod killed_import;
mod killed_inquiries;
mod killed_start;
mod limits;
mod number;
mod running;
mod serve;
