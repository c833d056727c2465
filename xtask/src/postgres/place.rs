//! A folder in which servers run, and the user who may run them: PostgreSQL refuses root.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Writes;
use super::folder::Folder;
use super::installation::Installation;
use crate::places;
use crate::process::{ask, command};

/// Whom the servers run as when we are root, in the order of preference.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Someone other than root.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

/// The folder, the programs and the user of some servers; all three go with this value.
#[derive(Debug)]
pub(crate) struct Place {
    folder: Folder,
    bin: PathBuf,
    user: Option<User>,
}

impl Place {
    /// Makes the folder, with the programs in it if the user cannot reach them where they are.
    pub(crate) fn make(installation: &Installation, writes: Writes) -> Result<Self, String> {
        let user = user()?;
        let mut place = Self { folder: Folder::make(writes)?, bin: installation.bin.clone(), user };
        place.give(place.folder())?;
        let server = place.bin.join("postgres");
        // Asked by a program that is the user's already: the step from root to the user reads with root's rights.
        if ask(place.as_user(Path::new("test")).arg("-x").arg(&server)).is_err() {
            place.bring(installation)?;
        }
        Ok(place)
    }

    /// Where the servers lie, and their sockets.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One of PostgreSQL's programs, run as the user, in the folder and in a plain environment.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.as_user(&self.bin.join(name))
    }

    /// The folder of PostgreSQL's programs, where the user reaches them.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Any other program, run alike; the kernel ends it when this process ends.
    pub(crate) fn tied(&self, program: &Path) -> Command {
        let mut command = self.as_user(Path::new("setpriv"));
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
    }

    fn as_user(&self, program: &Path) -> Command {
        let mut command = match self.user {
            None => Command::new(program),
            Some(User { id, group }) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={id}")).arg(format!("--regid={group}"));
                command.args(["--clear-groups", "--"]).arg(program);
                command
            }
        };
        command.env_clear().envs([("PATH", "/usr/bin:/bin:/usr/sbin"), ("LC_ALL", "C"), ("TZ", "UTC")]);
        command.current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    /// Makes the data of a new server.
    pub(crate) fn make_data(&self, data: &Path) -> Result<(), String> {
        let mut initdb = self.program("initdb");
        initdb.args(["--locale=C", "--encoding=UTF8", "--auth=trust", "--username=postgres"]);
        initdb.args(["--no-sync", "--no-instructions", "--pgdata"]).arg(data);
        ask(&mut initdb).map(|_| ())
    }

    /// Adds settings to a server that does not run yet; the last word on a setting counts.
    pub(crate) fn settle<'words>(
        &self,
        data: &Path,
        settings: impl IntoIterator<Item = (&'words str, &'words str)>,
    ) -> Result<(), String> {
        let file = data.join("postgresql.conf");
        let lines: String =
            settings.into_iter().map(|(name, value)| format!("{name} = '{value}'\n")).collect();
        let written =
            OpenOptions::new().append(true).open(&file).and_then(|mut file| file.write_all(lines.as_bytes()));
        written.map_err(|reason| format!("{}: {reason}", file.display()))
    }

    /// Makes an empty file that is the user's.
    pub(crate) fn touch(&self, file: &Path) -> Result<(), String> {
        ask(self.as_user(Path::new("touch")).arg(file)).map(|_| ())
    }

    /// Makes a folder that is the user's, unless it is there.
    pub(crate) fn make_folder(&self, folder: &Path) -> Result<(), String> {
        ask(self.as_user(Path::new("mkdir")).arg("-p").arg(folder)).map(|_| ())
    }

    /// Copies a folder to where the user can read it.
    pub(crate) fn bring_folder(&self, from: &Path, to: &Path) -> Result<(), String> {
        ask(command("cp", ["-R", "--"].map(OsStr::new)).arg(from).arg(to))?;
        let Some(User { id, group }) = self.user else { return Ok(()) };
        ask(command("chown", ["-R".to_owned(), format!("{id}:{group}")]).arg(to)).map(|_| ())
    }

    /// What a statement answers, without decoration.
    pub(crate) fn ask(&self, url: &str, statement: &str) -> Result<String, String> {
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--command", statement, url]);
        ask(&mut psql).map(|answer| answer.trim_end().to_owned())
    }

    /// Ends every server in the folder and removes it, as the death of this process would.
    #[cfg(test)]
    pub(crate) fn abandon(&mut self) {
        self.folder.abandon();
    }

    /// Copies the programs: a build folder below root's home is closed to everyone else.
    fn bring(&mut self, installation: &Installation) -> Result<(), String> {
        let copy = self.folder().join("programs");
        let within =
            installation.bin.strip_prefix(&installation.whole).map_err(|reason| reason.to_string())?;
        self.bring_folder(&installation.whole, &copy)?;
        self.bin = copy.join(within);
        Ok(())
    }

    fn give(&self, path: &Path) -> Result<(), String> {
        let Some(User { id, group }) = self.user else { return Ok(()) };
        chown(path, Some(id), Some(group)).map_err(|reason| format!("{}: {reason}", path.display()))
    }
}

/// Whom to run as; nobody else where we are not root.
fn user() -> Result<Option<User>, String> {
    if number_of("-u", None)? != 0 {
        return Ok(None);
    }
    if places::program("setpriv").is_none() {
        return Err("PostgreSQL does not run as root, and setpriv (util-linux) is missing".into());
    }
    let known = |name: &&str| -> Result<User, String> {
        Ok(User { id: number_of("-u", Some(name))?, group: number_of("-g", Some(name))? })
    };
    let found = USERS.iter().find_map(|name| known(name).ok());
    let none = || format!("PostgreSQL does not run as root, and there is no user {}", USERS.join(" nor "));
    found.map(Some).ok_or_else(none)
}

/// The number of a user or a group.
fn number_of(what: &str, name: Option<&str>) -> Result<u32, String> {
    let said = ask(command("id", [what]).args(name))?;
    said.trim().parse().map_err(|_| format!("id {what} says {said:?}"))
}
