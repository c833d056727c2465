//! What is in the log stays in it, and whoever changes it is found out.

use super::*;
use crate::inquiry_log::{Channel, InquiryEntry, InquiryLog, Outcome};
use crate::keys::Subject;
use crate::testing::{Fresh, at, entry};
use crate::{Work, audit};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::BTreeMap;

/// The files of a log as somebody keeps them who fetched all.
#[derive(Clone)]
struct Kept(BTreeMap<String, Vec<u8>>);

impl Files for Kept {
    fn read(&self, name: &str) -> std::result::Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(name).cloned())
    }
}

impl Kept {
    /// All files of the log as it is served now.
    async fn of(fresh: &Fresh) -> Self {
        let read = fresh.store.read();
        let note = checkpoint(&read).await.unwrap().unwrap();
        let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
        let mut files = BTreeMap::from([(CHECKPOINT.to_owned(), note.into_bytes())]);
        for level in ["entries", "0", "1", "2"] {
            let hashes = size >> (8 * level.parse::<u64>().unwrap_or_default());
            for number in 0..hashes.div_ceil(256) {
                let width = (hashes - number * 256).min(256);
                let part = if width == 256 { String::new() } else { format!(".p/{width}") };
                let name = format!("{level}/{number:03}{part}");
                let bytes = tile(&read, Tile::parse(&name).unwrap()).await.unwrap().unwrap();
                files.insert(format!("tile/{name}"), bytes);
            }
        }
        Self(files)
    }

    fn note(&self) -> &[u8] {
        &self.0[CHECKPOINT]
    }
}

fn look(n: u32) -> InquiryEntry {
    let mut subject = [0; 16];
    subject[..4].copy_from_slice(&(n % 50).to_be_bytes());
    InquiryEntry {
        at: at(10, 9),
        subject: Subject(subject),
        channel: Channel::Page,
        outcome: if n.is_multiple_of(3) { Outcome::Full } else { Outcome::NoMatch },
    }
}

/// A log of so many looks, and some changes, taken in and signed.
async fn filled(looks: u32) -> Fresh {
    let fresh = Fresh::new().await;
    goes_on(&fresh, 0..looks).await;
    fresh
}

