//! What finds no room of its feed is refused with a word of its own, and kept nowhere.

use super::*;

#[tokio::test]
async fn a_report_that_finds_no_room_is_refused_and_its_sender_is_told() {
    let server = Server::start_with(|config| config.limits.waiting_per_feed = 1).await;
    let feeds = Feeds::around(server).await;
    let produced = || step("E-3", "31", "2026-01-09T09:00:00+08:00");
    let (status, told) = feeds.report(json!([reviewed(), produced()])).await;
    let refused = "rejected too_many /1/subject";
    assert_eq!(
        (status, told),
        (207, vec!["waiting unknown_application /0/subject".to_owned(), refused.to_owned()])
    );
    let alone = feeds.send(Message::of(&produced())).await;
    assert_eq!((alone.status.as_u16(), alone.json()["errors"][0]["code"].as_str()), (422, Some("too_many")));
    // What waits is known, and when it is recorded there is room again.
    assert_eq!(feeds.report(json!([reviewed()])).await.1, ["repeated - -"]);
    assert_eq!(feeds.report(accepted()).await.1, ["recorded - -"]);
    assert_eq!(feeds.report(produced()).await.1, ["recorded - -"]);
    assert_eq!(feeds.stage().await, (Some(Stage::Produced), 3));
}
