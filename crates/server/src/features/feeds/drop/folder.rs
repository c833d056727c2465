//! A drop folder as it lies on disk: what is in it, which names are left alone, and who else may change it.

use crate::app::Failed;
use crate::config::DropFolder;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use store::feed::DESK_NAME;

/// The folders below, which are ours alone.
const BELOW: [&str; 3] = ["work", "done", "failed"];
/// The file that says which folder it is; where nobody else can put one.
const IDENTITY: &str = "work/.folder";
/// Its digits.
const DIGITS: u64 = 32;
/// The endings of what lies beside an imported file.
pub(super) const REPORT: &str = ".report.csv";
pub(super) const WHY: &str = ".error.txt";
/// Endings of names that are left alone: files that are not whole yet (`.filepart` is WinSCP's), and our own.
const LEFT_ALONE: [&str; 5] = [".part", ".tmp", ".filepart", REPORT, WHY];
/// In the mode of a folder: who may write beside its owner.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
/// Anybody but its owner may do anything.
const OPEN_TO_OTHERS: u32 = 0o077;
/// Names in the folder are their owners' alone.
const STICKY: u32 = 0o1000;
/// The user who may do anything anyway.
const ROOT: u32 = 0;

/// The names in a folder, and what each is; a link is a link.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<(OsString, Metadata)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(about) => entries.push((entry.file_name(), about)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(entries)
}

/// Whether a name says that its file is not whole yet, or is ours.
pub(super) fn is_left_alone(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    name.starts_with('.') || LEFT_ALONE.iter().any(|end| name.ends_with(end))
}

/// A path with more at its end.
pub(super) fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Makes the folder and those below, where they are not there.
///
/// # Errors
/// Refuses a folder that others may rearrange, and one for people at a desk; fails when it cannot be written to.
pub(super) fn prepare(setting: &DropFolder) -> Result<(), Failed> {
    let folder = &setting.folder;
    if setting.feed == DESK_NAME {
        return Err(
            format!("{DESK_NAME:?} is the feed of people at a desk; no folder speaks for them").into()
        );
    }
    made(folder, &setting.feed)?;
    for below in BELOW {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder.join(below));
        made.map_err(|error| format!("drop folder {}: {error}", folder.display()))?;
    }
    Ok(ours(folder).map_err(|why| format!("drop folder {}: {why}", folder.display()))?)
}

/// Which folder it is, by whatever path and from whatever machine: random digits in a file in `work/`, made where it is
/// not there.
///
/// # Errors
/// As [`prepare`]; or the file is not whole.
pub(in super::super) fn identity(setting: &DropFolder) -> Result<String, Failed> {
    prepare(setting)?;
    let file = setting.folder.join(IDENTITY);
    let at = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| "the system gave no random bytes")?;
    // Of several that look at the same time one makes it.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Ok(mut made) => {
            made.write_all(format!("{:032x}", u128::from_be_bytes(random)).as_bytes())
                .and_then(|()| made.sync_all())
                .map_err(|error| at(&error))?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(at(&error).into()),
    }
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let opened =
        OpenOptions::new().read(true).custom_flags(flags.bits()).open(&file).map_err(|error| at(&error))?;
    let mut id = String::new();
    opened.take(DIGITS + 1).read_to_string(&mut id).map_err(|error| at(&error))?;
    let is_whole = id.len() as u64 == DIGITS && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_whole.then_some(id).ok_or_else(|| at(&"it does not say which folder this is; remove it").into())
}

/// Makes a folder that is not there, in one that is.
///
/// # Errors
/// Refuses a folder whose own folder is missing: most likely its path is mistyped, or a disk is not mounted.
fn made(folder: &Path, feed: &str) -> Result<(), String> {
    let at = |why: &dyn std::fmt::Display| format!("drop folder {}: {why}", folder.display());
    if folder.exists() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if parent.is_some_and(|parent| !parent.is_dir()) {
        return Err(at(
            &"it is not there, and the folder that it would lie in is not there either; make it first",
        ));
    }
    DirBuilder::new().mode(0o700).create(folder).map_err(|error| at(&error))?;
    tracing::info!("made {} for {feed}, for it was not there", folder.display());
    Ok(())
}

/// Refuses a folder in which somebody else could put something in the place of ours.
pub(super) fn ours(folder: &Path) -> Result<(), Unsafe> {
    let (about, us) = (fs::metadata(folder)?, geteuid().as_raw());
    // Whoever owns a folder may rename what is in it, sticky or not.
    if ![us, ROOT].contains(&about.uid()) {
        return Err(Unsafe::Foreign);
    }
    let mode = about.mode();
    if mode & STICKY == 0 && mode & OTHERS_WRITE != 0 {
        return Err(Unsafe::Open);
    }
    if mode & STICKY == 0 && mode & GROUP_WRITES != 0 {
        return Err(Unsafe::Shared);
    }
    for below in BELOW {
        let about = fs::symlink_metadata(folder.join(below))?;
        if !about.is_dir() || about.uid() != us {
            return Err(Unsafe::NotOurs(below));
        }
        if about.mode() & OPEN_TO_OTHERS != 0 {
            return Err(Unsafe::Readable(below));
        }
    }
    Ok(())
}

/// Why a folder is not worked in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsafe {
    #[error("anybody may write to it and rename what is in it; run `chmod o-w` or `chmod +t` on it")]
    Open,
    #[error("its group may write to it and rename what is in it; run `chmod g-w` or `chmod +t` on it")]
    Shared,
    #[error(
        "it is another user's, who may rename what is in it; give it to the user that we run as, with `chown`"
    )]
    Foreign,
    #[error("{0}/ in it is no folder of ours; remove it, or give it to the user that we run as")]
    NotOurs(&'static str),
    #[error("{0}/ in it is open to others, and files in it name people; run `chmod 700` on it")]
    Readable(&'static str),
    #[error("it cannot be looked at: {0}")]
    Unseen(#[from] io::Error),
}

/// The name itself, or with a number before it where the folder has that name, or a report of that name, already.
pub(super) fn free_name(folder: &Path, name: &OsStr) -> io::Result<OsString> {
    for number in 1_u32.. {
        let mut free = OsString::new();
        if number > 1 {
            free.push(format!("{number}-"));
        }
        free.push(name);
        let mut taken = false;
        for end in ["", REPORT, WHY] {
            match fs::symlink_metadata(with(&folder.join(&free), end)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                found => taken |= found.map(|_| true)?,
            }
        }
        if !taken {
            return Ok(free);
        }
    }
    Err(io::Error::other("no name is free"))
}