async fn goes_on(fresh: &Fresh, looks: std::ops::Range<u32>) {
    let log = InquiryLog::open(&fresh.store).unwrap();
    let recorded = looks.map(|n| log.record(&look(n))).collect::<Vec<_>>();
    for recorded in recorded {
        recorded.await.unwrap();
    }
    fresh.store.write(entry("a change"), |_| -> Work<'_, ()> { Box::pin(async { Ok(()) }) }).await.unwrap();
    while take_in(&fresh.store).await.unwrap().is_behind {}
    sign(&fresh.store).await.unwrap();
}

async fn findings(fresh: &Fresh, files: &Kept, from: Option<&[u8]>) -> Vec<Finding> {
    let verified = verify(files, &[verifier(fresh.store.keys())], from, |_, _| ());
    let mut findings = verified.findings;
    if findings.is_empty() {
        let checkpoint = verified.checkpoint.unwrap();
        findings = compare(&fresh.store, files, &checkpoint, |_, _| ()).await.unwrap();
        findings.extend(beyond(&fresh.store).await.unwrap());
    }
    findings
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_and_every_change_is_one_leaf_once() {
    let fresh = filled(700).await;
    let files = Kept::of(&fresh).await;
    assert_eq!(findings(&fresh, &files, None).await, Vec::<Finding>::new());
    let changes = fresh.count("audit") as u64;
    let size = verify(&files, &[verifier(fresh.store.keys())], None, |_, _| ()).checkpoint.unwrap().size;
    assert_eq!(size, 700 + changes);
    assert_eq!(
        take_in(&fresh.store).await.unwrap(),
        Taken { entries: 0, size, is_behind: false, damaged: 0 }
    );
    assert!(!sign(&fresh.store).await.unwrap(), "there is nothing new to sign");
    goes_on(&fresh, 700..1_000).await;
    let later = Kept::of(&fresh).await;
    assert_eq!(findings(&fresh, &later, Some(files.note())).await, Vec::<Finding>::new());
    // A log that somebody cut back to what it was.
    let cut = verify(&files, &[verifier(fresh.store.keys())], Some(later.note()), |_, _| ());
    assert!(cut.findings[0].contains("taken out"), "{:?}", cut.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_named_and_nobody_is_known_again() {
    let fresh = filled(300).await;
    let files = Kept::of(&fresh).await;
    let subject = look(3).subject.0;
    for (name, bytes) in &files.0 {
        assert!(!bytes.windows(16).any(|part| part == subject), "{name}");
    }
    // Two looks that are the same in every byte are two leaves that differ.
    let leaves = files::unbundled(&files.0["tile/entries/000"]).unwrap();
    let different: std::collections::BTreeSet<_> = leaves.iter().collect();
    assert_eq!(different.len(), leaves.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_every_look_with_a_proof_that_anybody_can_check() {
    let fresh = filled(700).await;
    let read = fresh.store.read();
    let looks = of_subject(&read, look(7).subject, 100).await.unwrap();
    // Of fourteen every third showed something.
    let shown = (0..700_u32).filter(|n| n % 50 == 7 && n.is_multiple_of(3)).count();
    assert_eq!(looks.len(), shown);
    assert_eq!(tries(&read, look(7).subject).await.unwrap(), 14 - shown as u64);
    assert!(looks.is_sorted_by_key(|look| std::cmp::Reverse(look.number)));
    let (note, proofs) = proven(&read, fresh.store.keys(), &looks).await.unwrap().unwrap();
    let checkpoint = Checkpoint::read(note.as_bytes(), &[verifier(fresh.store.keys())]).unwrap();
    for look in &looks {
        let proof = &proofs[&look.number];
        assert!(proof.holds(look.number, &checkpoint));
        assert!(!proof.holds(look.number + 1, &checkpoint) && !proof.holds(u64::MAX, &checkpoint));
        let other = Proof { entry: [&proof.entry[..], &[0]].concat(), ..proof.clone() };
        assert!(!other.holds(look.number, &checkpoint), "another entry");
    }
    let (one, other) = (&proofs[&looks[0].number], &proofs[&looks[1].number]);
    assert_ne!(one.leaf, committed(&other.blind, &one.entry), "the number of another leaf");
    // A look after the checkpoint has none yet.
    let log = InquiryLog::open(&fresh.store).unwrap();
    log.record(&look(57)).await.unwrap();
    take_in(&fresh.store).await.unwrap();
    let looks = of_subject(&read, look(7).subject, 1).await.unwrap();
    assert!(proven(&read, fresh.store.keys(), &looks).await.unwrap().unwrap().1.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_ended_behind_are_taken_in_and_small_frames_hold_nothing_up() {
    let fresh = Fresh::new().await;
    for run in 0..3_u32 {
        let log = InquiryLog::open(&fresh.store).unwrap();
        // One after the other: each is a frame.
        for n in 0..300 {
            log.record(&look(run * 300 + n)).await.unwrap();
        }
        drop(log);
        if run == 0 {
            take_in(&fresh.store).await.unwrap();
        }
    }
    // As often as it says that it is behind, and no more often.
    while take_in(&fresh.store).await.unwrap().is_behind {}
    assert_eq!(fresh.count("look"), 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_damaged_keeps_nothing_else_up() {
    let fresh = filled(10).await;
    let junk = fresh.behind().blob("00112233445566778899aabbccddeeff");
    fresh.behind().execute(&format!(
        "INSERT INTO log_source (source, number, at, place) VALUES ({junk}, 0, 0, {junk});
        INSERT INTO inquiry_frame (server, number, at, frame) VALUES ({junk}, 0, 5, {junk})"
    ));
    goes_on(&fresh, 10..20).await;
    assert_eq!(fresh.count("look"), 20);
    let taken = take_in(&fresh.store).await.unwrap();
    assert_eq!((taken.entries, taken.damaged, taken.is_behind), (0, 1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_change_of_keys_it_is_signed_with_the_new_one_at_once() {
    let fresh = filled(20).await;
    let before = (Kept::of(&fresh).await, verifier(fresh.store.keys()));
    let file = crate::testing::key_file(fresh.folder.path());
    let id = crate::keys::Keys::prepare(&file, crate::keys::Purpose::Sign).unwrap();
    crate::keys::Keys::activate(&file, id).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert!(sign(&fresh.store).await.unwrap());
    let now = verifier(fresh.store.keys());
    assert_ne!(now, before.1);
    let files = Kept::of(&fresh).await;
    // Whoever kept a checkpoint of the former key names both.
    let verified = verify(&files, &[now.clone(), before.1], Some(before.0.note()), |_, _| ());
    assert_eq!(verified.findings, Vec::<Finding>::new());
    assert!(!verify(&files, &[now], Some(before.0.note()), |_, _| ()).findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_take_in_at_the_same_time_take_nothing_twice() {
    let fresh = filled(10).await;
    let other = fresh.folder.open().await;
    for n in 0..20 {
        let more = audit::Entry { detail: n.to_string(), ..entry("more") };
        fresh.store.write(more, |_| -> Work<'_, ()> { Box::pin(async { Ok(()) }) }).await.unwrap();
        // One of them may fail.
        drop(tokio::join!(take_in(&fresh.store), take_in(&other)));
    }
    while take_in(&fresh.store).await.unwrap().entries > 0 {}
    sign(&fresh.store).await.unwrap();
    assert_eq!(findings(&fresh, &Kept::of(&fresh).await, None).await, Vec::<Finding>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_another_key_signed_is_none() {
    let (fresh, stranger) = (filled(5).await, Fresh::new().await);
    let files = Kept::of(&fresh).await;
    let verified = verify(&files, &[verifier(stranger.store.keys())], None, |_, _| ());
    assert!(verified.checkpoint.is_none() && verified.findings.len() == 1);
    let verifier = verifier(fresh.store.keys());
    assert_eq!(Verifier::parse(&verifier.to_string()), Some(verifier.clone()));
    assert_eq!(Verifier::parse(&verifier.to_string().replace('+', "-")), None);
    // The one who holds the key signs another log: a fork.
    let mut forked = files.clone();
    let fork = filled_with_keys_of(&fresh).await;
    forked.0 = Kept::of(&fork).await.0;
    let found = verify(&forked, std::slice::from_ref(&verifier), Some(files.note()), |_, _| ()).findings;
    assert!(!found.is_empty(), "a fork has another root at the size of the checkpoint that was kept");
}

/// Another database with the same keys and other looks.
async fn filled_with_keys_of(fresh: &Fresh) -> Fresh {
    let other = Fresh::with_keys_of(fresh).await;
    goes_on(&other, 100..120).await;
    other
}

/// So many tamperings, each of another kind and place: all are found.
async fn tampered(times: u32) {
    let fresh = filled(700).await;
    let files = Kept::of(&fresh).await;
    goes_on(&fresh, 700..800).await;
    let later = Kept::of(&fresh).await;
    assert_eq!(findings(&fresh, &later, Some(files.note())).await, Vec::<Finding>::new(), "the control");
    let mut chance = StdRng::seed_from_u64(119_900);
    for time in 0..times {
        let mut changed = later.clone();
        let what = tamper(&mut changed, &mut chance);
        let found = verify(&changed, &[verifier(fresh.store.keys())], Some(files.note()), |_, _| ()).findings;
        assert!(!found.is_empty(), "{time}: {what}");
    }
}

/// Flips, deletes, inserts, reorders or truncates something; says what.
fn tamper(files: &mut Kept, chance: &mut StdRng) -> String {
    let names: Vec<String> = files.0.keys().cloned().collect();
    let name = names[chance.random_range(0..names.len())].clone();
    let bytes = files.0.get_mut(&name).unwrap();
    let place = chance.random_range(0..bytes.len());
    let what = chance.random_range(0..6);
    match what {
        0 => bytes[place] ^= 1 << chance.random_range(0..8),
        1 => drop(bytes.remove(place)),
        2 => bytes.insert(place, chance.random()),
        3 => bytes.truncate(place),
        4 => drop(files.0.remove(&name)),
        _ => {
            // Two leaves, or two hashes, in each other's place; of a text the first line at the end.
            let unit = if name.contains("entries") { 34 } else { 32 };
            let many = bytes.len() / unit;
            if name == CHECKPOINT || many < 2 {
                bytes.rotate_left(7);
            } else {
                let (one, other) = (chance.random_range(0..many), chance.random_range(0..many));
                let (one, other) = if one == other { (one, (one + 1) % many) } else { (one, other) };
                for at in 0..unit {
                    bytes.swap(one * unit + at, other * unit + at);
                }
            }
        }
    }
    format!("{what} at {place} of {name}")
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_tamperings_with_the_files_are_found() {
    tampered(300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tamperings_with_the_database_are_found() {
    let fresh = filled(600).await;
    let files = Kept::of(&fresh).await;
    let leaf = |n: i64| format!("(SELECT min(leaf) + {n} FROM look)");
    let change = "(SELECT max(leaf) FROM audit)";
    let nine = fresh.behind().blob("09");
    let tamperings = [
        // One after the other: each is one finding more.
        (format!("UPDATE look SET entry = {nine} WHERE leaf = {}", leaf(17)), "flip"),
        (format!("DELETE FROM look WHERE leaf = {}", leaf(18)), "delete"),
        (
            format!("INSERT INTO look SELECT subject, leaf + 1, entry FROM look WHERE leaf = {}", leaf(19)),
            "insert",
        ),
        (format!("UPDATE look SET leaf = leaf + 1000000 WHERE leaf = {}", leaf(20)), "beyond"),
        (format!("UPDATE audit SET detail = 'another' WHERE leaf = {change}"), "a change"),
        ("DELETE FROM audit WHERE leaf = (SELECT min(leaf) FROM audit)".to_owned(), "a deleted change"),
    ];
    for (sql, what) in tamperings {
        let before = findings(&fresh, &files, None).await.len();
        fresh.change_behind(&sql);
        assert!(findings(&fresh, &files, None).await.len() > before, "{what}");
    }
}

mod long {
    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_tamperings_with_the_files_are_found() {
        super::tampered(1_000).await;
    }
}
