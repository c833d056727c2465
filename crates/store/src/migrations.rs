//! Brings a database to the schema of this program; the migrations are part of the binary.

use crate::error::Result;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Runs what has not run yet, each migration in its own transaction.
pub(crate) fn run(connection: &mut rusqlite::Connection) -> Result<()> {
    embedded::migrations::runner().run(connection).map_err(Box::new)?;
    Ok(())
}
