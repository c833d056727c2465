//! What a person may ask for: what is kept about them, that it is erased, that inquiries online are opened again.

pub mod cli;
mod service;
mod view;
