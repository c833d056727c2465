//! A row that nobody can read any more: it keeps nothing up but itself.

use super::drop::{Drop, wait_and_look};
use super::*;
use crate::testing::intrude::{GARBAGE, overwrite};

const UNREADABLE: &str = " rejected receipt_number: unreadable_application";

/// A line about another application than the usual one.
fn of_application(line: &str, last: u32, event: &str) -> String {
    line.replace("500001,", &format!("5{last:05},")).replace(",E-", &format!(",{event}-"))
}

#[tokio::test]
async fn one_application_that_cannot_be_read_does_not_keep_others_from_being_recorded() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    let opened = [1, 2, 3].map(|last| of_application(ACCEPTED, last, "A"));
    drop.put("a.csv", &opened.each_ref().map(String::as_str));
    wait_and_look(&mut watcher).await.unwrap();
    let before = overwrite(&drop.place.config.data, "progress", 2, GARBAGE);

    let signed = [1, 2, 3].map(|last| of_application(SIGNED, last, "S"));
    // The fourth is opened by a line behind the one that speaks of it.
    let (early, late) = (of_application(SIGNED, 4, "S"), of_application(ACCEPTED, 4, "A"));
    drop.put("b.csv", &[&signed[0], &signed[1], "?,,,,,,,,", &early, &signed[2], &late]);
    wait_and_look(&mut watcher).await.unwrap();
    let told = ["recorded", "rejected", "rejected", "recorded", "recorded", "recorded"];
    assert_eq!(drop.said("done/b.csv.report.csv"), told);
    let report = std::fs::read_to_string(drop.path("done/b.csv.report.csv")).unwrap();
    assert!(report.contains("\n3,rejected,receipt_number: unreadable_application\n"), "{report}");
    assert!(drop.names("work").is_empty() && drop.names("failed").is_empty());

    // What was rejected is taken once the row is as it was.
    overwrite(&drop.place.config.data, "progress", 2, &before);
    drop.put("b.csv", &[&signed[0], &signed[1], &signed[2]]);
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.said("done/2-b.csv.report.csv"), ["repeated", "recorded", "repeated"]);
}

#[tokio::test]
async fn however_many_cannot_be_read_every_other_is_recorded() {
    let place = Place::new(true);
    let damaged = [1, 17, 18, 19, 40];
    let opened: Vec<String> = (1..=40).map(|last| of_application(ACCEPTED, last, "A")).collect();
    place.lines(&opened.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let put = |row, bytes: &str| overwrite(&place.config.data, "progress", row, bytes);
    let before = damaged.map(|row| put(row, GARBAGE));
    // Two reports of each, in no order of applications.
    let told = (1..=40).map(|last| (last, of_application(SIGNED, last, "S")));
    let again = (1..=40).rev().map(|last| (last, of_application(SIGNED, last, "T")));
    let (rows, lines): (Vec<u32>, Vec<String>) = told.chain(again).unzip();
    let words = place.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(words.len(), 80);
    for (row, word) in rows.iter().zip(words) {
        let expected = if damaged.contains(row) { UNREADABLE } else { " recorded " };
        assert!(word.ends_with(expected), "{row}: {word}");
    }
    // However many are of one application, it is one that cannot be read.
    let lines: Vec<String> = (0..40).map(|n| of_application(SIGNED, 1, &format!("M{n}"))).collect();
    let lines = lines.into_iter().chain([of_application(SIGNED, 2, "Z")]).collect::<Vec<_>>();
    let words = place.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(words.iter().filter(|word| word.ends_with(UNREADABLE)).count(), 40);
    assert!(words.last().unwrap().ends_with(" recorded "));
    // Of those that could not be read nothing was written: as they were, they still add up.
    damaged.iter().zip(before).for_each(|(row, before)| drop(put(*row, &before)));
}

#[tokio::test]
async fn where_nothing_at_all_can_be_recorded_no_application_is_to_blame() {
    let place = Place::new(true);
    let opened: Vec<String> = (1..=40).map(|last| of_application(ACCEPTED, last, "A")).collect();
    place.lines(&opened.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let put = |row, bytes: &str| overwrite(&place.config.data, "progress", row, bytes);
    let before: Vec<String> = (1..=40).map(|row| put(row, GARBAGE)).collect();
    let told: Vec<String> = (1..=40).map(|last| of_application(SIGNED, last, "S")).collect();
    let file = format!("{HEADER}\n{}\n", told.join("\n"));
    let stopped = place.try_import(file.as_bytes()).await.err().unwrap().to_string();
    assert!(stopped.contains("no line is known to be recorded"), "{stopped}");
    (1..=40).zip(before).for_each(|(row, before)| drop(put(row, &before)));
    let (tally, _) = place.import(file.as_bytes()).await;
    assert_eq!(tally, Tally { recorded: 40, ..Tally::default() });
}
