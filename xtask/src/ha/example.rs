//! The example of `deploy/`, with this machine's addresses and folders instead of its own.

use std::fs;
use std::path::{Path, PathBuf};

use super::machines::MACHINES;
use crate::places;

/// What stands in every file for the addresses of the machines and for whoever may come from them.
const ADDRESSES: &str = "192.0.2.1";
/// What must not be left: it would name another machine, or a folder of this one that is not ours.
const FOREIGN: [&str; 5] = ["example.org", "192.0.2.", "/etc/jindu", "/var/lib/", "/run/patroni"];

/// Passwords of servers that live for minutes, on the loopback.
const PASSWORDS: [(&str, &str); 2] =
    [("PATRONI_SUPERUSER_PASSWORD", "trial-one"), ("PATRONI_REPLICATION_PASSWORD", "trial-two")];
/// The password of Jindu's role.
pub(super) const PASSWORD: &str = "trial-three";

/// Where the example is tried.
#[derive(Clone, Debug)]
pub(super) struct Example {
    folder: PathBuf,
    bin: PathBuf,
}

/// The address of a machine; machines count from 1.
pub(super) fn address(machine: usize) -> String {
    format!("127.0.0.1{machine}")
}

impl Example {
    /// In this folder, with PostgreSQL's programs in another.
    pub(super) fn new(folder: &Path, bin: &Path) -> Self {
        Self { folder: folder.to_path_buf(), bin: bin.to_path_buf() }
    }

    /// The data of a machine's PostgreSQL.
    pub(super) fn data(&self, machine: usize) -> PathBuf {
        self.of(machine, "")
    }

    /// Where a machine's PostgreSQL has its socket.
    pub(super) fn sockets(&self, machine: usize) -> PathBuf {
        self.of(machine, "-run")
    }

