//! An application whose row cannot be read: its sender is told, and others are not kept waiting.

use super::*;
use crate::testing::intrude::{GARBAGE, overwrite};

#[tokio::test]
async fn an_application_that_cannot_be_read_is_told_event_by_event() {
    let feeds = Feeds::start().await;
    assert_eq!(feeds.report(json!([accepted()])).await.0, 207);
    let mut other = accepted();
    other["id"] = json!("E-9");
    other["subject"] = json!("1199000012026010500002");
    let before = overwrite(&feeds.server.config.data, "progress", 1, GARBAGE);

    let told = ["rejected unreadable_application /0/subject", "recorded - -"].map(str::to_owned);
    assert_eq!(feeds.report(json!([reviewed(), other])).await, (207, told.to_vec()));
    // By itself it is no fault of the report.
    let alone = feeds.send(Message::of(&reviewed())).await;
    assert_eq!(alone.status.as_u16(), 500);
    // Once the row is as it was, the same event is taken.
    overwrite(&feeds.server.config.data, "progress", 1, &before);
    assert_eq!(feeds.report(reviewed()).await, (200, vec!["recorded - -".to_owned()]));
}
