//! What an operator needs: alive, ready, meters, the description for programs, serving itself.

pub mod cli;
pub mod http;
#[cfg(test)]
mod tests;
