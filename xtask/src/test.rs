//! Everything that must hold before a change lands, closed by one line of counts.

use std::process::Command;
use std::time::Instant;

use crate::args::Args;
use crate::counts::Counts;
use crate::process::{self, command, run_heard};
use crate::{fuzz, places, setup, tidy};

/// Which part of the tests runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Rust,
    Browser,
    Fuzz,
    Tidy,
}

/// What runs: all parts or one, with the long tests or without.
struct Plan {
    only: Option<Part>,
    long: bool,
}

impl Plan {
    fn parse(mut args: Args) -> Result<Self, String> {
        let only = match args.value("--only")?.as_deref() {
            None => None,
            Some("rust") => Some(Part::Rust),
            Some("browser") => Some(Part::Browser),
            Some("fuzz") => Some(Part::Fuzz),
            Some("tidy") => Some(Part::Tidy),
            Some(other) => return Err(format!("--only takes rust, browser, fuzz or tidy, not {other:?}")),
        };
        let long = args.switch("--long");
        args.finish()?;
        Ok(Self { only, long })
    }

    fn holds(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

/// Runs the plan. Every step runs, also after one that failed; true if nothing failed.
pub(crate) fn run(args: Args) -> Result<bool, String> {
    let plan = Plan::parse(args)?;
    let mut sum = Counts::default();
    if plan.only != Some(Part::Tidy) {
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
        sum += step("Rust tests", || rust_tests(plan.long));
        sum += step("documentation tests", doc_tests);
    }
    if plan.holds(Part::Browser) {
        sum += step("release build", || chore(build_release()));
        sum += step("browser tests", || browser_tests(plan.long));
    }
    if plan.holds(Part::Fuzz) {
        sum += step("fuzz targets", || fuzz::every_target(None, if plan.long { 300 } else { 10 }));
    }
    println!("\n{sum}");
    Ok(sum.all_passed())
}

/// Builds the release binary.
pub(crate) fn build_release() -> Result<(), String> {
    process::run(&mut command("cargo", ["build", "--release", "--package", "server", "--bin", "jindu"]))
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

fn rust_tests(long: bool) -> Result<Counts, String> {
    let mut tests =
        if places::program("cargo-nextest").is_some() { nextest(long) } else { plain_tests(long) };
    tests.env("PYTHON_OF_TESTS", places::python());
    if long {
        tests.env("LONG_TESTS", "1");
    }
    let heard = run_heard(&mut tests)?;
    let counts = Counts::of_nextest(&heard.words).or_else(|| Counts::of_cargo_test(&heard.words));
    settled(counts, heard.ended_well)
}

fn nextest(long: bool) -> Command {
    let profile = if long { "long" } else { "default" };
    let words = ["nextest", "run", "--workspace", "--no-fail-fast", "--color", "never", "--profile", profile];
    command("cargo", words)
}

/// The same tests where nextest is missing.
fn plain_tests(long: bool) -> Command {
    let words = ["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"];
    let mut tests = command("cargo", words);
    if !long {
        tests.args(["--", "--skip", "long::"]);
    }
    tests
}

fn doc_tests() -> Result<Counts, String> {
    let heard = run_heard(&mut command("cargo", ["test", "--doc", "--workspace", "--no-fail-fast"]))?;
    settled(Counts::of_cargo_test(&heard.words), heard.ended_well)
}

fn browser_tests(long: bool) -> Result<Counts, String> {
    let mut tests = command("node", ["--test", "--test-reporter=spec", "all.test.mjs"]);
    tests.current_dir(places::browser_tests()).env("BINARY_UNDER_TEST", places::binary());
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

    fn plan(line: &str) -> Result<Plan, String> {
        Plan::parse(Args::new(line.split_whitespace().map(str::to_owned)))
    }

    #[test]
    fn a_part_can_run_alone() {
        let whole = plan("").unwrap();
        assert!(
            whole.holds(Part::Rust) && whole.holds(Part::Browser) && whole.holds(Part::Tidy) && !whole.long
        );
        let browser = plan("--long --only browser").unwrap();
        assert!(browser.holds(Part::Browser) && !browser.holds(Part::Rust) && browser.long);
        assert!(plan("--only everything").is_err());
        assert!(plan("--quick").is_err());
    }

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
