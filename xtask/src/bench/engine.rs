//! Which engine keeps the data of a bench: the embedded one, or a PostgreSQL that is made for it.

use std::fs;
use std::path::Path;

use super::filled;
use crate::args::Args;
use crate::postgres::{Cluster, Installation, Writes};

/// The engine under measurement.
#[derive(Debug)]
pub(super) enum Engine {
    Sqlite,
    Postgres(Box<Cluster>),
}

/// The engine that was asked for, not started yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Sqlite,
    Postgres,
}

impl Named {
    pub(super) fn parse(args: &mut Args) -> Result<Self, String> {
        match args.value("--engine")?.as_deref() {
            None | Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres") => Ok(Self::Postgres),
            Some(other) => Err(format!("--engine takes sqlite or postgres, not {other:?}")),
        }
    }

    /// Starts it: PostgreSQL durable and on a disk, with room in memory for what is measured.
    pub(super) fn start(self) -> Result<Engine, String> {
        match self {
            Self::Sqlite => Ok(Engine::Sqlite),
            Self::Postgres => {
                let installation = Installation::newest()?;
                println!("on PostgreSQL {}", installation.version);
                Cluster::start(&installation, Writes::Durable).map(Box::new).map(Engine::Postgres)
            }
        }
    }
}

impl Engine {
    /// The engine's word in the closing line.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// An empty database for a folder of data.
    pub(super) fn fresh(&self, folder: &Path) -> Result<(), String> {
        self.make(folder, "template0")
    }

    /// Makes the database of a folder a copy of another's; what lies in the folder is copied elsewhere.
    pub(super) fn copy(&self, from: &Path, to: &Path) -> Result<(), String> {
        self.make(to, &name(from)?)
    }

    fn make(&self, folder: &Path, template: &str) -> Result<(), String> {
        let Self::Postgres(cluster) = self else { return Ok(()) };
        let name = name(folder)?;
        cluster.ask(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        let locale = if template == "template0" { " LC_COLLATE 'C' LC_CTYPE 'C'" } else { "" };
        cluster.ask(&format!("CREATE DATABASE {name} TEMPLATE {template}{locale} STRATEGY FILE_COPY"))?;
        let file = folder.join("jindu.toml");
        fs::write(&file, format!("database = \"{}\"\n", self.address(folder)?))
            .map_err(|reason| format!("{}: {reason}", file.display()))
    }

    /// The URL of the database of a folder.
    pub(super) fn address(&self, folder: &Path) -> Result<String, String> {
        let Self::Postgres(cluster) = self else { return Err("there is no server to address".into()) };
        let url = cluster.url();
        let (server, _) = url.rsplit_once('/').ok_or("the cluster has no address")?;
        Ok(format!("{server}/{}", name(folder)?))
    }

    /// Bytes that the data of a folder takes.
    pub(super) fn bytes(&self, data: &filled::FilledFolder) -> Result<u64, String> {
        match self {
            Self::Sqlite => data.bytes(),
            Self::Postgres(cluster) => {
                let said = cluster.ask(&format!("SELECT pg_database_size('{}')", name(data.folder())?))?;
                said.trim().parse().map_err(|_| format!("PostgreSQL says a size of {said:?}"))
            }
        }
    }

    /// Does the housekeeping that PostgreSQL owes to what was filled in just now. It would begin by itself amid the rounds, and
    /// take a processor of a machine that has two.
    pub(super) fn keep_house(&self, folder: &Path) -> Result<(), String> {
        if let Self::Postgres(cluster) = self {
            println!("PostgreSQL keeps house");
            cluster.ask_at(&self.address(folder)?, "VACUUM (FREEZE, ANALYZE)")?;
        }
        self.settle()
    }

    /// Has what was written so far on the disk.
    pub(super) fn settle(&self) -> Result<(), String> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres(cluster) => cluster.ask("CHECKPOINT").map(drop),
        }
    }
}

/// The name of the database of a folder.
fn name(folder: &Path) -> Result<String, String> {
    let last = folder.file_name().ok_or_else(|| format!("{} has no name", folder.display()))?;
    let plain: String =
        last.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    Ok(format!("bench_{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_named_or_the_embedded_one() {
        let named = |line: &str| Named::parse(&mut Args::new(line.split_whitespace().map(str::to_owned)));
        assert_eq!(named(""), Ok(Named::Sqlite));
        assert_eq!(named("--engine postgres"), Ok(Named::Postgres));
        assert!(named("--engine oracle").is_err());
        assert_eq!(name(Path::new("/x/bench-12")), Ok("bench_bench12".to_owned()));
    }
}
