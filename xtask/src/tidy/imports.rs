//! What the code imports: the diamond between crates, and walls between features.

use std::collections::BTreeSet;

use super::rust::{Kind, Token, Tokens, begins, inside};
use super::tree::{Finding, Tree};

/// A crate's sources and the crates that they never import.
const NEVER: [(&str, &[&str]); 6] = [
    ("crates/domain/src/", &["tokio", "axum", "rusqlite", "i18n", "store", "web", "server", "rand"]),
    ("crates/i18n/src/", &["domain", "store", "web", "server", "axum", "tokio", "toml"]),
    ("crates/store/src/", &["axum", "askama", "hyper", "i18n", "web", "server"]),
    ("crates/web/src/", &["domain", "store", "server", "rusqlite", "tokio_postgres"]),
    ("crates/server/src/", &["rusqlite", "refinery", "tokio_postgres", "xtask"]),
    ("xtask/src/", &["domain", "i18n", "store", "web", "server"]),
];

/// Finds imports that cross the diamond.
pub(crate) fn diamond(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, never) in NEVER {
        for (file, tokens) in tree.rust_under(folder) {
            for root in tokens.runs().flat_map(imported_roots) {
                if never.contains(&root.text.as_str()) {
                    findings.push(file.finding(root.line, format!("{} is against the diamond", root.text)));
                }
            }
        }
    }
    findings
}

/// The first words of the paths in the `use` that the run begins with.
fn imported_roots(run: &[Token]) -> Vec<&Token> {
    let [word, rest @ ..] = run else { return Vec::new() };
    if word.text != "use" || word.kind != Kind::Word {
        return Vec::new();
    }
    let unrooted = if begins(rest, &[":", ":"]) { rest.get(2..).unwrap_or_default() } else { rest };
    choices(unrooted)
}

/// The word that the run begins with, or the first word of each path in its braces.
fn choices(run: &[Token]) -> Vec<&Token> {
    match run.first() {
        Some(first) if first.kind == Kind::Word => vec![first],
        Some(first) if first.text == "{" => {
            let mut depth = 0_usize;
            let mut at_start = true;
            let mut found = Vec::new();
            for token in inside(run) {
                if at_start && token.kind == Kind::Word {
                    found.push(token);
                }
                match token.text.as_str() {
                    "{" => depth += 1,
                    "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at_start = depth == 0 && token.text == ",";
            }
            found
        }
        _ => Vec::new(),
    }
}

/// What follows a path such as `std::` where the run begins with it.
fn after<'run>(run: &'run [Token], path: &[&str]) -> Vec<&'run Token> {
    if begins(run, path) { choices(run.get(path.len()..).unwrap_or_default()) } else { Vec::new() }
}

const OUTSIDE_WORLD: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];

/// Finds files, sockets, threads and clocks in the domain; its tests may read files.
pub(crate) fn purity(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under("crates/domain/src/") {
        if file.path.ends_with("tests.rs") {
            continue;
        }
        let tests = test_lines(tokens);
        for run in tokens.runs() {
            let outside = after(run, &["std", ":", ":"])
                .into_iter()
                .filter(|word| OUTSIDE_WORLD.contains(&word.text.as_str()));
            let clocks = run
                .first()
                .into_iter()
                .filter(|word| ["SystemTime", "Instant"].contains(&word.text.as_str()));
            let touched =
                outside.chain(clocks).filter(|word| !tests.iter().any(|lines| lines.contains(&word.line)));
            findings.extend(
                touched
                    .map(|word| file.finding(word.line, format!("{} is outside of the domain", word.text))),
            );
        }
    }
    findings
}

/// The lines of modules and functions that only tests see.
fn test_lines(tokens: &Tokens) -> Vec<std::ops::RangeInclusive<usize>> {
    let marks = tokens.runs().filter(|run| begins(run, &["#", "[", "cfg", "(", "test", ")", "]"]));
    let spans = marks.filter_map(|run| {
        let open = run.iter().position(|token| token.text == "{" || token.text == ";")?;
        let body = run.get(open..)?;
        let last = body.get(inside(body).len() + 1).or_else(|| body.first())?;
        Some(run.first()?.line..=last.line)
    });
    spans.collect()
}

const FEATURES: &str = "crates/server/src/features/";

/// Finds features that import one another: what two need belongs to the store, the domain or the shell.
pub(crate) fn features(tree: &Tree) -> Vec<Finding> {
    let names: BTreeSet<&str> = tree.files().filter_map(|file| feature_of(&file.path)).collect();
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under(FEATURES) {
        let Some(own) = feature_of(&file.path) else { continue };
        for run in tokens.runs() {
            let absolute = after(run, &["features", ":", ":"]);
            let relative = after(run, &["super", ":", ":", "super", ":", ":"]);
            let others = absolute.into_iter().chain(relative).filter(|word| word.text != own);
            let crossed = others.filter(|word| names.contains(word.text.as_str()));
            findings
                .extend(crossed.map(|word| file.finding(word.line, format!("{own} imports {}", word.text))));
        }
    }
    findings
}

/// The feature that a file belongs to: its folder, or its own name.
fn feature_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(FEATURES)?.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name != "mod").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::tree::{lines, one};
    use super::*;

    #[test]
    fn an_import_across_the_diamond_is_found() {
        let text = "use domain::Stage;\nuse ::store::Store;\nuse axum::Router;\nuse {i18n::Text, rusqlite::{Row, web::X}};\n";
        assert_eq!(lines(&diamond(&one("crates/web/src/lib.rs", text))), [1, 2, 4]);
        assert_eq!(lines(&diamond(&one("crates/server/src/app.rs", text))), [4]);
        assert_eq!(
            lines(&diamond(&one("crates/domain/src/lib.rs", "fn store() { web::x() }\nuse crate::web;\n"))),
            [0; 0]
        );
        assert_eq!(lines(&diamond(&one("xtask/src/main.rs", "use store::Store;\n"))), [1]);
    }

    #[test]
    fn the_domain_reads_no_file_and_no_clock() {
        let text = "use std::{fmt, fs};\nfn a() { std::env::var(\"X\") }\nuse std::time::SystemTime;\n\
                    #[cfg(test)]\nmod tests {\nuse std::fs;\n}\nuse std::thread;\n";
        assert_eq!(lines(&purity(&one("crates/domain/src/a.rs", text))), [1, 2, 3, 8]);
        assert_eq!(lines(&purity(&one("crates/store/src/a.rs", text))), [0; 0]);
        assert_eq!(lines(&purity(&one("crates/domain/src/a/tests.rs", text))), [0; 0]);
    }

    #[test]
    fn features_stay_apart() {
        let file = |name: &str, text: &str| (format!("{FEATURES}{name}"), text.to_owned());
        let inquiry = "use crate::features::offices::Row;\nuse crate::features::{inquiry, feeds::Feed};\n\
                       use super::super::offices;\nuse super::super::shell;\nuse crate::features::inquiry::view;\n";
        let tree = Tree::of([
            file("inquiry/http.rs", inquiry),
            file("offices/mod.rs", ""),
            file("feeds.rs", ""),
            file("mod.rs", "pub use crate::features::offices::routes;"),
        ]);
        assert_eq!(lines(&features(&tree)), [1, 2, 3]);
    }
}
