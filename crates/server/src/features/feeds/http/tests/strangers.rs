//! What strangers cost: sources that fail wait, and what nobody signed yet takes a bounded room.

use super::*;
use std::time::Duration;

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
            assert!((58..=60).contains(&answered.header("retry-after").parse::<u32>().unwrap()));
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
async fn what_has_no_signature_or_an_old_one_counts_as_a_failure() {
    let feeds = Feeds::start().await;
    for attempt in 0..31 {
        let message = Message::of(&accepted()).from(STRANGER);
        let (seconds, request) =
            (moment(NOW).millis() / 1_000, Request::post("/api/v1/feeds/county/milestones"));
        let answered = match attempt % 2 {
            0 => feeds.server.send_from(STRANGER, request.body(Body::empty()).unwrap()).await,
            _ => feeds.send_signed(message, &key("county"), seconds - 301).await,
        };
        assert_eq!(answered.status, 401);
    }
    assert_eq!(feeds.send(Message::of(&accepted()).from(STRANGER)).await.status, 429);
}

/// A message of which one piece comes, and the rest does not.
fn trickled(address: &str, piece: Vec<u8>) -> Request<Body> {
    use futures_util::StreamExt as _;
    let pieces =
        futures_util::stream::iter([Ok::<_, std::io::Error>(piece)]).chain(futures_util::stream::pending());
    let request = Request::post(address).header(ID, "t").header(TIMESTAMP, moment(NOW).millis() / 1_000);
    request
        .header(SIGNATURE, "v1,AAAA")
        .header("content-type", SINGLE)
        .body(Body::from_stream(pieces))
        .unwrap()
}

/// What others need to get as far as they get: the embedded database never lets them wait, a server does.
const UNDER_WAY: Duration = Duration::from_millis(1500);

/// Answers as long as the others are under way: they are polled first, and never end.
async fn beside<T>(trickled: Vec<impl Future<Output = Answered>>, then: impl Future<Output = T>) -> T {
    let others = futures_util::future::join_all(trickled);
    let then = async {
        if std::env::var_os("TEST_POSTGRES").is_some() {
            tokio::time::sleep(UNDER_WAY).await;
        }
        then.await
    };
    tokio::select! {
        biased;
        _ = others => panic!("what trickles does not end"),
        answered = then => answered,
    }
}

#[tokio::test]
async fn who_trickles_messages_holds_a_few_places_and_no_others() {
    let feeds = Feeds::start().await;
    let trickle = |_| {
        let request = trickled("/api/v1/feeds/county/milestones", vec![b' '; 700 << 10]);
        feeds.server.send_from(STRANGER, request)
    };
    // Of eight, five have all the room of one source: the others are sent away, and give their places back.
    beside((0..5).map(trickle).collect(), async {
        let answered = feeds.send(Message::of(&accepted()).from("203.0.113.8:1")).await;
        assert_eq!(answered.status, 200);
        let large = Message::of(&accepted()).saying(vec![b' '; 700 << 10]).from(STRANGER);
        assert_eq!(feeds.send(large).await.status, 503);
    })
    .await;
    let small = |_| feeds.server.send_from(STRANGER, trickled("/api/v1/feeds/county/milestones", vec![b' ']));
    beside((0..8).map(small).collect(), async {
        let answered = feeds.send(Message::of(&accepted()).from(STRANGER)).await;
        assert_eq!((answered.status.as_u16(), answered.header("retry-after")), (503, "1"));
        assert_eq!(feeds.send(Message::of(&accepted()).from("203.0.113.8:1")).await.status, 200);
    })
    .await;
    assert_eq!(feeds.send(Message::of(&accepted()).from(STRANGER)).await.status, 200);
}

#[tokio::test]
async fn of_one_source_one_file_comes_at_a_time_whoever_it_names() {
    let feeds = Feeds::start().await;
    for named in ["county", "nobody"] {
        let address = format!("/api/v1/feeds/{named}/files");
        let first = feeds.server.send_from(STRANGER, trickled(&address, vec![b'x']));
        let (county, nobody) = beside(vec![first], async {
            let send = async |feed: &str, peer| {
                let file = Message::to("POST", feed, "files").with("content-type", "text/csv").saying("x");
                feeds.send(file.from(peer)).await.status.as_u16()
            };
            let of_source = [send("county", STRANGER).await, send("nobody", STRANGER).await];
            assert_eq!(of_source, [503; 2], "{named}");
            (send("county", "203.0.113.8:1").await, send("nobody", "203.0.113.9:1").await)
        })
        .await;
        assert_eq!((county, nobody), (422, 401), "{named}");
    }
}

#[tokio::test]
async fn while_all_places_of_files_are_held_nobody_learns_which_feeds_there_are() {
    let feeds = Feeds::start().await;
    let peers = ["203.0.113.1:1", "203.0.113.2:1", "203.0.113.3:1", "203.0.113.4:1"];
    let trickle = |peer| feeds.server.send_from(peer, trickled("/api/v1/feeds/nobody/files", vec![b'x']));
    let told = beside(peers.map(trickle).into(), async {
        let mut told = Vec::new();
        for feed in ["county", "nobody"] {
            let file = Message::to("POST", feed, "files").with("content-type", "text/csv").saying("x");
            told.push(failed(&feeds, file.from("203.0.113.9:1")).await.status.as_u16());
        }
        told
    })
    .await;
    assert_eq!(told, [503; 2]);
}

#[tokio::test]
async fn messages_wait_while_too_many_are_received_whose_sender_is_not_known() {
    let feeds = Feeds::start().await;
    let trickle = |source: usize| {
        let peer: &'static str = format!("203.0.113.{}:1", source / 4).leak();
        let request = trickled("/api/v1/feeds/county/milestones", vec![b' '; 1 << 20]);
        feeds.server.send_from(peer, request)
    };
    beside((0..64).map(trickle).collect(), async {
        for feed in ["county", "nobody"] {
            let message = Message::to("POST", feed, "milestones").with("content-type", SINGLE);
            let answered = feeds.send(message.saying(accepted().to_string())).await;
            assert_eq!((answered.status.as_u16(), answered.header("retry-after")), (503, "1"), "{feed}");
        }
    })
    .await;
    // The room is given back when they are gone.
    assert_eq!(feeds.send(Message::of(&accepted())).await.status, 200);
}
