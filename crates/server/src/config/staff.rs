//! Where staff sign in: `[staff]`.

use super::ConfigError;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Where staff sign in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// The host name of the pages of staff, such as `staff.example.org`. With it they answer under this name alone, and
    /// the pages of citizens under every other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The origin of the pages as browsers write it, such as `https://staff.example.org:8443`; without it the host name
    /// over HTTPS, and without that http://localhost, to try it on one machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The name that passkeys are bound to (the RP ID of W3C Web Authentication): the origin's host name or a domain it
    /// lies in. Passkeys made for one name are of no use under another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passkeys_for: Option<String>,
}

/// What a server that listens on this machine alone is called here.
const LOCAL: &str = "localhost";

impl Staff {
    /// Whether this is for trying on one machine: any port of localhost is the same then.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host.is_none() && self.origin.is_none()
    }

    /// The origin of the pages.
    #[must_use]
    pub fn origin(&self, listen: SocketAddr) -> String {
        match (&self.origin, &self.host) {
            (Some(origin), _) => origin.clone(),
            (None, Some(host)) => format!("https://{host}"),
            (None, None) => format!("http://{LOCAL}:{}", listen.port()),
        }
    }

    /// The name that passkeys are bound to.
    #[must_use]
    pub fn passkeys_for(&self, listen: SocketAddr) -> String {
        self.passkeys_for.clone().unwrap_or_else(|| {
            let origin = self.origin(listen);
            let host = origin.split_once("://").map_or(origin.as_str(), |(_, rest)| rest);
            host.split([':', '/']).next().unwrap_or_default().to_owned()
        })
    }

    /// What does not fit.
    pub(super) fn fault(&self) -> Option<ConfigError> {
        let is_name = |name: &str| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
            !name.is_empty() && name.chars().all(plain)
        };
        let wrong = [&self.host, &self.passkeys_for].into_iter().flatten().find(|name| !is_name(name));
        wrong.map(|name| {
            ConfigError::Staff(format!("{name:?} is no host name in small letters, without a port"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8080))
    }

    #[test]
    fn without_settings_it_is_tried_on_one_machine() {
        let staff = Staff::default();
        assert!(staff.is_local());
        assert_eq!(staff.origin(listen()), "http://localhost:8080");
        assert_eq!(staff.passkeys_for(listen()), "localhost");
    }

    #[test]
    fn a_host_name_is_origin_and_name_of_the_passkeys() {
        let staff = Staff { host: Some("staff.example.org".to_owned()), ..Staff::default() };
        assert_eq!(staff.origin(listen()), "https://staff.example.org");
        assert_eq!(staff.passkeys_for(listen()), "staff.example.org");
        let port = Staff { origin: Some("https://staff.example.org:8443".to_owned()), ..staff };
        assert_eq!(port.passkeys_for(listen()), "staff.example.org");
    }

    #[test]
    fn a_host_with_a_port_or_a_scheme_is_refused() {
        for wrong in ["staff.example.org:443", "https://staff.example.org", "", "Staff.example.org"] {
            let staff = Staff { host: Some(wrong.to_owned()), ..Staff::default() };
            assert!(staff.fault().is_some(), "{wrong}");
        }
    }
}
