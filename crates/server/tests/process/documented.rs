//! What docs/OPERATING.md tells an operator to type, and the files that it tells to install.

use crate::folder::Folder;
use crate::running::{ended, jindu};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The lines that are typed at a shell.
fn typed() -> Vec<String> {
    let document = fs::read_to_string(root().join("docs/OPERATING.md")).unwrap();
    let blocks = document.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let lines = blocks.flat_map(str::lines).map(|line| line.split("  #").next().unwrap().trim().to_owned());
    lines.collect()
}

#[test]
fn every_command_of_the_document_is_one_that_can_be_typed() {
    let lines = typed();
    let commands = lines
        .iter()
        .filter_map(|line| line.strip_prefix("runuser -u jindu -- ").unwrap_or(line).strip_prefix("jindu "));
    let commands: Vec<_> = commands.collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        // What is asked of it last is shown instead of done, once everything before it was understood.
        let words = command.split('"').enumerate().flat_map(|(place, part)| words(place, part));
        let asked = ended(jindu().args(words).arg("--help"));
        assert!(asked.status.success(), "{command}\n{}", String::from_utf8_lossy(&asked.stderr));
    }
}

/// The words of a part of a line: every other part stood between quotes.
fn words(place: usize, part: &str) -> Vec<&str> {
    if place % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }
}

#[test]
fn what_is_installed_of_the_clone_is_there() {
    let lines = typed();
    let words = lines.iter().filter(|line| line.starts_with("install ")).flat_map(|line| line.split(' '));
    let ours: Vec<_> =
        words.filter(|word| word.starts_with("deploy/") || word.starts_with("docs/")).collect();
    assert!(ours.contains(&"deploy/jindu.service") && ours.len() >= 4, "{ours:?}");
    for file in ours {
        assert!(root().join(file).is_file(), "{file}");
    }
}

#[test]
fn the_sample_of_offices_is_imported() {
    let folder = Folder::new();
    crate::asking::empty(folder.path());
    let sample = root().join("docs/samples/offices.csv");
    let mut import = jindu();
    import.env("JINDU_DEMONSTRATION", "true").args(["office", "import"]).arg(sample);
    let imported = ended(import.arg("--data").arg(folder.path()));
    let said = String::from_utf8(imported.stdout).unwrap();
    assert!(imported.status.success() && said.contains("3 added"), "{said}");
}
