//! The main job: a citizen asks how far the new identity card has come.

mod admission;
mod attempt;
pub mod cli;
mod decision;
mod described;
mod examples;
mod form;
pub mod http;
pub mod looks;
mod page;
mod service;
#[cfg(test)]
mod tests;
mod view;

pub use form::Typed;
