//! A throw-away PostgreSQL: made in a temporary folder, and gone with its value.

mod command;
mod folder;
mod installation;
mod place;
mod postmaster;

use std::path::PathBuf;

pub(crate) use command::run;
pub(crate) use installation::Installation;
pub(crate) use place::Place;
pub(crate) use postmaster::{Postmaster, free_port, kill_all, with_children};

/// What tests want: speed. A cluster that is thrown away has nothing to lose.
const HASTY: [(&str, &str); 3] = [("fsync", "off"), ("full_page_writes", "off"), ("max_wal_size", "4GB")];

/// What whoever measures wants: durable as PostgreSQL comes, and room for what is measured.
const MEASURED: [(&str, &str); 2] = [("shared_buffers", "4GB"), ("max_wal_size", "16GB")];

/// Many tests at once, each with a few connections of its own.
const ROOMY: [(&str, &str); 2] = [("max_connections", "400"), ("shared_buffers", "128MB")];

/// Whether what a cluster has written outlives the machine's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    /// Told to the disk and no further: for tests.
    Hasty,
    /// As PostgreSQL comes: for whoever measures.
    Durable,
}

/// One server on a free port of the loopback. Whoever can reach that can use it while it runs.
#[derive(Debug)]
pub(crate) struct Cluster {
    // In this order: the server ends before its folder does.
    postmaster: Postmaster,
    place: Place,
}

impl Cluster {
    /// Makes it and waits until it answers.
    pub(crate) fn start(installation: &Installation, writes: Writes) -> Result<Self, String> {
        let place = Place::make(installation, writes)?;
        let data = place.folder().join("data");
        place.make_data(&data)?;
        let more: &[(&str, &str)] = if writes == Writes::Hasty { &HASTY } else { &MEASURED };
        place.settle(&data, ROOMY.iter().chain(more).copied())?;
        let postmaster = Postmaster::start_anywhere(&place, &data)?;
        Ok(Self { postmaster, place })
    }

    /// The administrator's URL.
    pub(crate) fn url(&self) -> String {
        self.postmaster.url()
    }

    /// Where it lies as long as it runs.
    pub(crate) fn folder(&self) -> PathBuf {
        self.place.folder().to_path_buf()
    }

    /// What a statement answers, without decoration.
    pub(crate) fn ask(&self, statement: &str) -> Result<String, String> {
        self.ask_at(&self.url(), statement)
    }

    /// The same in another database of it.
    pub(crate) fn ask_at(&self, url: &str, statement: &str) -> Result<String, String> {
        self.place.ask(url, statement)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::time::{Duration, Instant};

    use super::*;

    fn answers(cluster: &Cluster) -> bool {
        TcpStream::connect(("127.0.0.1", cluster.postmaster.port())).is_ok()
    }

    #[test]
    fn a_cluster_answers_and_is_gone_afterwards() {
        let installation = Installation::newest().unwrap();
        let cluster = Cluster::start(&installation, Writes::Hasty).unwrap();
        let version = cluster.ask("SELECT version()").unwrap();
        assert!(version.starts_with(&format!("PostgreSQL {}", installation.version)), "{version}");
        assert_eq!(cluster.ask("SHOW fsync; SHOW max_connections").unwrap(), "off\n400");
        assert_eq!(
            cluster.ask("SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database LIMIT 1").unwrap(),
            "C|UTF8"
        );
        let (folder, port) = (cluster.folder(), cluster.postmaster.port());
        drop(cluster);
        assert!(!folder.exists() && TcpStream::connect(("127.0.0.1", port)).is_err());
    }

    #[test]
    fn a_cluster_ends_when_whoever_started_it_dies() {
        let mut cluster = Cluster::start(&Installation::newest().unwrap(), Writes::Durable).unwrap();
        assert_eq!(cluster.ask("SHOW fsync").unwrap(), "on");
        cluster.place.abandon();
        // Who dies leaves no one to wait for the server; here it would stay behind as a zombie.
        let ended = Instant::now();
        while cluster.postmaster.is_running() && ended.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        while cluster.folder().exists() && ended.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!answers(&cluster) && !cluster.folder().exists());
    }
}
