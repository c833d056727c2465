//! The walk-through of docs/FEEDS.md, followed to the letter: a county's CSV, a centre's XML, a stream.

use super::folder::Folder;
use super::nats::{Nats, headers};
use super::running::{Running, jindu, serve};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TITLE: &str = "## Three feeds, step by step";

/// A block of the document: what is typed, and what it prints where the document says so.
struct Block {
    typed: String,
    printed: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The blocks of the walk-through in their order.
fn blocks() -> Vec<Block> {
    let document = fs::read_to_string(root().join("docs/FEEDS.md")).unwrap();
    let (_, after) = document.split_once(TITLE).unwrap();
    let section = after.split("\n## ").next().unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    for fence in section.split("\n```").skip(1).step_by(2) {
        let (kind, text) = fence.split_once('\n').unwrap();
        match kind {
            "sh" => blocks.push(Block { typed: text.to_owned(), printed: None }),
            "text" => blocks.last_mut().unwrap().printed = Some(text.trim_end().to_owned()),
            other => panic!("a block of {other:?} in the walk-through"),
        }
    }
    blocks
}

/// A shell in which `jindu` is the binary, on a folder of its own.
struct Walk {
    folder: Folder,
    nats: Nats,
}

impl Walk {
    /// Types a block; gives its standard output, without what names the folder.
    fn types(&self, typed: &str, server: &str) -> String {
        let folder = self.folder.path().to_str().unwrap();
        let typed = typed.replace("DIR", folder).replace("nats://127.0.0.1:4222", &self.nats.address());
        let typed = typed.replace("jindu inquire", &format!("jindu inquire --server {server}"));
        let settings = format!("export JINDU_DATA={folder} JINDU_DEMONSTRATION=true");
        let binary = jindu();
        let name = binary.get_program().to_str().unwrap();
        let script = format!("set -eu\njindu() {{ \"{name}\" \"$@\"; }}\n{settings}\n{typed}");
        // `timeout` starts programs, not functions of the shell.
        let script = script.replace(" jindu feed consume", &format!(" {name} feed consume"));
        let output = Command::new("bash").args(["-c", &script]).current_dir(root()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{typed}\n{errors}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let lines = printed.lines().filter(|line| !line.contains(folder));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What the office sends: each line of the sample is a message.
    fn hand_over(&self) {
        let events = fs::read_to_string(root().join("docs/samples/hand-over.jsonl")).unwrap();
        let kind = || headers(&[("content-type", "application/cloudevents+json")]);
        self.nats.publish(events.lines().map(|event| (kind(), event.as_bytes().to_vec())));
    }
}

#[test]
fn the_walk_through_of_three_feeds_does_and_prints_what_it_says() {
    let walk = Walk { folder: Folder::new(), nats: Nats::start() };
    walk.hand_over();
    let blocks = blocks();
    assert_eq!(blocks.len(), 6, "the walk-through has as many steps as this test knows");
    let (asked, before) = blocks.split_last().unwrap();
    for block in before {
        let printed = walk.types(&block.typed, "");
        block.printed.as_ref().inspect(|expected| assert_eq!(&printed, *expected, "{}", block.typed));
    }
    walk.nats.wait_until_taken();
    let mut server = Running::start(&mut serve(jindu(), walk.folder.path()));
    let address = server.address();
    assert_eq!(Some(walk.types(&asked.typed, &address)), asked.printed);
}
