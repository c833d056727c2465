//! What one feed may take of everybody's: of the server while others wait, of its disk, and of what it knows.

use super::*;
use domain::milestone::FeedId;

impl Feeds {
    async fn id(&self, name: &str) -> FeedId {
        feed::by_name(&self.server.app.store.read(), name).await.unwrap().unwrap().id
    }

    async fn meters(&self) -> String {
        self.server.app.meters.render()
    }
}

fn file(feed: &str, body: impl Into<Vec<u8>>) -> Message {
    Message::to("POST", feed, "files").with("content-type", "application/x-ndjson").saying(body)
}

/// Names another person for the application of the stories.
fn guess(id: usize) -> Value {
    let mut event = accepted();
    event["id"] = json!(format!("G-{id}"));
    event["data"]["citizen_number"] = json!("119900198806151019");
    event["data"]["name"] = json!("赵清扬");
    event
}

#[tokio::test]
async fn a_feed_that_tries_numbers_until_one_fits_waits_and_others_do_not() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    let told = feeds.report((0..60).map(guess).collect()).await.1;
    assert!(told.iter().all(|told| told.starts_with("rejected other_application")), "{told:?}");
    assert_eq!(feeds.report(accepted()).await.0, 200);
    assert_eq!(feeds.report(json!([guess(60)])).await.0, 207);
    let answered = feeds.send(Message::of(&accepted())).await;
    assert_eq!(answered.status, 429);
    assert!((3_590..=3_600).contains(&answered.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(feeds.send(file("county", "{}")).await.status, 429);
    // What names nobody is taken, and so is everything of others.
    assert_eq!(feeds.report(reviewed()).await.0, 200);
    let of_another = Message::to("POST", "centre", "milestones").with("content-type", SINGLE);
    assert_ne!(feeds.send(of_another.saying(accepted().to_string())).await.status, 429);
    let meters = feeds.meters().await;
    assert!(meters.contains("jindu_other_application_total{feed=\"county\"} 61"), "{meters}");
}

#[tokio::test]
async fn numbers_tried_in_a_file_count_too() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    let line = |id: usize| {
        json!({
            "receipt_number": RECEIPT, "step": "00", "organ": "119900001", "happened_at": "2026-01-05 09:00",
            "citizen_number": "119900198806151019", "name": "赵清扬", "applied_on": "2026-01-05",
            "reason": "expired", "event_id": format!("G-{id}"),
        })
    };
    let lines: Vec<String> = (0..61).map(|id| line(id).to_string()).collect();
    assert_eq!(feeds.send(file("county", lines.join("\n"))).await.json()["tally"]["rejected"], 61);
    assert_eq!(feeds.send(Message::of(&accepted())).await.status, 429);
}

#[tokio::test]
async fn one_file_and_a_few_messages_of_a_feed_are_taken_at_a_time() {
    let feeds = Feeds::start().await;
    let (county, budget) = (feeds.id("county").await, &feeds.server.app.feeds);
    let first = budget.place(county, true);
    assert_eq!(feeds.send(file("county", "")).await.status, 503);
    assert_ne!(feeds.send(file("centre", "")).await.status, 503);
    drop(first);
    assert_ne!(feeds.send(file("county", "")).await.status, 503);
    let taken: Vec<_> = std::iter::from_fn(|| budget.place(county, false)).collect();
    assert_eq!(taken.len(), 16);
    assert_eq!(feeds.send(Message::of(&accepted()).named("E-1")).await.status, 503);
    assert_eq!(feeds.send(Message::to("GET", "centre", "held")).await.status, 200);
    drop(taken);
    assert_eq!(feeds.send(Message::of(&accepted()).named("E-1")).await.status, 200);
}

#[tokio::test]
async fn events_are_counted_and_not_messages_alone() {
    let server = Server::start_with(|config| config.limits.feed_events_per_minute = 3).await;
    let feeds = Feeds::around(server).await;
    assert_eq!(feeds.report(json!([accepted(), reviewed(), 5])).await.0, 207);
    let answered = feeds.send(Message::of(&json!([reviewed(), reviewed()]))).await;
    assert_eq!(answered.status, 429);
    assert!((39..=41).contains(&answered.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(feeds.stage().await.1, 2);
    assert_eq!(feeds.send(Message::to("GET", "county", "held")).await.status, 200);
}

#[tokio::test]
async fn an_answer_beyond_what_is_kept_of_a_feed_is_made_anew() {
    let feeds = Feeds::start().await;
    let county = feeds.id("county").await;
    assert!(feeds.server.app.feeds.keeps(county, 99_999 << 10));
    let message = Message::of(&accepted()).with("idempotency-key", "k");
    assert_eq!(told(&feeds.send(message.clone()).await), ["recorded - -"]);
    assert_eq!(told(&feeds.send(message).await), ["repeated - -"]);
}

#[tokio::test]
async fn the_lines_of_a_file_are_counted_like_events() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    let line = json!({
        "receipt_number": RECEIPT, "step": "13", "organ": "119900900", "happened_at": "2026-01-08 09:00",
        "event_id": "E-2",
    });
    feeds.send(file("county", format!("{line}\n{line}\nnothing\n"))).await;
    let meters = feeds.meters().await;
    for (outcome, count) in [("recorded", 2), ("repeated", 1), ("rejected", 1)] {
        let meter =
            format!("jindu_reports_total{{feed=\"county\",way=\"api\",outcome=\"{outcome}\"}} {count}");
        assert!(meters.contains(&meter), "{meter} in {meters}");
    }
}
