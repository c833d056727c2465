//! What an operator's machines ask: alive, ready, the meters.

use crate::testing::{Case, Folder, Server};
use domain::stage::Stage;

#[tokio::test]
async fn a_server_in_order_is_alive_and_ready() {
    let server = Server::start().await;
    for (address, word) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
        let answered = server.get(address).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, word));
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_not_ready_and_answers_nothing() {
    let server = Server::start_in(Folder::embedded(), |_| ()).await;
    let case = Case::of(1, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted);
    server.record([&case]).await;
    for file in ["jindu.db", "jindu.db-wal"] {
        let path = server.config.data.join(file);
        let length = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
        std::fs::write(&path, vec![0xA5; length]).unwrap();
    }
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/healthz").await.status, 200);
    let answered = server.api("en", &case.by_name()).await;
    assert!(answered.status.is_server_error());
    // The cause is for the log, not for strangers.
    assert!(!answered.body.contains("database"), "{}", answered.body);
    // Nothing is left that could be proven.
    std::fs::remove_file(server.config.data.join("jindu.db")).unwrap();
}

#[tokio::test]
async fn a_database_without_its_tables_is_not_ready() {
    let server = Server::start().await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server.folder.database().hide("application");
    assert_eq!(server.get("/readyz").await.status, 503);
    server.folder.database().show("application");
}

#[tokio::test]
async fn the_meters_count_inquiries_by_door_and_outcome() {
    let server = Server::start().await;
    let case = Case::of(1, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted);
    server.record([&case]).await;
    server.page("zh", &case.by_name()).await;
    server.page("en", &case.by_name()).await;
    server.api("zh", &case.by_receipt()).await;
    server.api("zh", &case.by_name().with("name", "李四")).await;
    let metrics = server.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "jindu_inquiries_total{door=\"page\",outcome=\"basic\"} 2",
        "jindu_inquiries_total{door=\"page\",outcome=\"no_match\"} 0",
        "jindu_inquiries_total{door=\"api\",outcome=\"full\"} 1",
        "jindu_inquiries_total{door=\"api\",outcome=\"no_match\"} 1",
        "jindu_inquiry_seconds_count 4",
    ] {
        assert!(
            metrics.body.lines().any(|counted| counted == line),
            "{line} is missing in\n{}",
            metrics.body
        );
    }
    for personal in [case.opening.number.as_str(), case.opening.receipt.as_str(), "欧阳", "119900"] {
        assert!(!metrics.body.contains(personal), "the meters name {personal}");
    }
}
