//! Brings a database to the schema of this program; the migrations are part of the binary.

use crate::error::Result;

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// Runs what has not run yet, all of it and the record of it in one transaction: a kill leaves nothing half done.
pub(crate) fn run(connection: &mut rusqlite::Connection) -> Result<()> {
    sqlite::migrations::runner().set_grouped(true).run(connection).map_err(Box::new)?;
    Ok(())
}

/// The same on a server. A message of the server says where, and is no news.
pub(crate) async fn run_on_server(client: &mut tokio_postgres::Client) -> Result<()> {
    postgres::migrations::runner().set_grouped(true).run_async(client).await.map_err(Box::new)?;
    Ok(())
}

/// The version of the newest migration; both engines have the same.
pub(crate) fn newest() -> i64 {
    sqlite::migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0)
}

/// What the server's migrations are, as one number.
#[cfg(any(test, feature = "fresh"))]
pub(crate) fn fingerprint() -> u64 {
    let runner = postgres::migrations::runner();
    runner.get_migrations().iter().fold(0, |sum: u64, migration| sum.rotate_left(7) ^ migration.checksum())
}

/// The schema as it was after that version, for tests of what came after it.
#[cfg(test)]
pub(crate) fn up_to(connection: &mut rusqlite::Connection, version: refinery::SchemaVersion) {
    let runner = sqlite::migrations::runner().set_target(refinery::Target::Version(version));
    runner.run(connection).unwrap();
}

/// The first migration, for tests of what came after it.
#[cfg(test)]
pub(crate) fn first() -> refinery::Migration {
    sqlite::migrations::runner().get_migrations().first().unwrap().clone()
}
