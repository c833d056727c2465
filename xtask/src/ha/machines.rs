//! Three machines as `deploy/` has them, on the loopback: each runs etcd and Patroni, and Patroni runs PostgreSQL.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::example::{Example, PASSWORD, address};
use crate::places;
use crate::postgres::{Installation, Place, Writes, kill_all, with_children};
use crate::process::ask;
use crate::setup;

/// How many there are.
pub(super) const MACHINES: usize = 3;
/// Until all three do their part, from nothing or after one was away.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);

/// What a machine runs, dead or alive.
#[derive(Debug, Default)]
struct Machine {
    etcd: Option<Child>,
    patroni: Option<Child>,
}

/// All three; they end with this value.
#[derive(Debug)]
pub(super) struct Machines {
    machines: [Machine; MACHINES],
    example: Example,
    python: PathBuf,
    packages: PathBuf,
    place: Place,
}

impl Machines {
    /// Starts all three, and makes the role and the database of the example.
    pub(super) fn start(installation: &Installation) -> Result<Self, String> {
        let installed = setup::install_patroni()?;
        let place = Place::make(installation, Writes::Durable)?;
        let packages = place.folder().join("patroni");
        place.bring_folder(&installed, &packages)?;
        let example = Example::new(place.folder(), place.bin());
        let python = places::system_python();
        let mut machines = Self { machines: Default::default(), example, python, packages, place };
        machines.make_certificates()?;
        for machine in 1..=MACHINES {
            machines.run(machine)?;
        }
        let primary = machines.wait_until_whole()?;
        machines.ask(primary, &format!("CREATE ROLE jindu LOGIN PASSWORD '{PASSWORD}'"))?;
        machines.ask(
            primary,
            "CREATE DATABASE jindu OWNER jindu TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'",
        )?;
        machines.write_password()?;
        Ok(machines)
    }

    /// Where they lie as long as they run.
    pub(super) fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// Jindu's configuration, as the example has it.
    pub(super) fn settings(&self, data: &Path) -> Result<String, String> {
        self.example.jindu(data)
    }

    /// Which machine takes the writes; none while there is no such one.
    fn primary(&self) -> Option<usize> {
        let takes_writes = |machine: &usize| {
            self.ask(*machine, "SELECT pg_is_in_recovery()").is_ok_and(|answer| answer == "f")
        };
        (1..=MACHINES).find(takes_writes)
    }

