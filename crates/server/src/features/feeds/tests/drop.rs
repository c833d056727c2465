//! Drop folders: files are put there, taken whole, and found again with a word for every line.

use super::*;
use crate::config::DropFolder;
use crate::features::feeds::drop::Watcher;
use crate::features::feeds::ways::Around;
use crate::testing::intrude::behind;
use domain::receipt::ReceiptFormat;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

/// A watched folder.
pub(super) struct Drop {
    pub(super) place: Place,
    pub(super) store: Store,
    receipts: ReceiptFormat,
    setting: DropFolder,
}

impl Drop {
    pub(super) async fn new() -> Self {
        let place = Place::new(true);
        let store = place.with_feed("county").await;
        let folder = place.folder.path().join("drop");
        let receipts = place.config.receipt_format().unwrap();
        let setting = DropFolder { feed: "county".into(), folder, mapping: None, still_seconds: 10 };
        Self { store, receipts, setting, place }
    }

    pub(super) fn watcher(&self) -> Result<Watcher<'_>, Failed> {
        let around = Around { store: &self.store, receipts: &self.receipts, clock: clock(), meters: None };
        Watcher::open(around, &self.setting)
    }

    async fn set_state(&self, state: feed::State) {
        let id = feed::by_name(&self.store.read(), "county").await.unwrap().unwrap().id;
        let entry =
            Entry { at: clock().now(), actor: "test".into(), action: "set_state", detail: String::new() };
        feed::set_state(&self.store, entry, id, state).await.unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.setting.folder.join(name)
    }

    pub(super) fn put(&self, name: &str, lines: &[&str]) {
        fs::write(self.path(name), format!("{HEADER}\n{}\n", lines.join("\n"))).unwrap();
    }

    pub(super) fn names(&self, below: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(self.path(below)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // The file that the watcher holds.
        names.filter(|name| name != ".lock").collect()
    }

    pub(super) fn said(&self, report: &str) -> Vec<String> {
        words(&fs::read_to_string(self.path(report)).unwrap()).into_iter().map(|word| word.1).collect()
    }
}

/// So many seconds after noon.
fn after(seconds: i64) -> Moment {
    Moment::from_millis(clock().now().millis() + seconds * 1000)
}

/// Looks, and again when every file has been still long enough.
pub(super) async fn wait_and_look(watcher: &mut Watcher<'_>) -> Result<(), Failed> {
    watcher.look(after(0)).await?;
    watcher.look(after(10)).await
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_file_is_taken_when_it_is_still_and_found_again_with_its_report() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    drop.put("王小明.csv", &[ACCEPTED]);
    watcher.look(after(0)).await.unwrap();
    watcher.look(after(9)).await.unwrap();
    // Somebody still writes to it: a connection was slow.
    drop.put("王小明.csv", &[ACCEPTED, SIGNED, ",,,,,,,,"]);
    watcher.look(after(11)).await.unwrap();
    watcher.look(after(20)).await.unwrap();
    assert!(drop.place.applications().await.is_empty());
    watcher.look(after(21)).await.unwrap();
    assert_eq!(drop.place.stage().await, Some(Stage::Signed));
    assert_eq!(drop.names("done"), set(&["王小明.csv", "王小明.csv.report.csv"]));
    assert_eq!(drop.said("done/王小明.csv.report.csv"), ["recorded", "recorded", "rejected"]);
    assert!(drop.names("work").is_empty() && !drop.path("王小明.csv").exists());
    // Another file of that name does not replace the first.
    drop.put("王小明.csv", &[SIGNED]);
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.said("done/2-王小明.csv.report.csv"), ["repeated"]);
    assert_eq!(drop.names("done").len(), 4);
}

