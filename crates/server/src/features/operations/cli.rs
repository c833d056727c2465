//! `jindu serve`: the server's life from listening to the last answer.

use super::http::parting;
use crate::app::{App, Failed};
use crate::config::Config;
use crate::router;
use axum::middleware::map_response_with_state;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use web::{BodyLimit, Crowd, Edge, Limits};

/// How often samples of the meters are folded together and quiet sources forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// A server that listens but does not answer yet.
pub struct Listening {
    listener: TcpListener,
    app: Arc<App>,
    config: Config,
    bench: bool,
}

impl Listening {
    /// Listens at the configured address.
    ///
    /// # Errors
    /// Names the address that cannot be had.
    pub async fn at(app: Arc<App>, config: &Config, bench: bool) -> Result<Self, Failed> {
        let address = config.listen;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| format!("cannot listen at {address}: {error}"))?;
        Ok(Self { listener, app, config: config.clone(), bench })
    }

    /// Where it listens; the port is known even if the configuration left it open.
    ///
    /// # Errors
    /// Fails when the system does not say.
    pub fn address(&self) -> Result<SocketAddr, Failed> {
        Ok(self.listener.local_addr()?)
    }

    /// Answers until it is told to stop (SIGTERM, Ctrl-C); requests under way get their answer.
    ///
    /// # Errors
    /// Fails when the router or the signals cannot be set up.
    pub async fn serve(self) -> Result<(), Failed> {
        let (routes, _) = router::routes(Arc::clone(&self.app));
        let routes = if self.bench { router::with_bench(routes) } else { routes };
        let limits = &self.config.limits;
        let edge = Edge {
            json: router::JSON,
            demonstration: self.app.demonstration() == domain::number::Demonstration::Accepted,
            body: BodyLimit { time: Duration::from_secs(limits.body_seconds), ..BodyLimit::default() },
            seed: seed()?,
            trusted_origins: Vec::new(),
        };
        let app = Arc::clone(&self.app);
        let tidying = tokio::spawn(async move {
            loop {
                tokio::time::sleep(TIDY_EVERY).await;
                app.meters.tidy();
                app.limit.tidy();
                app.feeds.tidy();
            }
        });
        let crowd = Crowd::new(limits.connections_per_source, self.config.trusted_proxies.clone());
        let limits = Limits {
            connections: limits.connections,
            header: Duration::from_secs(limits.header_seconds),
            write_stall: Duration::from_secs(limits.write_stall_seconds),
            drain: Duration::from_secs(limits.drain_seconds),
        };
        let routes = edge.wrap(routes)?.layer(map_response_with_state(Arc::clone(&self.app), parting));
        let stop = left(Arc::clone(&self.app), Duration::from_secs(self.config.limits.leave_seconds))?;
        web::serve(self.listener, routes, limits, crowd, stop).await?;
        tidying.abort();
        tracing::info!("stopped; requests under way got their answer");
        Ok(())
    }
}

/// Waits until the process is told to stop, and then until who sends requests here has seen that it is not ready any
/// more. Told a second time it waits no longer; a server that is alone on its database has nobody to send them to.
fn left(app: Arc<App>, time: Duration) -> Result<impl Future<Output = ()>, Failed> {
    let told = told_to_stop()?;
    Ok(async move {
        told.await;
        app.leaves.store(true, Ordering::Relaxed);
        if app.store.is_shared() && !time.is_zero() {
            tracing::info!(seconds = time.as_secs(), "not ready any more; still answering");
            // Who listens from now on hears the second signal only.
            if let Ok(again) = told_to_stop() {
                let _ = tokio::time::timeout(time, again).await;
            }
        }
    })
}

/// Waits until the process is told to stop (SIGTERM, Ctrl-C).
///
/// # Errors
/// Fails when the system does not let us listen for signals.
pub fn told_to_stop() -> Result<impl Future<Output = ()>, Failed> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The first half of every request id.
fn seed() -> Result<u64, Failed> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system gave no random bytes")?;
    Ok(u64::from_le_bytes(bytes))
}
