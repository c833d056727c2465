//! The accept loop: HTTP/1.1 with a limit on everything that a slow or greedy peer could hold.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::context::Peer;
use crate::crowd::Crowd;
use crate::stall::Steady;

/// What a connection may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait in the system's queue.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may idle between requests.
    pub header: Duration,
    /// How long a reply may wait for a peer that takes nothing.
    pub write_stall: Duration,
    /// How long requests under way may go on after the shutdown has begun.
    pub drain: Duration,
}

impl Default for Limits {
    /// 10,000 connections, 5 s for a head, 15 s for a stalled write, 30 s to drain.
    fn default() -> Self {
        Self {
            connections: 10_000,
            header: Duration::from_secs(5),
            write_stall: Duration::from_secs(15),
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves `router` until `shutdown` is ready, then lets requests under way finish within `limits.drain`.
///
/// # Errors
/// The listener's own address cannot be read, that is, it is no listener at all; a failed accept is retried.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    crowd: Crowd,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    // Makes every route ready once; otherwise axum would do it for every request.
    let router = router.with_state(());
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, slot) = accept(&listener, &slots) => {
                // Whoever holds as many as one may is hung up on, and holds nobody else up.
                let Some(place) = crowd.admit(peer.ip()) else { continue };
                let service = Routed { router: router.clone(), peer };
                let connection = connection(&limits).serve_connection(io_of(stream, limits), service);
                let watched = graceful.watch(connection);
                connections.spawn(async move {
                    // A broken connection is the peer's business: it gets no line in the log.
                    let _ = watched.await;
                    drop((slot, place));
                });
            }
        }
    }
    drop(listener);
    if timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "closed connections that were still busy");
    }
    connections.shutdown().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so that there is always a permit.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                // Out of file descriptors or memory: connections that end will free some.
                tracing::error!(%error, "cannot accept connections");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn connection(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header).max_buf_size(64 * 1024);
    builder
}

fn io_of(stream: TcpStream, limits: Limits) -> TokioIo<Steady<TcpStream>> {
    // Answers are small and written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    TokioIo::new(Steady::new(stream, limits.write_stall))
}

/// The router as seen from one connection.
struct Routed {
    router: Router,
    peer: SocketAddr,
}

impl hyper::service::Service<Request<Incoming>> for Routed {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(self.peer));
        tower::Service::call(&mut self.router.clone(), request)
    }
}
