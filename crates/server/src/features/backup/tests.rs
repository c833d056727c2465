//! What an operator keeps apart is sealed for whom he named, and for nobody else.

use super::cli::{is_sealed, make, verify};
use super::seal::{Envelope, closed, identities, sealed};
use crate::testing::Server;
use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use domain::moment::Moment;
use std::fs::{File, Permissions, set_permissions, write};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The file of an identity, of this mode.
fn file_of(identity: &Identity, folder: &Path, mode: u32) -> PathBuf {
    let path = folder.join(identity.to_public().to_string());
    write(&path, format!("# made by age-keygen\n{}\n", identity.to_string().expose_secret())).unwrap();
    set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn each_recipient_opens_an_envelope_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other, stranger] = [(); 3].map(|()| Identity::generate());
    let path = folder.path().join("envelope");
    let recipients = [one.to_public(), other.to_public()];
    let mut out = sealed(File::create(&path).unwrap(), &recipients).unwrap();
    out.write_all(b"all of it").unwrap();
    closed(out).unwrap();
    is_sealed(&path).unwrap();
    let open = |identity| {
        let identities = identities(&file_of(identity, folder.path(), 0o600)).unwrap();
        Envelope::of(File::open(&path).unwrap(), &path).unwrap().open(&identities)
    };
    for identity in [&one, &other] {
        let mut inside = String::new();
        open(identity).unwrap().read_to_string(&mut inside).unwrap();
        assert_eq!(inside, "all of it");
    }
    let refused = open(&stranger).err().unwrap().to_string();
    assert!(refused.contains("other recipients"), "{refused}");
    write(&path, "something else").unwrap();
    assert!(is_sealed(&path).unwrap_err().to_string().contains("no file of age"));
}

#[test]
fn a_file_without_an_identity_or_open_to_others_is_refused_and_never_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    for mode in [0o644, 0o640, 0o604] {
        let said = identities(&file_of(&identity, folder.path(), mode)).err().unwrap().to_string();
        assert!(said.contains("chmod 600"), "{said}");
    }
    let path = file_of(&identity, folder.path(), 0o600);
    write(&path, "AGE-SECRET-KEY-1CANARY\n").unwrap();
    let said = identities(&path).err().unwrap().to_string();
    assert!(said.contains("holds no identity") && !said.contains("CANARY"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_for_somebody_and_leaves_a_trace() {
    let server = Server::start().await;
    let (folder, now) = (tempfile::tempdir().unwrap(), Moment::from_millis(0));
    let refused = make(&server.app.store, now, (folder.path(), &[]), drop).await.unwrap_err().to_string();
    assert!(refused.contains("backup_recipients"), "{refused}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let identity = Identity::generate();
    let opens = file_of(&identity, server.folder.path(), 0o600);
    let changes = async |name: &str| {
        let to = folder.path().join(name);
        let made = make(&server.app.store, now, (&to, &[identity.to_public()]), drop).await.unwrap();
        assert_eq!(std::fs::metadata(&made.file).unwrap().len(), made.bytes);
        let whole = verify(&to, &opens, drop).unwrap();
        assert_eq!(whole.closing.rows(), made.rows);
        let log = whole.closing.tables.into_iter().find(|counted| counted.table == "audit");
        log.unwrap().sum.rows
    };
    // Each backup holds the entry of its own making.
    let first = changes("first.age").await;
    assert_eq!(changes("second.age").await, first + 1);
}
