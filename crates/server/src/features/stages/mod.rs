//! What the stages mean, in words.

pub mod http;
mod view;
