//! A row that nobody can read any more: it keeps nothing up but itself.

use super::drop::{Drop, wait_and_look};
use super::*;
use crate::testing::intrude::{GARBAGE, overwrite};

/// A line about another application than the usual one.
fn of_application(line: &str, last: u8, event: &str) -> String {
    line.replace("500001,", &format!("50000{last},")).replace(",E-", &format!(",{event}-"))
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
