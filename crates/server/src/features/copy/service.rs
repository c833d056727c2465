//! Makes one database hold what another one holds, and decides whether it may be served from then.

use crate::app::Failed;
use crate::config::Config;
use domain::moment::Moment;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use store::audit::Entry;
use store::keys::Keys;
use store::whole::{self, Brought, Difference, Errand, Source, Target};
use store::{Database, Server, StoreError};

/// The action in the log of changes.
const ACTION: &str = "copy";

/// One of the two databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// `sqlite:FOLDER`, the data folder with the embedded database in it.
    Folder(PathBuf),
    /// `postgres://…`, a database on a server.
    Server(String),
}

impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", folder)) if !folder.is_empty() && !folder.starts_with("//") => {
                Ok(Self::Folder(folder.into()))
            }
            Some(("postgres" | "postgresql", _)) => Ok(Self::Server(text.to_owned())),
            _ => {
                Err("write sqlite:FOLDER, such as sqlite:/var/lib/jindu, or postgres://user@host/name"
                    .to_owned())
            }
        }
    }
}

impl End {
    fn database(&self, config: &Config) -> Result<Database, StoreError> {
        let (password, roots) = (&config.database_password_file, &config.database_root_certificates);
        Ok(match self {
            Self::Folder(_) => Database::Folder,
            Self::Server(address) => {
                Database::Server(Server::parse(address, password.as_deref(), roots.as_deref())?)
            }
        })
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Server(_) => None,
        }
    }

    fn engine(&self) -> &'static str {
        match self {
            Self::Folder(_) => "sqlite",
            Self::Server(_) => "postgres",
        }
    }
}

/// How far a copy came.
#[derive(Debug)]
pub enum Ended {
    /// Everything was compared and is the same; the copy may be served from.
    Complete(Brought),
    /// It was complete before, and is the same.
    Already,
    /// Copied as far as it goes: a server changes the source all the while.
    Served(Brought),
    /// Something is not the same, in these tables.
    Differs(Vec<Difference>),
}

/// What is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Rows are read, and put where they are not the same.
    Copying,
    /// Both sides are read anew.
    Comparing,
}

/// Copies, and compares where the source stands still.
///
/// # Errors
/// Says what is refused or has failed. Nothing is lost then: the copy is taken up again by the next run.
pub(super) async fn copy(
    config: &Config,
    (from, to): (&End, &End),
    now: Moment,
    mut told: impl FnMut(Doing, u64, &str, u64) + Send,
) -> Result<Ended, Failed> {
    if from == to {
        return Err("--from and --to are the same database".into());
    }
    let keys = || Keys::load(&config.key_file());
    if let Some(other) = other_keys(config, to)? {
        let (other, own) = (other.display(), config.key_file());
        return Err(format!(
            "{other} holds the keys of another database: whoever serves the copy would take them. Put {} in its place, or \
             copy to another folder",
            own.display()
        )
        .into());
    }
    let folder = |end: &End| end.folder().unwrap_or(&config.data).to_owned();
    let source = Source::open(&folder(from), &from.database(config)?, &keys()?).await?;
    let (purpose, database) = (source.purpose(), to.database(config)?);
    let target = Target::open(&folder(to), &database, keys()?, purpose, Errand::Copy).await?;
    let rows = whole::rows(&source).await?;
    if target.holds_other_data() {
        let told = |table: &str, at| told(Doing::Comparing, rows, table, at);
        let differences = whole::compare(&source, target.source(), Some(ACTION), told).await?;
        if !differences.is_empty() {
            return Err(StoreError::Occupied.into());
        }
        let is_served = source.is_served().await?;
        return Ok(if is_served { Ended::Served(Brought::default()) } else { Ended::Already });
    }
    let brought = whole::bring(&source, &target, |table, at| told(Doing::Copying, rows, table, at)).await?;
    if source.is_served().await? {
        return Ok(Ended::Served(brought));
    }
    let told = |table: &str, at| told(Doing::Comparing, brought.rows, table, at);
    let differences = whole::compare(&source, target.source(), None, told).await?;
    if !differences.is_empty() {
        return Ok(Ended::Differs(differences));
    }
    // Comparing takes long: a server that was started meanwhile changes what was compared.
    if source.is_served().await? {
        return Ok(Ended::Served(brought));
    }
    let detail = format!("from {}: {} rows, the same on both sides", from.engine(), brought.rows);
    let entry = Entry { at: now, actor: "command:copy".to_owned(), action: ACTION, detail };
    target.finish(entry).await?;
    Ok(Ended::Complete(brought))
}

/// The key file that lies in the folder to be filled, where its keys are not those of what is copied.
fn other_keys(config: &Config, to: &End) -> Result<Option<PathBuf>, Failed> {
    let there =
        to.folder().map(|folder| Config { key_file: None, data: folder.to_owned(), ..config.clone() });
    let Some(there) = there.map(|there| there.key_file()).filter(|file| file.exists()) else {
        return Ok(None);
    };
    let is_same = whole::are_the_same(&Keys::load(&there)?, &Keys::load(&config.key_file())?);
    Ok(Some(there).filter(|_| !is_same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_or_explained() {
        assert_eq!("sqlite:/srv/jindu".parse(), Ok(End::Folder("/srv/jindu".into())));
        assert_eq!("sqlite:data".parse(), Ok(End::Folder("data".into())));
        let server = "postgres://jindu@db1,db2/jindu";
        assert_eq!(server.parse(), Ok(End::Server(server.to_owned())));
        for wrong in ["", "/srv/jindu", "sqlite:", "sqlite://srv", "mysql://db/jindu"] {
            assert!(wrong.parse::<End>().unwrap_err().contains("sqlite:FOLDER"), "{wrong}");
        }
    }
}
