//! Limits of length: a reader holds this much at once.

use super::rust::{Kind, Token, inside};
use super::tree::{Finding, Tree};

const FUNCTION_LINES: usize = 60;
const FILE_LINES: usize = 400;
const TEMPLATE_LINES: usize = 120;
const README_LINES: usize = 100;

/// Finds Rust files that cannot be read, which hides them from the other rules.
pub(crate) fn unreadable(tree: &Tree) -> Vec<Finding> {
    let broken = |file: &super::tree::File| match &file.tokens {
        Some(Err(reason)) => Some(file.finding(0, reason)),
        _ => None,
    };
    tree.files().filter_map(broken).collect()
}

/// Finds functions over the limit, from `fn` to the closing brace.
pub(crate) fn functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under("") {
        for (name, first, last) in tokens.runs().filter_map(function) {
            let length = last - first + 1;
            if length > FUNCTION_LINES {
                findings.push(
                    file.finding(first, format!("fn {name}: {length} lines, at most {FUNCTION_LINES}")),
                );
            }
        }
    }
    findings
}

/// Name, first and last line of the function that the run begins with, if it has a body.
fn function(run: &[Token]) -> Option<(&str, usize, usize)> {
    let [word, name, rest @ ..] = run else { return None };
    if word.text != "fn" || word.kind != Kind::Word || name.kind != Kind::Word {
        return None;
    }
    let mut skip = 0;
    loop {
        let here = rest.get(skip..)?;
        match here.first()?.text.as_str() {
            ";" => return None,
            "{" => return Some((&name.text, word.line, here.get(inside(here).len() + 1)?.line)),
            "(" | "[" => skip += inside(here).len() + 2,
            _ => skip += 1,
        }
    }
}

/// Finds source files over the limit.
pub(crate) fn files(tree: &Tree) -> Vec<Finding> {
    over(tree, FILE_LINES, |path| [".rs", ".js", ".mjs", ".css"].iter().any(|end| path.ends_with(end)))
}

/// Finds templates over the limit.
pub(crate) fn templates(tree: &Tree) -> Vec<Finding> {
    over(tree, TEMPLATE_LINES, |path| path.ends_with(".html"))
}

/// Finds a README that is missing or over the limit.
pub(crate) fn readme(tree: &Tree) -> Vec<Finding> {
    if tree.files().any(|file| file.path == "README.md") {
        return over(tree, README_LINES, |path| path == "README.md");
    }
    vec![Finding { path: "README.md".into(), line: 0, what: "is missing".into() }]
}

fn over(tree: &Tree, limit: usize, counts: impl Fn(&str) -> bool) -> Vec<Finding> {
    let lengths =
        tree.files().filter(|file| counts(&file.path)).map(|file| (file, file.text.lines().count()));
    let long = lengths.filter(|(_, length)| *length > limit);
    long.map(|(file, length)| file.finding(0, format!("{length} lines, at most {limit}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::{lines, one};
    use super::*;

    fn function_of(length: usize) -> String {
        format!(
            "fn short() {{}}\n/// Words.\n#[test]\nfn long(a: [u8; 2]) -> u8 {{\n{}}}\n",
            "// x\n".repeat(length - 2)
        )
    }

    #[test]
    fn a_function_of_sixty_lines_is_the_longest() {
        assert_eq!(functions(&one("a.rs", &function_of(60))), []);
        let findings = functions(&one("a.rs", &function_of(61)));
        assert_eq!(lines(&findings), [4]);
        assert!(findings[0].what.contains("fn long: 61 lines"));
    }

    #[test]
    fn functions_inside_others_are_measured_and_pointers_are_not() {
        let inner = format!("impl A {{\nfn b(f: fn(u8) -> u8);\n{}}}\n", function_of(61));
        assert_eq!(lines(&functions(&one("a.rs", &inner))), [6]);
    }

    #[test]
    fn files_templates_and_readme_have_limits() {
        assert_eq!(files(&one("a.css", &"x\n".repeat(400))), []);
        assert_eq!(files(&one("a.css", &"x\n".repeat(401))).len(), 1);
        assert_eq!(files(&one("locales/zh/a.toml", &"x\n".repeat(401))), []);
        assert_eq!(templates(&one("a.html", &"x\n".repeat(121))).len(), 1);
        assert_eq!(readme(&one("README.md", &"x\n".repeat(101))).len(), 1);
        assert_eq!(readme(&one("README.md", "x\n")), []);
        assert_eq!(readme(&one("other.md", "x\n")).len(), 1);
    }

    #[test]
    fn a_file_that_does_not_parse_is_found() {
        assert_eq!(unreadable(&one("a.rs", "fn a( {")).len(), 1);
        assert_eq!(unreadable(&one("a.rs", "fn a() {}")), []);
    }

    #[test]
    fn a_word_named_fn_in_a_text_is_no_function() {
        assert_eq!(
            functions(&one("a.rs", &format!("const A: &str = \"fn a() {{{}}}\";", "\n".repeat(70)))),
            []
        );
    }
}
