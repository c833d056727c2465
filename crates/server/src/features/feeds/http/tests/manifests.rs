//! Batches, announced and compared.

use super::*;

const BATCH: &str = "ZZ-2026-0117";

fn manifest(batch: &str, receipts: &[&str]) -> Value {
    json!({"batch": batch, "count": receipts.len(), "due": "2026-04-01 18:00", "receipts": receipts})
}

fn put(feed: &str, batch: &str, manifest: &Value) -> Message {
    Message::to("PUT", feed, &format!("batches/{batch}")).json(manifest)
}

/// Told with the batch: where the card is.
fn came(id: &str, receipt: &str, reached: &str) -> Value {
    let mut event = step(id, reached, "2026-01-16T09:00:00+08:00");
    event["subject"] = json!(receipt);
    event["data"]["batch"] = json!(BATCH);
    event
}

fn receipts(lines: &Value) -> Vec<&str> {
    lines.as_array().unwrap().iter().filter_map(|line| line["receipt_number"].as_str()).collect()
}

#[tokio::test]
async fn a_batch_is_compared_with_what_arrived() {
    let feeds = Feeds::start().await;
    let (second, third) = ("1199000012026010500002", "1199000012026010500003");
    feeds.report(accepted()).await;
    let answered = feeds.send(put("centre", BATCH, &manifest(BATCH, &[RECEIPT, second]))).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let told = answered.json();
    assert_eq!((&told["declared"], &told["listed"], &told["arrived"]), (&json!(2), &json!(2), &json!(0)));
    // That it was made is no arrival.
    let outcomes = feeds.report(json!([came("E-2", second, "31")])).await.1;
    assert_eq!(outcomes[0].split(' ').next(), Some("waiting"));
    let came = [came("E-3", RECEIPT, "in_distribution"), came("E-4", third, "in_distribution")];
    let outcomes = feeds.report(json!(came)).await.1;
    assert_eq!(outcomes[0], "recorded - -");
    let told = feeds.send(Message::to("GET", "centre", &format!("batches/{BATCH}"))).await.json();
    assert_eq!((&told["arrived"], receipts(&told["missing"])), (&json!(1), vec![second]));
    assert_eq!((told["extra"].as_array().unwrap().len(), receipts(&told["late"])), (1, Vec::new()));
    assert_eq!(told["due"], "2026-04-01T18:00:00+08:00");
}

#[tokio::test]
async fn who_guesses_the_number_of_a_batch_learns_no_receipt_number() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    feeds.report(json!([came("E-3", RECEIPT, "in_distribution")])).await;
    let told = feeds.send(put("centre", BATCH, &manifest(BATCH, &[]))).await;
    assert!(!told.body.contains(RECEIPT), "{}", told.body);
    assert_eq!(told.json()["extra"].as_array().unwrap().len(), 1);
    // Counted without a list, it has arrived.
    let mut counted = manifest(BATCH, &[]);
    counted["count"] = json!(3);
    let told = feeds.send(put("centre", BATCH, &counted)).await.json();
    assert_eq!((&told["unlisted"], &told["arrived"], &told["extra"]), (&json!(3), &json!(1), &json!([])));
}

#[tokio::test]
async fn a_card_that_was_listed_by_mistake_is_taken_off() {
    let feeds = Feeds::start().await;
    let second = "1199000012026010500002";
    feeds.send(put("centre", BATCH, &manifest(BATCH, &[RECEIPT, second]))).await;
    let mut off = manifest(BATCH, &[]);
    (off["count"], off["removed"]) = (json!(1), json!([second]));
    let told = feeds.send(put("centre", BATCH, &off)).await.json();
    assert_eq!((&told["listed"], receipts(&told["missing"])), (&json!(1), vec![RECEIPT]));
}

#[tokio::test]
async fn a_batch_belongs_to_the_feed_that_declared_it() {
    let feeds = Feeds::start().await;
    let second = "1199000012026010500002";
    feeds.send(put("county", BATCH, &manifest(BATCH, &[RECEIPT]))).await;
    // The number is the sender's own: another feed's batch of the same number is another batch.
    let answered = feeds.send(put("centre", BATCH, &manifest(BATCH, &[second]))).await;
    assert_eq!((answered.status.as_u16(), receipts(&answered.json()["missing"])), (200, vec![second]));
    let own = feeds.send(Message::to("GET", "county", &format!("batches/{BATCH}"))).await.json();
    assert_eq!(receipts(&own["missing"]), [RECEIPT]);
    for (feed, batch) in [("centre", "other"), ("county", "other"), ("county", "%20"), ("county", "%ff")] {
        let answered = feeds.send(Message::to("GET", feed, &format!("batches/{batch}"))).await;
        assert_eq!(
            (answered.status.as_u16(), answered.header("content-type")),
            (404, "application/problem+json")
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_manifest_is_pointed_at() {
    let feeds = Feeds::start().await;
    let with = |name: &str, value: Value| {
        let mut manifest = manifest(BATCH, &[RECEIPT]);
        manifest[name] = value;
        manifest
    };
    let wrong = [
        (with("batch", json!("another")), "/batch", "differs"),
        (with("batch", json!("")), "/batch", "unreadable"),
        (with("due", json!("soon")), "/due", "unreadable"),
        (with("receipts", json!([RECEIPT, "12"])), "/receipts/1", "length"),
        (with("count", json!(0)), "/count", "fewer_than_listed"),
        (with("removed", json!(["12"])), "/removed/0", "length"),
        (with("count", json!(100_001)), "/count", "too_large_batch"),
        (with("count", json!(-1)), "/count", "wrong_type"),
        (with("receipts", json!([5])), "/receipts/0", "wrong_type"),
        (with("colour", json!("red")), "/colour", "unknown_field"),
    ];
    for (manifest, pointer, code) in wrong {
        let answered = feeds.send(put("county", BATCH, &manifest)).await;
        let problem = answered.json();
        assert_eq!(answered.status, 422, "{problem}");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    let missing = feeds.send(put("county", BATCH, &json!({"batch": BATCH}))).await;
    let error = missing.json()["errors"][0].clone();
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/count"), &json!("required")));
}
