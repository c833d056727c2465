//! The key file is guarded, and what is sealed opens in its own place only.

use super::*;
use proptest::prelude::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn keys(folder: &tempfile::TempDir) -> Keys {
    let path = folder.path().join("keys.toml");
    Keys::init(&path).unwrap();
    Keys::load(&path).unwrap()
}

fn place(row: &[u8]) -> Place<'_> {
    Place { table: "application", column: "person", row }
}

fn refusal(path: &Path) -> String {
    Keys::load(path).err().unwrap().to_string()
}

#[test]
fn a_new_key_file_is_for_its_owner_alone() {
    let folder = folder();
    let _ = keys(&folder);
    let mode = fs::metadata(folder.path().join("keys.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_key_file_that_others_can_read_is_refused_with_the_remedy() {
    let folder = folder();
    let path = folder.path().join("keys.toml");
    Keys::init(&path).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(refusal(&path).contains("chmod 600"), "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(Keys::load(&path).is_ok());
}

#[test]
fn a_missing_key_file_names_the_command_that_makes_one() {
    let folder = folder();
    let said = refusal(&folder.path().join("keys.toml"));
    assert!(said.contains("jindu keys init") && said.contains("keys.toml"), "{said}");
}

#[test]
fn an_existing_key_file_is_never_replaced() {
    let folder = folder();
    let path = folder.path().join("keys.toml");
    Keys::init(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let said = Keys::init(&path).unwrap_err().to_string();
    assert!(said.contains("never replaced"), "{said}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_key_file_is_refused_without_repeating_it() {
    let folder = folder();
    let path = folder.path().join("keys.toml");
    Keys::init(&path).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let key = good.lines().last().unwrap().split('"').nth(1).unwrap().to_owned();
    let damaged = [
        good.replace("seal = ", "sael = "),
        good.replace("version = 1", "version = 2"),
        good.replace(&key, &key[1..]),
        good.replace(&key, &format!("{}\"", &key[1..])),
        String::new(),
    ];
    for text in damaged {
        fs::write(&path, &text).unwrap();
        let said = refusal(&path);
        assert!(!said.contains(&key[1..20]), "{said}");
    }
}

#[test]
fn two_key_files_agree_on_nothing() {
    let (one, other) = (keys(&folder()), keys(&folder()));
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_ne!(one.event(b"E-1"), other.event(b"E-1"));
    let sealed = one.seal(&place(b"row"), b"plain").unwrap();
    assert!(matches!(other.open(&place(b"row"), &sealed), Err(StoreError::Unsealed)));
}

#[test]
fn the_hashes_of_one_text_for_two_purposes_differ() {
    let keys = keys(&folder());
    let text = "1199000072026010400001";
    assert_ne!(keys.keyed_hash("receipt", &[text.as_bytes()]), keys.keyed_hash("event", &[text.as_bytes()]));
    assert_ne!(keys.keyed_hash("event", &[b"ab", b"c"]), keys.keyed_hash("event", &[b"a", b"bc"]));
}

#[test]
fn a_sealed_value_opens_in_its_own_place_only() {
    let keys = keys(&folder());
    let sealed = keys.seal(&place(b"row"), "王小明".as_bytes()).unwrap();
    assert_eq!(keys.open(&place(b"row"), &sealed).unwrap(), "王小明".as_bytes());
    let elsewhere = [
        place(b"other row"),
        Place { table: "office", ..place(b"row") },
        Place { column: "guardian", ..place(b"row") },
        Place { table: "applicationperson", column: "", row: b"row" },
    ];
    for other in elsewhere {
        assert!(matches!(keys.open(&other, &sealed), Err(StoreError::Unsealed)));
    }
}

#[test]
fn a_sealed_value_with_any_byte_changed_or_missing_does_not_open() {
    let keys = keys(&folder());
    let sealed = keys.seal(&place(b"row"), b"plain").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(keys.open(&place(b"row"), &changed).is_err(), "byte {at}");
        assert!(keys.open(&place(b"row"), &sealed[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn the_same_text_sealed_twice_looks_different() {
    let keys = keys(&folder());
    assert_ne!(keys.seal(&place(b"row"), b"plain").unwrap(), keys.seal(&place(b"row"), b"plain").unwrap());
}

#[test]
fn any_text_is_opened_again_and_any_bytes_open_without_panic() {
    let keys = keys(&folder());
    proptest!(|(text: Vec<u8>, row: Vec<u8>)| {
        let sealed = keys.seal(&place(&row), &text).unwrap();
        prop_assert_eq!(keys.open(&place(&row), &sealed).unwrap(), text.clone());
        prop_assert!(keys.open(&place(&row), &text).is_err());
    });
}
