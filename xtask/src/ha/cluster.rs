//! Three PostgreSQL servers on the loopback: one takes the writes, two receive them through slots.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::postgres::{Installation, Place, Postmaster, Writes, free_port};
use crate::process::ask;

const NAMES: [&str; 3] = ["one", "two", "three"];
const PATIENCE: Duration = Duration::from_secs(60);

/// The same for all three, so that each can take any part. Nothing here trades safety for speed.
const SETTINGS: [(&str, &str); 6] = [
    ("max_connections", "200"),
    ("shared_buffers", "64MB"),
    ("wal_log_hints", "on"), // what pg_rewind finds out by
    ("wal_keep_size", "256MB"),
    ("wal_retrieve_retry_interval", "100ms"),
    ("hot_standby_feedback", "on"),
];

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// When one of the others has it on its disk.
    Quorum,
    /// When the server that took it has it: what dies with that server is lost.
    Alone,
}

/// One of the three, running or dead.
#[derive(Debug)]
struct Member {
    name: &'static str,
    data: PathBuf,
    port: u16,
    postmaster: Option<Postmaster>,
}

/// The three, and which of them takes the writes.
#[derive(Debug)]
pub(crate) struct Trio {
    // In this order: the servers end before their folder does.
    members: Vec<Member>,
    primary: usize,
    commit: Commit,
    place: Place,
}

impl Trio {
    /// Makes all three and waits until the first sends to the others.
    pub(crate) fn start(installation: &Installation, commit: Commit) -> Result<Self, String> {
        let place = Place::make(installation, Writes::Durable)?;
        let mut members = Vec::new();
        for name in NAMES {
            members.push(Member {
                name,
                data: place.folder().join(name),
                port: free_port()?,
                postmaster: None,
            });
        }
        let mut trio = Self { members, primary: 0, commit, place };
        trio.place.make_data(&trio.member(0)?.data)?;
        trio.settle(0)?;
        trio.run(0)?;
        trio.make_slots()?;
        for standby in 1..NAMES.len() {
            trio.copy_from_primary(standby)?;
            trio.follow(standby)?;
        }
        trio.wait_for_standbys(NAMES.len() - 1)?;
        Ok(trio)
    }

