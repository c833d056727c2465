//! How commands ask a server.

use std::sync::Arc;
use std::time::Duration;
use ureq::tls::TlsConfig;

/// A client that waits so long, and takes every status for an answer.
pub(crate) fn agent(patience: Duration) -> ureq::Agent {
    let cryptography = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(cryptography).build();
    let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(patience));
    agent.tls_config(tls).build().into()
}
