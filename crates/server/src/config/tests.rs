//! What an operator may write, and what is refused.

use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jindu.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file), None)
}

#[test]
fn the_documented_sample_is_the_default() {
    let sample = include_str!("../../../../docs/jindu.toml");
    let config = load(sample).unwrap();
    assert_eq!(config, Config { data: "/var/lib/jindu".into(), ..Config::default() });
}

#[test]
fn a_misspelt_key_is_refused_by_name() {
    let error = load("lissten = \"127.0.0.1:1\"").unwrap_err();
    assert!(error.to_string().contains("lissten"), "{error}");
}

#[test]
fn a_missing_file_is_refused_by_name() {
    let error = Config::load(Some(Path::new("/nowhere/jindu.toml")), None).unwrap_err();
    assert!(error.to_string().contains("/nowhere/jindu.toml"));
}

#[test]
fn a_file_that_everybody_may_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jindu.toml");
    std::fs::write(&file, "").unwrap();
    for (mode, is_read) in [(0o644, true), (0o646, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(Config::load(None, Some(folder.path())).is_ok(), is_read, "{mode:o}");
    }
}

#[test]
fn a_receipt_format_that_does_not_read_is_refused() {
    assert!(matches!(load("receipt_format = \"中\""), Err(ConfigError::ReceiptFormat(_))));
}

#[test]
fn folders_and_streams_are_listed_and_their_keys_are_checked() {
    let text = "[[drop]]\nfeed = \"a\"\nfolder = \"/srv/a\"\n[[stream]]\nfeed = \"b\"\nserver = \"tls://h:1\"\n\
                stream = \"S\"\ndurable = \"d\"\n";
    let config = load(text).unwrap();
    assert_eq!((config.drop[0].feed.as_str(), config.stream[0].batch), ("a", Stream::usual_batch()));
    assert_eq!(config.drop[0].still_seconds, 10);
    let misspelt = load(&text.replace("durable", "durabel")).unwrap_err().to_string();
    assert!(misspelt.contains("durabel"), "{misspelt}");
    let misspelt = load(&text.replace("folder", "floder")).unwrap_err().to_string();
    assert!(misspelt.contains("floder"), "{misspelt}");
}

#[test]
fn a_stream_that_would_send_people_in_the_open_or_cannot_work_is_refused() {
    let stream = |server: &str, more: &str| {
        load(&format!(
            "[[stream]]\nfeed = \"b\"\nserver = {server:?}\nstream = \"S\"\ndurable = \"d\"\n{more}"
        ))
    };
    for here in ["nats://localhost:4222", "nats://127.0.0.1", "nats://[::1]:4222", "tls://a:1, tls://b:1"] {
        assert!(stream(here, "").is_ok(), "{here}");
    }
    let refused = [
        ("nats://nats.example.org:4222", "", "in the open"),
        ("tls://a:1,nats://b:1", "", "in the open"),
        ("nats.example.org", "", "is no address"),
        ("tls://county:canary@a:1", "", "credentials file"),
        ("tls://a:1", "certificate = \"/a.pem\"", "belong together"),
        ("tls://a:1", "batch = 0", "from 1"),
    ];
    for (server, more, why) in refused {
        let error = stream(server, more).unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains("canary"), "{error}");
    }
}

#[test]
fn the_documented_folders_and_streams_are_read() {
    let sample = include_str!("../../../../docs/jindu.toml");
    let (_, tables) = sample.split_once("# [[drop]]").unwrap();
    let keys = tables.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    let keys = keys.filter(|line| line.starts_with('[') || line.contains(" = "));
    let config = load(&format!("[[drop]]\n{}", keys.collect::<Vec<_>>().join("\n"))).unwrap();
    assert_eq!((config.drop.len(), config.stream.len()), (1, 1));
    assert_eq!(config.stream[0].batch, Stream::usual_batch());
}

#[test]
fn the_documented_names_of_staff_are_read() {
    let sample = include_str!("../../../../docs/jindu.toml");
    let (_, keys) = sample.split_once("# [staff]").unwrap();
    let keys = keys.lines().skip(1).take_while(|line| line.starts_with('#'));
    let keys = keys.map(|line| line.trim_start_matches("# ")).filter(|line| line.contains(" = "));
    let config = load(&format!("[staff]\n{}", keys.collect::<Vec<_>>().join("\n"))).unwrap();
    assert_eq!(config.staff.host.as_deref(), Some("staff.example.org"));
    assert!(config.staff.origin.is_some() && config.staff.passkeys_for.is_some());
    assert!(load("[staff]\nhost = \"https://staff.example.org\"").is_err());
}

#[test]
fn a_folder_may_hold_its_own_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let load = || Config::load(None, Some(folder.path())).unwrap();
    assert_eq!((load().data.as_path(), load().demonstration), (folder.path(), false));
    std::fs::write(folder.path().join(FILE), "data = \"/elsewhere\"\ndemonstration = true\n").unwrap();
    assert_eq!((load().data.as_path(), load().demonstration), (folder.path(), true));
}

#[test]
fn a_database_on_a_server_is_reached_as_it_must_be() {
    let said = |text: &str| load(text).unwrap().database().err().map(|error| error.to_string());
    assert_eq!(said(""), None);
    assert_eq!(said("database = \"postgres://jindu@127.0.0.1/jindu\""), None);
    let open = said("database = \"postgres://jindu@db.example.org/jindu?sslmode=disable\"").unwrap();
    assert!(open.contains("in the open"), "{open}");
    let file = said("database = \"postgres://jindu@127.0.0.1/jindu\"\ndatabase_password_file = \"/nowhere\"");
    assert!(file.unwrap().contains("/nowhere"));
}

#[test]
fn a_recipient_of_backups_that_does_not_read_is_refused_and_a_secret_is_not_said_again() {
    let good = age::x25519::Identity::generate().to_public().to_string();
    let recipients = |word: &str| load(&format!("backup_recipients = [{good:?}, {word:?}]"));
    assert_eq!(recipients(&good).unwrap().backup_recipients, [good.clone(), good.clone()]);
    let misspelt = recipients("age1canary").unwrap_err().to_string();
    assert!(misspelt.contains("age1canary") && misspelt.contains("age-keygen"), "{misspelt}");
    let secret = recipients("AGE-SECRET-KEY-1CANARY").unwrap_err().to_string();
    assert!(secret.contains("a secret identity") && !secret.contains("CANARY"), "{secret}");
}

#[test]
fn another_folder_is_another_database_or_the_command_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("county.toml"), folder.path().join("drill"));
    std::fs::write(&file, "database = \"postgres://jindu@127.0.0.1/jindu\"\n").unwrap();
    let load = |data, database| Config::load_for(Some(&file), data, database);
    let refused = load(Some(data.as_path()), None).unwrap_err().to_string();
    assert!(refused.contains("--database sqlite"), "{refused}");
    assert!(load(None, None).unwrap().address().is_some());
    let embedded = load(Some(data.as_path()), Some("sqlite")).unwrap();
    assert_eq!((embedded.address(), &embedded.data), (None, &data));
    let other = "postgres://jindu@127.0.0.1/drill";
    assert_eq!(load(Some(data.as_path()), Some(other)).unwrap().address(), Some(other));
    // What lies in the folder belongs to it.
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("jindu.toml"), format!("database = {other:?}\n")).unwrap();
    assert_eq!(Config::load_for(None, Some(&data), None).unwrap().address(), Some(other));
}
