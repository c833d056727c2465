//! Programs of others that judge ours: what they are content with, and that they would notice if they were not.

mod description;
mod log;

use std::process::{Command, Output};

/// A program that `cargo xtask setup` installs, by the name of its Python module.
fn judge(module: &str) -> Command {
    let python = std::env::var_os("JUDGES_OF_TESTS").unwrap_or_else(|| {
        panic!("JUDGES_OF_TESTS names no Python; `cargo xtask setup` makes it, `cargo xtask test` names it")
    });
    let mut command = Command::new(python);
    command.args(["-m", module]).env("NO_COLOR", "1");
    command
}

/// Runs a judge to its end; whether it is content, and all that it said.
fn judged(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}
