//! Words that no file of the project may hold, whatever its language.
//! They are written in halves here, so that this file passes its own rules.

use super::tree::{Finding, Tree};

const MACHINE_PATHS: [&str; 1] = [concat!("/wo", "rk/")];

const OUTSIDE_FOLDERS: [&str; 4] = [
    concat!("../sha", "red"),
    concat!("sha", "red/design"),
    concat!("sha", "red/data"),
    concat!("sha", "red/hooks"),
];

const REGISTRIES: [&str; 7] = [
    concat!("crates", ".io"),
    concat!("registry.npm", "js"),
    concat!("npm", "js.com"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("deb.deb", "ian.org"),
    concat!("security.deb", "ian.org"),
];

/// Finds absolute paths of a machine that the project was written on.
pub(crate) fn machine_paths(tree: &Tree) -> Vec<Finding> {
    holding(tree, &MACHINE_PATHS)
}

/// Finds folders beside the clone, which nobody else has.
pub(crate) fn outside_folders(tree: &Tree) -> Vec<Finding> {
    holding(tree, &OUTSIDE_FOLDERS)
}

/// Finds registry addresses: where packages come from is the machine's own setting.
pub(crate) fn registries(tree: &Tree) -> Vec<Finding> {
    let mut findings = holding(tree, &REGISTRIES);
    let locks = tree.files().filter(|file| file.path.ends_with("package-lock.json"));
    for file in locks {
        let resolved = file.lines().filter(|(_, line)| line.trim_start().starts_with("\"resolved\""));
        findings
            .extend(resolved.map(|(number, _)| file.finding(number, "records where a package came from")));
    }
    findings
}

/// Cargo writes its registry's address into the lock file itself; nobody can keep it out.
fn holding(tree: &Tree, words: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| !file.path.ends_with("Cargo.lock")) {
        for (number, line) in file.lines() {
            let held = words.iter().filter(|word| line.contains(**word));
            findings.extend(held.map(|word| file.finding(number, format!("holds {word:?}"))));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::{lines, one};
    use super::*;

    #[test]
    fn forbidden_words_are_found_in_any_text() {
        let path = format!("a\nsee {}x\n", MACHINE_PATHS[0]);
        assert_eq!(lines(&machine_paths(&one("docs/a.md", &path))), [2]);
        let folder = format!("see {}\n", OUTSIDE_FOLDERS[0]);
        assert_eq!(lines(&outside_folders(&one("a.toml", &folder))), [1]);
        let host = format!("see https://{}/x\n", REGISTRIES[0]);
        assert_eq!(lines(&registries(&one("a.yml", &host))), [1]);
        assert_eq!(lines(&registries(&one("Cargo.lock", &host))), [0; 0]);
    }

    #[test]
    fn an_npm_lock_file_holds_no_addresses() {
        let lock = "{\n  \"resolved\": \"x\"\n}\n";
        assert_eq!(lines(&registries(&one("e2e/package-lock.json", lock))), [2]);
        assert_eq!(lines(&registries(&one("e2e/package-lock.json", "{}\n"))), [0; 0]);
    }
}
