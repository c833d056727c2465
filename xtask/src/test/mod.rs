//! Everything that must hold before a change lands, closed by one line of counts.

mod plan;
mod rust;

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::args::Args;
use crate::counts::Counts;
use crate::postgres::Installation;
use crate::process::{self, command, run_heard};
use crate::{fuzz, ha, places, setup, tidy};
use plan::{Engine, Part, Plan};

/// Names the binary that is tested from outside.
const BINARY: &str = "BINARY_UNDER_TEST";

/// Runs the plan. Every step runs, also after one that failed; true if nothing failed.
pub(crate) fn run(args: Args) -> Result<bool, String> {
    let plan = Plan::parse(args)?;
    let mut sum = Counts::default();
    if plan.needs_set_up() {
        sum += step("set-up", || chore(setup::run()));
    }
    if plan.holds(Part::Rust) {
        sum += step("formatting", || chore(process::run(&mut command("cargo", ["fmt", "--all", "--check"]))));
        sum += step("clippy", || chore(process::run(&mut clippy())));
    }
    if plan.holds(Part::Tidy) {
        sum += step("tidy", tidy::run);
    }
    if plan.holds(Part::Rust) {
        sum += on_engines(&plan);
        sum += step("documentation tests", rust::doc_tests);
    }
    if plan.holds(Part::Browser) {
        sum += step("release build", || chore(build_release()));
        sum += step("browser tests", || browser_tests(plan.long));
    }
    if plan.holds(Part::Fuzz) {
        sum += step("fuzz targets", || fuzz::every_target(None, if plan.long { 300 } else { 10 }));
    }
    if plan.ha {
        sum += step("three servers of PostgreSQL, killed", || ha::run(&release_binary()?));
    }
    println!("\n{sum}");
    Ok(sum.all_passed())
}

/// Builds the release binary.
pub(crate) fn build_release() -> Result<(), String> {
    process::run(&mut command("cargo", ["build", "--release", "--package", "server", "--bin", "jindu"]))
}

/// The binary that is named for the tests, else the release build of this clone.
fn release_binary() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os(BINARY) {
        return Ok(places::root().join(named));
    }
    build_release()?;
    Ok(places::binary())
}

/// Runs one step under its name; one that cannot run counts as a failure.
fn step(name: &str, work: impl FnOnce() -> Result<Counts, String>) -> Counts {
    println!("\n=== {name}");
    let start = Instant::now();
    let counts = work().unwrap_or_else(|reason| {
        println!("{reason}");
        Counts::ONE_FAILURE
    });
    let verdict = if counts.failed == 0 { "well" } else { "FAILED" };
    println!("=== {name}: {verdict} ({:.1} s)", start.elapsed().as_secs_f64());
    counts
}

/// A step that is not a test: nothing to count while it ends well.
fn chore(outcome: Result<(), String>) -> Result<Counts, String> {
    outcome.map(|()| Counts::default())
}

fn clippy() -> Command {
    command("cargo", ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"])
}

/// Runs the Rust tests once on every engine of the plan.
fn on_engines(plan: &Plan) -> Counts {
    let mut sum = Counts::default();
    if plan.runs_on(Engine::Sqlite) {
        sum += step("Rust tests on SQLite", || rust::on_sqlite(plan.long));
        sum += step("Rust tests with the algorithms of guomi", || rust::in_guomi(plan.long));
    }
    if plan.runs_on(Engine::Postgres) {
        match servers(plan.matrix) {
            Ok(servers) => {
                for server in servers {
                    let name = format!("Rust tests on PostgreSQL {}", server.version);
                    sum += step(&name, || rust::on_postgres(&server, plan.long));
                }
            }
            Err(reason) => sum += step("Rust tests on PostgreSQL", || Err(reason)),
        }
    }
    sum
}

/// The PostgreSQL of this system, and for the matrix those of other packages.
pub(crate) fn servers(matrix: bool) -> Result<Vec<Installation>, String> {
    let mut servers = vec![Installation::newest()?];
    if matrix {
        setup::install_postgres_packages()?;
        servers.extend(Installation::of_packages()?);
    }
    Ok(servers)
}

fn browser_tests(long: bool) -> Result<Counts, String> {
    let mut tests = command("node", ["--test", "--test-reporter=spec", "all.test.mjs"]);
    tests.current_dir(places::browser_tests()).env(BINARY, places::binary());
    if long {
        tests.env("LONG_TESTS", "1");
    }
    let heard = run_heard(&mut tests)?;
    let counts = settled(Counts::of_node(&heard.words), heard.ended_well)?;
    if counts.passed + counts.failed == 0 { Err("no browser test ran".into()) } else { Ok(counts) }
}

/// Believes a runner's counts only as far as its exit code agrees.
fn settled(counts: Option<Counts>, ended_well: bool) -> Result<Counts, String> {
    match counts {
        None => Err("the test runner said nothing of how many tests ran".into()),
        Some(mut counts) => {
            if !ended_well && counts.failed == 0 {
                counts += Counts::ONE_FAILURE;
            }
            Ok(counts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_outweighs_the_counts() {
        let good = Counts { passed: 3, failed: 0, skipped: 0 };
        assert_eq!(settled(Some(good), true), Ok(good));
        assert_eq!(settled(Some(good), false).map(|counts| counts.failed), Ok(1));
        assert!(settled(None, true).is_err());
    }

    #[test]
    fn a_step_that_cannot_run_has_failed() {
        assert_eq!(step("nothing", || Err("no".into())), Counts::ONE_FAILURE);
        assert_eq!(step("something", || chore(Ok(()))), Counts::default());
    }
}
