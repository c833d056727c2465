//! Where things lie: the clone, the build folder, the binary, the browser tests.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the clone that this tool was started in.
pub(crate) fn root() -> PathBuf {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Cargo's build folder: `CARGO_TARGET_DIR`, or `target` in the clone.
pub(crate) fn target() -> PathBuf {
    let root = root();
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// The release binary.
pub(crate) fn binary() -> PathBuf {
    target().join("release").join("jindu")
}

/// The folder of the browser tests.
pub(crate) fn browser_tests() -> PathBuf {
    root().join("e2e")
}

/// The folder of the Python that the tests start other people's programs with.
pub(crate) fn python_folder() -> PathBuf {
    target().join("python-of-tests")
}

/// That Python, once `cargo xtask setup` has made it.
pub(crate) fn python() -> PathBuf {
    python_of(&python_folder())
}

/// The folder of the Python with other people's programs that judge ours.
pub(crate) fn judges_folder() -> PathBuf {
    target().join("judges-of-tests")
}

/// That Python, once `cargo xtask setup` has made it.
pub(crate) fn judges() -> PathBuf {
    python_of(&judges_folder())
}

/// The Python of a folder that one was made in.
pub(crate) fn python_of(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

/// The folder of the Python packages that bring newer versions of PostgreSQL.
pub(crate) fn postgres_packages() -> PathBuf {
    target().join("postgres-of-tests")
}

/// The folder of the Python that Patroni is installed into.
pub(crate) fn patroni_packages() -> PathBuf {
    target().join("patroni-of-tests")
}

/// The Python that every user of this machine can start; one in `PATH` may lie in somebody's home.
pub(crate) fn system_python() -> PathBuf {
    let debian = PathBuf::from("/usr/bin/python3");
    if debian.is_file() { debian } else { program("python3").unwrap_or(debian) }
}

/// The first file of that name in `PATH`, or where Debian puts servers, which is not in everyone's `PATH`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
