//! Feeds, the held queue and batches from the command line.

use crate::stream::County;
use crate::telling::lines;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The same as a file of the feed.
fn import(county: &County, cells: &[serde_json::Value]) -> String {
    let file = county.data().join("milestones.jsonl");
    let lines: Vec<String> = cells.iter().map(ToString::to_string).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let said = county.ask(&["feed", "import", &file.display().to_string(), "--feed", "county"]);
    said.lines().next().unwrap().to_owned()
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_feed_is_added_with_a_secret_that_is_shown_once() {
    let county = County::new();
    let file = county.data().join("post.secret");
    let post = [
        "feed",
        "add",
        "post",
        "--organ",
        "119900002",
        "--kind",
        "carrier",
        "--rhythm",
        "6h",
        "--rank",
        "30",
    ];
    let path = file.display().to_string();
    let said = county.ask(&[&post[..], &["--secret-file", &path]].concat());
    let secret = std::fs::read_to_string(&file).unwrap();
    assert!(secret.starts_with("whsec_") && !said.contains("whsec_"), "{said}");
    assert_eq!(mode(&file), 0o600);
    let feeds = county.json(&["feed", "list"]);
    let post = &feeds[1];
    assert_eq!(
        (&post["kind"], &post["rhythm"], &post["rank"]),
        (&json!("carrier"), &json!("6h"), &json!(30))
    );
    assert_eq!(post["stages"], json!(["in_distribution", "mailed", "collected", "mail_returned"]));
    assert!(!feeds.to_string().contains("whsec_"));
    // Another secret goes to another file.
    assert!(county.refused(&["feed", "rotate", "post", "--secret-file", &path]).contains("not there yet"));
    let rotated = county.ask(&["feed", "rotate", "post"]);
    assert!(
        rotated.starts_with("whsec_") && rotated.contains("shown once") && !rotated.contains(secret.trim())
    );
    assert!(rotated.contains("The secret before it is accepted until 20"), "{rotated}");
    assert!(county.ask(&["feed", "rotate", "post"]).contains(", earlier ones until 20"));
    for _ in 2..4 {
        county.ask(&["feed", "rotate", "post"]);
    }
    let refused = county.refused(&["feed", "rotate", "post"]);
    assert!(refused.contains("nothing changed") && refused.contains("--now"), "{refused}");
    let ended = county.ask(&["feed", "rotate", "post", "--now"]);
    assert!(ended.starts_with("whsec_") && ended.contains("No secret before it is accepted"), "{ended}");
}

#[test]
fn what_is_settled_about_a_feed_is_changed_and_said_in_words() {
    let county = County::new();
    let set = ["feed", "set", "county"];
    let said =
        county.ask(&[&set[..], &["--rank", "20", "--rhythm", "6h", "--stages", "signed,accepted"]].concat());
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].starts_with("Feed county: stages from submitted ")
            && lines[0].ends_with(" to accepted signed")
    );
    assert_eq!(lines[1..], ["Feed county: rank from 50 to 20", "Feed county: rhythm from none to 6h"]);
    let said = county.ask(&[&set[..], &["--organ", "119900002", "--no-rhythm", "--rank", "20"]].concat());
    assert_eq!(said, "Feed county: organ from 119900001 to 119900002\nFeed county: rhythm from 6h to none\n");
    assert_eq!(
        county.ask(&[&set[..], &["--rank", "20"]].concat()),
        "Feed county: nothing changed, it is so already\n"
    );
    let shown = &county.json(&["feed", "list"])[0];
    assert_eq!(
        (&shown["organ"], &shown["stages"], &shown["rank"], &shown["rhythm"]),
        (&json!("119900002"), &json!(["accepted", "signed"]), &json!(20), &json!(null))
    );
    for (wrong, why) in [
        (&["--rank", "0"][..], "0 is not in 1..=255"),
        (&["--organ", "1199"], "nine digits"),
        (&["--stages", "sined"], "\"sined\""),
        (&["--stages", ""], "is none"),
        (&["--rhythm", "often"], "6h"),
        (&["--rhythm", "6h", "--no-rhythm"], "cannot be used with"),
        (&[], "--organ"),
    ] {
        let refused = county.refused(&[&set[..], wrong].concat());
        assert!(refused.contains(why), "{wrong:?}: {refused}");
    }
    county.ask(&["feed", "remove", "county"]);
    assert!(county.refused(&[&set[..], &["--rank", "30"]].concat()).contains("was removed"));
}

