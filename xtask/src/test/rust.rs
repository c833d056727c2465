//! The Rust tests: all of them on the embedded engine, those that keep records on PostgreSQL too.

use std::process::Command;

use super::settled;
use crate::counts::Counts;
use crate::places;
use crate::postgres::{Cluster, Installation, Writes};
use crate::process::{command, run_heard};

/// Names the administrator's URL of the PostgreSQL to test on; without it tests use the embedded engine.
const SERVER: &str = "TEST_POSTGRES";

/// Tests in a module of this name need a server; without one they fail.
const ON_A_SERVER: &str = "on_postgres::";

/// Tests in modules whose names begin so kill what they test, many times.
const KILLED: &str = "killed_";

/// The crates that keep records: on a second engine the others would say the same again.
const KEEPERS: [&str; 2] = ["store", "server"];

/// Runs every test on the embedded engine.
pub(super) fn on_sqlite(long: bool) -> Result<Counts, String> {
    let mut tests = if has_nextest() {
        let mut tests = nextest(long);
        tests.args(["--filterset", &format!("not test(/(^|::){ON_A_SERVER}/)")]);
        tests
    } else {
        plain_tests(long, &["--workspace"], &[ON_A_SERVER])
    };
    counted(tests.env_remove(SERVER), long)
}

/// Runs the tests of those who keep records with the other set of algorithms, on the embedded engine. What is killed at
/// random moments is the same whatever seals it: that takes long, and runs with the long tests.
pub(super) fn in_guomi(long: bool) -> Result<Counts, String> {
    let without: &[&str] = if long { &[ON_A_SERVER] } else { &[ON_A_SERVER, KILLED] };
    let mut tests = if has_nextest() {
        let mut tests = nextest(long);
        let keepers = KEEPERS.map(|keeper| format!("package({keeper})")).join(" + ");
        let without = without.join("|");
        tests.args(["--filterset", &format!("({keepers}) & not test(/(^|::)({without})/)")]);
        tests
    } else {
        let keepers = KEEPERS.map(|keeper| format!("--package={keeper}"));
        plain_tests(long, &keepers, without)
    };
    counted(tests.env_remove(SERVER).env("TEST_SUITE", "guomi"), long)
}

/// Runs the tests of those who keep records on a cluster that is made for them.
pub(super) fn on_postgres(installation: &Installation, long: bool) -> Result<Counts, String> {
    let cluster = Cluster::start(installation, Writes::Hasty)?;
    let before = writes(&cluster)?;
    let mut tests = if has_nextest() {
        let mut tests = nextest(long);
        // The whole workspace all the same: a build of two crates alone would choose other features.
        tests.args(["--filterset", &KEEPERS.map(|keeper| format!("package({keeper})")).join(" + ")]);
        tests
    } else {
        plain_tests(long, &KEEPERS.map(|keeper| format!("--package={keeper}")), &[])
    };
    let counts = counted(tests.env(SERVER, cluster.url()), long)?;
    let written = writes(&cluster)?.saturating_sub(before + 1); // asking takes a number too
    println!("the tests made {written} transactions on PostgreSQL {}", installation.version);
    if written < counts.passed {
        return Err(format!("{} tests on so few transactions prove nothing of PostgreSQL", counts.passed));
    }
    Ok(counts)
}

/// The examples in the documentation.
pub(super) fn doc_tests() -> Result<Counts, String> {
    let heard = run_heard(&mut command("cargo", ["test", "--doc", "--workspace", "--no-fail-fast"]))?;
    settled(Counts::of_cargo_test(&heard.words), heard.ended_well)
}

/// How many transactions have written anything, in all databases that there ever were.
fn writes(cluster: &Cluster) -> Result<u64, String> {
    let answer = cluster.ask("SELECT pg_current_xact_id()")?;
    answer.parse().map_err(|_| format!("PostgreSQL counts its transactions as {answer:?}"))
}

fn has_nextest() -> bool {
    places::program("cargo-nextest").is_some()
}

fn counted(tests: &mut Command, long: bool) -> Result<Counts, String> {
    tests.env("PYTHON_OF_TESTS", places::python()).env("JUDGES_OF_TESTS", places::judges());
    if long {
        tests.env("LONG_TESTS", "1");
    }
    let heard = run_heard(tests)?;
    let counts = Counts::of_nextest(&heard.words).or_else(|| Counts::of_cargo_test(&heard.words));
    settled(counts, heard.ended_well)
}

fn nextest(long: bool) -> Command {
    let profile = if long { "long" } else { "default" };
    let words = ["nextest", "run", "--workspace", "--no-fail-fast", "--color", "never", "--profile", profile];
    command("cargo", words)
}

/// The same tests where nextest is missing.
fn plain_tests<S: AsRef<std::ffi::OsStr>>(long: bool, of: &[S], without: &[&str]) -> Command {
    let mut tests = command("cargo", ["test", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    tests.args(of).arg("--");
    let long = (!long).then_some("long::");
    without.iter().copied().chain(long).for_each(|part| {
        tests.args(["--skip", part]);
    });
    tests
}
