//! What only a server can show. These tests need `TEST_POSTGRES`; a run on the embedded engine leaves them out by
//! their module's name.

mod plans;
mod relay;
mod shape;
mod writing;

use super::*;
use crate::fresh::FreshDatabase;

/// The address of a fresh database on the server.
fn address(database: &FreshDatabase) -> String {
    database
        .address()
        .expect("TEST_POSTGRES names no server: leave these tests out with `not test(on_postgres::)`")
}
