//! The real binary as a process: what a newcomer, an operator and a crash do to it.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail by panic")]

mod alerts;
mod asking;
mod backup;
mod canary;
mod copied;
mod demo;
mod documented;
mod feeds;
#[path = "../../src/testing/folder.rs"]
mod folder;
mod hostile;
mod inquire;
#[path = "../../src/testing/intrude.rs"]
mod intrude;
mod judges;
mod kept;
mod keys;
mod killed_backup;
mod killed_consumer;
mod killed_import;
mod killed_inquiries;
mod killed_messages;
mod killed_start;
mod kills;
mod large;
mod limits;
mod log;
mod messages;
mod nats;
mod number;
mod on_postgres;
mod running;
mod serve;
mod staff;
mod stream;
mod telling;
mod tls;
mod uniform;
mod walk_through;
