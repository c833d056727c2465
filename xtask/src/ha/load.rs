//! The load of `load.py`, and what it found out.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};

use serde_json::{Value, json};

use super::town::Town;
use crate::places;
use crate::process::command;

/// The load under way; it ends with its value, since its input ends then.
#[derive(Debug)]
pub(super) struct Load {
    child: Child,
    input: ChildStdin,
}

impl Load {
    pub(super) fn start(town: &Town) -> Result<Self, String> {
        let mut python = command(&places::python().to_string_lossy(), ["-c", include_str!("load.py")]);
        let child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|reason| format!("cannot start the load: {reason}"))?;
        let input = child.stdin.take().ok_or("the load has no input")?;
        let mut load = Self { child, input };
        load.tell(&json!({"port": town.port, "secret": town.secret}).to_string())?;
        Ok(load)
    }

    /// Tells that somebody is killed now.
    pub(super) fn kill(&mut self) -> Result<(), String> {
        self.tell("kill")
    }

    /// Ends it, has everything sent again, and gives what it found.
    pub(super) fn end(mut self) -> Result<Found, String> {
        self.tell("end")?;
        let mut said = String::new();
        let mut output = self.child.stdout.take().ok_or("the load has no output")?;
        output.read_to_string(&mut said).map_err(|reason| format!("the load: {reason}"))?;
        let status = self.child.wait().map_err(|reason| format!("the load: {reason}"))?;
        match serde_json::from_str(&said) {
            Ok(found) if status.success() => Ok(Found(found)),
            _ => Err(format!("the load ended with {status}: {said:?}")),
        }
    }

    fn tell(&mut self, line: &str) -> Result<(), String> {
        writeln!(self.input, "{line}").map_err(|reason| format!("the load does not listen: {reason}"))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Where all went well it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the load found; its words are those of `load.py`, its times seconds.
#[derive(Clone, Debug)]
pub(super) struct Found(pub(super) Value);

impl Found {
    /// Events that were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.count("acknowledged")
    }

    /// Of those, the ones that were not there at the end.
    pub(super) fn lost(&self) -> u64 {
        self.count("lost")
    }

    /// What makes the whole story worthless, such as an answer that nobody expects.
    pub(super) fn faults(&self, kills: usize) -> Vec<String> {
        let mut faults: Vec<String> =
            self.list("faults").iter().map(|fault| fault.as_str().unwrap_or_default().to_owned()).collect();
        let outages = self.outages();
        if outages.len() != kills {
            faults.push(format!("{} of {kills} kills were followed by acknowledgements", outages.len()));
        }
        let (acknowledged, there) = (self.acknowledged(), self.count("there"));
        if acknowledged == 0 || there + self.lost() != acknowledged {
            faults.push(format!("of {acknowledged} acknowledged, {there} there and {} lost", self.lost()));
        }
        faults
    }

    /// For how long nothing was acknowledged, from each kill to the next.
    pub(super) fn outages(&self) -> Vec<f64> {
        self.list("outages").iter().filter_map(Value::as_f64).collect()
    }

    /// The longest that any single inquiry took.
    pub(super) fn longest_inquiry(&self) -> f64 {
        self.seconds("longest_inquiry")
    }

    /// The longest that any single message took.
    pub(super) fn longest_message(&self) -> f64 {
        self.seconds("longest_message")
    }

    fn seconds(&self, what: &str) -> f64 {
        self.0.get(what).and_then(Value::as_f64).unwrap_or(f64::INFINITY)
    }

    /// Inquiries about what was acknowledged that were told there is nothing.
    pub(super) fn not_found(&self) -> u64 {
        self.0.pointer("/answers/inquiry 404").and_then(Value::as_u64).unwrap_or(0)
    }

    fn count(&self, what: &str) -> u64 {
        self.0.get(what).and_then(Value::as_u64).unwrap_or(0)
    }

    fn list(&self, what: &str) -> &[Value] {
        self.0.get(what).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}
