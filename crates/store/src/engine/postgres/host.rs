//! Where the database is, and how it is reached.

use crate::error::{Result, StoreError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long what was sent may stay unconfirmed before the connection counts as dead.
const UNCONFIRMED: Duration = Duration::from_secs(3);
/// After so long without a word a connection is tried out, and then every second.
const SILENCE: Duration = Duration::from_secs(2);
/// What every session is told. A server that lost its client in the middle of a change lets go of the writers' lock
/// after 10 seconds, and one that waits for that lock looks each second whether its client is there. Nothing is
/// cancelled at the server, whatever the role's own settings say: a commit that is cancelled while it waits for a
/// standby says that it went well. Statements are planned once, for whatever values: planning them over all partitions
/// takes four times as long as running them. All that matter go by an index; a plan that suits tables of today, which
/// are empty, would walk those of tomorrow.
const SETTINGS: &str = "-c idle_in_transaction_session_timeout=10s -c tcp_keepalives_idle=2 \
                        -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 -c tcp_user_timeout=5s \
                        -c client_connection_check_interval=1s -c statement_timeout=0 -c lock_timeout=0 \
                        -c default_transaction_isolation=read\\ committed \
                        -c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off \
                        -c enable_hashjoin=off -c enable_mergejoin=off";

/// A PostgreSQL database: `postgres://user@host1,host2/name`.
#[derive(Clone)]
pub struct Server {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Server {
    /// Reads an address. A password stands in a file; `roots` are certificates (PEM) instead of the system's.
    ///
    /// # Errors
    /// Refuses an address that does not read, that holds a password, or that would send people in the open.
    pub fn parse(address: &str, password: Option<&Path>, roots: Option<&Path>) -> Result<Self> {
        let refused = |why: &str| StoreError::Address(why.to_owned());
        // Whatever is encrypted is verified in full: the words of other clients for that mean the same here.
        let address = address.replace("sslmode=verify-full", "sslmode=require");
        let address = address.replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = address.parse().map_err(|_| {
            refused("it does not read; write postgres://user@host/name, and hosts with commas between them")
        })?;
        if config.get_password().is_some() {
            return Err(refused(
                "it holds a password; write that into a file and name it as database_password_file",
            ));
        }
        if config.get_dbname().is_none() || config.get_user().is_none() {
            return Err(refused("it names no user or no database"));
        }
        if !config.get_hostaddrs().is_empty() {
            return Err(refused("it holds hostaddr; name the hosts"));
        }
        match (config.get_hosts().iter().all(is_here), config.get_ssl_mode()) {
            (true, SslMode::Prefer) => config.ssl_mode(SslMode::Disable),
            (true, _) => &mut config,
            (false, SslMode::Disable) => return Err(refused("it would send people's data in the open")),
            (false, _) => config.ssl_mode(SslMode::Require),
        };
        if let Some(path) = password {
            let mode = std::fs::metadata(path).map_err(crate::error::at(path))?.permissions().mode();
            if mode & 0o007 != 0 {
                let path = path.display();
                return Err(refused(&format!(
                    "everybody on this machine may use {path}, which holds its password; run `chmod o= {path}`"
                )));
            }
            let text = std::fs::read_to_string(path).map_err(crate::error::at(path))?;
            config.password(text.trim_end_matches(['\r', '\n']));
        }
        let options = config.get_options().map_or(SETTINGS.to_owned(), |more| format!("{SETTINGS} {more}"));
        config
            .options(options)
            .application_name("jindu")
            .tcp_user_timeout(UNCONFIRMED)
            .keepalives_idle(SILENCE)
            .keepalives_interval(Duration::from_secs(1))
            .keepalives_retries(3)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { tls: tls(roots, config.get_ssl_mode())?, config })
    }

    /// The database and where it is, for people.
    pub(crate) fn place(&self) -> String {
        format!("{:?} on {}", self.config.get_dbname().unwrap_or_default(), self.hosts())
    }

    /// Its hosts and their ports, for people.
    pub(super) fn hosts(&self) -> String {
        let port = |place: usize| {
            let ports = self.config.get_ports();
            ports.get(place).or(ports.first()).copied().unwrap_or(5432)
        };
        let host = |(place, host): (usize, &Host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(place)),
            Host::Unix(path) => format!("{} (port {})", path.display(), port(place)),
        };
        self.config.get_hosts().iter().enumerate().map(host).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn config(&self) -> Config {
        self.config.clone()
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// TLS as the server's certificate proves it. Where no connection is encrypted no certificate is read.
fn tls(roots: Option<&Path>, mode: SslMode) -> Result<MakeRustlsConnect> {
    let mut trusted = RootCertStore::empty();
    if let Some(path) = roots {
        let none = || StoreError::Address(format!("{} holds no certificates (PEM)", path.display()));
        let unreadable = |error| match error {
            pem::Error::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                StoreError::Address(format!("database_root_certificates {} does not exist", path.display()))
            }
            pem::Error::Io(error) => crate::error::at(path)(error),
            _ => none(),
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
            trusted
                .add(certificate.map_err(unreadable)?)
                .map_err(|error| StoreError::Address(error.to_string()))?;
        }
        if trusted.is_empty() {
            return Err(none());
        }
    } else if mode != SslMode::Disable {
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Address(error.to_string()))?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_or_refused_with_its_reason() {
        let fault = |address| Server::parse(address, None, None).err().map(|error| error.to_string());
        for good in [
            "postgres://jindu@127.0.0.1/jindu",
            "postgres://jindu@localhost:5433,127.0.0.1:5434/jindu?target_session_attrs=read-write",
            "postgres://jindu@/jindu?host=/run/postgresql",
            "postgres://jindu@db1.example.org,db2.example.org/jindu?sslmode=require",
            "postgres://jindu@db1.example.org/jindu",
            "postgres://jindu@db1.example.org/jindu?sslmode=verify-full",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, why) in [
            ("postgres://jindu:canary@127.0.0.1/jindu", "password"),
            ("postgres://db1.example.org", "names no"),
            ("postgres://jindu@db1.example.org/jindu?sslmode=disable", "in the open"),
            ("postgres://jindu@127.0.0.1/jindu?bogus=1", "does not read"),
            ("postgres://jindu@localhost/jindu?hostaddr=10.0.0.5", "hostaddr"),
        ] {
            let fault = fault(bad).unwrap();
            assert!(fault.contains(why) && !fault.contains("canary"), "{fault}");
        }
    }

    #[test]
    fn hosts_are_named_with_their_ports() {
        let hosts = |address| Server::parse(address, None, None).unwrap().hosts();
        assert_eq!(hosts("postgres://jindu@127.0.0.1/jindu"), "127.0.0.1:5432");
        assert_eq!(
            hosts("postgres://jindu@localhost:5433,127.0.0.1:5434/jindu"),
            "localhost:5433, 127.0.0.1:5434"
        );
        assert_eq!(hosts("postgres://jindu@/jindu?host=/run/postgresql"), "/run/postgresql (port 5432)");
    }

    #[test]
    fn a_password_that_everybody_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "canary\n").unwrap();
        for (mode, is_refused) in [(0o644, true), (0o642, true), (0o640, false), (0o600, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let parsed = Server::parse("postgres://jindu@127.0.0.1/jindu", Some(&path), None);
            let said = parsed.err().map(|error| error.to_string());
            assert_eq!(said.is_some(), is_refused, "{mode:o}");
            assert!(said.is_none_or(|said| said.contains("chmod o=") && !said.contains("canary")));
        }
    }

    #[test]
    fn certificates_that_are_not_there_are_told_from_such_as_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let said = |path: &Path| {
            let parsed = Server::parse("postgres://jindu@db1.example.org/jindu", None, Some(path));
            parsed.err().unwrap().to_string()
        };
        let path = folder.path().join("database-ca.pem");
        assert!(said(&path).ends_with("database-ca.pem does not exist"), "{}", said(&path));
        for no_certificate in ["", "no certificate\n", "-----BEGIN CERTIFICATE-----\n!\n"] {
            std::fs::write(&path, no_certificate).unwrap();
            assert!(said(&path).ends_with("database-ca.pem holds no certificates (PEM)"), "{}", said(&path));
        }
        assert!(matches!(
            Server::parse("postgres://jindu@db1.example.org/jindu", None, Some(folder.path())).err(),
            Some(StoreError::File { .. })
        ));
    }

    #[test]
    fn what_goes_to_another_machine_is_encrypted() {
        let mode = |address| Server::parse(address, None, None).unwrap().config.get_ssl_mode();
        assert_eq!(mode("postgres://jindu@db1.example.org/jindu"), SslMode::Require);
        assert_eq!(mode("postgres://jindu@localhost,db1.example.org/jindu"), SslMode::Require);
        assert_eq!(mode("postgres://jindu@localhost/jindu"), SslMode::Disable);
        assert_eq!(mode("postgres://jindu@localhost/jindu?sslmode=require"), SslMode::Require);
    }
}
