//! Three servers of which any may die: what a cluster promises, tried on real ones under load.

mod cluster;
mod load;
mod town;

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::counts::Counts;
use crate::postgres::Installation;
use cluster::{Commit, Trio};
use load::{Found, Load};
use town::Town;

/// How often whoever takes the writes is killed.
const KILLS: usize = 3;
/// Load between a change and the next.
const CALM: Duration = Duration::from_secs(3);
/// How long the last of the killed was cut off from the others before: a machine that dies often does so slowly.
const CUT_OFF: Duration = Duration::from_millis(300);

/// Seconds without an acknowledgement around a kill.
const OUTAGE: f64 = 2.0;
/// Seconds that a request may take: the deadline of a read and a little.
const REQUEST: f64 = 3.5;

/// Runs both tests on this binary and prints their figures as one line of JSON, last.
pub(crate) fn run(binary: &Path) -> Result<Counts, String> {
    let installation = Installation::newest()?;
    println!("on PostgreSQL {}", installation.version);
    let mut counts = Counts::default();
    let mut tried = |name: &str, commit: Commit, faults: fn(&Found) -> Vec<String>| {
        println!("\n{name}");
        let found = endure(&installation, binary, commit);
        let faults = found.as_ref().map_or_else(|reason| vec![reason.clone()], faults);
        let passed = faults.is_empty();
        faults.iter().for_each(|fault| println!("  {fault}"));
        println!("{name}: {}", if passed { "well" } else { "FAILED" });
        counts += if passed { Counts { passed: 1, ..Counts::default() } } else { Counts::ONE_FAILURE };
        found.map_or(json!(null), |found| found.0)
    };
    let quorum = tried("a quorum loses nothing", Commit::Quorum, faults_of_quorum);
    let control = tried("who waits for nobody loses", Commit::Alone, faults_of_control);
    println!("{}", json!({"test": "ha", "kills": KILLS, "quorum": quorum, "control": control}));
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

fn summary(found: &Found) -> String {
    let outages: Vec<String> = found.outages().iter().map(|gap| format!("{gap:.2}")).collect();
    format!(
        "{} acknowledged, {} lost; nothing acknowledged for {} s; no request took longer than {:.2} s",
        found.acknowledged(),
        found.lost(),
        outages.join(", "),
        found.longest_request()
    )
}

fn faults_of_quorum(found: &Found) -> Vec<String> {
    let mut faults = found.faults(KILLS);
    if found.lost() > 0 {
        faults.push(format!("{} acknowledged events were lost", found.lost()));
    }
    if found.not_found() > 0 {
        faults.push(format!("{} inquiries did not find what was acknowledged", found.not_found()));
    }
    for outage in found.outages().into_iter().filter(|outage| *outage > OUTAGE) {
        faults.push(format!("nothing was acknowledged for {outage:.2} s, more than {OUTAGE}"));
    }
    if found.longest_request() > REQUEST {
        faults.push(format!("a request took {:.2} s, more than {REQUEST}", found.longest_request()));
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