#[test]
fn no_system_reports_as_the_desk() {
    let county = County::new();
    let file = county.data().join("milestones.jsonl").display().to_string();
    std::fs::write(&file, lines(1)[0].cells(0).to_string()).unwrap();
    let folder = county.data().display().to_string();
    let consume = ["feed", "consume", "--server", "nats://127.0.0.1:1", "--stream", "S", "--durable", "D"];
    let ways = || {
        let no_system = "no system reports";
        for (way, why) in [
            (&["feed", "import", &file, "--feed", "desk"][..], no_system),
            (&["feed", "import", &file, "--feed", "desk", "--dry-run"], no_system),
            (&["feed", "watch", &folder, "--feed", "desk"], no_system),
            (&[&consume[..], &["--feed", "desk"]].concat(), "no stream speaks"),
            (&["feed", "add", "desk", "--organ", "119900001", "--kind", "desk"], no_system),
        ] {
            let refused = county.refused(way);
            assert!(refused.contains("desk") && refused.contains(why), "{way:?}: {refused}");
        }
    };
    ways();
    assert!(
        county
            .refused(&["feed", "add", "post", "--organ", "119900001", "--kind", "carrier", "--rank", "0"])
            .contains("1..=255")
    );
    // The same once people have spoken by it.
    let lines = lines(1);
    import(&county, &[lines[0].cells(0), lines[1].cells(1)]);
    let mut late = lines[1].cells(7);
    (late["step"], late["happened_at"]) = ("cancelled".into(), lines[0].happened.to_rfc3339().into());
    import(&county, &[late]);
    let held = county.json(&["held", "list"]);
    let number = held[0]["number"].as_str().unwrap();
    let shown = county.ask(&["held", "show", number]);
    assert!(shown.contains("against it: cancelled of county, at 119900001, 2026-01-05T09:01"), "{shown}");
    let released = county.ask(&["held", "release", number, "--why", "the office says so"]);
    assert!(
        released.contains("Stage now: under_review (before: cancelled); reports of it held"),
        "{released}"
    );
    assert_eq!(county.json(&["feed", "list"])[1]["name"], "desk");
    ways();
    for command in ["pause", "resume", "remove", "rotate"] {
        assert!(county.refused(&["feed", command, "desk"]).contains("no system reports"), "{command}");
    }
    assert!(county.refused(&["feed", "set", "desk", "--rank", "9"]).contains("no system reports"));
    assert_eq!(county.json(&["feed", "list"])[1]["rank"], 0);
}

#[test]
fn for_how_long_a_report_waits_is_said_and_settled() {
    let county = County::new();
    assert_eq!(county.ask(&["held", "days"]), "A report waits 30 days for its application.\n");
    assert!(county.refused(&["held", "days", "0"]).contains("1 to 3650"));
    assert!(county.refused(&["held", "days", "3651"]).contains("1 to 3650"));
    assert!(county.ask(&["held", "days", "60"]).starts_with("Changed from 30 to 60 days"));
    assert_eq!(county.ask(&["held", "days"]), "A report waits 60 days for its application.\n");
}

