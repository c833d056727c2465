//! The build refuses messages that one language lacks, and says where.

#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;

#[path = "../build/catalogue.rs"]
mod catalogue;
#[path = "../build/code.rs"]
mod code;
#[path = "../build/placeholder.rs"]
mod placeholder;

/// What the generator says to one file `trial.toml` in both languages.
fn generate(zh: &str, en: &str) -> Result<String, Vec<String>> {
    let locales = tempfile::tempdir().unwrap();
    for (language, text) in [("zh", zh), ("en", en)] {
        let folder = locales.path().join(language);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("trial.toml"), text).unwrap();
    }
    catalogue::read(locales.path()).map(|messages| code::methods(&messages))
}

/// The only mistake that the generator finds.
fn mistake(zh: &str, en: &str) -> String {
    let mistakes = generate(zh, en).unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    mistakes.into_iter().next().unwrap()
}

#[test]
fn a_message_becomes_a_method() {
    let code = generate("title = \"标题\"", "title = \"Title\"").unwrap();
    assert!(code.contains("pub fn trial_title(self) -> &'static str {"), "{code}");
    assert!(code.contains("Self::En => \"Title\","), "{code}");
}

#[test]
fn groups_become_part_of_the_name() {
    let code = generate("[signed]\nname = \"甲\"", "[signed]\nname = \"A\"").unwrap();
    assert!(code.contains("pub fn trial_signed_name(self)"), "{code}");
}

#[test]
fn placeholders_become_arguments_in_alphabetical_order() {
    let code = generate("a = \"{limit}天中的第{day}天\"", "a = \"day {day} of {limit}\"").unwrap();
    let signature =
        "pub fn trial_a(self, day: impl std::fmt::Display, limit: impl std::fmt::Display) -> String";
    assert!(code.contains(signature), "{code}");
    assert!(code.contains("format!(\"day {day} of {limit}\")"), "{code}");
}

#[test]
fn a_doubled_brace_is_meant() {
    let code = generate("a = \"{{甲}}\"", "a = \"{{x}}\"").unwrap();
    assert!(code.contains("Self::En => \"{x}\""), "{code}");
}

#[test]
fn plural_forms_are_chosen_by_the_count() {
    let zh = "[days]\nother = \"{count}天\"";
    let en = "[days]\none = \"one day\"\nother = \"{count} days\"";
    let code = generate(zh, en).unwrap();
    assert!(code.contains("pub fn trial_days(self, count: u64) -> String"), "{code}");
    assert!(code.contains("\"one\" => format!(\"one day\"), _ => format!(\"{count} days\")"), "{code}");
    assert_eq!(generate("days = \"{count}天\"", en).unwrap(), code, "one form needs no table");
}

#[test]
fn every_mistake_names_file_key_and_language() {
    for (zh, en, said) in [
        ("a = \"甲\"", "", "locales/en/trial.toml: \"a\": the message is missing"),
        ("", "a = \"A\"", "locales/zh/trial.toml: \"a\": the message is missing"),
        ("a = \"甲\"", "a = \" \"", "locales/en/trial.toml: \"a\": the message is empty"),
        (
            "a = \"{x}\"",
            "a = \"A\"",
            "locales/en/trial.toml: \"a\": the placeholder {x} is missing; zh has it",
        ),
        ("a = \"甲\"", "a = \"{x}\"", "locales/en/trial.toml: \"a\": the placeholder {x} is unknown"),
        ("a = \"甲\"", "a = \"A } b\"", "locales/en/trial.toml: \"a\": a single brace"),
        ("a = \"甲\"", "a = \"{X}\"", "locales/en/trial.toml: \"a\": {X} is no placeholder"),
        ("a = \"甲\"", "a = \"{type}\"", "locales/en/trial.toml: \"a\": {type} is a word that Rust keeps"),
        ("a = \"甲\"\nB = \"乙\"", "a = \"A\"\nB = \"B\"", "a key is written with lower-case letters"),
        ("a = 1", "", "locales/zh/trial.toml: \"a\": a message is a text or a table"),
        ("a = ", "", "locales/zh/trial.toml: "),
    ] {
        let mistakes = generate(zh, en).unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.contains(said)), "{said}\n{mistakes:?}");
    }
}

#[test]
fn a_plural_form_must_be_there_and_be_used() {
    let zh = "a = \"{count}天\"";
    let plural = |forms: &str| format!("[a]\n{forms}");
    assert!(mistake(zh, &plural("other = \"{count}\"")).contains("the plural form \"one\" is missing"));
    let few = plural("one = \"1\"\nfew = \"{count}\"\nother = \"{count}\"");
    assert!(mistake(zh, &few).contains("the plural form \"few\" is never used in this language"));
    let lacking = plural("one = \"one day\"\nother = \"{count} days of {x}\"");
    let mistakes = generate("a = \"{x}的{count}天\"", &lacking).unwrap_err();
    assert!(mistakes.iter().any(|m| m.contains("missing in one of the plural forms")), "{mistakes:?}");
}

#[test]
fn two_messages_never_share_a_method() {
    let text = "a_b = \"甲\"\n[a]\nb = \"乙\"";
    assert_eq!(mistake(text, text), "two messages would both become the method `trial_a_b`");
}

#[test]
fn a_missing_language_is_a_mistake() {
    let locales = tempfile::tempdir().unwrap();
    fs::create_dir(locales.path().join("zh")).unwrap();
    let mistakes = catalogue::read(locales.path()).map(|_| ()).unwrap_err();
    assert!(mistakes.iter().any(|mistake| mistake.starts_with("locales/en: ")), "{mistakes:?}");
}
