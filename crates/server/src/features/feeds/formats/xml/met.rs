//! Which elements a file has, told where the mapping's record is none of them.

use super::mapping::Mapping;

/// Paths that are told at the most.
const TOLD: usize = 8;
/// Characters of a path that is told at the most.
const LONGEST: usize = 120;

/// The elements met before the first record.
#[derive(Default)]
pub(super) struct Met {
    paths: Vec<String>,
    more: bool,
    /// The element in which records stand is there.
    place: bool,
    /// Some element stands in it.
    filled: bool,
}

impl Met {
    /// Notes the element of a path, and the path of the one that it stands in; both begin with a slash.
    pub(super) fn note(&mut self, mapping: &Mapping, outer: &str, path: &str) {
        self.place |= mapping.is_place(path);
        self.filled |= mapping.is_place(outer);
        let plain = |c: char| c.is_alphanumeric() || "/-_.".contains(c);
        let shown = path.trim_start_matches('/');
        if self.paths.iter().any(|met| met == shown) {
            return;
        }
        if self.paths.len() == TOLD || shown.chars().count() > LONGEST || !shown.chars().all(plain) {
            self.more = true;
            return;
        }
        self.paths.push(shown.to_owned());
    }

    /// Whether a file without any record says nothing, as an empty export does.
    ///
    /// # Errors
    /// Names elements that are there instead; never what stands in them.
    pub(super) fn none(&self, mapping: &Mapping) -> Result<(), String> {
        if self.place && !self.filled {
            return Ok(());
        }
        let more = if self.more { ", and more" } else { "" };
        Err(format!(
            "the file has no element {}, which the mapping's `record` names; its elements are {}{more}",
            mapping.record(),
            self.paths.join(", "),
        ))
    }
}