#[test]
fn what_is_typed_wrong_is_named_and_the_right_words_are_listed() {
    let county = County::new();
    let refused = county.refused(&["held", "list", "--reason", "foo"]);
    assert!(refused.contains("\"foo\" is no reason") && refused.contains("not_paused"), "{refused}");
    let add = |more: &[&str]| {
        let secret = county.data().join("wrong.secret").display().to_string();
        let said = county.refused(&[&["feed", "add"], more, &["--secret-file", &secret]].concat());
        assert!(!Path::new(&secret).exists());
        said
    };
    assert!(add(&["a b", "--organ", "119900002", "--kind", "intake"]).contains("is no name"));
    assert!(add(&["county", "--organ", "119900002", "--kind", "intake"]).contains("take another name"));
    assert!(add(&["post", "--organ", "1199", "--kind", "intake"]).contains("nine digits"));
    assert!(add(&["post", "--organ", "119900002", "--kind", "mail"]).contains("provincial_centre"));
    // A system that may say everything would be people at a desk.
    let desk = add(&["post", "--organ", "119900002", "--kind", "desk"]);
    assert!(desk.contains("none of a system") && desk.contains("handing_out"), "{desk}");
    let post = ["post", "--organ", "119900002", "--kind", "carrier"];
    assert!(add(&[&post[..], &["--stages", "signed,sined"]].concat()).contains("\"sined\""));
    assert!(add(&[&post[..], &["--rhythm", "often"]].concat()).contains("6h"));
    let codes = county.data().join("codes.toml");
    std::fs::write(&codes, "version = \"1\"\n[steps]\n\"7\" = \"flown\"\n").unwrap();
    assert!(add(&[&post[..], &["--codes", &codes.display().to_string()]].concat()).contains("\"7\""));
    for command in ["pause", "resume", "remove", "rotate", "codes"] {
        assert!(county.refused(&["feed", command, "nobody"]).contains("jindu feed list"), "{command}");
    }
}

#[test]
fn a_removed_feed_says_nothing_any_more_and_stays_in_the_list() {
    let county = County::new();
    let lines = lines(1);
    assert!(import(&county, &[lines[0].cells(0)]).contains("\"recorded\":1"));
    county.ask(&["feed", "remove", "county"]);
    let file = county.data().join("milestones.jsonl").display().to_string();
    assert!(county.refused(&["feed", "import", &file, "--feed", "county"]).contains("was removed"));
    assert!(county.refused(&["feed", "resume", "county"]).contains("another name"));
    assert_eq!(county.json(&["feed", "list"])[0]["state"], "removed");
    assert!(county.ask(&["feed", "list"]).contains("county  intake of 119900001, removed"));
    assert_eq!(county.counts(), (1, 1));
}

/// Whether something stands in the log of changes.
fn has_noted(county: &County, action: &str) -> bool {
    county.database().noted(action) > 0
}

#[test]
fn what_is_held_is_explained_and_decided_with_a_reason() {
    let county = County::new();
    let lines = lines(1);
    // The way from submitted on, and then something that cannot be.
    let way: Vec<_> = lines.iter().enumerate().map(|(number, line)| line.cells(number)).collect();
    import(&county, &way);
    let resumed = |number: &str| {
        let mut cells = way[5].clone();
        (cells["step"], cells["event_id"]) = ("resumed".into(), number.into());
        cells
    };
    import(&county, &[resumed("R1"), resumed("R2")]);
    let held = county.json(&["held", "list", "--feed", "county", "--reason", "not_paused"]);
    assert_eq!(held.as_array().unwrap().len(), 2, "{held}");
    assert!(!held.to_string().contains("119900"), "{held}");
    assert_eq!(county.json(&["held", "list", "--since", "2099-01-01"]), json!([]));
    assert_eq!(county.json(&["held", "list", "--reason", "backwards"]), json!([]));
    let number = held[0]["number"].as_str().unwrap();
    // The list names nobody, and is shown in parts.
    let first = county.ask(&["held", "list", "--limit", "1"]);
    assert!(first.contains(&format!("More is held: go on with --after {number}\n")), "{first}");
    assert_eq!(county.json(&["held", "list", "--limit", "1"]), json!([held[0]]));
    let rest = ["held", "list", "--reason", "not_paused", "--after", number];
    assert_eq!(county.json(&rest), json!([held[1]]));
    assert!(!county.ask(&rest).contains("More"));
    assert!(county.refused(&["held", "list", "--after", "x9"]).contains("d3"));
    assert!(!has_noted(&county, "show_held"));
    let shown = county.ask(&["held", "show", number]);
    assert!(has_noted(&county, "show_held"));
    assert!(shown.contains("never paused") && shown.contains(&lines[0].receipt), "{shown}");

    assert!(county.refused(&["held", "discard", number]).contains("--why"));
    assert!(county.refused(&["held", "discard", number, "--why", " "]).contains("--why takes one line"));
    let named = county.refused(&["held", "discard", number, "--why", "of 11990019800101001X, ok"]);
    assert!(named.contains("without numbers of people"), "{named}");
    assert!(county.refused(&["held", "release", number, "--why", "so"]).contains("not_paused"));
    assert!(county.refused(&["held", "correct", number, "--why", "so", "--step", "flown"]).contains("flown"));
    let discarded = county.ask(&["held", "discard", number, "--why", "sent by mistake"]);
    assert!(discarded.contains("(as before)"), "{discarded}");
    let shown = county.ask(&["held", "show", number]);
    assert!(shown.contains("settled: discarded, 20") && !shown.contains("never paused"), "{shown}");
    assert!(county.refused(&["held", "discard", number, "--why", "again"]).contains("was settled before"));
    assert!(county.refused(&["held", "show", "999"]).contains("999"));
    assert!(county.refused(&["held", "show", "x9"]).contains("d3"));
    assert_eq!(county.json(&["held", "list"]).as_array().unwrap().len(), 1);
    let settled = county.json(&["held", "list", "--settled"]);
    assert_eq!((&settled[0]["settled"], &settled[1]["settled"]), (&json!("discarded"), &json!(null)));
}

