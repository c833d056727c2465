//! Finds the placeholders of a message: `{day}`; a brace that is meant is written twice.

use std::collections::BTreeSet;

/// Words that Rust keeps for itself, so that no argument can be called so.
const RESERVED: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while",
];

/// The placeholders of `text`, in alphabetical order.
pub(crate) fn find(text: &str) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(at);
        rest = if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            after
        } else {
            let (name, after) = from
                .strip_prefix('{')
                .and_then(|inside| inside.split_once('}'))
                .ok_or("a single brace; write {{ or }} for a brace that is meant")?;
            found.insert(named(name)?);
            after
        };
    }
    Ok(found)
}

/// Whether `name` can be part of a Rust name: lower-case letters, digits and `_`, a letter first.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn named(name: &str) -> Result<String, String> {
    if !is_name(name) {
        return Err(format!("{{{name}}} is no placeholder; use lower-case letters, digits and _"));
    }
    if RESERVED.contains(&name) {
        return Err(format!("{{{name}}} is a word that Rust keeps for itself; choose another"));
    }
    Ok(name.to_owned())
}
