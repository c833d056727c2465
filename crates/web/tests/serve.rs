//! What a slow, greedy or broken peer can hold: no more than the limits, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use web::Crowd;
use web::{BodyLimit, Context, Edge, Failure, Input, Limits, Reply};

const SHORT: Limits = Limits {
    connections: 100,
    header: Duration::from_millis(200),
    write_stall: Duration::from_millis(200),
    drain: Duration::from_millis(500),
};

struct Service {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<()>>,
}

async fn start(limits: Limits) -> Service {
    let read = |_: Input<serde_json::Value>| async { Reply::json(&"read") };
    let peer = |context: Context| async move { Reply::json(&context.peer.map(|peer| peer.ip().to_string())) };
    let slow = || async {
        sleep(Duration::from_millis(300)).await;
        "slow"
    };
    let router = Router::new()
        .route("/api/peer", get(peer))
        .route("/api/read", post(read))
        .route("/api/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/api/slow", get(slow))
        .route("/api/never", get(|| async { sleep(Duration::from_secs(600)).await }));
    let edge = Edge {
        json: &["/api/"],
        demonstration: false,
        body: BodyLimit { bytes: 1024, time: Duration::from_millis(200) },
        seed: 1,
        trusted_origins: Vec::new(),
    };
    let router = edge.wrap(router).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or_default() };
    let done = tokio::spawn(web::serve(listener, router, limits, Crowd::new(usize::MAX, []), shutdown));
    Service { address, stop, done }
}

impl Service {
    async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn ask(&self, request: &str) -> String {
        rest(self.send(request).await).await
    }
}

/// Everything until the service closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn the_handler_knows_the_peer() {
    let service = start(SHORT).await;
    let reply = service.ask("GET /api/peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(reply.ends_with("\"127.0.0.1\""), "{reply}");
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let service = start(SHORT).await;
    let one = "GET /api/peer HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /api/peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let reply = service.ask(&format!("{one}{one}{last}")).await;
    assert_eq!(reply.matches("HTTP/1.1 200").count(), 3, "{reply}");
}

#[tokio::test]
async fn a_head_that_does_not_come_closes_the_connection() {
    let service = start(SHORT).await;
    for begun in ["", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let since = Instant::now();
        service.ask(begun).await;
        assert!(since.elapsed() < Duration::from_secs(2), "{begun}");
    }
}

#[tokio::test]
async fn a_head_that_drips_closes_the_connection() {
    let service = start(SHORT).await;
    let mut stream = service.send("GET / HTTP/1.1\r\n").await;
    let since = Instant::now();
    while stream.write_all(b"X-A: b\r\n").await.is_ok() {
        assert!(since.elapsed() < Duration::from_secs(5));
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_refused() {
    let service = start(SHORT).await;
    let head =
        "POST /api/read HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{";
    let reply = service.ask(head).await;
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
    assert!(reply.contains("/problems/timed-out"), "{reply}");
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let service = start(SHORT).await;
    let head = "POST /api/read HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("800\r\n{}\r\n", "x".repeat(0x800));
    let reply = service.ask(&format!("{head}{chunk}")).await;
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_dropped() {
    let service = start(SHORT).await;
    let mut stream = service.send("GET /api/large HTTP/1.1\r\nHost: x\r\n\r\n").await;
    sleep(Duration::from_millis(800)).await;
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.unwrap();
    assert!(bytes.len() < 64 << 20, "the reply broke off");
}

#[tokio::test]
async fn more_connections_than_allowed_wait_their_turn() {
    let service = start(Limits { connections: 2, header: Duration::from_millis(700), ..SHORT }).await;
    let (_one, _two) = (service.send("").await, service.send("").await);
    sleep(Duration::from_millis(100)).await;
    let since = Instant::now();
    let reply = service.ask("GET /api/peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(since.elapsed() > Duration::from_millis(300), "served while all places were taken");
}

#[tokio::test]
async fn slow_peers_do_not_delay_honest_ones() {
    let service = start(SHORT).await;
    let mut slow = Vec::new();
    for _ in 0..60 {
        slow.push(service.send("GET / HTTP/1.1\r\nX: ").await);
    }
    let since = Instant::now();
    let reply = service.ask("GET /api/peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(since.elapsed() < Duration::from_millis(200));
}

#[tokio::test]
async fn a_shutdown_lets_requests_finish_and_accepts_no_more() {
    let service = start(SHORT).await;
    let busy = service.send("GET /api/slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    sleep(Duration::from_millis(50)).await;
    service.stop.send(()).unwrap();
    let reply = rest(busy).await;
    assert!(reply.ends_with("slow"), "{reply}");
    service.done.await.unwrap().unwrap();
    assert!(TcpStream::connect(service.address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let service = start(SHORT).await;
    let busy = service.send("GET /api/never HTTP/1.1\r\nHost: x\r\n\r\n").await;
    sleep(Duration::from_millis(50)).await;
    let since = Instant::now();
    service.stop.send(()).unwrap();
    service.done.await.unwrap().unwrap();
    assert!(since.elapsed() < Duration::from_secs(3));
    assert_eq!(rest(busy).await, "");
}

#[tokio::test]
async fn nonsense_is_answered_and_forgotten() {
    let service = start(SHORT).await;
    for nonsense in
        ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}hello", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        service.ask(nonsense).await;
    }
    let reply = service.ask("GET /api/peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

/// A handler's failure type is what the routes above return.
#[test]
fn failures_and_replies_are_responses() {
    fn is_response<T: axum::response::IntoResponse>() {}
    is_response::<Result<Reply, Failure>>();
}
