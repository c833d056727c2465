//! Who looked at my case, and "at the counter only": for whoever proves the case with its receipt number.

pub mod http;
mod service;
mod view;
