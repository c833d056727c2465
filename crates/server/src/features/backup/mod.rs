//! What an operator keeps apart from the machine: backups of everything, sealed, and how they come back.

pub mod cli;
mod file;
mod seal;
#[cfg(test)]
mod tests;
