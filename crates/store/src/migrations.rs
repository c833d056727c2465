//! Brings a database to the schema of this program; the migrations are part of the binary.

use crate::error::Result;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Runs what has not run yet, all of it and the record of it in one transaction: a kill leaves nothing half done.
pub(crate) fn run(connection: &mut rusqlite::Connection) -> Result<()> {
    embedded::migrations::runner().set_grouped(true).run(connection).map_err(Box::new)?;
    Ok(())
}

/// The schema as it was after that version, for tests of what came after it.
#[cfg(test)]
pub(crate) fn up_to(connection: &mut rusqlite::Connection, version: refinery::SchemaVersion) {
    let runner = embedded::migrations::runner().set_target(refinery::Target::Version(version));
    runner.run(connection).unwrap();
}

/// The first migration, for tests of what came after it.
#[cfg(test)]
pub(crate) fn first() -> refinery::Migration {
    embedded::migrations::runner().get_migrations().first().unwrap().clone()
}
