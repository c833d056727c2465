//! `fuzz`: every target of the folder `fuzz` for a bounded time, by libFuzzer, on the stable compiler.

use std::fs;
use std::time::Instant;

use crate::args::Args;
use crate::counts::Counts;
use crate::places;
use crate::process::{ask, command, run};

/// Coverage that libFuzzer follows. The compiler's own sanitizers need a nightly one; the passes do not.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions --cfg fuzzing";
/// Seconds for each target where nobody names others.
const SECONDS: u64 = 10;
/// No input of a feed is longer in these tests; it keeps the speed up.
const LONGEST: &str = "-max_len=4096";
/// Megabytes that a target may have; whatever the bytes ask for, no more is taken.
const MOST: &str = "-rss_limit_mb=512";

/// Runs every target for `--seconds`, or the one that is named.
pub(crate) fn run_command(mut args: Args) -> Result<Counts, String> {
    let named = args.subject();
    let seconds = args.number("--seconds", SECONDS)?;
    args.finish()?;
    every_target(named.as_deref(), seconds)
}

/// Runs targets for so many seconds each.
pub(crate) fn every_target(named: Option<&str>, seconds: u64) -> Result<Counts, String> {
    let triple = host()?;
    build(&triple)?;
    let mut counts = Counts::default();
    for target in targets()?.into_iter().filter(|target| named.is_none_or(|named| named == target)) {
        println!("--- {target}");
        let start = Instant::now();
        let ended = one(&triple, &target, seconds);
        println!(
            "{} after {:.0} s",
            if ended.is_ok() { "nothing found" } else { "FOUND" },
            start.elapsed().as_secs_f64()
        );
        ended.as_ref().err().into_iter().for_each(|reason| println!("{reason}"));
        counts += if ended.is_ok() { Counts { passed: 1, ..Counts::default() } } else { Counts::ONE_FAILURE };
    }
    Ok(counts)
}

/// The files of the folder of targets, without their ending.
fn targets() -> Result<Vec<String>, String> {
    let folder = places::root().join("fuzz/targets");
    let files = fs::read_dir(&folder).map_err(|reason| format!("{}: {reason}", folder.display()))?;
    let name = |path: std::path::PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut targets: Vec<String> = files.flatten().filter_map(|entry| name(entry.path())).collect();
    targets.sort_unstable();
    Ok(targets)
}

/// This machine's triple: with a named target the flags leave build scripts alone.
fn host() -> Result<String, String> {
    let said = ask(&mut command("rustc", ["-vV"]))?;
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or("rustc names no host".into())
}

fn build(triple: &str) -> Result<(), String> {
    let mut build =
        command("cargo", ["build", "--profile", "fuzz", "--package", "fuzz", "--bins", "--target", triple]);
    run(build.env("RUSTFLAGS", COVERAGE))
}

fn one(triple: &str, target: &str, seconds: u64) -> Result<(), String> {
    let binary = places::target().join(triple).join("fuzz").join(format!("fuzz_{target}"));
    let found = places::target().join("fuzz").join(target);
    let corpus = found.join("corpus");
    fs::create_dir_all(&corpus).map_err(|reason| format!("{}: {reason}", corpus.display()))?;
    let mut fuzzer =
        command(&binary.to_string_lossy(), [LONGEST, MOST, "-timeout=10", "-print_final_stats=0"]);
    fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", found.display()));
    run(fuzzer.arg(&corpus).arg(places::root().join("fuzz/seeds").join(target)))
}
