//! `jindu staff`: the first security administrator is made on the command line.

use crate::asking::empty;
use crate::backup::said;
use crate::folder::Folder;
use crate::running::{ended, jindu};
use std::path::Path;

/// Types `jindu staff …`; gives whether it was done, and what was said.
fn staff(data: &Path, words: &str) -> (bool, String) {
    let mut command = jindu();
    command.env("JINDU_DEMONSTRATION", "true").arg("staff").args(words.split_whitespace());
    let output = ended(command.arg("--data").arg(data));
    (output.status.success(), said(&output))
}

#[test]
fn accounts_are_added_listed_blocked_and_given_codes() {
    let folder = Folder::new();
    empty(folder.path());
    let staff = |words: &str| staff(folder.path(), words);
    assert!(staff("list").1.contains("There is no account yet."));
    let wang = "--number 0042 --role security_administrator --organ 119900000";
    let (done, added) = staff(&format!("add wang {wang}"));
    assert!(done, "{added}");
    let code = |said: &str| said.split_whitespace().find(|word| word.len() == 23).map(str::to_owned);
    let first = code(&added).unwrap();
    assert!(added.contains("http://localhost:8080/staff/enrol"), "{added}");
    for (words, why) in [
        ("add wang --number 1 --role auditor --organ 119900000", "already"),
        ("add li --number 0042 --role auditor --organ 119900000", "nobody may be both"),
        ("add li --number 1 --role boss --organ 119900000", "role"),
        ("add li --number 1 --role auditor --organ 1199", "organ"),
        ("enrol li", "no account"),
        ("block li", "no account"),
    ] {
        let (done, refused) = staff(words);
        assert!(!done && refused.contains(why), "{words}: {refused}");
    }
    let (_, again) = staff("enrol wang");
    assert_ne!(code(&again).unwrap(), first);
    assert!(staff("disenrol wang").1.contains("0 taken away"));
    assert!(staff("block wang").0);
    assert!(staff("list").1.contains("wang  0042  security_administrator  119900000  blocked"));
    let (done, refused) = staff("enrol wang");
    assert!(!done && refused.contains("unblock it first"), "{refused}");
    assert!(staff("unblock wang").0 && staff("enrol wang").0);
}
