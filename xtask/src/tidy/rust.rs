//! Rust as a flat run of tokens, and the rules that read it word by word.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tree::{File, Finding, Tree};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, a name or a lifetime's name.
    Word,
    /// A literal, as written.
    Literal,
    /// One character of punctuation, or a bracket.
    Mark,
}

/// A token and its line.
#[derive(Debug)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// As written.
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
}

/// A Rust file without comments and documentation.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Vec<Token>);

impl Tokens {
    /// Reads a file's text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let stream: TokenStream =
            text.parse().map_err(|reason| format!("does not parse as Rust: {reason}"))?;
        let mut tokens = Self::default();
        tokens.flatten(stream);
        Ok(tokens)
    }

    fn flatten(&mut self, stream: TokenStream) {
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            let line = tree.span().start().line;
            match tree {
                TokenTree::Punct(mark) if mark.as_char() == '#' && trees.peek().is_some_and(is_doc) => {
                    trees.next();
                }
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    self.push(Kind::Mark, "#".into(), line);
                    // An inner attribute, which may be documentation too.
                    if trees.next_if(|next| is_mark(next, '!')).is_some() && trees.next_if(is_doc).is_some() {
                        self.0.pop();
                    }
                }
                TokenTree::Group(group) => {
                    let (open, close) = brackets(group.delimiter());
                    self.push(Kind::Mark, open.into(), line);
                    self.flatten(group.stream());
                    self.push(Kind::Mark, close.into(), group.span_close().start().line);
                }
                TokenTree::Ident(word) => self.push(Kind::Word, word.to_string(), line),
                TokenTree::Punct(mark) => self.push(Kind::Mark, mark.to_string(), line),
                TokenTree::Literal(literal) => self.push(Kind::Literal, literal.to_string(), line),
            }
        }
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        if !text.is_empty() {
            self.0.push(Token { kind, text, line });
        }
    }

    /// All tokens in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Token> {
        self.0.iter()
    }

    /// For every token, the run that starts with it.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &[Token]> {
        (0..self.0.len()).filter_map(|start| self.0.get(start..))
    }
}

/// True if the run begins with these words and marks.
pub(crate) fn begins(run: &[Token], texts: &[&str]) -> bool {
    run.len() >= texts.len()
        && run.iter().zip(texts).all(|(token, text)| token.kind != Kind::Literal && token.text == *text)
}

/// The tokens between the bracket that the run begins with and its partner; empty if there is none.
pub(crate) fn inside(run: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (at, token) in run.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" if token.kind == Kind::Mark => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Mark => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return run.get(1..at).unwrap_or_default();
        }
    }
    &[]
}

fn is_mark(tree: &TokenTree, wanted: char) -> bool {
    matches!(tree, TokenTree::Punct(mark) if mark.as_char() == wanted)
}

fn is_doc(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else { return false };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket && matches!(first, Some(TokenTree::Ident(word)) if word == "doc")
}

const fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// Finds attributes that allow a lint.
pub(crate) fn allows(tree: &Tree) -> Vec<Finding> {
    in_attributes(tree, |file, attribute, line| {
        let allows = attribute.iter().any(|token| token.kind == Kind::Word && token.text == "allow");
        allows.then(|| file.finding(line, "allow: write expect, with a reason"))
    })
}

/// Finds expected lints without a reason.
pub(crate) fn reasons(tree: &Tree) -> Vec<Finding> {
    in_attributes(tree, |file, attribute, line| {
        let has = |text| attribute.iter().any(|token| token.kind == Kind::Word && token.text == text);
        (has("expect") && !has("reason")).then(|| file.finding(line, "expect without a reason"))
    })
}

fn in_attributes(tree: &Tree, check: impl Fn(&File, &[Token], usize) -> Option<Finding>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under("") {
        for run in tokens.runs().filter(|run| begins(run, &["#", "["])) {
            if let [hash, bracket @ ..] = run {
                findings.extend(check(file, inside(bracket), hash.line));
            }
        }
    }
    findings
}

/// Finds code that is not finished, and tests that do not run.
pub(crate) fn unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under("") {
        for run in tokens.runs() {
            if let Some((token, name)) = unfinished_word(run) {
                findings.push(file.finding(token.line, format!("{name} has no place in finished code")));
            }
        }
    }
    findings
}

fn unfinished_word(run: &[Token]) -> Option<(&Token, String)> {
    let first = run.first()?;
    if begins(run, &["#", "[", "ignore"]) {
        return Some((first, "an ignored test".into()));
    }
    let is_open = ["todo", "unimplemented", "dbg"].iter().any(|name| begins(run, &[name, "!"]));
    is_open.then(|| (first, format!("{}!", first.text)))
}

const EMPTY_WORDS: [&str; 6] = ["Manager", "Helper", "Util", "Utils", "Data", "Info"];

/// Finds types whose name ends in a word that says nothing.
pub(crate) fn names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust_under("") {
        let named = tokens.runs().filter_map(declared_type);
        let empty = named.filter(|name| EMPTY_WORDS.iter().any(|word| name.text.ends_with(word)));
        findings.extend(empty.map(|name| file.finding(name.line, format!("{}: say what it is", name.text))));
    }
    findings
}

/// The name in `struct Name` or `pub type Name`; an associated type is named by its trait.
fn declared_type(run: &[Token]) -> Option<&Token> {
    let name = match run {
        [word, name, ..] if ["struct", "enum", "trait", "union"].contains(&word.text.as_str()) => name,
        [public, word, name, ..] if ["pub", ")"].contains(&public.text.as_str()) && word.text == "type" => {
            name
        }
        _ => return None,
    };
    (name.kind == Kind::Word).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::tree::{lines, one};
    use super::*;

    #[test]
    fn documentation_is_not_code() {
        let tokens =
            Tokens::read("//! todo!()\n/// #[allow(x)]\n#[doc = \"x\"]\nfn a() {} // dbg!(1)\n").unwrap();
        assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), "fna(){}");
        assert!(Tokens::read("fn a( {").is_err());
    }

    #[test]
    fn allowing_a_lint_is_found() {
        let text = "#![allow(x)]\n#[expect(x, reason = \"#[allow(y)]\")]\n#[cfg_attr(test, allow(x))]\nfn allow() {}\n";
        assert_eq!(lines(&allows(&one("a.rs", text))), [1, 3]);
    }

    #[test]
    fn expecting_a_lint_takes_a_reason() {
        let text = "#[expect(x)]\nfn a() {}\n#[expect(x, reason = \"y\")]\nfn b() { c.expect(\"z\") }\n#![expect(x)]\n";
        assert_eq!(lines(&reasons(&one("a.rs", text))), [1, 5]);
    }

    #[test]
    fn unfinished_code_is_found() {
        let text = "fn a() { todo!() }\nfn b() { dbg!(1); \"todo!()\"; }\n#[ignore]\n#[ignore = \"slow\"]\n// todo!()\n";
        assert_eq!(lines(&unfinished(&one("a.rs", text))), [1, 2, 3, 4]);
        assert_eq!(lines(&unfinished(&one("a.rs", "fn a() { unimplemented!() }\n"))), [1]);
        assert_eq!(lines(&unfinished(&one("a.md", "todo!()\n"))), [0; 0]);
    }

    #[test]
    fn empty_names_are_found() {
        let text = "struct CardManager;\npub enum UserInfo {}\npub type Data = u8;\nimpl A for B {\ntype Data = u8;\n}\n\
                    trait DateUtils {}\nstruct Database;\nstruct Informer;\n";
        assert_eq!(lines(&names(&one("a.rs", text))), [1, 2, 3, 7]);
    }
}
