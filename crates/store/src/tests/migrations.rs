//! A migration has the same number and name on both engines.

use std::path::Path;

fn names(engine: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn migrations_have_the_same_names_on_both_engines() {
    let names = ["sqlite", "postgres"].map(names);
    assert_eq!(names[0], names[1]);
    assert!(names[0].len() > 10, "{names:?}");
}
