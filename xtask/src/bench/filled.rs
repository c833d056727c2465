//! The filled folder that a bench runs on, and what it weighs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::places;
use crate::process::{command, run};

/// Files of the bench itself in the folder begin so; they are no part of its weight.
const OURS: &str = "bench-";
/// The product's records of inquiries begin so; they grow with the load, not with the applications.
const INQUIRY_RECORDS: &str = "inquir";

/// A filled folder; one that the bench made for itself is removed with this value.
#[derive(Debug)]
pub(crate) struct FilledFolder {
    folder: PathBuf,
    is_ours: bool,
}

impl FilledFolder {
    /// Takes the named folder or a new one, and fills it unless it holds that many applications already.
    /// `fresh` makes the empty database of a folder.
    pub(crate) fn prepare(
        named: Option<&Path>,
        binary: &Path,
        applications: u64,
        fresh: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<Self, String> {
        let data = Self::empty(named)?;
        let filled = data.scratch("filled");
        match fs::read_to_string(&filled) {
            Ok(holds) if holds.trim() == applications.to_string() && data.samples().is_file() => {
                println!("using {} again", data.folder.display());
            }
            Ok(holds) => {
                let folder = data.folder.display();
                return Err(format!(
                    "{folder} holds {} applications, not {applications}; name another",
                    holds.trim()
                ));
            }
            Err(_) => {
                fresh(&data.folder)?;
                data.fill(binary, applications)?;
                fs::write(&filled, applications.to_string())
                    .map_err(|reason| format!("{}: {reason}", filled.display()))?;
            }
        }
        Ok(data)
    }

    /// A second folder of the bench's own, filled by a binary.
    pub(super) fn beside(
        name: &str,
        binary: &Path,
        applications: u64,
        fresh: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<Self, String> {
        let folder = places::target().join(format!("bench-{}-{name}", std::process::id()));
        let mut data = Self::empty(Some(&folder))?;
        data.is_ours = true;
        fresh(&data.folder)?;
        data.fill(binary, applications)?;
        Ok(data)
    }

    /// The named folder or a new one, with nothing in it yet.
    pub(super) fn empty(named: Option<&Path>) -> Result<Self, String> {
        let own = || places::target().join(format!("bench-{}", std::process::id()));
        let folder = named.map_or_else(own, Path::to_path_buf);
        fs::create_dir_all(&folder).map_err(|reason| format!("{}: {reason}", folder.display()))?;
        let folder = fs::canonicalize(&folder).map_err(|reason| format!("{}: {reason}", folder.display()))?;
        Ok(Self { folder, is_ours: named.is_none() })
    }

    /// A folder that was filled in another way; it stays.
    pub(super) fn of(folder: PathBuf) -> Self {
        Self { folder, is_ours: false }
    }

    fn fill(&self, binary: &Path, applications: u64) -> Result<(), String> {
        println!("filling {} with {applications} applications", self.folder.display());
        let mut fill = command(
            &binary.to_string_lossy(),
            ["fill", "--seed", "1", "--applications", &applications.to_string()],
        );
        fill.arg("--data").arg(&self.folder).arg("--bench-samples").arg(self.samples());
        run(&mut fill)
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file of the bench's own in the folder.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{OURS}{name}"))
    }

    /// Inquiries to ask, one JSON body a line.
    pub(crate) fn samples(&self) -> PathBuf {
        self.scratch("samples.jsonl")
    }

    /// The first of the samples.
    pub(crate) fn first_sample(&self) -> Result<String, String> {
        let path = self.samples();
        let file = fs::File::open(&path).map_err(|reason| format!("{}: {reason}", path.display()))?;
        let line = BufReader::new(file).lines().next();
        line.and_then(Result::ok).ok_or_else(|| format!("{} is empty", path.display()))
    }

    /// Bytes of everything but the records of inquiries and the bench's own files.
    pub(crate) fn bytes(&self) -> Result<u64, String> {
        weigh(&self.folder).map_err(|reason| format!("{}: {reason}", self.folder.display()))
    }
}

impl Drop for FilledFolder {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn weigh(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(OURS) || name.starts_with(INQUIRY_RECORDS) {
            continue;
        }
        bytes += if entry.file_type()?.is_dir() { weigh(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_inquiries_have_no_weight() {
        let folder = std::env::temp_dir().join(format!("xtask-data-{}", std::process::id()));
        fs::create_dir_all(folder.join("inquiries")).unwrap();
        fs::create_dir_all(folder.join("keys")).unwrap();
        for (name, length) in
            [("jindu.db", 100), ("jindu.db-wal", 20), ("keys/a", 3), ("inquiries/1", 500), ("bench-x", 500)]
        {
            fs::write(folder.join(name), vec![0; length]).unwrap();
        }
        let data = FilledFolder { folder, is_ours: true };
        assert_eq!(data.bytes(), Ok(123));
        let path = data.folder().to_path_buf();
        drop(data);
        assert!(!path.exists());
    }
}