    /// Names all three; who connects is led to the one that takes writes.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> =
            self.members.iter().map(|member| format!("127.0.0.1:{}", member.port)).collect();
        format!("postgres://postgres@{}/postgres?target_session_attrs=read-write", hosts.join(","))
    }

    /// What a statement answers where writes are taken.
    pub(crate) fn ask(&self, statement: &str) -> Result<String, String> {
        self.ask_one(self.primary, statement)
    }

    /// Which of the three takes the writes.
    pub(crate) fn primary(&self) -> usize {
        self.primary
    }

    /// Where they lie as long as they run; whatever else lies there goes with them.
    pub(crate) fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// Stops what the others would receive: from now on the one that takes the writes has them alone. Only its death
    /// ends this.
    pub(crate) fn cut_off_primary(&self) -> Result<(), String> {
        let senders = self.ask("SELECT pid FROM pg_stat_replication")?;
        ask(Command::new("kill").arg("-STOP").args(senders.lines())).map(drop)
    }

    /// Kills the one that takes the writes, with every process of it, as a machine dies.
    pub(crate) fn kill_primary(&mut self) -> Result<(), String> {
        let primary = self.primary;
        match self.member_mut(primary)?.postmaster.take() {
            Some(postmaster) => postmaster.kill(),
            None => Err("the primary is dead already".into()),
        }
    }

    /// Which of those that run has received most. With a quorum of one, it has all that was acknowledged.
    pub(crate) fn most_advanced(&self) -> Result<usize, String> {
        const RECEIVED: &str =
            "SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - pg_lsn '0/0'";
        let mut best: Option<(u64, usize)> = None;
        for (at, _) in self.members.iter().enumerate().filter(|(_, member)| member.postmaster.is_some()) {
            let answer = self.ask_one(at, RECEIVED)?;
            let received = answer.parse().map_err(|_| format!("a position in the log: {answer:?}"))?;
            best = best.max(Some((received, at)));
        }
        best.map(|(_, at)| at).ok_or_else(|| "none of the three runs".into())
    }

    /// Lets this one take the writes from now on; the other one that runs finds it by itself.
    pub(crate) fn promote(&mut self, member: usize) -> Result<(), String> {
        if self.ask_one(member, "SELECT pg_promote(true, 30)")? != "t" {
            return Err(format!("{} was not promoted", self.member(member)?.name));
        }
        self.primary = member;
        self.make_slots()
    }

    /// Brings a dead one back as a standby: rewound to where it parted from the others, else copied anew.
    pub(crate) fn rejoin(&mut self, member: usize) -> Result<(), String> {
        self.member_mut(member)?.postmaster = None;
        // Until a checkpoint, older versions do not see that they stand on different timelines.
        self.ask("CHECKPOINT")?;
        let mut rewind = self.place.program("pg_rewind");
        rewind.arg("--target-pgdata").arg(&self.member(member)?.data);
        rewind.arg(format!("--source-server={}", self.one_url(self.primary)?));
        if let Err(reason) = ask(&mut rewind) {
            println!("copied anew, since it cannot be rewound: {reason}");
            self.copy_from_primary(member)?;
        }
        self.follow(member)
    }

    /// Waits until so many standbys receive what is written.
    pub(crate) fn wait_for_standbys(&self, wanted: usize) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answer = self.ask("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")?;
            if answer == wanted.to_string() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("not {wanted} standbys after {} seconds", PATIENCE.as_secs()))
    }

    fn member(&self, at: usize) -> Result<&Member, String> {
        self.members.get(at).ok_or_else(|| format!("there is no member {at}"))
    }

    fn member_mut(&mut self, at: usize) -> Result<&mut Member, String> {
        self.members.get_mut(at).ok_or_else(|| format!("there is no member {at}"))
    }

    fn one_url(&self, at: usize) -> Result<String, String> {
        Ok(format!("postgres://postgres@127.0.0.1:{}/postgres", self.member(at)?.port))
    }

    fn ask_one(&self, at: usize, statement: &str) -> Result<String, String> {
        self.place.ask(&self.one_url(at)?, statement)
    }

    /// A place in the log for each of the others, kept for it while it is away.
    fn make_slots(&self) -> Result<(), String> {
        for (_, member) in self.members.iter().enumerate().filter(|(at, _)| *at != self.primary) {
            let name = member.name;
            self.ask(&format!(
                "SELECT pg_create_physical_replication_slot('{name}', true) \
                 WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{name}')"
            ))?;
        }
        Ok(())
    }

    fn copy_from_primary(&self, at: usize) -> Result<(), String> {
        let member = self.member(at)?;
        if member.data.exists() {
            fs::remove_dir_all(&member.data)
                .map_err(|reason| format!("{}: {reason}", member.data.display()))?;
        }
        let mut copy = self.place.program("pg_basebackup");
        copy.args(["--checkpoint=fast", "--wal-method=stream", "--no-sync", "--pgdata"]).arg(&member.data);
        copy.arg(format!("--dbname={}", self.one_url(self.primary)?));
        ask(&mut copy).map(|_| ())
    }

    /// Starts one as a standby of whoever takes the writes, now and later.
    fn follow(&mut self, at: usize) -> Result<(), String> {
        self.settle(at)?;
        self.place.touch(&self.member(at)?.data.join("standby.signal"))?;
        self.run(at)
    }

    /// Its settings; a copy and a rewind bring those of another.
    fn settle(&self, at: usize) -> Result<(), String> {
        let member = self.member(at)?;
        let ports: Vec<String> = self.members.iter().map(|member| member.port.to_string()).collect();
        let upstream = format!(
            "host=127.0.0.1,127.0.0.1,127.0.0.1 port={} user=postgres application_name={} \
             connect_timeout=2 target_session_attrs=read-write",
            ports.join(","),
            member.name
        );
        let quorum = format!("ANY 1 ({})", NAMES.join(", "));
        let waits_for = if self.commit == Commit::Quorum { quorum.as_str() } else { "" };
        let own = [
            ("primary_conninfo", upstream.as_str()),
            ("primary_slot_name", member.name),
            ("synchronous_standby_names", waits_for),
        ];
        self.place.settle(&member.data, SETTINGS.into_iter().chain(own))
    }

    fn run(&mut self, at: usize) -> Result<(), String> {
        let member = self.member(at)?;
        let postmaster = Postmaster::start(&self.place, &member.data, member.port)?;
        self.member_mut(at)?.postmaster = Some(postmaster);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kills whoever takes the writes so many times; each write was acknowledged just before.
    fn outlive(kills: u64) {
        let mut trio = Trio::start(&Installation::newest().unwrap(), Commit::Quorum).unwrap();
        assert_eq!(trio.ask("SHOW synchronous_standby_names").unwrap(), "ANY 1 (one, two, three)");
        trio.ask("CREATE TABLE acknowledged (number BIGINT PRIMARY KEY)").unwrap();
        for number in 1..=kills {
            trio.ask(&format!("INSERT INTO acknowledged VALUES ({number})")).unwrap();
            let dead = trio.primary;
            trio.kill_primary().unwrap();
            let next = trio.most_advanced().unwrap();
            assert_ne!(next, dead);
            trio.promote(next).unwrap();
            assert_eq!(trio.ask("SELECT count(*) FROM acknowledged").unwrap(), number.to_string());
            trio.rejoin(dead).unwrap();
            trio.wait_for_standbys(2).unwrap();
            assert_eq!(trio.ask_one(dead, "SELECT pg_is_in_recovery()").unwrap(), "t");
        }
    }

    #[test]
    fn what_was_acknowledged_outlives_the_primary_and_the_dead_comes_back() {
        outlive(1);
    }

    #[test]
    fn who_waits_for_nobody_says_so_and_what_cannot_be_rewound_is_copied() {
        let mut trio = Trio::start(&Installation::newest().unwrap(), Commit::Alone).unwrap();
        assert_eq!(trio.ask("SHOW synchronous_standby_names").unwrap(), "");
        assert_eq!(trio.url().matches("127.0.0.1").count(), 3);
        trio.kill_primary().unwrap();
        assert!(trio.kill_primary().is_err() && trio.ask("SELECT 1").is_err());
        trio.promote(trio.most_advanced().unwrap()).unwrap();
        fs::remove_file(trio.member(0).unwrap().data.join("global/pg_control")).unwrap();
        trio.rejoin(0).unwrap();
        trio.wait_for_standbys(2).unwrap();
    }

    mod long {
        #[test]
        fn what_was_acknowledged_outlives_three_primaries() {
            super::outlive(3);
        }
    }
}
