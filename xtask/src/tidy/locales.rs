//! Every language says the same things: same files, same keys.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::tree::{File, Finding, Tree};

/// A language's messages: `file.toml` and key, joined.
type Keys = BTreeSet<String>;

/// Finds messages that one language has and another lacks.
pub(crate) fn same_keys(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut languages: BTreeMap<&str, Keys> = BTreeMap::new();
    for file in tree.files() {
        let Some((language, name)) = locale(file) else { continue };
        match file.text.parse::<Table>() {
            Ok(table) => collect(&table, name, languages.entry(language).or_default()),
            Err(_) => findings.push(file.finding(0, "is not TOML")),
        }
    }
    let everything: Keys = languages.values().flatten().cloned().collect();
    for (language, keys) in &languages {
        for missing in everything.difference(keys) {
            let path = format!("locales/{language}");
            findings.push(Finding { path, line: 0, what: format!("{missing} is missing") });
        }
    }
    findings
}

fn locale(file: &File) -> Option<(&str, &str)> {
    let (language, name) = file.path.strip_prefix("locales/")?.split_once('/')?;
    name.ends_with(".toml").then_some((language, name))
}

const PLURALS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Languages differ in their plural forms, so a table of plurals counts as one message.
fn collect(table: &Table, above: &str, keys: &mut Keys) {
    for (key, value) in table {
        let name = format!("{above} {key}");
        match value {
            Value::Table(inner) if !inner.keys().all(|form| PLURALS.contains(&form.as_str())) => {
                collect(inner, &name, keys);
            }
            _ => {
                keys.insert(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(chinese: &str, english: &str) -> Vec<String> {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let tree = Tree::of([file("locales/zh/a.toml", chinese), file("locales/en/a.toml", english)]);
        same_keys(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_missing_message_is_found_in_either_language() {
        assert_eq!(
            findings("x = \"一\"\n[s]\ny = \"二\"\n", "[s]\ny = \"two\"\n"),
            ["locales/en: a.toml x is missing"]
        );
        assert_eq!(
            findings("x = \"一\"\n", "x = \"one\"\nz = \"three\"\n"),
            ["locales/zh: a.toml z is missing"]
        );
        assert_eq!(findings("x = \"一\"\n", "x = \"one\"\n"), [""; 0]);
        assert_eq!(findings("x = \n", "").len(), 1);
    }

    #[test]
    fn plural_forms_may_differ() {
        assert_eq!(
            findings("days = { other = \"天\" }\n", "days = { one = \"day\", other = \"days\" }\n"),
            [""; 0]
        );
    }

    #[test]
    fn a_missing_file_misses_its_messages() {
        let tree = Tree::of([
            ("locales/zh/a.toml".to_owned(), "x = \"一\"\n".to_owned()),
            ("locales/en/b.toml".to_owned(), "x = \"one\"\n".to_owned()),
        ]);
        assert_eq!(same_keys(&tree).len(), 2);
    }
}
