//! The description that programs read, and the server behind it, judged by `schemathesis`: it makes requests of what the
//! description says, right ones and wrong ones, and holds every answer against it.

use super::{judge, judged};
use crate::asking::{Client, demonstration, facts};
use crate::folder::Folder;
use crate::running::{Running, ended, jindu, serve};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Who asks.
#[derive(Clone, Copy)]
enum Asker {
    /// Whoever has no secret; tries everything.
    Stranger,
    /// The feed `county`, which signs; tries what feeds may send.
    Feed,
}

/// A server with a demonstration and the feed `county`. It believes whoever comes from this machine what address he has,
/// so that no limit of one source stands between the judge and what he asks.
struct Asked {
    folder: Folder,
    _server: Running,
    address: String,
    known: Value,
    secret: String,
}

impl Asked {
    fn new() -> Self {
        let folder = Folder::new();
        let samples = demonstration(folder.path(), 20);
        let known: Value = samples
            .iter()
            .filter(|sample| sample.label != "no_match")
            .map(|sample| {
                let mut known = facts(sample, "name");
                known["receipt_number"] = json!(sample.receipt_number);
                known
            })
            .collect();
        let mut add = jindu();
        add.env("JINDU_DEMONSTRATION", "true").args(["feed", "add", "county", "--kind", "intake"]);
        let added = ended(add.args(["--organ", "119900001", "--data"]).arg(folder.path()));
        let secret = String::from_utf8(added.stdout).unwrap().lines().next().unwrap().to_owned();
        let mut command = serve(jindu(), folder.path());
        let mut server = Running::start(command.env("JINDU_TRUSTED_PROXIES", r#"["127.0.0.1"]"#));
        let address = server.address();
        Self { folder, _server: server, address, known, secret }
    }

    /// What the server says of itself.
    fn description(&self) -> Value {
        let (status, description) = Client::of(&self.address).get("/openapi.json").unwrap();
        assert_eq!(status, 200);
        serde_json::from_str(&description).unwrap()
    }

    /// Whether the server does what a description says, and what the judge found.
    fn fits(&self, description: &Value, asker: Asker, examples: u32) -> (bool, String) {
        let file = self.folder.path().join("description.json");
        fs::write(&file, description.to_string()).unwrap();
        let ours =
            |name: &str| -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges").join(name) };
        let mut command = judge("schemathesis.cli");
        command.env("SCHEMATHESIS_HOOKS", ours("hooks.py")).env("KNOWN", self.known.to_string());
        // What it keeps for a next run goes with the folder.
        command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(self.folder.path());
        let (config, tags): (_, &[&str]) = match asker {
            Asker::Stranger => ("stranger.toml", &[]),
            Asker::Feed => ("feed.toml", &["--include-tag", "feeds"]),
        };
        command.arg("--config-file").arg(ours(config)).arg("run").arg(file).args(tags);
        if matches!(asker, Asker::Feed) {
            command.env("FEED_SECRET", &self.secret);
        }
        command.args(["--url", &self.address, "--continue-on-failure"]);
        command.args(["--seed", "1", "--generation-database", "none"]);
        judged(command.args(["--max-examples", &examples.to_string()]))
    }

    /// Fails unless the judge tried every operation of the description, and found nothing.
    fn is_as_described(&self, asker: Asker, examples: u32) {
        let description = self.description();
        let (is_content, said) = self.fits(&description, asker, examples);
        assert!(is_content, "{said}");
        let tried = description["paths"].as_object().unwrap().values();
        let operations = tried.flat_map(|path| path.as_object().unwrap().values());
        let of_feeds = |operation: &&Value| operation["tags"][0] == "feeds";
        let many = match asker {
            Asker::Stranger => operations.count(),
            Asker::Feed => operations.filter(of_feeds).count(),
        };
        assert!(many > 3 && said.contains(&format!("Tested: {many}\n")), "{many} operations: {said}");
    }
}

/// Examples of each operation, beside those at the edges of what is described.
const EXAMPLES: u32 = 15;

#[test]
fn a_stranger_finds_the_server_as_it_is_described() {
    Asked::new().is_as_described(Asker::Stranger, EXAMPLES);
}

#[test]
fn a_feed_finds_the_server_as_it_is_described() {
    Asked::new().is_as_described(Asker::Feed, EXAMPLES);
}

/// The control: of a description that is wrong in four places each is found.
#[test]
fn what_is_described_wrongly_is_found() {
    let asked = Asked::new();
    let mut wrong = asked.description();
    let lies = [
        ("/paths/~1api~1v1~1inquiries/post/responses/404", Value::Null),
        ("/components/schemas/LooksView/properties/tries/type", json!("string")),
        ("/components/schemas/ByReceiptNumber/properties/citizen_number/format", json!("uuid")),
        ("/paths/~1api~1v1~1feeds~1{feed}~1held/get/responses/401/content", json!({"text/plain": {}})),
    ];
    for (place, lie) in lies {
        *wrong.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not described")) = lie;
    }
    let responses = "/paths/~1api~1v1~1inquiries/post/responses";
    wrong.pointer_mut(responses).unwrap().as_object_mut().unwrap().remove("404");
    let (is_content, said) = asked.fits(&wrong, Asker::Stranger, EXAMPLES);
    assert!(!is_content, "{said}");
    let found = [
        "Undocumented status code",
        "Response violates schema",
        "Schema-valid request rejected",
        "Undocumented Content-Type",
    ];
    for found in found {
        assert!(said.contains(found), "{found}: {said}");
    }
}

mod long {
    use super::{Asked, Asker};

    #[test]
    fn a_stranger_and_a_feed_find_the_server_as_it_is_described_whatever_they_try() {
        let asked = Asked::new();
        asked.is_as_described(Asker::Stranger, 300);
        asked.is_as_described(Asker::Feed, 300);
    }
}
