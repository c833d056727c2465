//! What the log of inquiries promises: all of it is there, in order, and nobody can change the middle.

use super::segment::{Segments, read_all};
use super::*;
use crate::testing::Fresh;
use std::io::{Seek as _, SeekFrom, Write as _};

fn entry(n: u8) -> InquiryEntry {
    InquiryEntry {
        at: Moment::from_millis(i64::from(n)),
        subject: Subject([n; 16]),
        channel: Channel::Page,
        outcome: Outcome::Basic,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_inquiry_is_found_again() {
    let fresh = Fresh::new().await;
    for start in [0_u8, 100] {
        let log = Arc::new(InquiryLog::open(&fresh.store).unwrap());
        let tasks: Vec<_> = (start..start + 100)
            .map(|n| {
                let log = Arc::clone(&log);
                tokio::spawn(async move { log.record(&entry(n)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    }
    let mut found = recorded(&fresh.store).await.unwrap();
    found.sort_unstable_by_key(|entry| entry.at);
    assert_eq!(found, (0..200).map(entry).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_server_at_a_time_writes_a_folder() {
    let fresh = Fresh::embedded().await;
    let _first = InquiryLog::open(&fresh.store).unwrap();
    assert!(matches!(InquiryLog::open(&fresh.store), Err(StoreError::InUse(_))));
}

#[test]
fn a_torn_last_frame_is_dropped_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut segments = Segments::open(folder.path()).unwrap();
    segments.append([entry(1).bytes(), entry(2).bytes()].iter()).unwrap();
    segments.append([entry(3).bytes()].iter()).unwrap();
    // The power goes while the last frame is written: its header is there, its entry is not.
    let second_frame = 36 + 40 + 2 * 32;
    overwrite(folder.path(), second_frame + 40, &[0; 32]);
    let mut segments = Segments::open(folder.path()).unwrap();
    segments.append([entry(4).bytes()].iter()).unwrap();
    let found: Vec<u8> = read_all(folder.path()).unwrap().iter().map(|bytes| bytes[0]).collect();
    assert_eq!(found, [1, 2, 4]);
}

#[test]
fn a_changed_entry_in_the_middle_is_seen_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut segments = Segments::open(folder.path()).unwrap();
    for n in 1..=3 {
        segments.append([entry(n).bytes()].iter()).unwrap();
    }
    assert_eq!(read_all(folder.path()).unwrap().len(), 3);
    overwrite(folder.path(), 36 + 72 + 40, &[9]);
    let damaged = std::fs::read(folder.path().join("00000001.log")).unwrap();
    assert!(matches!(read_all(folder.path()), Err(StoreError::Corrupt(_))));
    assert!(matches!(Segments::open(folder.path()), Err(StoreError::Corrupt(_))));
    assert!(std::fs::read(folder.path().join("00000001.log")).unwrap() == damaged);
}

#[test]
fn a_full_segment_is_followed_by_the_next_and_a_missing_one_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut segments = Segments::open(folder.path()).unwrap();
    let many = vec![entry(7).bytes(); 200_000];
    for _ in 0..3 {
        segments.append(many.iter()).unwrap();
    }
    assert_eq!(read_all(folder.path()).unwrap().len(), 600_000);
    std::fs::remove_file(folder.path().join("00000002.log")).unwrap();
    assert!(matches!(read_all(folder.path()), Err(StoreError::Corrupt(_))));
}

fn overwrite(folder: &Path, offset: u64, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().write(true).open(folder.join("00000001.log")).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(bytes).unwrap();
}
