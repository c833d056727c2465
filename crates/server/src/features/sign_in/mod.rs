//! How staff get in: a code and a passkey at first, a passkey from then on; their sessions, and who may get in at all.

pub mod cli;
pub mod http;
pub mod people;
mod service;
#[cfg(test)]
mod tests;
mod view;
