//! The log that outsiders can check: taken in and signed by one server, served to everybody, verified by whoever wants to.

pub mod cli;
pub mod http;
mod keeping;
#[cfg(test)]
mod tests;

pub use keeping::Keeping;
