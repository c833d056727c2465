//! The alert rules that operators load: Prometheus's own tool reads them and plays what must raise an alarm.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn clone() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs promtool, which `cargo xtask setup` installs; gives whether it is content, and what it said.
fn promtool(words: [&str; 2], file: &Path) -> (bool, String) {
    let ran = Command::new("promtool").args(words).arg(file).output();
    let missing =
        "promtool is not installed; run `cargo xtask setup`, or install Debian's package prometheus";
    let output = ran.unwrap_or_else(|error| panic!("{missing} ({error})"));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_alert_rules_fire_when_they_should_and_not_before() {
    let (fits, said) = promtool(["check", "rules"], &clone().join("docs/alerts.yml"));
    assert!(fits, "{said}");
    let played = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/alerts.test.yml");
    let (fits, said) = promtool(["test", "rules"], &played);
    assert!(fits, "{said}");
}

/// The control: the same play with a rule that never fires.
#[test]
fn a_rule_that_sleeps_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let read = |path: &str| std::fs::read_to_string(clone().join(path)).unwrap();
    let rules = read("docs/alerts.yml").replace("jindu_feed_silent == 1", "jindu_feed_silent == 2");
    std::fs::write(folder.path().join("alerts.yml"), rules).unwrap();
    let played = read("crates/server/tests/process/alerts.test.yml").replace("../../../../docs/", "");
    let file = folder.path().join("test.yml");
    std::fs::write(&file, played).unwrap();
    assert!(!promtool(["test", "rules"], &file).0);
}

#[test]
fn every_meter_of_an_alert_is_explained_to_operators() {
    let rules = std::fs::read_to_string(clone().join("docs/alerts.yml")).unwrap();
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let meters: BTreeSet<&str> = words.filter(|word| word.starts_with("jindu_")).collect();
    assert!(meters.len() >= 4, "{meters:?}");
    let explained = std::fs::read_to_string(clone().join("docs/OPERATING.md")).unwrap();
    for meter in meters {
        assert!(explained.contains(&format!("`{meter}")), "{meter}");
    }
}
