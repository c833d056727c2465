//! What the stages mean, in words.

pub mod http;
#[cfg(test)]
mod tests;
mod view;
