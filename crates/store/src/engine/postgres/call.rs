//! Calling the hosts of a database.

use super::host::Server;
use crate::error::StoreError;
use deadpool_postgres::Connect;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one host may take to answer a call and greet: three of them are called within the deadline of a read.
const CONNECT: Duration = Duration::from_millis(900);

/// Calls the hosts of a database one after another until one takes changes.
pub(super) struct Caller {
    hosts: Vec<Config>,
    tls: MakeRustlsConnect,
}

/// A connection on its way: who asks over it, and the task that carries it.
type Called = Result<(Client, JoinHandle<()>), Error>;

impl Caller {
    pub(super) fn of(server: &Server) -> Self {
        let config = server.config();
        let ports = config.get_ports();
        let port = |place: usize| ports.get(place).or(ports.first()).copied().unwrap_or(5432);
        let hosts = config.get_hosts().iter().enumerate();
        Self {
            hosts: hosts.map(|(place, host)| alone(&config, host, port(place))).collect(),
            tls: server.tls(),
        }
    }

    async fn call(&self) -> Called {
        let mut refused = None;
        for host in &self.hosts {
            // A host that is frozen takes the call and says nothing more: the whole greeting has its time.
            match timeout(CONNECT, host.connect(self.tls.clone())).await {
                Ok(Ok((client, connection))) => return Ok((client, tokio::spawn(carry(connection)))),
                Ok(Err(error)) => refused = Some(error),
                Err(_) => {}
            }
        }
        match refused {
            Some(error) => Err(error),
            // Nobody said a word: whoever asked knows how long to wait.
            None => std::future::pending().await,
        }
    }
}

impl Connect for Caller {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Called> + Send + '_>> {
        Box::pin(self.call())
    }
}

async fn carry(connection: impl Future<Output = Result<(), Error>>) {
    if let Err(error) = connection.await {
        tracing::warn!(error = &StoreError::from(error) as &dyn std::error::Error, "a connection ended");
    }
}

/// The same for one host alone.
fn alone(all: &Config, host: &Host, port: u16) -> Config {
    let mut config = Config::new();
    match host {
        Host::Tcp(name) => config.host(name),
        Host::Unix(path) => config.host_path(path),
    };
    all.get_user().map(|user| config.user(user));
    all.get_password().map(|password| config.password(password));
    all.get_dbname().map(|name| config.dbname(name));
    all.get_options().map(|options| config.options(options));
    all.get_application_name().map(|name| config.application_name(name));
    all.get_tcp_user_timeout().map(|time| config.tcp_user_timeout(*time));
    all.get_keepalives_interval().map(|time| config.keepalives_interval(time));
    all.get_keepalives_retries().map(|retries| config.keepalives_retries(retries));
    config
        .port(port)
        .keepalives_idle(all.get_keepalives_idle())
        .ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs());
    config
}
