//! kill -9 while people ask: whoever got an answer is in the record of inquiries.

use crate::asking::{Client, empty, person};
use crate::folder::Folder;
use crate::kept::inquiries;
use crate::running::{Running, jindu, serve};
use domain::number::CitizenNumber;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;
use store::inquiry_log::InquiryEntry;
use store::keys::{Keys, Subject};

const CLIENTS: usize = 4;

#[test]
fn killed_at_twenty_moments_it_has_recorded_every_inquiry_it_answered() {
    // What fits nothing is answered after 20 ms.
    killed(20, 400);
}

mod long {
    #[test]
    fn killed_at_two_hundred_moments_it_has_recorded_every_inquiry_it_answered() {
        super::killed(200, 600);
    }
}

/// Kills a server so many times, each time before so many milliseconds of asking.
fn killed(times: u32, longest: u64) {
    let folder = Folder::new();
    let keys = empty(folder.path());
    let mut rng = StdRng::seed_from_u64(119_900);
    let (people, mut answered) = (AtomicU32::new(0), Vec::new());
    for time in 0..times {
        // Now and then while it starts, when the first file of the record is made.
        if time % 4 == 0 {
            let mut starting = Running::start(&mut serve(jindu(), folder.path()));
            sleep(Duration::from_millis(rng.random_range(0..60)));
            starting.kill();
        }
        let mut server = Running::start(&mut serve(jindu(), folder.path()));
        let address = server.address();
        let patience = Duration::from_millis(rng.random_range(20..longest));
        answered.extend(asked_until_killed(&mut server, &address, patience, &people));
        assert_eq!(unrecorded(&keys, &answered, &inquiries(folder.path())), 0, "after kill {time}");
    }
    assert!(answered.len() > usize::try_from(times).unwrap() * CLIENTS, "only {} answers", answered.len());
    a_cut_record_is_noticed(&keys, &answered, &folder);
}

/// The people whose inquiries were answered before the server was killed.
fn asked_until_killed(
    server: &mut Running,
    address: &str,
    patience: Duration,
    people: &AtomicU32,
) -> Vec<CitizenNumber> {
    let killed = AtomicBool::new(false);
    let ask = || {
        let client = Client::of(address);
        let mut answered = Vec::new();
        while !killed.load(Ordering::Relaxed) {
            // Each inquiry is about somebody else, so that none stands in for another.
            let person = person(people.fetch_add(1, Ordering::Relaxed));
            let facts =
                json!({"citizen_number": person.as_str(), "applied_on": "2026-01-05", "name": "无名"});
            match client.ask(&facts) {
                Ok((404, _)) => answered.push(person),
                Ok((status, said)) => panic!("{status}: {said}"),
                Err(_) => break,
            }
        }
        answered
    };
    scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        sleep(patience);
        server.kill();
        killed.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// How many of the answered inquiries the record does not hold.
fn unrecorded(keys: &Keys, answered: &[CitizenNumber], recorded: &[InquiryEntry]) -> usize {
    let recorded: HashSet<Subject> = recorded.iter().map(|entry| entry.subject).collect();
    answered.iter().filter(|person| !recorded.contains(&keys.subject(person))).count()
}

/// The control: the same check on a record that lost its second half.
fn a_cut_record_is_noticed(keys: &Keys, answered: &[CitizenNumber], folder: &Folder) {
    assert_eq!(unrecorded(keys, answered, &inquiries(folder.path())), 0);
    if folder.database().address().is_some() {
        folder.database().cut_inquiries();
    } else {
        cut(&folder.path().join("inquiries"));
    }
    assert!(unrecorded(keys, answered, &inquiries(folder.path())) > answered.len() / 4);
}

/// Takes the second half of each file.
fn cut(log: &Path) {
    for file in fs::read_dir(log).unwrap() {
        let file = file.unwrap();
        let mut bytes = fs::read(file.path()).unwrap();
        let written = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        bytes[written / 2..].fill(0);
        fs::write(file.path(), bytes).unwrap();
    }
}