#[test]
fn of_a_correction_that_names_nothing_known_no_id_is_shown() {
    let county = County::new();
    let lines = lines(1);
    let way: Vec<_> = lines.iter().enumerate().map(|(number, line)| line.cells(number)).collect();
    import(&county, &way);
    // Of the event that a correction names nothing is kept that anybody would know again.
    let mut withdraws = way[5].clone();
    (withdraws["step"], withdraws["event_id"]) = ("withdraws:NEVER".into(), "W1".into());
    import(&county, &[withdraws]);
    let held = county.json(&["held", "list", "--reason", "unknown_correction"]);
    let shown = county.ask(&["held", "show", held[0]["number"].as_str().unwrap()]);
    assert!(shown.contains("said: withdraws\n") && shown.contains("look for a line with"), "{shown}");
}

#[test]
fn a_correction_is_read_like_a_report_and_may_name_another_application() {
    let county = County::new();
    let lines = lines(2);
    let way: Vec<_> = lines.iter().enumerate().map(|(number, line)| line.cells(number)).collect();
    import(&county, &way);
    let mut resumed = way[0].clone();
    (resumed["step"], resumed["event_id"]) = ("resumed".into(), "R1".into());
    import(&county, &[resumed]);
    let held = county.json(&["held", "list"]);
    let number = held[0]["number"].as_str().unwrap();
    let correct = ["held", "correct", number, "--why", "the other card was meant"];
    let refused = |more: &[&str]| county.refused(&[&correct[..], more].concat());
    assert!(refused(&[]).contains(&format!("`jindu held release {number}`")));
    assert!(refused(&["--step", "13", "--happened", "2099-01-01"]).contains("--happened \"2099-01-01\""));
    assert!(refused(&["--step", "13", "--happened", "2003-12-31"]).contains("before 2004"));
    assert!(refused(&["--step", "withdraws:1"]).contains("--step"));
    let canary = refused(&["--step", "13", "--receipt", "11990canary"]);
    assert!(canary.contains("--receipt") && !canary.contains("canary"), "{canary}");
    let (other, day) = (&lines[1].receipt, lines[1].happened.to_rfc3339());
    assert_ne!(other, &lines[0].receipt);
    let step = lines[1].stage.as_str();
    county.ask(&[&correct[..], &["--step", step, "--receipt", other, "--happened", &day]].concat());
    assert!(county.ask(&["held", "show", number]).contains("settled: corrected"));
    assert_eq!(county.json(&["held", "list"]), json!([]));
}

