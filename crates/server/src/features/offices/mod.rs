//! Find an office and call.

pub mod cli;
pub mod http;
mod lines;
mod page;
mod service;
#[cfg(test)]
mod tests;
mod view;
