//! A cluster for someone who runs single tests: kept until Enter, or until this process ends.

use std::io::{self, BufRead};
use std::thread;
use std::time::Instant;

use super::{Cluster, Installation, Writes};
use crate::args::Args;
use crate::test;

/// Starts a cluster, prints its URL and keeps it.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let writes = if args.switch("--durable") { Writes::Durable } else { Writes::Hasty };
    let version = args.value("--version")?;
    args.finish()?;
    let installation = match version {
        None => Installation::newest()?,
        Some(version) => of_version(&version)?,
    };
    let start = Instant::now();
    let cluster = Cluster::start(&installation, writes)?;
    println!(
        "PostgreSQL {} in {}, started in {:.1} s",
        installation.version,
        cluster.folder().display(),
        start.elapsed().as_secs_f64()
    );
    println!("export TEST_POSTGRES={}", cluster.url());
    println!("Enter, or the end of this process, removes it.");
    let mut line = String::new();
    while io::stdin().lock().read_line(&mut line).is_ok_and(|length| length == 0) {
        // In the background nobody can press Enter: only a signal ends it.
        thread::park();
    }
    Ok(())
}

/// The one whose version begins so: this system's, or one of those that the matrix tests on.
fn of_version(wanted: &str) -> Result<Installation, String> {
    let matrix = test::servers(true)?;
    let known: Vec<String> = matrix.iter().map(|installation| installation.version.clone()).collect();
    let is_wanted = |version: &str| version == wanted || version.starts_with(&format!("{wanted}."));
    let found = matrix.into_iter().find(|installation| is_wanted(&installation.version));
    found.ok_or_else(|| format!("there is no PostgreSQL {wanted} here, but {}", known.join(", ")))
}
