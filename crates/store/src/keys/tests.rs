//! The key file is guarded, and what is sealed opens in its own place only.

use super::*;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt as _;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn keys(folder: &tempfile::TempDir) -> Keys {
    let path = folder.path().join("keys.toml");
    Keys::init(&path).unwrap();
    Keys::load(&path).unwrap()
}

/// Puts two keys of a file in each other's place.
pub(crate) fn swap(path: &Path, one: u8, other: u8) {
    KeyFile::read(path).unwrap().swapped(path, one, other).unwrap().write(path, Put::Instead).unwrap();
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
        good.replacen("purpose = ", "porpuse = ", 1),
        good.replace("version = 2", "version = 3"),
        good.replace("\"seal\"", "\"hash\""),
        good.replacen("id = 1", "id = 9", 1),
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
fn a_file_of_the_version_before_names_the_command_and_becomes_one_of_this() {
    let folder = folder();
    let path = folder.path().join("keys.toml");
    let first =
        format!("version = 1\nkey_id = 1\nhash = \"{}\"\nseal = \"{}\"\n", "11".repeat(32), "22".repeat(32));
    file::put(&path, &first, Put::New).unwrap();
    assert!(refusal(&path).contains("jindu keys upgrade"));
    Keys::upgrade(&path, &Wrapping::Here).unwrap();
    let keys = Keys::load(&path).unwrap();
    let sealed = keys.seal(&place(b"row"), b"plain").unwrap();
    assert_eq!(sealed.first(), Some(&1));
    // What the version before sealed and hashed: AES-256-GCM under the same key, HMAC-SHA-256 under the other.
    let before = Hasher::new(Suite::International, &[0x11; 32]).unwrap();
    assert_eq!(keys.fingerprint(), hex::encode(before.hash("fingerprint", &[])));
    let sealer = suite::Sealer::new(Suite::International, &[0x22; 32]).unwrap();
    assert_eq!(sealer.open(&place(b"row").bytes(1), &sealed[1..]).unwrap(), b"plain");
    assert!(Keys::upgrade(&path, &Wrapping::Here).is_err());
}

#[test]
fn a_key_takes_over_when_it_is_active_and_the_one_before_opens_still() {
    for suite in Suite::ALL {
        let folder = folder();
        let path = folder.path().join("keys.toml");
        Keys::make(&path, suite, &Wrapping::Here).unwrap();
        let keys = Keys::load(&path).unwrap();
        let former = keys.seal(&place(b"row"), b"plain").unwrap();
        let id = Keys::prepare(&path, Purpose::Seal).unwrap();
        assert_eq!(Keys::prepare(&path, Purpose::Seal).unwrap(), id, "one is prepared at a time");
        assert_eq!(keys.sealing().unwrap(), 1);
        Keys::activate(&path, id).unwrap();
        assert_eq!(keys.sealing().unwrap(), id);
        let sealed = keys.seal(&place(b"row"), b"plain").unwrap();
        assert_eq!(sealed.first(), Some(&id));
        let both = Keys::load(&path).unwrap();
        assert!(both.open(&place(b"row"), &former).is_ok() && both.open(&place(b"row"), &sealed).is_ok());
        assert!(Keys::retire(&path, id).is_err() && Keys::retire(&path, 99).is_err());
        let with = Keys::load(&Keys::retire(&path, 1).unwrap()).unwrap();
        assert!(with.open(&place(b"row"), &former).is_ok(), "the file as it was is kept");
        let after = Keys::load(&path).unwrap();
        assert!(matches!(after.open(&place(b"row"), &former), Err(StoreError::NoKey(1))));
        // Whoever had the key goes on with it, for values that are in memory still.
        assert!(keys.open(&place(b"row"), &former).is_ok());
        assert!(Keys::prepare(&path, Purpose::Hash).is_err());
        // A number is never given again, not even that of a key that was only prepared.
        let unused = Keys::prepare(&path, Purpose::Seal).unwrap();
        Keys::retire(&path, unused).unwrap();
        assert_eq!(Keys::prepare(&path, Purpose::Seal).unwrap(), unused + 1);
    }
}

#[test]
fn a_file_that_cannot_be_used_for_a_while_is_taken_up_when_it_can() {
    let folder = folder();
    let path = folder.path().join("keys.toml");
    let keys = keys(&folder);
    let id = Keys::prepare(&path, Purpose::Seal).unwrap();
    Keys::activate(&path, id).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(keys.sealing().unwrap(), 1);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    std::thread::sleep(LOOKED_EVERY);
    assert_eq!(keys.sealing().unwrap(), id);
}

#[test]
fn a_wrapping_key_that_is_missing_open_to_others_or_another_is_refused() {
    let folder = folder();
    let (path, apart) = (folder.path().join("keys.toml"), folder.path().join("apart.key"));
    Keys::make(&path, Suite::Guomi, &Wrapping::Apart(apart.clone())).unwrap();
    assert!(Keys::load(&path).is_ok());
    let key = fs::read_to_string(&apart).unwrap();
    assert!(!fs::read_to_string(&path).unwrap().contains(key.trim()));
    fs::set_permissions(&apart, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refusal(&path).contains("apart.key") && refusal(&path).contains("chmod 600"));
    fs::set_permissions(&apart, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&apart, "00".repeat(16)).unwrap();
    assert!(refusal(&path).contains("do not belong together"));
    fs::write(&apart, "no key").unwrap();
    assert!(refusal(&path).contains("wrapping key"));
    fs::remove_file(&apart).unwrap();
    assert!(refusal(&path).contains("does not exist"));
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