#[tokio::test]
async fn where_every_sender_renames_a_file_is_taken_at_once() {
    let drop = Drop::new().await;
    let drop = Drop { setting: DropFolder { still_seconds: 0, ..drop.setting.clone() }, ..drop };
    let mut watcher = drop.watcher().unwrap();
    drop.put("a.csv.part", &[ACCEPTED]);
    watcher.look(after(0)).await.unwrap();
    watcher.look(after(100)).await.unwrap();
    assert!(drop.path("a.csv.part").exists());
    fs::rename(drop.path("a.csv.part"), drop.path("a.csv")).unwrap();
    watcher.look(after(101)).await.unwrap();
    assert_eq!(drop.said("done/a.csv.report.csv"), ["recorded"]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_file_still() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    drop.put("a.csv", &[ACCEPTED]);
    for seconds in [3600, 0, 9] {
        watcher.look(after(seconds)).await.unwrap();
    }
    assert!(drop.path("a.csv").exists());
    watcher.look(after(10)).await.unwrap();
    assert!(!drop.path("a.csv").exists());
}

#[tokio::test]
async fn what_is_not_whole_and_what_is_no_file_is_left_alone() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    let left = ["a.csv.part", "b.TMP", ".c.csv", "d.csv.report.csv", "e.csv.error.txt", "i.csv.filepart"];
    left.iter().for_each(|name| drop.put(name, &[ACCEPTED]));
    let secret = drop.place.file(format!("{HEADER}\n{ACCEPTED}\n").as_bytes());
    symlink(&secret, drop.path("f.csv")).unwrap();
    nix::unistd::mkfifo(&drop.path("g.csv"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::create_dir(drop.path("h.csv")).unwrap();
    for seconds in [0, 10, 3600] {
        watcher.look(after(seconds)).await.unwrap();
    }
    assert!(drop.place.applications().await.is_empty());
    assert_eq!(drop.names("").len(), left.len() + 3 + 3);
    // A name that becomes whole is a file like any other.
    fs::rename(drop.path("a.csv.part"), drop.path("a.csv")).unwrap();
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.names("done"), set(&["a.csv", "a.csv.report.csv"]));
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_says_why_beside_it() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    fs::write(drop.path("a.csv"), "phone\n1\n").unwrap();
    fs::write(drop.path("b.xlsx"), "no spreadsheet").unwrap();
    drop.put("c.csv", &[ACCEPTED]);
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.names("done"), set(&["c.csv", "c.csv.report.csv"]));
    let failed =
        ["a.csv", "a.csv.error.txt", "a.csv.report.csv", "b.xlsx", "b.xlsx.error.txt", "b.xlsx.report.csv"];
    assert_eq!(drop.names("failed"), set(&failed));
    let why = fs::read_to_string(drop.path("failed/a.csv.error.txt")).unwrap();
    assert!(why.contains("\"phone\", is unknown"), "{why}");
}

#[tokio::test]
async fn what_a_crash_left_in_work_is_imported_again() {
    let drop = Drop::new().await;
    std::mem::drop(drop.watcher().unwrap());
    // The import had come to the report when the power went; nobody knows how far.
    drop.put("work/a.csv", &[ACCEPTED, SIGNED]);
    fs::write(drop.path("work/a.csv.report.csv"), [0; 100]).unwrap();
    // This one was finished but for the last rename.
    drop.put("work/b.csv", &[SIGNED]);
    fs::write(drop.path("done/b.csv.report.csv"), "line,outcome,reason\n2,recorded,\n").unwrap();
    drop.watcher().unwrap().look(after(0)).await.unwrap();
    assert_eq!(drop.said("done/a.csv.report.csv"), ["recorded", "recorded"]);
    // The report that is there already stays.
    assert_eq!(drop.said("done/b.csv.report.csv"), ["recorded"]);
    assert_eq!(drop.said("done/2-b.csv.report.csv"), ["repeated"]);
    assert!(drop.names("work").is_empty());
}

#[tokio::test]
async fn a_folder_has_one_watcher() {
    let drop = Drop::new().await;
    let first = drop.watcher().unwrap();
    let said = drop.watcher().err().unwrap().to_string();
    assert!(said.contains("another process watches it"), "{said}");
    std::mem::drop(first);
    assert!(drop.watcher().is_ok());
    let mapping = Some(drop.place.file(b"record = 1"));
    let drop = Drop { setting: DropFolder { mapping, ..drop.setting.clone() }, ..drop };
    assert!(drop.watcher().err().unwrap().to_string().contains("the mapping does not read"));
}

#[tokio::test]
async fn the_files_of_a_paused_feed_stay_until_it_is_resumed() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    drop.set_state(feed::State::Paused).await;
    drop.put("a.csv", &[ACCEPTED]);
    for seconds in [0, 10, 20] {
        watcher.look(after(seconds)).await.unwrap();
    }
    assert!(drop.path("a.csv").exists());
    drop.set_state(feed::State::Active).await;
    watcher.look(after(21)).await.unwrap();
    assert!(Path::exists(&drop.path("done/a.csv")));
}

