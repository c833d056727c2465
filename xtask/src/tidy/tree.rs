//! The files that the rules look at: what git tracks or would track.

use std::fmt;
use std::fs;

use super::rust::Tokens;
use crate::places;
use crate::process::{ask, command};

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path from the root of the clone.
    pub(crate) path: String,
    /// Line, from 1; 0 for the file as a whole.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.what),
            line => write!(out, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// A text file of the clone.
#[derive(Debug)]
pub(crate) struct File {
    /// Path from the root of the clone, with `/`.
    pub(crate) path: String,
    /// Its whole text.
    pub(crate) text: String,
    /// Its tokens if it is Rust, or why it could not be read.
    pub(crate) tokens: Option<Result<Tokens, String>>,
}

impl File {
    fn new(path: String, text: String) -> Self {
        let tokens = path.ends_with(".rs").then(|| Tokens::read(&text));
        Self { path, text, tokens }
    }

    /// A finding in this file.
    pub(crate) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, what: what.into() }
    }

    /// The tokens of a Rust file that could be read.
    pub(crate) fn rust(&self) -> Option<&Tokens> {
        self.tokens.as_ref()?.as_ref().ok()
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(above, line)| (above + 1, line))
    }
}

/// All text files of the clone.
#[derive(Debug)]
pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads the clone; what is not text is left out.
    pub(crate) fn read() -> Result<Self, String> {
        let root = places::root();
        let listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
        let listed = ask(&mut command("git", listing))?;
        let paths = listed.split('\0').filter(|path| !path.is_empty());
        let files = paths.filter_map(|path| Some((path, fs::read_to_string(root.join(path)).ok()?)));
        Ok(Self::of(files.map(|(path, text)| (path.to_owned(), text))))
    }

    /// Makes a tree of paths and texts.
    pub(crate) fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| File::new(path, text)).collect() }
    }

    /// All files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The Rust files under a folder that could be read, with their tokens.
    pub(crate) fn rust_under(&self, folder: &str) -> impl Iterator<Item = (&File, &Tokens)> {
        self.files()
            .filter(move |file| file.path.starts_with(folder))
            .filter_map(|file| Some((file, file.rust()?)))
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }
}

/// A tree of one file, for the tests of the rules.
#[cfg(test)]
pub(crate) fn one(path: &str, text: &str) -> Tree {
    Tree::of([(path.to_owned(), text.to_owned())])
}

/// The lines of the findings, for the tests of the rules.
#[cfg(test)]
pub(crate) fn lines(findings: &[Finding]) -> Vec<usize> {
    findings.iter().map(|finding| finding.line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_its_place() {
        let tree = one("a.rs", "fn a() {}\n");
        let file = tree.files().next().unwrap();
        assert_eq!(file.finding(3, "wrong").to_string(), "a.rs:3: wrong");
        assert_eq!(file.finding(0, "wrong").to_string(), "a.rs: wrong");
    }

    #[test]
    fn the_clone_holds_this_file() {
        let tree = Tree::read().unwrap();
        assert!(tree.rust_under("xtask/src/tidy/").any(|(file, _)| file.path.ends_with("tree.rs")));
    }
}
