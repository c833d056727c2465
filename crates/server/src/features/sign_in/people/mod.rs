//! Who may get in: a security administrator adds accounts, makes codes, blocks and unblocks, within an organ and those
//! below it.

pub mod http;
pub(super) mod service;
pub(super) mod typed;
mod view;
