//! Three servers of which any may die: what a cluster promises, tried on real ones under load.

mod cluster;
mod example;
mod load;
mod machines;
mod town;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::counts::Counts;
use crate::postgres::Installation;
use cluster::{Commit, Trio};
use load::{Found, Load};
use machines::Machines;
use town::Town;

/// How often whoever takes the writes is killed.
const KILLS: usize = 3;
/// Load between a change and the next.
const CALM: Duration = Duration::from_secs(3);
/// How long the last of the killed was cut off from the others before: a machine that dies often does so slowly.
const CUT_OFF: Duration = Duration::from_millis(300);

/// Seconds without an acknowledgement around a kill.
const OUTAGE: f64 = 2.0;
/// The same where Patroni has to find out: the lease of the dead, and the election of a leader of etcd.
const OUTAGE_OF_MACHINE: f64 = 25.0;
/// Seconds that a request may take: the deadline of a read and a little.
const REQUEST: f64 = 3.5;
/// Between a change of etcd's leader and a kill. The others are whole when the primary has just looked after its lease,
/// and it does so every five seconds: it dies with nearly the whole of its lease ahead, the worst moment.
const RENEWED: Duration = Duration::from_millis(5500);

/// Runs the tests on this binary and prints their figures as one line of JSON, last.
pub(crate) fn run(binary: &Path) -> Result<Counts, String> {
    let installation = Installation::newest()?;
    println!("on PostgreSQL {}", installation.version);
    let mut counts = Counts::default();
    let mut tried =
        |name: &str, story: &dyn Fn() -> Result<Found, String>, faults: fn(&Found) -> Vec<String>| {
            println!("\n{name}");
            let found = story();
            let faults = found.as_ref().map_or_else(|reason| vec![reason.clone()], faults);
            let passed = faults.is_empty();
            faults.iter().for_each(|fault| println!("  {fault}"));
            println!("{name}: {}", if passed { "well" } else { "FAILED" });
            counts += if passed { Counts { passed: 1, ..Counts::default() } } else { Counts::ONE_FAILURE };
            found.map_or(json!(null), |found| found.0)
        };
    let with = |commit| endure(&installation, binary, commit);
    let quorum = tried("a quorum loses nothing", &|| with(Commit::Quorum), faults_of_quorum);
    let control = tried("who waits for nobody loses", &|| with(Commit::Alone), faults_of_control);
    let machines = || endure_machines(&installation, binary);
    let machines = tried("three machines lose nothing with one of them", &machines, faults_of_machines);
    let figures = json!({
        "test": "ha", "kills": KILLS, "quorum": quorum, "control": control, "machines": machines,
    });
    println!("{figures}");
    Ok(counts)
}

/// The same story for both: kills under load, the most advanced takes over, the dead one comes back.
fn endure(installation: &Installation, binary: &Path, commit: Commit) -> Result<Found, String> {
    let mut trio = Trio::start(installation, commit)?;
    let town = Town::start(binary, &trio.url(), trio.folder())?;
    let mut load = Load::start(&town)?;
    for kill in 1..=KILLS {
        thread::sleep(CALM);
        load.kill()?;
        if kill == KILLS {
            trio.cut_off_primary()?;
            thread::sleep(CUT_OFF);
        }
        let dead = trio.primary();
        trio.kill_primary()?;
        let next = trio.most_advanced()?;
        trio.promote(next)?;
        thread::sleep(CALM);
        trio.rejoin(dead)?;
        trio.wait_for_standbys(2)?;
    }
    thread::sleep(CALM);
    let found = load.end().map_err(|reason| format!("{reason}\nthe server said:\n{}", town.said()))?;
    println!("{}", summary(&found));
    Ok(found)
}

