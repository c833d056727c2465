//! What is refused before anything of it is looked at.

use super::*;
use axum::http::StatusCode;
use domain::moment::Moment;
use store::feed::{Former, OVERLAP_MILLIS, Rotated};

/// What somebody learns from a refusal, but for the name of the reply.
fn learned(answered: &Answered) -> (StatusCode, String, Value) {
    let mut problem = answered.json();
    problem.as_object_mut().unwrap().remove("instance");
    let head = answered.head();
    let head = head.lines().filter(|line| !line.starts_with("x-request-id")).collect::<Vec<_>>().join("\n");
    (answered.status, head, problem)
}

#[tokio::test]
async fn strangers_get_one_answer_whatever_they_try() {
    let feeds = Feeds::start().await;
    feeds.add("paused").await;
    feeds.add("removed").await;
    feeds.set("paused", State::Paused).await;
    feeds.set("removed", State::Removed).await;
    let mut answers = Vec::new();
    for feed in ["county", "paused", "removed", "nobody", "desk"] {
        let message = Message::to("POST", feed, "milestones").with("content-type", SINGLE);
        let message = message.saying(accepted().to_string());
        answers.push(learned(&feeds.send_signed(message, &[7; 32], moment(NOW).millis() / 1_000).await));
    }
    answers.dedup();
    assert_eq!((answers.len(), answers[0].0.as_u16()), (1, 401), "{answers:?}");
    assert!(answers[0].1.contains("www-authenticate: Standard-Webhooks"));
    assert_eq!(answers[0].2["type"], "/problems/unsigned");
    assert!(feeds.applications().await.is_empty());
}

#[tokio::test]
async fn who_signs_rightly_learns_that_the_feed_is_paused_or_removed() {
    let feeds = Feeds::start().await;
    feeds.set("county", State::Paused).await;
    let answered = feeds.send(Message::of(&accepted())).await;
    assert_eq!(
        (answered.status.as_u16(), answered.json()["type"].as_str()),
        (409, Some("/problems/feed-paused"))
    );
    feeds.set("county", State::Active).await;
    assert_eq!(feeds.report(accepted()).await.0, 200);
    feeds.set("county", State::Removed).await;
    let answered = feeds.send(Message::of(&accepted())).await;
    assert_eq!(
        (answered.status.as_u16(), answered.json()["type"].as_str()),
        (409, Some("/problems/feed-removed"))
    );
}

#[tokio::test]
async fn a_message_signed_long_ago_or_changed_on_its_way_is_refused() {
    let feeds = Feeds::start().await;
    let (key, now) = (key("county"), moment(NOW).millis() / 1_000);
    for seconds in [now - 301, now + 301] {
        let answered = feeds.send_signed(Message::of(&accepted()), &key, seconds).await;
        assert_eq!(answered.status, 401);
        assert!(answered.json()["detail"].as_str().unwrap().contains("five minutes"));
    }
    assert_eq!(feeds.send_signed(Message::of(&accepted()), &key, now - 300).await.status, 200);
    let request = Request::post("/api/v1/feeds/county/milestones").header(ID, "a").header(TIMESTAMP, now);
    let request = request.header(SIGNATURE, signed("a", now, b"{}", &key)).header("content-type", SINGLE);
    let answered = feeds.server.send(request.body(reviewed().to_string().into()).unwrap()).await;
    assert_eq!(answered.status, 401);
    assert_eq!(feeds.stage().await, (Some(Stage::Accepted), 1));
}

#[tokio::test]
async fn while_its_key_is_replaced_a_feed_may_sign_with_either() {
    let feeds = Feeds::start().await;
    let (store, now) = (&feeds.server.app.store, moment(NOW));
    let county = feed::by_name(&store.read(), "county").await.unwrap().unwrap();
    let rotated = feed::rotate(store, entry("rotate"), county.id, &[9; 32], Former::StandADay).await;
    assert_eq!(rotated.unwrap(), Rotated::Done(vec![Moment::from_millis(now.millis() + OVERLAP_MILLIS)]));
    let seconds = now.millis() / 1_000;
    assert_eq!(feeds.send_signed(Message::of(&accepted()), &[9; 32], seconds).await.status, 200);
    assert_eq!(feeds.send_signed(Message::of(&accepted()), &key("county"), seconds).await.status, 200);
    assert_eq!(feeds.send_signed(Message::of(&accepted()), &[8; 32], seconds).await.status, 401);
    // A second change does not cut off who still signs with the first key; after a leak nobody else is believed.
    feed::rotate(store, entry("rotate"), county.id, &[7; 32], Former::StandADay).await.unwrap();
    for key in [&key("county")[..], &[9; 32], &[7; 32]] {
        assert_eq!(feeds.send_signed(Message::of(&accepted()), key, seconds).await.status, 200);
    }
    feed::rotate(store, entry("leaked"), county.id, &[6; 32], Former::EndNow).await.unwrap();
    for key in [&key("county")[..], &[9; 32], &[7; 32]] {
        assert_eq!(feeds.send_signed(Message::of(&accepted()), key, seconds).await.status, 401);
    }
    assert_eq!(feeds.send_signed(Message::of(&accepted()), &[6; 32], seconds).await.status, 200);
}

#[tokio::test]
async fn what_is_too_large_or_of_another_type_is_refused() {
    let feeds = Feeds::start().await;
    let kind = |kind: &str, body: Vec<u8>| {
        Message::to("POST", "county", "milestones").with("content-type", kind).saying(body)
    };
    let many = |count: usize| Message::of(&Value::from(vec![json!(1); count]));
    let padded = [accepted().to_string().into_bytes(), vec![b' '; 1 << 20]].concat();
    let refused = [
        (kind(SINGLE, padded), 413, "/problems/too-large"),
        (many(1_001), 413, "/problems/too-large"),
        (kind("application/json", accepted().to_string().into()), 415, "/problems/unsupported-media-type"),
        (kind("text/plain", b"x".to_vec()), 415, "/problems/unsupported-media-type"),
        (kind(SINGLE, b"{".to_vec()), 400, "/problems/malformed"),
        (kind(BATCH, b"{}".to_vec()), 400, "/problems/malformed"),
    ];
    for (message, status, kind) in refused {
        let answered = feeds.send(message).await;
        assert_eq!((answered.status.as_u16(), answered.json()["type"].as_str()), (status, Some(kind)));
    }
    assert_eq!(feeds.send(many(1_000)).await.status, 207);
    assert!(feeds.applications().await.is_empty());
}

#[tokio::test]
async fn a_feed_that_sends_too_often_waits_and_others_do_not() {
    let server = Server::start_with(|config| config.limits.feed_messages_per_minute = 2).await;
    let feeds = Feeds::around(server).await;
    let answers = [feeds.report(accepted()).await.0, feeds.report(reviewed()).await.0];
    assert_eq!(answers, [200, 200]);
    // Who cannot sign spends nobody's budget.
    let stranger = Message::to("POST", "centre", "milestones").with("content-type", SINGLE);
    for _ in 0..5 {
        let answered = feeds.send_signed(stranger.clone(), &[7; 32], moment(NOW).millis() / 1_000).await;
        assert_eq!(answered.status, 401);
    }
    let answered = feeds.send(Message::of(&step("E-3", "20", "2026-01-12"))).await;
    assert_eq!(answered.status, 429);
    assert!((1..=31).contains(&answered.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(feeds.stage().await, (Some(Stage::Signed), 2));
    assert_eq!(feeds.send(stranger.saying(accepted().to_string())).await.status, 200);
}