#[tokio::test]
async fn a_feed_that_is_paused_while_a_file_is_imported_keeps_the_rest_for_later() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    let data = &drop.place.config.data;
    behind(data).pause_at_the_next_milestone();
    // The second line stands in a transaction of its own.
    let filling = "?,,,,,,,,\n".repeat(50_000);
    drop.put("a.csv", &[ACCEPTED, &filling, SIGNED]);
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.place.stage().await, Some(Stage::Accepted));
    assert!(drop.path("work/a.csv").exists() && drop.names("failed").is_empty());
    assert_eq!(drop.said("work/a.csv.report.csv")[..2], ["recorded", "rejected"]);
    behind(data).pause_no_more();
    drop.set_state(feed::State::Active).await;
    watcher.look(after(20)).await.unwrap();
    assert_eq!(drop.place.stage().await, Some(Stage::Signed));
    assert_eq!(drop.said("done/a.csv.report.csv").last().unwrap(), "recorded");
}

#[tokio::test]
async fn the_log_names_no_file() {
    let drop = Drop::new().await;
    crate::testing::log::listen();
    let mut watcher = drop.watcher().unwrap();
    drop.put("金丝雀-在日志里.csv", &[ACCEPTED]);
    fs::write(drop.path("夜莺-在日志里.csv"), "phone\n").unwrap();
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.names("done").len() + drop.names("failed").len(), 5);
    assert!(!crate::testing::log::heard("金丝雀-在日志里") && !crate::testing::log::heard("夜莺-在日志里"));
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_folder_is_made_where_its_own_folder_is_there_and_refused_elsewhere() {
    let drop = Drop::new().await;
    crate::testing::log::listen();
    let folder = drop.place.folder.path().join("missing");
    let setting = DropFolder { folder: folder.join("made-drop"), ..drop.setting.clone() };
    let drop = Drop { setting, ..drop };
    let said = drop.watcher().err().unwrap().to_string();
    assert!(said.contains("made-drop: it is not there") && !folder.exists(), "{said}");
    fs::create_dir(&folder).unwrap();
    drop.watcher().unwrap();
    let shown = drop.setting.folder.display();
    for told in [format!("made {shown} for county"), format!("watches {shown} for county")] {
        assert!(crate::testing::log::heard(&told), "{told}");
    }
}

#[tokio::test]
async fn a_folder_that_others_may_rearrange_is_refused() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    drop.put("a.csv", &[ACCEPTED]);
    set_mode(&drop.setting.folder, 0o777);
    assert!(watcher.look(after(0)).await.unwrap_err().to_string().contains("anybody may write to it"));
    std::mem::drop(watcher);
    assert!(drop.watcher().err().unwrap().to_string().contains("anybody may write to it"));
    // The group is no better, unless a name is its owner's alone.
    for mode in [0o770, 0o2775] {
        set_mode(&drop.setting.folder, mode);
        let said = drop.watcher().err().unwrap().to_string();
        assert!(said.contains("its group may write to it") && said.contains("chmod +t"), "{mode:o}: {said}");
    }
    for mode in [0o3770, 0o1777] {
        set_mode(&drop.setting.folder, mode);
        assert!(drop.watcher().is_ok(), "{mode:o}");
    }
    for mode in [0o770, 0o755, 0o711] {
        set_mode(&drop.path("work"), mode);
        let said = drop.watcher().err().unwrap().to_string();
        assert!(said.contains("work/ in it is open to others") && said.contains("chmod 700"), "{said}");
    }
    set_mode(&drop.path("work"), 0o700);
    let mut watcher = drop.watcher().unwrap();
    // Somebody put a link in the place of a folder of ours.
    fs::remove_dir(drop.path("done")).unwrap();
    symlink(drop.place.folder.path(), drop.path("done")).unwrap();
    for _ in 0..2 {
        assert!(
            watcher
                .look(after(0))
                .await
                .unwrap_err()
                .to_string()
                .contains("done/ in it is no folder of ours")
        );
    }
    assert!(drop.place.applications().await.is_empty());
}

