//! What an operator may write, and what is refused.

use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jindu.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file))
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
    let error = Config::load(Some(Path::new("/nowhere/jindu.toml"))).unwrap_err();
    assert!(error.to_string().contains("/nowhere/jindu.toml"));
}

#[test]
fn a_receipt_format_that_does_not_read_is_refused() {
    assert!(matches!(load("receipt_format = \"中\""), Err(ConfigError::ReceiptFormat(_))));
}
