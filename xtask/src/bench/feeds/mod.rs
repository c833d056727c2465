//! `bench feeds`: imports of CSV files by the release binary, against plain inserts and updates of the same
//! rows in batches of the same size, and inquiries while an import runs.

mod import;
mod rows;

use std::path::{Path, PathBuf};

use serde_json::json;

use super::engine::Named;
use super::figures::{median, rounded};
use super::filled::FilledFolder;
use super::{binary, last_lines};
use crate::args::Args;
use import::{Bench, Imported};

struct Plan {
    /// Applications that are there before the mixed load.
    existing: u64,
    /// Applications of each load; five milestones each.
    fresh: u64,
    rounds: u64,
    engine: Named,
    data: Option<PathBuf>,
    binary: Option<PathBuf>,
}

impl Plan {
    fn parse(mut args: Args) -> Result<Self, String> {
        let plan = Self {
            existing: args.number("--applications", 1_000_000)?,
            fresh: args.number("--fresh", 200_000)?,
            rounds: args.number("--rounds", 3)?,
            engine: Named::parse(&mut args)?,
            data: args.value("--data")?.map(PathBuf::from),
            binary: args.value("--binary")?.map(PathBuf::from),
        };
        args.finish()?;
        if plan.fresh > plan.existing {
            return Err("--fresh cannot be more than --applications".into());
        }
        Ok(plan)
    }
}

/// What a round measured.
struct Round {
    load: Imported,
    /// Of a plain program; measured on the embedded engine.
    load_ceiling: Option<f64>,
    mixed: Imported,
    mixed_ceiling: Option<f64>,
}

/// Writes the files, opens the existing applications, and measures round by round.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let plan = Plan::parse(args)?;
    let binary = binary(plan.binary.as_deref())?;
    let folder = FilledFolder::empty(plan.data.as_deref())?;
    let engine = plan.engine.start()?;
    let bench = Bench::new(&binary, folder.folder(), &engine);
    let outcome = measure(&plan, &bench, folder.folder());
    let line = outcome.map_err(|reason| format!("{reason}\n{}", last_lines(&bench.log())))?;
    println!("{line}");
    Ok(())
}

fn measure(plan: &Plan, bench: &Bench, folder: &Path) -> Result<String, String> {
    let file = |name: &str| folder.join(name);
    let (base, load, mixed) = (file("base.csv"), file("load.csv"), file("mixed.csv"));
    println!("writing files of {} and twice {} lines", plan.existing, plan.fresh * 5);
    rows::openings(&base, 0..plan.existing, 0)?;
    rows::openings(&load, plan.existing..plan.existing + plan.fresh, 4)?;
    let stride = plan.existing / plan.fresh;
    rows::shuffled_steps(&mixed, (0..plan.fresh).map(|place| place * stride))?;
    println!("opening {} applications", plan.existing);
    bench.fresh("base")?;
    let opened = bench.import("base", &base)?;
    println!("base: {opened}");
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        let round = one_round(bench, &load, &mixed)?;
        println!("round {number}: {round}");
        rounds.push(round);
    }
    let (idle, busy) = bench.inquiries_beside(&mixed, plan.existing)?;
    println!("inquiries: p99 {idle:.2} ms alone, {busy:.2} ms beside an import");
    Ok(closing(bench.engine(), &rounds, idle, busy))
}

fn one_round(bench: &Bench, load: &Path, mixed: &Path) -> Result<Round, String> {
    bench.fresh("load")?;
    let loaded = bench.import("load", load)?;
    let load_ceiling = bench.plain("load", "load", None)?;
    bench.copy("base", "mixed")?;
    let since = bench.newest("base")?;
    let mixed = bench.import("mixed", mixed)?;
    let mixed_ceiling = bench.plain("mixed", "mixed", Some(since))?;
    Ok(Round { load: loaded, load_ceiling, mixed, mixed_ceiling })
}

impl std::fmt::Display for Round {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |imported: &Imported, ceiling: Option<f64>| match ceiling {
            Some(plain) => {
                format!("{imported} of {plain:.0}/s plain, ratio {:.2}", imported.per_second / plain)
            }
            None => imported.to_string(),
        };
        write!(out, "load {}; ", of(&self.load, self.load_ceiling))?;
        write!(out, "mixed {}", of(&self.mixed, self.mixed_ceiling))
    }
}

fn closing(engine: &str, rounds: &[Round], idle_p99_ms: f64, busy_p99_ms: f64) -> String {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let ratio = |figure: fn(&Round) -> Option<f64>| {
        let ratios: Option<Vec<f64>> = rounds.iter().map(figure).collect();
        ratios.map(|ratios| rounded(median(ratios), 3))
    };
    let rss = rounds.iter().flat_map(|round| [round.load.rss_mb, round.mixed.rss_mb]).fold(0.0, f64::max);
    json!({
        "bench": "feeds",
        "engine": engine,
        "load_per_second": rounded(of(|round| round.load.per_second), 0),
        "load_ratio": ratio(|round| Some(round.load.per_second / round.load_ceiling?)),
        "mixed_per_second": rounded(of(|round| round.mixed.per_second), 0),
        "mixed_ratio": ratio(|round| Some(round.mixed.per_second / round.mixed_ceiling?)),
        "rss_mb": rounded(rss, 1),
        "inquiry_p99_idle_ms": rounded(idle_p99_ms, 3),
        "inquiry_p99_importing_ms": rounded(busy_p99_ms, 3),
    })
    .to_string()
}