#[test]
fn a_batch_is_declared_and_compared_with_what_arrived() {
    let county = County::new();
    let lines = lines(3);
    let came = |line: usize| {
        let mut cells = lines[line].cells(line + 10);
        (cells["step"], cells["batch"]) = ("in_distribution".into(), "B-7".into());
        cells
    };
    let mut made = lines[2].cells(9);
    made["step"] = "in_production".into();
    let opened = [lines[0].cells(0), lines[1].cells(1), lines[2].cells(2)];
    import(&county, &[&opened[..], &[made, came(0), came(1)]].concat());
    // Who announces a batch is another than where it arrives.
    county.ask(&["feed", "add", "centre", "--organ", "119900911", "--kind", "production"]);
    let file = county.data().join("manifest.json");
    let path = file.display().to_string();
    let receipts = [&lines[0].receipt, &lines[2].receipt];
    let manifest = json!({"batch": "B-7", "due": "2026-01-20 18:00", "count": 2, "receipts": receipts});
    std::fs::write(&file, manifest.to_string()).unwrap();
    assert!(county.ask(&["batch", "declare", &path, "--feed", "centre"]).contains("B-7"));
    let compared = county.json(&["batch", "compare", "B-7"]);
    assert_eq!((&compared["declared"], &compared["arrived"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&compared["missing"], &compared["extra"]),
        (&json!([lines[2].receipt]), &json!([lines[1].receipt]))
    );
    // It named receipts: who looked, and at what, is known for good.
    assert!(has_noted(&county, "compare_batch"));
    assert_eq!(county.ask(&["batch", "settle"]), "Flagged as missing: 1; cleared: 0\n");
    assert_eq!(county.ask(&["batch", "settle"]), "Flagged as missing: 0; cleared: 0\n");
    assert!(county.refused(&["batch", "compare", "B-8"]).contains("B-8"));
    std::fs::write(&file, manifest.to_string().replace(&lines[0].receipt, "119900canary")).unwrap();
    let refused = county.refused(&["batch", "declare", &path, "--feed", "centre"]);
    assert!(refused.contains("/receipts/0") && !refused.contains("canary"), "{refused}");
    for (field, value) in [("colour", json!("red")), ("count", json!("two"))] {
        let mut wrong = manifest.clone();
        wrong[field] = value;
        std::fs::write(&file, wrong.to_string()).unwrap();
        let refused = county.refused(&["batch", "declare", &path, "--feed", "centre"]);
        assert!(refused.contains(field), "{refused}");
    }
    std::fs::write(&file, r#"{"batch": "B-9"}"#).unwrap();
    assert!(county.refused(&["batch", "declare", &path, "--feed", "centre"]).contains("/count: "));
    // Another feed may have a batch of this number; then one of them is named.
    county.ask(&["feed", "add", "press", "--organ", "119900912", "--kind", "production"]);
    std::fs::write(&file, manifest.to_string()).unwrap();
    assert!(
        county.refused(&["batch", "compare", "B-7", "--feed", "press"]).contains("press announced no batch")
    );
    county.ask(&["batch", "declare", &path, "--feed", "press"]);
    let refused = county.refused(&["batch", "compare", "B-7"]);
    assert!(refused.contains("centre, press") && refused.contains("--feed"), "{refused}");
    assert_eq!(county.json(&["batch", "compare", "B-7", "--feed", "press"])["declared"], 2);
}

#[test]
fn a_table_of_codes_is_printed_as_it_was_given() {
    let county = County::new();
    let built_in = county.ask(&["feed", "codes", "county"]);
    assert!(built_in.contains("version = "), "{built_in}");
    let file = county.data().join("codes.toml");
    std::fs::write(&file, "version = \"7\"\n[steps]\n\"K\" = \"signed\" # by K\n").unwrap();
    let set = county.ask(&["feed", "codes", "county", &file.display().to_string()]);
    assert!(set.contains("version 7"), "{set}");
    assert!(county.ask(&["feed", "codes", "county"]).ends_with("# by K\n"));
    assert!(county.ask(&["feed", "list"]).contains("codes: its own, version 7;"));
    let set = county.ask(&["feed", "codes", "county", "--built-in"]);
    assert!(county.ask(&["feed", "codes", "county"]) == built_in);
    let listed = county.json(&["feed", "list"]);
    assert!(
        set.contains(listed[0]["codes"].as_str().unwrap()) && listed[0]["own_codes"] == false,
        "{listed}"
    );
}