#[tokio::test]
async fn what_senders_put_in_the_place_of_the_lock_keeps_nothing_up() {
    let drop = Drop::new().await;
    fs::create_dir(&drop.setting.folder).unwrap();
    nix::unistd::mkfifo(&drop.path(".lock"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut watcher = drop.watcher().unwrap();
    drop.put("a.csv", &[ACCEPTED]);
    wait_and_look(&mut watcher).await.unwrap();
    assert_eq!(drop.said("done/a.csv.report.csv"), ["recorded"]);
}

#[tokio::test]
async fn a_folder_of_another_user_is_refused() {
    let drop = Drop::new().await;
    std::mem::drop(drop.watcher().unwrap());
    // Sticky or not; only root can give a folder away.
    set_mode(&drop.setting.folder, 0o1777);
    if std::os::unix::fs::chown(&drop.setting.folder, Some(4711), None).is_err() {
        return assert!(!nix::unistd::geteuid().is_root());
    }
    let said = drop.watcher().err().unwrap().to_string();
    assert!(said.contains("another user's") && said.contains("chown"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_written_to_while_it_is_imported_stays_until_it_is_still() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    // Large enough that it is read for a while; a sender that was slow goes on as soon as it has begun.
    let filling = "?,,,,,,,,\n".repeat(200_000);
    drop.put("a.csv", &[&filling, ACCEPTED]);
    let mut sender = fs::OpenOptions::new().append(true).open(drop.path("a.csv")).unwrap();
    let (report, half) = (drop.path("work/a.csv.report.csv"), SIGNED.len() - 10);
    let writing = std::thread::spawn(move || {
        while !report.exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        sender.write_all(&SIGNED.as_bytes()[..half]).unwrap();
        sender
    });
    wait_and_look(&mut watcher).await.unwrap();
    let mut sender = writing.join().unwrap();
    assert_eq!((drop.names("done"), drop.names("failed")), (set(&[]), set(&[])));
    assert!(drop.path("work/a.csv").exists());
    // The half of a line is not taken, and the file not before it is still.
    assert_eq!(drop.place.stage().await, Some(Stage::Accepted));
    sender.write_all(&SIGNED.as_bytes()[half..]).unwrap();
    watcher.look(after(15)).await.unwrap();
    watcher.look(after(24)).await.unwrap();
    assert!(drop.names("done").is_empty());
    watcher.look(after(25)).await.unwrap();
    assert_eq!(drop.place.stage().await, Some(Stage::Signed));
    let said = drop.said("done/a.csv.report.csv");
    assert_eq!((said.len(), said.last().unwrap().as_str()), (200_002, "recorded"));
}

#[tokio::test]
async fn a_file_that_cannot_be_finished_does_not_stop_the_others() {
    let drop = Drop::new().await;
    let mut watcher = drop.watcher().unwrap();
    let long = format!("{}.csv", "n".repeat(240));
    drop.put(&long, &[ACCEPTED]);
    drop.put("a.csv", &[ACCEPTED]);
    drop.put("b.csv", &[ACCEPTED]);
    // What lies where the report of the first belongs is none.
    fs::create_dir(drop.path("work/a.csv.report.csv")).unwrap();
    assert!(wait_and_look(&mut watcher).await.is_err());
    assert_eq!(drop.names("done"), set(&["b.csv", "b.csv.report.csv"]));
    assert_eq!(drop.names("failed"), set(&["name-too-long", "name-too-long.error.txt"]));
    assert_eq!(drop.names("work"), set(&["a.csv", "a.csv.report.csv"]));
    // Another file of that name waits until the first is finished, and takes no place of it.
    drop.put("a.csv", &[ACCEPTED, SIGNED]);
    assert!(wait_and_look(&mut watcher).await.is_err());
    assert!(drop.path("a.csv").exists());
    fs::remove_dir(drop.path("work/a.csv.report.csv")).unwrap();
    watcher.look(after(20)).await.unwrap();
    assert_eq!(drop.said("done/a.csv.report.csv"), ["repeated"]);
    assert_eq!(drop.said("done/2-a.csv.report.csv"), ["repeated", "recorded"]);
}

#[tokio::test]
async fn no_folder_speaks_for_the_desk() {
    let drop = Drop::new().await;
    let drop = Drop { setting: DropFolder { feed: "desk".into(), ..drop.setting.clone() }, ..drop };
    assert!(drop.watcher().err().unwrap().to_string().contains("people at a desk"));
}
