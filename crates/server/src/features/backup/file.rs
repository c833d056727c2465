//! A backup's file: it has its name only when all of it is on disk.

use crate::app::Failed;
use domain::moment::Moment;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, renameat2};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// What a file is called until it is whole. In a folder it is always the same, so that what a power cut left is
/// written over by the next backup.
const UNNAMED: &str = "jindu-backup.part";
/// Reading and writing for its owner alone.
const OWNER: u32 = 0o600;

/// A file that has no name yet. It goes when it is let go without one.
#[derive(Debug)]
pub(super) struct Unnamed {
    file: File,
    part: PathBuf,
    name: PathBuf,
    is_named: bool,
}

impl Unnamed {
    /// Begins a file of this name, or in this folder one that is named by the moment.
    ///
    /// # Errors
    /// Refuses a name that is taken, and a place where another backup is being written.
    pub(super) fn at(to: &Path, now: Moment) -> Result<Self, Failed> {
        // A name without an ending is meant as a folder.
        if !to.is_dir() && (to.extension().is_none() || to.as_os_str().as_encoded_bytes().ends_with(b"/")) {
            let to = to.display();
            return Err(
                format!("there is no folder {to}; make it, or name a file, such as {to}/now.age").into()
            );
        }
        let (name, part) = if to.is_dir() {
            (to.join(name_at(now)), to.join(UNNAMED))
        } else {
            let mut part = to.as_os_str().to_owned();
            part.push(".part");
            (to.to_owned(), PathBuf::from(part))
        };
        untaken(&name)?;
        loop {
            if let Some(file) = begun(opened(&part)?, &part)? {
                return Ok(Self { file, part, name, is_named: false });
            }
        }
    }

    /// To write to.
    pub(super) fn file(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }

    /// Gives it its name, once all of it is on disk; gives that and its length.
    ///
    /// # Errors
    /// Fails when the disk does, or when somebody took the name meanwhile.
    pub(super) fn name(mut self) -> Result<(PathBuf, u64), Failed> {
        self.file.sync_all()?;
        let length = self.file.metadata()?.len();
        named(&self.part, &self.name)?;
        self.is_named = true;
        let folder = self.name.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok((self.name.clone(), length))
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.is_named {
            // What cannot be removed is no backup all the same.
            drop(fs::remove_file(&self.part));
        }
    }
}

fn opened(part: &Path) -> Result<File, Failed> {
    let mut options = OpenOptions::new();
    // Whoever else may write to the folder may have put a link or a pipe there.
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = options.write(true).create(true).truncate(false).mode(OWNER).custom_flags(flags).open(part);
    Ok(file.map_err(|error| format!("{} cannot be written: {error}", part.display()))?)
}

/// Takes a file and empties it; none where it is no longer what it was opened as: another backup got its name
/// meanwhile.
fn begun(file: File, part: &Path) -> Result<Option<File>, Failed> {
    let beside = || format!("another backup is being written to {}; wait for its end", part.display());
    file.try_lock().map_err(|_| beside())?;
    let own = file.metadata()?;
    let is_here = fs::symlink_metadata(part).is_ok_and(|at| (at.dev(), at.ino()) == (own.dev(), own.ino()));
    if !is_here {
        return Ok(None);
    }
    if !own.is_file() || own.nlink() != 1 {
        return Err(format!("{} is no file of ours; remove it", part.display()).into());
    }
    file.set_permissions(Permissions::from_mode(OWNER))?;
    file.set_len(0)?;
    Ok(Some(file))
}

/// Gives a file its name, which must be nobody's at that moment.
fn named(part: &Path, name: &Path) -> Result<(), Failed> {
    match renameat2(AT_FDCWD, part, AT_FDCWD, name, RenameFlags::RENAME_NOREPLACE) {
        // This file system cannot say so in one step.
        Err(Errno::EINVAL | Errno::ENOSYS) => {
            untaken(name)?;
            Ok(fs::rename(part, name)?)
        }
        Err(Errno::EEXIST) => Err(taken(name)),
        renamed => Ok(renamed?),
    }
}

fn untaken(name: &Path) -> Result<(), Failed> {
    // A link that leads nowhere has the name, too.
    match fs::symlink_metadata(name) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{} cannot be used: {error}", name.display()).into()),
        Ok(_) => Err(taken(name)),
    }
}

