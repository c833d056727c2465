//! `jindu demo`, as a newcomer types it.

use crate::asking::{Client, facts};
use crate::folder::Folder;
use crate::running::{Running, ended, jindu};
use server::features::demonstration::cli::Sample;
use std::time::Duration;

const LABELS: [&str; 5] = ["overdue", "ready", "in_production", "correction", "no_match"];

#[test]
fn it_prints_what_to_type_answers_it_and_leaves_nothing_behind() {
    let (temporary, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = outside.path().join("samples.json");
    let mut demo = jindu();
    demo.args(["demo", "--applications", "40", "--listen", "127.0.0.1:0", "--samples"]).arg(&file);
    let mut demo = Running::start(demo.env("TMPDIR", temporary.path()));
    let client = Client::of(&demo.address());
    demo.wait_for("last sample", |said| said.lines().find(|line| line.contains("no_match")).map(drop));
    assert_eq!(client.get("/").unwrap().0, 200);
    let samples: Vec<Sample> =
        demo.wait_for("samples", |_| serde_json::from_slice(&std::fs::read(&file).ok()?).ok());
    assert_eq!(samples.iter().map(|sample| sample.label.as_str()).collect::<Vec<_>>(), LABELS);
    for sample in &samples {
        let typed =
            [&sample.citizen_number, &sample.applied_on.to_string(), &sample.receipt_number, &sample.name];
        let said = demo.said();
        let line = said.lines().find(|line| line.trim_start().starts_with(&sample.label)).unwrap();
        assert!(typed.iter().all(|typed| line.contains(typed.as_str())), "{line}");
        let (status, answer) = client.ask(&facts(sample, "receipt_number")).unwrap();
        let expected = match sample.label.as_str() {
            "no_match" => (404, None),
            "ready" => (200, Some("ready_for_collection")),
            "in_production" => (200, Some("in_production")),
            "correction" => (200, Some("correction_required")),
            _ => (200, Some("under_review")),
        };
        assert_eq!((status, answer["stage"].as_str()), expected, "{}", sample.label);
    }
    // The client's connection is still open: it must not hold the end up.
    demo.terminate();
    let (status, took) = demo.end();
    assert!(status.success() && took < Duration::from_secs(5), "{status} after {took:?}");
    assert_eq!(
        std::fs::read_dir(temporary.path()).unwrap().count(),
        0,
        "the temporary folder was left behind"
    );
}

#[test]
fn it_refuses_a_folder_of_real_data() {
    let folder = Folder::new();
    crate::asking::empty(folder.path());
    let mut server = crate::running::serve(jindu(), folder.path());
    let mut server = Running::start(server.env("JINDU_DEMONSTRATION", "false"));
    server.address();
    let said = server.said();
    assert!(said.contains("service") && !said.contains("stays so"), "{said}");
    server.kill();
    // It stays what it is, whatever the configuration says; whoever serves it is told.
    let mut server = Running::start(&mut crate::running::serve(jindu(), folder.path()));
    server.address();
    let said = server.said();
    assert!(said.contains("holds service data and stays so"), "{said}");
    let newest = format!("schema={}", store::Store::schema());
    assert!(said.contains("data=\"service\"") && said.contains(&newest), "{said}");
    server.kill();
    let refused = ended(jindu().args(["demo", "--applications", "4", "--data"]).arg(folder.path()));
    assert!(!refused.status.success());
    let words = String::from_utf8(refused.stderr).unwrap();
    assert!(words.contains("holds service data, not demonstration data"), "{words}");
}
