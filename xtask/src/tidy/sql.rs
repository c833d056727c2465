//! The server decides and the store remembers: SQL stands only in the store.

use super::rust::Kind;
use super::tree::{Finding, Tree};

/// Statements by the words that they cannot do without, in order.
const STATEMENTS: [&[&str]; 4] =
    [&["select ", " from "], &["insert ", "into "], &["update ", " set "], &["delete ", "from "]];

/// Finds SQL in the server's string literals, and SQL files beside them.
pub(crate) fn outside_store(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under("crates/server/") {
        let literals =
            tokens.iter().filter(|token| token.kind == Kind::Literal && token.text.ends_with(['"', '#']));
        let sql = literals.filter(|literal| is_sql(&literal.text));
        findings.extend(sql.map(|literal| file.finding(literal.line, "SQL belongs into the store")));
    }
    let files =
        tree.files().filter(|file| file.path.starts_with("crates/server/") && file.path.ends_with(".sql"));
    findings.extend(files.map(|file| file.finding(0, "SQL belongs into the store")));
    findings
}

/// SQL in capitals anywhere, or a text that begins as a statement in small letters; prose is neither.
fn is_sql(literal: &str) -> bool {
    let plain = literal.replace("\\n", " ").replace("\\t", " ").replace('\\', " ");
    let spaced = plain.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
    let begins_small = spaced.trim_start_matches(['r', 'b', '#', '"', ' ']).to_owned();
    STATEMENTS.iter().any(|words| {
        let capitals: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
        let small: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        holds_in_order(&spaced, &capitals)
            || small.first().is_some_and(|first| begins_small.starts_with(first))
                && holds_in_order(&begins_small, &small)
    })
}

fn holds_in_order(text: &str, words: &[String]) -> bool {
    let mut rest = text;
    words.iter().all(|word| match rest.find(word.as_str()) {
        // The space that ends one word may begin the next.
        Some(at) => {
            rest = rest.get(at + word.trim_end().len()..).unwrap_or("");
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::{lines, one};
    use super::*;

    #[test]
    fn statements_are_found_and_prose_is_not() {
        let text = "const A: &str = \"SELECT stage FROM application\";\nconst B: &str = r#\"\n  INSERT\n  INTO x\"#;\n\
                    const C: &str = \"update x\\n set y = 1\";\nfn d() { run(\"DELETE FROM x\") }\n\
                    const E: &str = \"Select an office from the list\";\nconst F: &str = \"we update it and set a date\";\n\
                    /// SELECT a FROM b\nconst G: &str = \"WITH a AS (SELECT 1 FROM b) x\";\n";
        assert_eq!(lines(&outside_store(&one("crates/server/src/a.rs", text))), [1, 2, 5, 6, 10]);
        assert_eq!(lines(&outside_store(&one("crates/store/src/a.rs", text))), [0; 0]);
        assert_eq!(lines(&outside_store(&one("crates/server/src/a.sql", ""))), [0]);
    }
}