/// The example of `deploy/`: everything that the primary's machine runs is killed, Patroni finds the next primary by
/// itself, and the machine comes back. Every other time the machine leads etcd too.
fn endure_machines(installation: &Installation, binary: &Path) -> Result<Found, String> {
    let mut machines = Machines::start(installation)?;
    let settings = machines.settings(&Town::data(machines.folder()))?;
    let town = Town::configured(binary, &settings, machines.folder())?;
    let mut load = Load::start(&town)?;
    for kill in 1..=KILLS {
        let dead = machines.wait_until_whole()?;
        let leads = kill % 2 == 1;
        machines.lead_etcd_on(if leads { dead } else { dead % machines::MACHINES + 1 })?;
        thread::sleep(RENEWED);
        load.kill()?;
        machines.kill(dead);
        let start = Instant::now();
        let next = machines.wait_for_primary()?;
        println!(
            "  node{dead} killed, which {} etcd: node{next} is the primary after {:.1} s",
            if leads { "led" } else { "did not lead" },
            start.elapsed().as_secs_f64()
        );
        thread::sleep(CALM);
        machines.run(dead)?;
        machines.wait_until_whole()?;
    }
    thread::sleep(CALM);
    let found = load.end().map_err(|reason| {
        format!("{reason}\nthe server said:\n{}\nthe machines said:\n{}", town.said(), machines.said())
    })?;
    println!("{}", summary(&found));
    Ok(found)
}

fn summary(found: &Found) -> String {
    let outages: Vec<String> = found.outages().iter().map(|gap| format!("{gap:.2}")).collect();
    format!(
        "{} acknowledged, {} lost; nothing acknowledged for {} s; no inquiry took longer than {:.2} s, no message \
         longer than {:.2} s",
        found.acknowledged(),
        found.lost(),
        outages.join(", "),
        found.longest_inquiry(),
        found.longest_message()
    )
}

fn faults_of_quorum(found: &Found) -> Vec<String> {
    faults_of_loss(found, OUTAGE)
}

fn faults_of_machines(found: &Found) -> Vec<String> {
    faults_of_loss(found, OUTAGE_OF_MACHINE)
}

fn faults_of_loss(found: &Found, outage: f64) -> Vec<String> {
    let mut faults = found.faults(KILLS);
    if found.lost() > 0 {
        faults.push(format!("{} acknowledged events were lost", found.lost()));
    }
    if found.not_found() > 0 {
        faults.push(format!("{} inquiries did not find what was acknowledged", found.not_found()));
    }
    for gap in found.outages().into_iter().filter(|gap| *gap > outage) {
        faults.push(format!("nothing was acknowledged for {gap:.2} s, more than {outage}"));
    }
    for (what, longest) in [("an inquiry", found.longest_inquiry()), ("a message", found.longest_message())] {
        if longest > REQUEST {
            faults.push(format!("{what} took {longest:.2} s, more than {REQUEST}"));
        }
    }
    faults
}

/// Without a loss here the other test would prove nothing.
fn faults_of_control(found: &Found) -> Vec<String> {
    let mut faults = found.faults(KILLS);
    if found.lost() == 0 {
        faults.push("nothing was lost: the test does not notice a loss".into());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lost: u64, longest: f64, outages: &[f64]) -> Found {
        Found(json!({
            "acknowledged": 10, "there": 10 - lost, "lost": lost, "outages": outages, "longest_message": longest,
            "longest_inquiry": 0.1, "answers": {"inquiry 200": 5}, "faults": [],
        }))
    }

    #[test]
    fn a_quorum_may_lose_nothing_and_a_control_must_lose() {
        let (good, lossy) = (found(0, 1.2, &[1.0, 1.9, 0.5]), found(1, 1.2, &[1.0, 1.9, 0.5]));
        assert!(faults_of_quorum(&good).is_empty() && !faults_of_control(&good).is_empty());
        assert!(!faults_of_quorum(&lossy).is_empty() && faults_of_control(&lossy).is_empty());
    }

    #[test]
    fn what_took_too_long_or_never_ended_is_a_fault() {
        for bad in [
            found(0, 3.6, &[1.0, 1.0, 1.0]),
            found(0, 1.0, &[1.0, 2.1, 1.0]),
            found(0, 1.0, &[1.0, 1.0]),
            Found(json!({})),
        ] {
            assert!(!faults_of_quorum(&bad).is_empty(), "{bad:?}");
        }
        assert!(!faults_of_control(&found(2, 1.0, &[1.0, 1.0])).is_empty());
    }
}
