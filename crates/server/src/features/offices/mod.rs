//! Find an office and call.

pub mod cli;
pub mod http;
#[cfg(test)]
mod tests;
mod view;
