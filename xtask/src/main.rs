//! The project's chores: set up, test, keep tidy, measure, take pictures.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore speaks on its terminal")]

mod args;
mod bench;
mod counts;
mod fuzz;
mod ha;
mod places;
mod postgres;
mod process;
mod screenshots;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

use args::Args;

const HELP: &str = "\
cargo xtask COMMAND

  setup        installs what the tests need (Debian), or names what is missing (elsewhere)
  test         set-up, formatting, clippy, tidy, all tests, browser tests; one line of counts
                 --long           with the long tests
                 --only PART      rust, browser, fuzz or tidy
                 --engine ENGINE  the Rust tests on sqlite or postgres alone
                 --pg-matrix      on PostgreSQL 17 and 18 too
                 --ha             instead of all this: three PostgreSQL servers, killed under load, also with Patroni
  tidy         the house rules that a tool can check
  bench inquiry  the running server under load, against its own do-nothing ceiling
                 --applications N (1000000)  --rounds N (5)  --connections N (64)  --seconds N (8)
                 --data DIR       a folder to fill once and to use again
                 --binary FILE    measure this binary instead of building one
                 --engine ENGINE  sqlite or postgres (sqlite)
                 --rate N         also at so many inquiries a second
                 --against FILE   beside another binary of ours, to see what a change costs
                 --peer fastify   beside a plain server in Node.js, on the same PostgreSQL
  bench feeds    imports of CSV files, against plain writes of the same rows
                 --applications N (1000000)  --fresh N (200000)  --rounds N (3)  --data DIR  --binary FILE
  bench offices  imports of a directory of offices, and searches in it against the do-nothing ceiling
                 --offices N (40000)  --rounds N (3)  --connections N (2)  --seconds N (5)  --binary FILE  --engine ENGINE
  fuzz         every fuzz target for a bounded time; name one to run it alone
                 --seconds N      for each target (10)
  postgres     a throw-away PostgreSQL for single tests, until Enter
                 --version N      17 or 18 instead of this system's
                 --durable        that keeps what it has written, as in operation
  screenshots  pictures of form and answer into docs/images";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let args = Args::new(words);
    let outcome = match command.as_str() {
        "setup" => args.finish().and_then(|()| setup::run()).map(|()| true),
        "test" => test::run(args),
        "tidy" => args.finish().and_then(|()| tidy::run()).map(|counts| counts.all_passed()),
        "bench" => bench::run(args).map(|()| true),
        "fuzz" => fuzz::run_command(args).map(|counts| counts.all_passed()),
        "postgres" => postgres::run(args).map(|()| true),
        "screenshots" => args.finish().and_then(|()| screenshots::run()).map(|()| true),
        "" | "help" | "-h" | "--help" => {
            println!("{HELP}");
            Ok(true)
        }
        other => Err(format!("there is no command {other:?}\n\n{HELP}")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
