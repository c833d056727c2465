//! `bench inquiry`: the running release server under load, against a do-nothing endpoint of its own and,
//! if asked for, a peer. Rounds alternate between the two, and ratios are taken round by round, because absolute figures drift.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::against::Against;
use super::engine::{Engine, Named};
use super::figures::{Figures, Round};
use super::filled::FilledFolder;
use super::load::Load;
use super::peer::Peer;
use super::{binary, http, last_lines, proc};
use crate::args::Args;
use crate::process::Server;

/// The endpoint that is measured.
const INQUIRY: &str = "/api/v1/inquiries";
/// The same server, the same middleware, the same body read, a constant answer.
const NOTHING: &str = "/bench/nothing";
/// Seconds until what runs on JavaScript is compiled.
const WARM_UP_OF_PEER: u64 = 5;
/// How long a filled server may take to its first answer before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(120);

struct Plan {
    applications: u64,
    rounds: u64,
    connections: u64,
    seconds: u64,
    /// Inquiries a second at which their time is measured too; 0 where it is not.
    rate: u64,
    engine: Named,
    peer: Option<Peer>,
    data: Option<PathBuf>,
    binary: Option<PathBuf>,
    /// Another binary, to see what a change costs.
    against: Option<PathBuf>,
}

impl Plan {
    fn parse(mut args: Args) -> Result<Self, String> {
        let plan = Self {
            applications: args.number("--applications", 1_000_000)?,
            rounds: args.number("--rounds", 5)?,
            connections: args.number("--connections", 64)?,
            seconds: args.number("--seconds", 8)?,
            rate: args
                .value("--rate")?
                .map_or(Ok(0), |rate| rate.parse())
                .map_err(|_| "--rate takes a number")?,
            engine: Named::parse(&mut args)?,
            peer: Peer::parse(&mut args)?,
            data: args.value("--data")?.map(PathBuf::from),
            binary: args.value("--binary")?.map(PathBuf::from),
            against: args.value("--against")?.map(PathBuf::from),
        };
        args.finish()?;
        if plan.peer.is_some() && plan.engine != Named::Postgres {
            return Err("a peer reads what PostgreSQL holds: --peer goes with --engine postgres".into());
        }
        Ok(plan)
    }
}

/// Fills a folder if needed, starts the server, drives it, and prints one line of JSON last.
pub(crate) fn run(args: Args) -> Result<(), String> {
    let plan = Plan::parse(args)?;
    let binary = binary(plan.binary.as_deref())?;
    if let Some(peer) = plan.peer {
        peer.install()?;
    }
    if plan.engine == Named::Postgres && plan.data.is_some() {
        return Err(
            "a folder cannot be used again with --engine postgres: the server goes with the bench".into()
        );
    }
    let engine = plan.engine.start()?;
    let fresh = |folder: &Path| engine.fresh(folder);
    let data = FilledFolder::prepare(plan.data.as_deref(), &binary, plan.applications, fresh)?;
    engine.keep_house(data.folder())?;
    let log = data.scratch("server.log");
    let outcome = measure(&plan, &binary, (&engine, &data), &log);
    let figures = outcome.map_err(|reason| format!("{reason}\nthe server said:\n{}", last_lines(&log)))?;
    println!("{}", figures.json(engine.word(), plan.applications));
    Ok(())
}

fn measure(
    plan: &Plan,
    binary: &Path,
    (engine, data): (&Engine, &FilledFolder),
    log: &Path,
) -> Result<Figures, String> {
    let port = http::free_port()?;
    let listen = format!("127.0.0.1:{port}");
    let folder = data.folder().to_string_lossy().into_owned();
    let first = data.first_sample()?;
    let start = Instant::now();
    let mut server =
        Server::start(binary, &["serve", "--data", &folder, "--listen", &listen, "--bench"], log)?;
    let start_ms = first_answer(&mut server, port, &first, start)?;
    println!("first answer after {start_ms:.1} ms");
    thread::sleep(Duration::from_secs(1));
    let idle_rss_mb = proc::resident_mb(server.id())?;

    let load = Load::prepare(data, port, plan.connections)?;
    for path in [NOTHING, INQUIRY] {
        load.warm_up(path, 2)?;
    }
    let peer = plan.peer.map(|peer| peer.start(data, &engine.address(data.folder())?)).transpose()?;
    let peer_load = peer.as_ref().map(|peer| Load::prepare(data, peer.port, plan.connections)).transpose()?;
    if let Some(peer_load) = &peer_load {
        peer_load.warm_up(INQUIRY, WARM_UP_OF_PEER)?;
    }
    let against = plan
        .against
        .as_deref()
        .map(|other| Against::start(other, engine, plan.applications, plan.connections));
    let against = against.transpose()?;
    if let Some(against) = &against {
        against.load.warm_up(INQUIRY, 2)?;
    }
    let mut rounds = Vec::new();
    for number in 1..=plan.rounds {
        let mut round = one_round(&load, plan.seconds, &server)?;
        round.peer = peer_load.as_ref().map(|load| load.drive(INQUIRY, plan.seconds)).transpose()?;
        let other = against.as_ref().map(|other| other.load.drive(INQUIRY, plan.seconds));
        round.against = other.transpose()?;
        if plan.rate > 0 {
            round.paced = Some(load.pace(INQUIRY, plan.seconds, plan.rate)?);
        }
        println!("round {number}: {round}");
        rounds.push(round);
    }
    let rss_mb = proc::resident_mb(server.id())?;
    let bytes = engine.bytes(data)?;
    Ok(Figures { rounds, bytes, rss_mb, idle_rss_mb, start_ms })
}

fn one_round(load: &Load, seconds: u64, server: &Server) -> Result<Round, String> {
    let ceiling = load.drive(NOTHING, seconds)?;
    let before = proc::cpu_us(server.id())?;
    let inquiry = load.drive(INQUIRY, seconds)?;
    let cpu_us = proc::cpu_us(server.id())? - before;
    Ok(Round { ceiling, inquiry, cpu_us, peer: None, against: None, paced: None })
}

/// Milliseconds from the start of the process to its first 200 for a real inquiry.
pub(super) fn first_answer(
    server: &mut Server,
    port: u16,
    sample: &str,
    start: Instant,
) -> Result<f64, String> {
    while server.is_running() && start.elapsed() < PATIENCE {
        match http::post(port, INQUIRY, sample) {
            Ok(200) => return Ok(start.elapsed().as_secs_f64() * 1_000.0),
            Ok(status) if status < 500 => {
                return Err(format!("the first inquiry was answered with {status}"));
            }
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
    Err("the server did not answer".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan, String> {
        Plan::parse(Args::new(line.split_whitespace().map(str::to_owned)))
    }

    #[test]
    fn the_usual_bench_has_a_million_applications() {
        let usual = plan("").unwrap();
        assert_eq!(
            (usual.applications, usual.rounds, usual.connections, usual.seconds),
            (1_000_000, 5, 64, 8)
        );
        assert_eq!(plan("--applications 10 --data x").unwrap().data, Some(PathBuf::from("x")));
        assert!(plan("--turbo").is_err());
        assert!(plan("--engine postgres --peer fastify").unwrap().peer.is_some());
        assert!(plan("--peer fastify").is_err() && plan("--engine postgres --peer django").is_err());
    }
}
