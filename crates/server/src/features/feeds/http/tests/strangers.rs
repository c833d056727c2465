//! What strangers cost: sources that fail wait, and what nobody signed yet takes a bounded room.

use super::*;

const STRANGER: &str = "203.0.113.7:40000";

async fn failed(feeds: &Feeds, message: Message) -> Answered {
    feeds.send_signed(message, &[7; 32], moment(NOW).millis() / 1_000).await
}

#[tokio::test]
async fn a_source_whose_signatures_fail_waits_and_others_do_not() {
    let feeds = Feeds::start().await;
    let stranger = Message::of(&accepted()).from(STRANGER);
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let answered = failed(&feeds, stranger.clone()).await;
        statuses.push(answered.status.as_u16());
        if answered.status == 429 {
            assert!((1..=3).contains(&answered.header("retry-after").parse::<u32>().unwrap()));
        }
    }
    assert!(statuses[..30].iter().all(|status| *status == 401), "{statuses:?}");
    assert!(statuses[31..].contains(&429), "{statuses:?}");
    // Nothing of what a source sends is read while it waits: not even a right signature helps.
    assert_eq!(feeds.send(stranger.clone()).await.status, 429);
    let other = Message::of(&accepted()).from("203.0.113.8:40000");
    assert_eq!(feeds.send(other).await.status, 200);
}

#[tokio::test]
async fn what_is_signed_rightly_never_counts_as_a_failure() {
    let feeds = Feeds::start().await;
    for _ in 0..100 {
        assert_eq!(feeds.send(Message::of(&accepted()).from(STRANGER)).await.status, 200);
    }
}

#[tokio::test]
async fn what_does_not_come_whole_counts_as_a_failure() {
    let feeds = Feeds::start().await;
    let large = Message::of(&accepted()).saying(vec![b' '; (1 << 20) + 1]).from(STRANGER);
    for _ in 0..31 {
        assert_eq!(feeds.send(large.clone()).await.status, 413);
    }
    assert_eq!(feeds.send(large).await.status, 429);
}

#[tokio::test]
async fn messages_wait_while_too_many_are_received_whose_sender_is_not_known() {
    let feeds = Feeds::start().await;
    let taken: Vec<_> = std::iter::from_fn(|| feeds.server.app.feeds.room(1 << 20)).collect();
    for feed in ["county", "nobody"] {
        let message = Message::to("POST", feed, "milestones").with("content-type", SINGLE);
        let answered = feeds.send(message.saying(accepted().to_string())).await;
        assert_eq!((answered.status.as_u16(), answered.header("retry-after")), (503, "1"), "{feed}");
    }
    drop(taken);
    assert_eq!(feeds.send(Message::of(&accepted())).await.status, 200);
    // The room is given back when the signature is known, whatever it is.
    failed(&feeds, Message::of(&accepted())).await;
    let free: Vec<_> = std::iter::from_fn(|| feeds.server.app.feeds.room(1 << 20)).collect();
    assert_eq!(free.len(), 64);
}
