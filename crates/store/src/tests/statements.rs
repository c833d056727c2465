//! Every statement of the store, gathered from its source: each prepares, and each names whose rows it is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A statement, and where it stands.
pub(super) struct Statement {
    /// The path in `src` and the constant's name.
    pub(super) place: String,
    pub(super) sql: String,
}

/// What is not a statement of both engines: what keeps the engines themselves, and databases for tests.
const APART: [&str; 3] = ["engine/", "fresh.rs", "testing"];

/// Tables that are distributed, and what by.
pub(super) const DISTRIBUTED: [(&str, &str); 5] = [
    ("application", "subject"),
    ("look", "subject"),
    ("milestone", "subject"),
    ("mismatch", "subject"),
    ("receipt_case", "receipt"),
];

/// Statements that look at every part of a distributed table, and why they may.
const COLD: [(&str, &str); 8] = [
    (
        "application.rs PAGE",
        "a command walks through all; some are taken every minute, to compare unknown numbers with",
    ),
    ("application.rs COUNT", "a command counts all applications"),
    ("application.rs NEWEST", "asked once a minute, and where the demonstration goes on"),
    ("application.rs ANY", "asks whether the table can be read, and ends at the first row"),
    ("log/looks.rs FROM", "a command compares the log with the database, leaf by leaf, by an index"),
    ("manifest/settle.rs FLAGGED", "the upkeep looks at all flags; the index holds nothing else"),
    ("mismatch.rs PAGE", "a server that starts learns on whom facts were tried in vain"),
    ("mismatch.rs FORGET", "the upkeep looks for what is over, by an index, a few rows at a time"),
];

/// All of them.
pub(super) fn all() -> Vec<Statement> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    gather(&src, &mut files);
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
        if name.contains("tests") || APART.iter().any(|apart| name.starts_with(apart)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        found.extend(
            constants(&text)
                .into_iter()
                .map(|(constant, sql)| Statement { place: format!("{name} {constant}"), sql }),
        );
    }
    assert!(found.len() > 100, "only {} statements were found", found.len());
    found
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { gather(&path, files) } else { files.push(path) }
    }
    files.sort();
}

/// The constants of a file that are statements.
fn constants(text: &str) -> Vec<(String, String)> {
    let macros = Macros::of(text);
    let begins = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
    let mut found = Vec::new();
    for part in text.split("const ").skip(1) {
        let Some((name, value)) = part.split_once(": &str =") else { continue };
        if name.contains(char::is_whitespace) {
            continue;
        }
        let sql = macros.value(&value[..end(value, ';')], &BTreeMap::new());
        if begins.iter().any(|begin| sql.starts_with(begin)) {
            found.push((name.to_owned(), sql));
        }
    }
    found
}

/// The macros of a file that write statements: for each name its patterns and bodies.
struct Macros<'t>(BTreeMap<&'t str, Vec<(&'t str, &'t str)>>);

impl<'t> Macros<'t> {
    fn of(text: &'t str) -> Self {
        let mut all = BTreeMap::new();
        for part in text.split("macro_rules! ").skip(1) {
            let (name, rest) = part.split_once(" {").unwrap();
            let rules = &rest[..end(rest, '}')];
            let arms = split(rules, ';').into_iter().filter_map(|arm| arm.split_once("=>"));
            let bare = |side: &'t str| side.trim().get(1..side.trim().len() - 1).unwrap().trim();
            all.insert(name, arms.map(|(pattern, body)| (bare(pattern), bare(body))).collect());
        }
        Self(all)
    }

    /// What an expression of literals, `concat!` and the macros is.
    fn value(&self, expression: &str, bound: &BTreeMap<&str, String>) -> String {
        let expression = expression.trim();
        if let Some(text) = expression.strip_prefix('"') {
            return text.strip_suffix('"').unwrap().replace("\\\"", "\"");
        }
        if let Some(value) = bound.get(expression) {
            return value.clone();
        }
        let Some((name, given)) = expression.split_once("!(") else { return String::new() };
        let given = given.strip_suffix(')').unwrap();
        let parts = split(given, ',');
        if name == "concat" {
            return parts.into_iter().map(|part| self.value(part, bound)).collect();
        }
        for (pattern, body) in &self.0[name] {
            let names: Vec<&str> =
                split(pattern, ',').into_iter().filter_map(|name| name.split(':').next()).collect();
            if *pattern == given {
                return self.value(body, &BTreeMap::new());
            }
            if pattern.starts_with('$') && names.len() == parts.len() {
                let values = parts.iter().map(|part| self.value(part, bound));
                return self.value(body, &names.into_iter().map(str::trim).zip(values).collect());
            }
        }
        panic!("{expression} fits no rule");
    }
}

/// Where the text ends at this letter, outside of strings and brackets.
fn end(text: &str, at: char) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (place, letter) in text.char_indices() {
        if quoted {
            quoted = escaped || letter != '"';
            escaped = letter == '\\' && !escaped;
            continue;
        }
        if depth == 0 && letter == at {
            return place;
        }
        match letter {
            '"' => quoted = true,
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn split(text: &str, at: char) -> Vec<&str> {
    let mut rest = text;
    let mut parts = Vec::new();
    while !rest.trim().is_empty() {
        let end = end(rest, at);
        parts.push(rest[..end].trim());
        rest = rest.get(end + 1..).unwrap_or("");
    }
    parts
}

#[test]
fn macros_are_written_out() {
    let text = r#"
        macro_rules! lines {
            (all) => { lines!("a <> ';'") };
            ($what:literal) => { concat!("SELECT ", $what, " FROM b") };
        }
        const ONE: &str = lines!("x, y");
        pub(super) const ALL: &str = concat!(lines!(all), " WHERE c = $1");
        const WORD: &str = "unknown";
    "#;
    let found = constants(text);
    let found: Vec<(&str, &str)> = found.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    assert_eq!(found, [("ONE", "SELECT x, y FROM b"), ("ALL", "SELECT a <> ';' FROM b WHERE c = $1")]);
}

#[tokio::test]
async fn every_statement_prepares_on_the_embedded_engine() {
    let fresh = super::Fresh::embedded().await;
    let file = fresh.file();
    for Statement { place, sql } in all() {
        assert!(file.prepare(&sql).is_ok(), "{place}: {:?}", file.prepare(&sql).err());
    }
}

#[test]
fn a_statement_about_a_distributed_table_names_whose_rows_it_wants() {
    let mut walks = Vec::new();
    for Statement { place, sql } in all() {
        let words: Vec<&str> = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
        let touches = |table: &str| {
            words
                .windows(2)
                .any(|two| ["FROM", "JOIN", "INTO", "UPDATE"].contains(&two[0]) && two[1] == table)
        };
        let names = |key: &str| match sql.starts_with("INSERT") {
            true => sql.split(')').next().unwrap().contains(key),
            false => sql.contains(&format!("{key} = ")),
        };
        if DISTRIBUTED.iter().any(|(table, key)| touches(table) && !names(key)) {
            walks.push(place);
        }
    }
    let cold = COLD.map(|(place, _)| place);
    assert_eq!(walks, cold, "left: what looks at every part; right: what may");
}