    /// The certificate of all, or the certificate or key of one.
    pub(super) fn tls(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What a machine's etcd and Patroni find in their environment.
    pub(super) fn environment(&self, machine: usize) -> Result<Vec<(String, String)>, String> {
        // The one file that differs between the machines: it is the first's as it stands.
        let own = read("node.env")?
            .replace("node1.example.org", &address(machine))
            .replace(&format!("{ADDRESSES}1"), &address(machine))
            .replace("node1", &format!("node{machine}"));
        let shared = self.adapted(machine, "etcd.env")?;
        let mut secrets = read("patroni-secrets.env")?;
        for (name, password) in PASSWORDS {
            let line = format!("{name}=");
            if !secrets.lines().any(|found| found == line) {
                return Err(format!("deploy/patroni-secrets.env has no {name} to fill"));
            }
            secrets = secrets.replace(&line, &format!("{line}{password}"));
        }
        let all = nothing_foreign("node.env", own)? + &shared + &secrets;
        let lines = all.lines().filter(|line| !line.starts_with('#'));
        Ok(lines
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect())
    }

    /// Patroni's configuration on a machine.
    pub(super) fn patroni(&self, machine: usize) -> Result<String, String> {
        self.adapted(machine, "patroni.yml")
    }

    /// Jindu's configuration; no citizen of it is real, and no feed too fast.
    pub(super) fn jindu(&self, data: &Path) -> Result<String, String> {
        let text = read("jindu.toml")?
            .replace("/var/lib/jindu", &data.to_string_lossy())
            .replace("/etc/jindu/database-password", &self.tls("password").to_string_lossy())
            .replace("/etc/jindu/database-ca.pem", &self.tls("ca.pem").to_string_lossy());
        let limits = "[limits]\nfeed_messages_per_minute = 1000000\nfeed_events_per_minute = 10000000\n";
        let text = elsewhere(&text).replace("[limits]\n", limits);
        // On the loopback nothing is encrypted unless it is asked for.
        let text = text.replace("=read-write\"", "=read-write&sslmode=require\"");
        nothing_foreign("jindu.toml", format!("demonstration = true\n{text}"))
    }

    fn adapted(&self, machine: usize, file: &str) -> Result<String, String> {
        let of = |what: &str| self.of(machine, what).to_string_lossy().into_owned();
        let tls = |name: &str| self.tls(name).to_string_lossy().into_owned();
        let mut text = read(file)?;
        for owner in ["etcd", "postgres"] {
            text = text.replace(&format!("/etc/jindu/{owner}-tls/ca.pem"), &tls("ca.pem"));
            text = text.replace(&format!("/etc/jindu/{owner}-tls/node."), &tls(&format!("node{machine}.")));
        }
        let text = elsewhere(&text)
            .replace("/var/lib/etcd/jindu", &of("-etcd"))
            .replace("/var/lib/postgresql/15/jindu", &of(""))
            .replace("/run/patroni", &of("-run"))
            .replace("/usr/lib/postgresql/15/bin", &self.bin.to_string_lossy())
            // What differs from the example besides names: three servers share one machine, and whoever runs them
            // need not be called postgres.
            .replace("shared_buffers: 2GB", "shared_buffers: 64MB")
            .replace("local all postgres peer", "local all postgres trust");
        nothing_foreign(file, text)
    }

    fn of(&self, machine: usize, what: &str) -> PathBuf {
        self.folder.join(format!("node{machine}{what}"))
    }
}

fn read(file: &str) -> Result<String, String> {
    let path = places::root().join("deploy").join(file);
    fs::read_to_string(&path).map_err(|reason| format!("{}: {reason}", path.display()))
}

/// The three machines by their addresses on the loopback; whoever calls them comes from anywhere there.
fn elsewhere(text: &str) -> String {
    (1..=MACHINES).fold(text.to_owned(), |text, machine| {
        text.replace(&format!("node{machine}.example.org"), &address(machine))
            .replace(&format!("{ADDRESSES}{machine}/32"), "127.0.0.0/8")
            .replace(&format!("{ADDRESSES}{machine}"), &address(machine))
    })
}

/// Refuses a text that still names what is not ours, in a line that counts.
fn nothing_foreign(file: &str, text: String) -> Result<String, String> {
    let left = |line: &&str| {
        !line.trim_start().starts_with('#') && FOREIGN.iter().any(|foreign| line.contains(foreign))
    };
    match text.lines().find(left) {
        Some(line) => Err(format!("deploy/{file} names what this machine has not: {line}")),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_names_nothing_but_what_is_tried() {
        let example = Example::new(Path::new("/tmp/x"), Path::new("/opt/bin"));
        for machine in 1..=MACHINES {
            let environment = example.environment(machine).unwrap();
            let value = |name: &str| {
                environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap()
            };
            assert_eq!(value("ETCD_NAME"), format!("node{machine}"));
            assert_eq!(value("ETCD_LISTEN_PEER_URLS"), format!("https://127.0.0.1{machine}:2380"));
            assert_eq!(value("ETCD_DATA_DIR"), format!("/tmp/x/node{machine}-etcd"));
            assert!(value("ETCD_INITIAL_CLUSTER").ends_with(",node3=https://127.0.0.13:2380"));
            assert_eq!(value("PATRONI_POSTGRESQL_LISTEN"), format!("127.0.0.1{machine}:5432"));
            assert_eq!(value("PATRONI_REPLICATION_PASSWORD"), "trial-two");
            let patroni = example.patroni(machine).unwrap();
            assert!(patroni.contains(&format!("data_dir: /tmp/x/node{machine}\n")), "{patroni}");
            assert!(patroni.contains(&format!("/tmp/x/node{machine}.key\n")), "{patroni}");
        }
        let jindu = example.jindu(Path::new("/tmp/x/town")).unwrap();
        assert!(jindu.contains("jindu@127.0.0.11,127.0.0.12,127.0.0.13/jindu"), "{jindu}");
    }

    #[test]
    fn what_is_left_of_another_machine_is_named() {
        let left = nothing_foreign("a", "# /etc/jindu\nx: /etc/jindu/y\n".into()).unwrap_err();
        assert!(left.ends_with("x: /etc/jindu/y"), "{left}");
        assert!(nothing_foreign("a", "# /etc/jindu\n".into()).is_ok());
    }
}