fn taken(name: &Path) -> Failed {
    format!("{} exists already; backups are never replaced", name.display()).into()
}

/// Such as `jindu-20261123-101500.age`, in China Standard Time.
fn name_at(now: Moment) -> String {
    format!("jindu-{}.age", now.date_time().strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    fn now() -> Moment {
        Moment::parse("2026-11-23T10:15:00+08:00").unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn what_somebody_else_put_in_its_place_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (part, other) = (folder.path().join(UNNAMED), folder.path().join("other"));
        fs::write(&other, "kept").unwrap();
        symlink(&other, &part).unwrap();
        assert!(Unnamed::at(folder.path(), now()).is_err());
        fs::remove_file(&part).unwrap();
        fs::hard_link(&other, &part).unwrap();
        assert!(Unnamed::at(folder.path(), now()).unwrap_err().to_string().contains("remove it"));
        assert_eq!(fs::read(&other).unwrap(), b"kept");
        fs::remove_file(&part).unwrap();
        // What was open to others is so no more.
        fs::write(&part, "old").unwrap();
        fs::set_permissions(&part, Permissions::from_mode(0o666)).unwrap();
        let unnamed = Unnamed::at(folder.path(), now()).unwrap();
        assert_eq!(unnamed.file().unwrap().metadata().unwrap().permissions().mode() & 0o777, OWNER);
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let unnamed = Unnamed::at(folder.path(), now()).unwrap();
        unnamed.file().unwrap().write_all(b"all of it").unwrap();
        assert_eq!(names(folder.path()), [UNNAMED]);
        let (name, length) = unnamed.name().unwrap();
        assert_eq!((name, length), (folder.path().join("jindu-20261123-101500.age"), 9));
        assert_eq!(names(folder.path()), ["jindu-20261123-101500.age"]);
        let about = fs::metadata(folder.path().join("jindu-20261123-101500.age")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_left_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let unnamed = Unnamed::at(folder.path(), now()).unwrap();
        let name = folder.path().join("jindu-20261123-101500.age");
        fs::write(&name, "theirs").unwrap();
        assert!(unnamed.name().unwrap_err().to_string().contains("never replaced"));
        assert_eq!(fs::read(&name).unwrap(), b"theirs");
        assert_eq!(names(folder.path()).len(), 1);
        // So is a link that leads nowhere.
        let unnamed = Unnamed::at(&folder.path().join("b.age"), now()).unwrap();
        symlink("/nowhere/at/all", folder.path().join("b.age")).unwrap();
        assert!(unnamed.name().unwrap_err().to_string().contains("never replaced"));
        assert!(Unnamed::at(&folder.path().join("b.age"), now()).is_err());
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["backups/", "backups"] {
            let said = Unnamed::at(&folder.path().join(name), now()).unwrap_err().to_string();
            assert!(said.contains("no folder"), "{said}");
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_is_let_go_without_a_name_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(Unnamed::at(&folder.path().join("b.age"), now()).unwrap());
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn no_backup_is_replaced_and_two_do_not_write_to_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("b.age");
        let first = Unnamed::at(&file, now()).unwrap();
        let beside = Unnamed::at(&file, now()).unwrap_err().to_string();
        assert!(beside.contains("another backup"), "{beside}");
        first.name().unwrap();
        let taken = Unnamed::at(&file, now()).unwrap_err().to_string();
        assert!(taken.contains("never replaced"), "{taken}");
        assert_eq!(names(folder.path()), ["b.age"]);
    }

    #[test]
    fn a_backup_that_got_its_name_meanwhile_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let first = Unnamed::at(folder.path(), now()).unwrap();
        first.file().unwrap().write_all(b"all of it").unwrap();
        let part = folder.path().join(UNNAMED);
        let second = opened(&part).unwrap();
        let (name, _) = first.name().unwrap();
        assert!(begun(second, &part).unwrap().is_none());
        assert_eq!(fs::read(name).unwrap(), b"all of it");
    }

    #[test]
    fn what_a_power_cut_left_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(UNNAMED), "half of something, and long").unwrap();
        let unnamed = Unnamed::at(folder.path(), now()).unwrap();
        unnamed.file().unwrap().write_all(b"whole").unwrap();
        let (name, _) = unnamed.name().unwrap();
        assert_eq!(fs::read(name).unwrap(), b"whole");
    }
}
