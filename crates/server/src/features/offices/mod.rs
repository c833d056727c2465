//! Find an office and call.

pub mod cli;
pub mod http;
mod view;
