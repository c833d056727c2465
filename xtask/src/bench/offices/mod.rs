//! `bench offices`: imports of a directory of offices by the release binary, and searches in it, against the server's own
//! do-nothing answer. Rounds alternate between the two.

mod rows;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

use serde_json::json;

use super::engine::{Engine, Named};
use super::figures::{median, rounded};
use super::filled::FilledFolder;
use super::inquiry::first_answer;
use super::load::{Drive, Load};
use super::{binary, http, last_lines, proc};
use crate::args::Args;
use crate::process::{Server, ask, command};

/// The endpoint that is measured; what is searched for stands in the file of searches.
const OFFICES: &str = "/api/v1/offices";
/// The same server, the same middleware, a constant answer.
const NOTHING: &str = "/bench/nothing";
/// Applications that the folder is filled with: inquiries for the do-nothing answer, which reads and forgets them.
const APPLICATIONS: u64 = 1_000;
/// Searches that are asked again and again, in any order.
const SEARCHES: u64 = 5_000;

struct Plan {
    offices: u64,
    rounds: u64,
    connections: u64,
    seconds: u64,
    engine: Named,
    binary: Option<PathBuf>,
}

impl Plan {
    fn parse(mut args: Args) -> Result<Self, String> {
        let plan = Self {
            offices: args.number("--offices", 40_000)?,
            rounds: args.number("--rounds", 3)?,
            connections: args.number("--connections", 2)?,
            seconds: args.number("--seconds", 5)?,
            engine: Named::parse(&mut args)?,
            binary: args.value("--binary")?.map(PathBuf::from),
        };
        args.finish()?;
        Ok(plan)
    }
}

/// A do-nothing answer and searches, one right after the other.
#[derive(Clone, Copy)]
struct Round {
    nothing: Drive,
    search: Drive,
}

impl fmt::Display for Round {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nothing, search } = self;
        write!(out, "nothing {:.0}/s, p99 {:.2} ms; ", nothing.rps, nothing.p99_ms)?;
        write!(out, "search {:.0}/s, p50 {:.2} ms, p99 {:.2} ms", search.rps, search.p50_ms, search.p99_ms)
    }
}

/// What imports and searches took.
struct Figures {
    import_s: f64,
    again_s: f64,
    first_ms: f64,
    rss_mb: f64,
    rounds: Vec<Round>,
}

/// Imports the offices twice, starts the server, searches, and prints one line of JSON last.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let plan = Plan::parse(args)?;
    let binary = binary(plan.binary.as_deref())?;
    let engine = plan.engine.start()?;
    let data = FilledFolder::prepare(None, &binary, APPLICATIONS, |folder| engine.fresh(folder))?;
    let log = data.scratch("server.log");
    let outcome = measure(&plan, &binary, &data, &log);
    let figures = outcome.map_err(|reason| format!("{reason}\nthe server said:\n{}", last_lines(&log)))?;
    println!("{}", closing(&engine, &plan, &figures));
    Ok(())
}

fn measure(plan: &Plan, binary: &Path, data: &FilledFolder, log: &Path) -> Result<Figures, String> {
    let (file, searches) = (data.scratch("offices.csv"), data.scratch("searches.txt"));
    let written = fs::write(&file, rows::offices(plan.offices)?)
        .and_then(|()| fs::write(&searches, rows::searches(SEARCHES)));
    written.map_err(|reason| format!("{}: {reason}", file.display()))?;
    let import_s =
        import(binary, data, &file, &format!("Offices: {} ({} added", plan.offices, plan.offices))?;
    let again_s = import(binary, data, &file, &format!("Offices: {} (0 added, 0 changed", plan.offices))?;
    println!("imported in {import_s:.2} s, once more in {again_s:.2} s");
    let port = http::free_port()?;
    let (folder, listen) = (data.folder().to_string_lossy().into_owned(), format!("127.0.0.1:{port}"));
    let start = Instant::now();
    let mut server =
        Server::start(binary, &["serve", "--data", &folder, "--listen", &listen, "--bench"], log)?;
    first_answer(&mut server, port, &data.first_sample()?, start)?;
    thread::sleep(Duration::from_secs(1));
    let search = Load::of_file(data, port, plan.connections, searches)?;
    let nothing = Load::prepare(data, port, plan.connections)?;
    let first = Instant::now();
    http::get(port, OFFICES)?;
    let first_ms = first.elapsed().as_secs_f64() * 1_000.0;
    search.warm_up(OFFICES, 2)?;
    nothing.warm_up(NOTHING, 1)?;
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        let round = Round {
            nothing: nothing.drive(NOTHING, plan.seconds)?,
            search: search.drive(OFFICES, plan.seconds)?,
        };
        println!("round {number}: {round}");
        rounds.push(round);
    }
    Ok(Figures { import_s, again_s, first_ms, rss_mb: proc::resident_mb(server.id())?, rounds })
}

/// Seconds that an import takes, from the start of the process to its end; it must say what is expected.
fn import(binary: &Path, data: &FilledFolder, file: &Path, expected: &str) -> Result<f64, String> {
    let mut import = command(&binary.to_string_lossy(), ["office", "import"]);
    import.arg(file).arg("--data").arg(data.folder());
    let start = Instant::now();
    let said = ask(&mut import)?;
    let seconds = start.elapsed().as_secs_f64();
    if said.starts_with(expected) { Ok(seconds) } else { Err(format!("the import said {said:?}")) }
}

fn closing(engine: &Engine, plan: &Plan, figures: &Figures) -> String {
    let of = |figure: fn(&Round) -> f64| median(figures.rounds.iter().map(figure).collect());
    json!({
        "bench": "offices",
        "engine": engine.word(),
        "offices": plan.offices,
        "connections": plan.connections.max(2),
        "import_s": rounded(figures.import_s, 2),
        "import_again_s": rounded(figures.again_s, 2),
        "first_search_ms": rounded(figures.first_ms, 1),
        "search_p50_ms": rounded(of(|round| round.search.p50_ms), 3),
        "search_p99_ms": rounded(of(|round| round.search.p99_ms), 3),
        "search_rps": rounded(of(|round| round.search.rps), 0),
        "nothing_rps": rounded(of(|round| round.nothing.rps), 0),
        "nothing_p99_ms": rounded(of(|round| round.nothing.p99_ms), 3),
        "ratio": rounded(of(|round| round.search.rps / round.nothing.rps), 4),
        "rss_mb": rounded(figures.rss_mb, 1),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_directory_has_forty_thousand_offices() {
        let plan = |line: &str| Plan::parse(Args::new(line.split_whitespace().map(str::to_owned)));
        let usual = plan("").unwrap();
        assert_eq!((usual.offices, usual.rounds, usual.connections, usual.seconds), (40_000, 3, 2, 5));
        assert!(plan("--turbo").is_err());
    }
}
