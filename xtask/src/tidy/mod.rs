//! The house rules that a tool can check; each rule is one line of `cargo xtask tidy`.

mod imports;
mod locales;
mod manifests;
mod rust;
mod size;
mod sql;
mod texts;
mod tree;

use crate::counts::Counts;
use tree::{Finding, Tree};

/// A house rule and the check that finds where it is broken.
struct Rule {
    promise: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { promise: "every Rust file can be read", check: size::unreadable },
    Rule { promise: "functions have at most 60 lines", check: size::functions },
    Rule { promise: "source files have at most 400 lines", check: size::files },
    Rule { promise: "templates have at most 120 lines", check: size::templates },
    Rule { promise: "README.md has at most 100 lines", check: size::readme },
    Rule { promise: "crates depend on each other as the diamond allows", check: manifests::diamond },
    Rule { promise: "every dependency says what it is for", check: manifests::comments },
    Rule { promise: "crates import what the diamond allows", check: imports::diamond },
    Rule { promise: "the domain touches no outside world", check: imports::purity },
    Rule { promise: "features do not import each other", check: imports::features },
    Rule { promise: "the server holds no SQL", check: sql::outside_store },
    Rule { promise: "lints are expected, never allowed", check: rust::allows },
    Rule { promise: "every expected lint has its reason", check: rust::reasons },
    Rule { promise: "nothing is left unfinished or ignored", check: rust::unfinished },
    Rule { promise: "type names say what the thing is", check: rust::names },
    Rule { promise: "no path of one machine", check: texts::machine_paths },
    Rule { promise: "no mention of folders outside of the clone", check: texts::outside_folders },
    Rule { promise: "no address of a package registry", check: texts::registries },
    Rule { promise: "every language has the same messages", check: locales::same_keys },
];

/// Checks every rule against the clone, prints what it found, and counts the rules.
pub(crate) fn run() -> Result<Counts, String> {
    let tree = Tree::read()?;
    let mut counts = Counts::default();
    for rule in RULES {
        let findings = (rule.check)(&tree);
        if findings.is_empty() {
            counts.passed += 1;
            println!("  ok      {}", rule.promise);
        } else {
            counts.failed += 1;
            println!("  BROKEN  {}", rule.promise);
            findings.iter().for_each(|finding| println!("            {finding}"));
        }
    }
    println!("tidy: {} files, {} of {} rules hold", tree.len(), counts.passed, RULES.len());
    Ok(counts)
}
