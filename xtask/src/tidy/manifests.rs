//! What the manifests say: who may depend on whom, and what each dependency is for.

use toml::{Table, Value};

use super::tree::{File, Finding, Tree};

/// What a crate may depend on.
enum May {
    /// These and nothing else.
    Only(&'static [&'static str]),
    /// Anything but these.
    NotOn(&'static [&'static str]),
}

const SQL_DRIVERS: [&str; 4] = ["rusqlite", "refinery", "tokio-postgres", "deadpool-postgres"];

/// The diamond: a crate's folder, what it may depend on, and what its build script may depend on.
const DIAMOND: [(&str, May, May); 7] = [
    ("crates/domain", May::Only(&["jiff", "pinyin", "thiserror", "unicode-normalization"]), May::Only(&[])),
    (
        "crates/i18n",
        May::Only(&["icu_plurals", "icu_locale_core"]),
        May::Only(&["toml", "icu_plurals", "icu_locale_core"]),
    ),
    (
        "crates/store",
        May::NotOn(&["axum", "askama", "hyper", "i18n", "web", "server", "xtask"]),
        May::Only(&[]),
    ),
    (
        "crates/web",
        May::NotOn(&[
            "domain",
            "store",
            "server",
            "xtask",
            "rusqlite",
            "refinery",
            "tokio-postgres",
            "deadpool-postgres",
        ]),
        May::Only(&[]),
    ),
    (
        "crates/server",
        May::NotOn(&["xtask", "rusqlite", "refinery", "tokio-postgres", "deadpool-postgres"]),
        May::Only(&[]),
    ),
    ("fuzz", May::Only(&["libfuzzer-sys", "server"]), May::Only(&[])),
    ("xtask", May::NotOn(&["domain", "i18n", "store", "web", "server"]), May::Only(&[])),
];

const PRODUCT: [&str; 5] = ["domain", "i18n", "store", "web", "server"];

impl May {
    fn forbids(&self, dependency: &str) -> bool {
        match self {
            Self::Only(these) => !these.contains(&dependency),
            Self::NotOn(these) => these.contains(&dependency),
        }
    }
}

/// Finds dependencies that the diamond does not allow, and crates that it does not know.
pub(crate) fn diamond(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.files().filter(|file| file.path.ends_with("/Cargo.toml"));
    manifests.flat_map(of_manifest).collect()
}

fn of_manifest(file: &File) -> Vec<Finding> {
    let folder = file.path.trim_end_matches("/Cargo.toml");
    let Some((_, normal, build)) = DIAMOND.iter().find(|(known, _, _)| *known == folder) else {
        return vec![file.finding(0, "the diamond does not know this crate")];
    };
    let Ok(manifest) = file.text.parse::<Table>() else {
        return vec![file.finding(0, "is not TOML")];
    };
    let mut findings = Vec::new();
    for (section, name) in dependencies(&manifest) {
        let forbidden = match section {
            "dependencies" => normal.forbids(&name),
            "build-dependencies" => build.forbids(&name),
            // Tests may use any tool, but not another part of the product that the crate itself may not use.
            _ => {
                (PRODUCT.contains(&name.as_str()) || SQL_DRIVERS.contains(&name.as_str()))
                    && normal.forbids(&name)
            }
        };
        if forbidden {
            findings.push(file.finding(0, format!("{section}: {name} is against the diamond")));
        }
    }
    findings
}

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Section and crate name of every dependency, those for one platform included.
fn dependencies(manifest: &Table) -> Vec<(&'static str, String)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = std::iter::once(manifest).chain(platforms.filter_map(Value::as_table));
    let mut found = Vec::new();
    for table in tables {
        for section in SECTIONS {
            let entries = table.get(section).and_then(Value::as_table).into_iter().flatten();
            found.extend(entries.map(|(key, entry)| (section, real_name(key, entry))));
        }
    }
    found
}

/// A dependency may go by another name in its crate.
fn real_name(key: &str, entry: &Value) -> String {
    entry.get("package").and_then(Value::as_str).unwrap_or(key).to_owned()
}

/// Finds dependencies without a comment behind or right above them.
pub(crate) fn comments(tree: &Tree) -> Vec<Finding> {
    let manifests =
        tree.files().filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"));
    manifests.flat_map(uncommented).collect()
}

fn uncommented(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut among_dependencies, mut open_brackets, mut above) = (false, 0, "");
    for (number, line) in file.lines().map(|(number, line)| (number, line.trim())) {
        let (code, comment) = split_comment(line);
        if line.starts_with('[') && open_brackets == 0 {
            among_dependencies = code.trim().trim_end_matches(']').ends_with("dependencies");
        } else if among_dependencies && open_brackets == 0 && !code.trim().is_empty() {
            let explained = !comment.trim().is_empty() || above.starts_with('#');
            findings.extend((!explained).then(|| file.finding(number, format!("{code}: what is it for?"))));
        }
        open_brackets += code.matches(['[', '{']).count();
        open_brackets = open_brackets.saturating_sub(code.matches([']', '}']).count());
        above = line;
    }
    findings
}

/// Splits a line at the first `#` outside of quotes.
fn split_comment(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted => return (line.get(..at).unwrap_or(line), line.get(at + 1..).unwrap_or("")),
            _ => {}
        }
    }
    (line, "")
}

#[cfg(test)]
mod tests {
    use super::super::tree::{lines, one};
    use super::*;

    fn broken(folder: &str, text: &str) -> Vec<String> {
        diamond(&one(&format!("{folder}/Cargo.toml"), text)).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn the_domain_depends_on_three_crates_at_most() {
        assert_eq!(
            broken("crates/domain", "[dependencies]\njiff = \"1\"\n[dev-dependencies]\nproptest = \"1\"\n"),
            [""; 0]
        );
        assert_eq!(broken("crates/domain", "[dependencies]\ntokio = \"1\"\n").len(), 1);
        assert_eq!(broken("crates/domain", "[dev-dependencies]\nstore.workspace = true\n").len(), 1);
        assert_eq!(broken("crates/domain", "[build-dependencies]\ntoml = \"1\"\n").len(), 1);
    }

    #[test]
    fn each_side_of_the_diamond_keeps_to_itself() {
        assert_eq!(
            broken("crates/i18n", "[dependencies]\ntoml = \"1\"\n[build-dependencies]\ntoml = \"1\"\n").len(),
            1
        );
        assert_eq!(
            broken("crates/store", "[dependencies]\ndomain = {}\nrusqlite = \"1\"\naxum = \"1\"\n").len(),
            1
        );
        assert_eq!(broken("crates/web", "[dependencies]\ni18n = {}\ndomain = {}\nstore = {}\n").len(), 2);
        assert_eq!(
            broken("crates/server", "[dependencies]\nstore = {}\nsql = { package = \"rusqlite\" }\n").len(),
            1
        );
        assert_eq!(broken("xtask", "[target.'cfg(unix)'.dependencies]\ndomain = {}\n").len(), 1);
        assert_eq!(broken("crates/sixth", "[dependencies]\n").len(), 1);
    }

    #[test]
    fn a_dependency_without_a_comment_is_found() {
        let text = "[package]\nname = \"a\"\n[dependencies]\na = \"1\" # counts\nb = { features = [\"#\"] }\n# sorts\nc = \"1\"\n\
                    d = { features = [ # names\n  \"x\",\n] }\ne = \"1\" #\n[workspace.dependencies]\nf = \"1\"\n[profile.dev]\nx = 1\n";
        assert_eq!(lines(&comments(&one("Cargo.toml", text))), [5, 11, 13]);
    }
}
