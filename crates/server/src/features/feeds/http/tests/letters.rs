//! Dead letters, seen by the feed whose messages they were.

use super::*;
use store::dead_letter::{DeadLetter, keep};

impl Feeds {
    async fn keep_letter(&self, feed: &str, origin: &str, why: &str) {
        let store = &self.server.app.store;
        let feed = feed::by_name(&store.read(), feed).await.unwrap().unwrap();
        let content = format!("{RECEIPT} 王小明").into_bytes();
        let letter = DeadLetter { origin: origin.to_owned(), why: why.to_owned(), content };
        keep(store, feed.id, entry("keep_dead_letters"), vec![letter]).await.unwrap();
    }
}

#[tokio::test]
async fn a_feed_sees_its_dead_letters_and_nothing_of_what_they_say() {
    let feeds = Feeds::start().await;
    feeds.keep_letter("county", "MILESTONES 17", "step: unknown").await;
    feeds.keep_letter("centre", "MILESTONES 18", "malformed").await;
    feeds.keep_letter("county", "MILESTONES 19", "malformed").await;
    let told = feeds.send(Message::to("GET", "county", "dead-letters")).await;
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(!told.body.contains(RECEIPT) && !told.body.contains("王小明"));
    let told = told.json();
    let facts = |item: &Value| ["message", "column", "reason"].map(|name| item[name].clone());
    let items = told["items"].as_array().unwrap();
    assert_eq!(
        items.iter().map(facts).collect::<Vec<_>>(),
        [
            [json!("MILESTONES 17"), json!("step"), json!("unknown")],
            [json!("MILESTONES 19"), json!(null), json!("malformed")],
        ]
    );
    assert_eq!(items[1]["detail"], "The message is no JSON, or no list where its type promises one.");
    assert_eq!(told["next"], json!(null));
    let mut rest = Message::to("GET", "county", "dead-letters");
    rest.address += &format!("&after={}", items[0]["letter"]);
    assert_eq!(feeds.send(rest).await.json()["items"], json!([items[1]]));
    let mut wrong = Message::to("GET", "county", "dead-letters");
    wrong.address += "&colour=red";
    assert_eq!(feeds.send(wrong).await.status, 400);
}