    /// Waits until one takes the writes.
    pub(super) fn wait_for_primary(&self) -> Result<usize, String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(primary) = self.primary() {
                return Ok(primary);
            }
            thread::sleep(PAUSE);
        }
        Err(format!("no primary after {} seconds\n{}", PATIENCE.as_secs(), self.said()))
    }

    /// Waits until one takes the writes and both others confirm them.
    pub(super) fn wait_until_whole(&self) -> Result<usize, String> {
        const CONFIRMING: &str = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'";
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let whole =
                self.primary().filter(|primary| self.ask(*primary, CONFIRMING).is_ok_and(|two| two == "2"));
            if let Some(primary) = whole {
                return Ok(primary);
            }
            thread::sleep(PAUSE);
        }
        Err(format!("not whole after {} seconds\n{}", PATIENCE.as_secs(), self.said()))
    }

    /// Kills everything that a machine runs, at once.
    pub(super) fn kill(&mut self, machine: usize) {
        let pid = fs::read_to_string(self.example.data(machine).join("postmaster.pid")).unwrap_or_default();
        let postmaster = pid.lines().next().and_then(|line| line.trim().parse::<u32>().ok());
        let Some(dead) = machine.checked_sub(1).and_then(|at| self.machines.get_mut(at)) else { return };
        let mut own: Vec<Child> = dead.etcd.take().into_iter().chain(dead.patroni.take()).collect();
        if own.is_empty() {
            return;
        }
        let all: Vec<u32> = own.iter().map(Child::id).chain(postmaster).collect();
        kill_all(&with_children(&all));
        for child in &mut own {
            let _ = child.wait();
        }
    }

    /// Brings a machine back, as its restart would.
    pub(super) fn run(&mut self, machine: usize) -> Result<(), String> {
        let environment = self.example.environment(machine)?;
        let etcd = places::program("etcd").ok_or("there is no etcd; `cargo xtask setup` installs it")?;
        let file = self.folder().join(format!("node{machine}.yml"));
        fs::write(&file, self.example.patroni(machine)?)
            .map_err(|reason| format!("{}: {reason}", file.display()))?;
        self.place.make_folder(&self.example.sockets(machine))?;
        let mut etcd = self.place.tied(&etcd);
        etcd.envs(environment.clone());
        let etcd = self.logged(&mut etcd, &format!("node{machine}-etcd.log"))?;
        let mut patroni = self.place.tied(&self.python);
        patroni.envs(environment).env("PYTHONPATH", &self.packages).args(["-m", "patroni"]).arg(&file);
        let patroni = self.logged(&mut patroni, &format!("node{machine}-patroni.log"));
        let here = machine.checked_sub(1).and_then(|at| self.machines.get_mut(at));
        let here = here.ok_or_else(|| format!("there is no machine {machine}"))?;
        here.etcd = Some(etcd);
        here.patroni = Some(patroni?);
        Ok(())
    }

    /// Lets etcd be led on this machine: the lease of the primary ends later when both die together.
    pub(super) fn lead_etcd_on(&self, machine: usize) -> Result<(), String> {
        let all: Vec<String> = (1..=MACHINES).map(endpoint).collect();
        let said = self.etcdctl(&all.join(","), &["endpoint", "status", "--write-out=json"])?;
        let states: Vec<Value> = serde_json::from_str(&said).map_err(|reason| format!("etcd: {reason}"))?;
        let number = |state: &Value, at: &str| state.pointer(at).and_then(Value::as_u64).unwrap_or_default();
        let of = |wanted: &str| states.iter().find(|state| state.get("Endpoint") == Some(&wanted.into()));
        let member = of(&endpoint(machine)).map_or(0, |state| number(state, "/Status/header/member_id"));
        let leads =
            |state: &&Value| number(state, "/Status/leader") == number(state, "/Status/header/member_id");
        let leader = states.iter().find(leads).ok_or_else(|| format!("nobody leads etcd: {said}"))?;
        if number(leader, "/Status/leader") == member {
            return Ok(());
        }
        let at = leader.get("Endpoint").and_then(Value::as_str).unwrap_or_default();
        self.etcdctl(at, &["move-leader", &format!("{member:x}")]).map(drop)
    }

    fn etcdctl(&self, endpoints: &str, words: &[&str]) -> Result<String, String> {
        let etcdctl =
            places::program("etcdctl").ok_or("there is no etcdctl; `cargo xtask setup` installs it")?;
        let mut command = self.place.tied(&etcdctl);
        command.env("ETCDCTL_API", "3").arg("--endpoints").arg(endpoints);
        command.arg("--cacert").arg(self.example.tls("ca.pem"));
        command.arg("--cert").arg(self.example.tls("node1.pem"));
        command.arg("--key").arg(self.example.tls("node1.key"));
        ask(command.args(words))
    }

    /// What a machine's PostgreSQL answers on its socket.
    fn ask(&self, machine: usize, statement: &str) -> Result<String, String> {
        let sockets = self.example.sockets(machine);
        self.place.ask(&format!("host={} user=postgres dbname=postgres", sockets.display()), statement)
    }

    fn logged(&self, command: &mut Command, log: &str) -> Result<Child, String> {
        let path = self.folder().join(log);
        let failed = |reason: std::io::Error| format!("{}: {reason}", path.display());
        let out = File::options().create(true).append(true).open(&path).map_err(failed)?;
        let err = out.try_clone().map_err(failed)?;
        command.stdout(out).stderr(err).spawn().map_err(failed)
    }

    /// A CA of their own, and a certificate for each machine that names its address.
    fn make_certificates(&self) -> Result<(), String> {
        let config = self.folder().join("openssl.cnf");
        fs::write(&config, "[req]\ndistinguished_name = name\n[name]\n")
            .map_err(|reason| format!("{}: {reason}", config.display()))?;
        let openssl =
            places::program("openssl").ok_or("there is no openssl; `cargo xtask setup` installs it")?;
        let make = |name: &str, extensions: &[&str], signed: &[&str]| {
            let mut command = self.place.tied(&openssl);
            command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
            command.args(["-days", "2", "-subj", &format!("/CN={name}"), "-config"]).arg(&config);
            command.args(extensions.iter().flat_map(|extension| ["-addext", extension])).args(signed);
            command.arg("-keyout").arg(self.example.tls(&format!("{name}.key")));
            command.arg("-out").arg(self.example.tls(&format!("{name}.pem")));
            ask(&mut command).map(drop)
        };
        make("ca", &["basicConstraints=critical,CA:TRUE"], &[])?;
        for machine in 1..=MACHINES {
            // On the loopback a caller comes from its first address, whichever machine it plays.
            let names = format!("subjectAltName=IP:{},IP:127.0.0.1", address(machine));
            let extensions = ["basicConstraints=critical,CA:FALSE", names.as_str()];
            make(&format!("node{machine}"), &extensions, &["-CA", "ca.pem", "-CAkey", "ca.key"])?;
        }
        Ok(())
    }

    fn write_password(&self) -> Result<(), String> {
        let path = self.example.tls("password");
        let made = File::options().create_new(true).write(true).mode(0o600).open(&path);
        made.and_then(|mut file| writeln!(file, "{PASSWORD}"))
            .map_err(|reason| format!("{}: {reason}", path.display()))
    }

    /// The last that etcd and Patroni said on each machine.
    pub(super) fn said(&self) -> String {
        let tail = |name: String| {
            let words = fs::read_to_string(self.folder().join(&name)).unwrap_or_default();
            let lines: Vec<&str> = words.lines().collect();
            let last = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n");
            format!("{name}:\n{last}")
        };
        let names = (1..=MACHINES)
            .flat_map(|machine| [format!("node{machine}-etcd.log"), format!("node{machine}-patroni.log")]);
        names.map(tail).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        (1..=MACHINES).for_each(|machine| self.kill(machine));
    }
}

fn endpoint(machine: usize) -> String {
    format!("https://{}:2379", address(machine))
}
