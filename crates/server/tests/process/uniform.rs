//! A hundred thousand pairs of questions, about somebody with a wrong name and about nobody: what comes back cannot be
//! told apart by its bytes or by its time.

use crate::asking::Client;
use crate::folder::Folder;
use crate::running::{Running, ended, jindu, serve};
use domain::Date;
use domain::number::CitizenNumber;
use domain::region::RegionCode;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const PAIRS: usize = 100_000;
/// Of one number so many facts are compared in a day; then it is limited, which must not be told either.
const OF_ONE: usize = 6;
const CLIENTS: usize = 24;
/// The part at each end that is left out: what the machine did beside it.
const TRIMMED: f64 = 0.05;
/// How far apart two means may be, in their own error.
const MOST: f64 = 4.5;

/// Seconds that answers took, by what was asked.
#[derive(Default)]
struct Took {
    wrong: Vec<f64>,
    unknown: Vec<f64>,
    /// The control: right facts, which are answered at once.
    right: Vec<f64>,
}

/// Welch's t of two samples, each without its ends.
fn welch(one: &mut [f64], other: &mut [f64]) -> f64 {
    let of = |sample: &mut [f64]| {
        sample.sort_by(f64::total_cmp);
        let cut = (sample.len() as f64 * TRIMMED) as usize;
        let kept = &sample[cut..sample.len() - cut];
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((mean, error), (other_mean, other_error)) = (of(one), of(other));
    (mean - other_mean) / (error + other_error).sqrt()
}

/// The known people of a folder that was filled for this, as somebody asks who is right.
fn known(folder: &std::path::Path) -> Vec<Value> {
    let samples = folder.join("samples.jsonl");
    let applications = (PAIRS / OF_ONE + 1).to_string();
    let mut fill = jindu();
    fill.args(["fill", "--applications", &applications, "--data"]).arg(folder);
    assert!(ended(fill.arg("--bench-samples").arg(&samples)).status.success());
    let lines = std::fs::read_to_string(samples).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_nobody(index: usize) -> Value {
    // Born in a year in which no invented person is.
    let birth = Date::new(
        1901,
        1 + i8::try_from(index / 27_972).unwrap(),
        1 + i8::try_from(index / 999 % 28).unwrap(),
    );
    let sequence = u16::try_from(index % 999 + 1).unwrap();
    let number = CitizenNumber::from_parts(RegionCode::DEMONSTRATION, birth.unwrap(), sequence).unwrap();
    json!({"citizen_number": number.as_str(), "applied_on": "2026-03-02", "name": "不符"})
}

fn wrong(right: &Value) -> Value {
    json!({
        "citizen_number": right["citizen_number"], "applied_on": right["applied_on"], "name": "不符"
    })
}

fn asked(client: &Client, facts: &Value, bodies: &mut BTreeSet<String>) -> (u16, f64) {
    let begun = Instant::now();
    let (status, body) = client.ask(facts).unwrap();
    let took = begun.elapsed().as_secs_f64();
    if status == 404 {
        let mut body = body;
        body.as_object_mut().unwrap().remove("instance");
        bodies.insert(body.to_string());
    }
    (status, took)
}

/// One client's questions: of each pair the one or the other comes first, by chance.
fn ask(server: &str, known: &[Value], next: &AtomicUsize, took: &Mutex<Took>) -> BTreeSet<String> {
    let (client, mut bodies) = (Client::of(server), BTreeSet::new());
    let mut own = Took::default();
    loop {
        let pair = next.fetch_add(1, Ordering::Relaxed);
        if pair >= PAIRS {
            break;
        }
        let mut chance = rand::rngs::StdRng::seed_from_u64(pair as u64);
        let right = &known[pair % known.len()];
        let (wrong, unknown) = (wrong(right), of_nobody(pair % known.len()));
        let wrong_first: bool = chance.random();
        for is_wrong in [wrong_first, !wrong_first] {
            let (status, seconds) = asked(&client, if is_wrong { &wrong } else { &unknown }, &mut bodies);
            assert_eq!(status, 404);
            if is_wrong { own.wrong.push(seconds) } else { own.unknown.push(seconds) }
        }
        if pair.is_multiple_of(50) && right.get("receipt_number").is_some() {
            let (status, seconds) = asked(&client, right, &mut bodies);
            assert_eq!(status, 200);
            own.right.push(seconds);
        }
    }
    let mut all = took.lock().unwrap();
    all.wrong.extend(own.wrong);
    all.unknown.extend(own.unknown);
    all.right.extend(own.right);
    bodies
}

fn measured() {
    let folder = Folder::new();
    let known = known(folder.path());
    let mut server = Running::start(&mut serve(jindu(), folder.path()));
    let address = server.address();
    let (next, took) = (AtomicUsize::new(0), Mutex::default());
    let bodies: BTreeSet<String> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(|| ask(&address, &known, &next, &took))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let Took { mut wrong, mut unknown, mut right } = took.into_inner().unwrap();
    assert_eq!((wrong.len(), unknown.len()), (PAIRS, PAIRS));
    let t = welch(&mut wrong, &mut unknown);
    let median = |sample: &[f64]| sample[sample.len() / 2] * 1000.0;
    let medians = (median(&wrong), median(&unknown));
    // What was measured is told when the test is run with --nocapture, and when it fails.
    drop(writeln!(std::io::stderr(), "t = {t:.2}; medians {medians:?} ms"));
    assert!(t.abs() < MOST, "wrong and unknown are told apart: t = {t}, medians {medians:?} ms");
    // The controls: a tenth of a millisecond would be seen, and what is answered at once is.
    let mut later: Vec<f64> = unknown.iter().map(|took| took + 0.000_1).collect();
    let t = welch(&mut wrong, &mut later);
    assert!(t.abs() > MOST, "a tenth of a millisecond would not be seen: t = {t}");
    let t = welch(&mut right, &mut unknown);
    assert!(right.len() > 100 && t.abs() > MOST, "the clock sees nothing: t = {t}");
}

mod long {
    #[test]
    fn a_hundred_thousand_pairs_of_wrong_and_unknown_are_told_apart_by_nothing() {
        super::measured();
    }
}
