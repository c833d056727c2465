//! Reads the messages of all languages and finds every way in which the languages disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use icu_plurals::{PluralCategory, PluralRules, PluralRulesOptions};
use toml::{Table, Value};

use crate::placeholder;

/// A language and the names it goes by.
pub(crate) struct Language {
    /// The folder below `locales/`, which is also its BCP 47 tag.
    pub(crate) folder: &'static str,
    /// The variant of the `Language` enumeration.
    pub(crate) variant: &'static str,
}

/// All languages; the first one is the original that the others translate.
pub(crate) const LANGUAGES: [Language; 2] =
    [Language { folder: "zh", variant: "Zh" }, Language { folder: "en", variant: "En" }];

/// What one language says.
#[derive(Clone)]
pub(crate) enum Text {
    /// One text for every case.
    Plain(String),
    /// One text per CLDR plural category of `{count}`.
    Plural(BTreeMap<String, String>),
}

/// One message in all languages.
pub(crate) struct Message {
    /// The method that returns it: the feature, the groups and the key, joined by `_`.
    pub(crate) method: String,
    /// One text per language, in the order of [`LANGUAGES`].
    pub(crate) texts: Vec<Text>,
    /// The placeholders, in alphabetical order, which is the order of the method's arguments.
    pub(crate) placeholders: BTreeSet<String>,
}

/// Where a message stands: feature (file), then the dotted key inside it.
type Place = (String, String);

/// Every `.toml` file of a language, in alphabetical order.
pub(crate) fn files(locales: &Path, language: &Language) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(locales.join(language.folder))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads and checks all messages below `locales`; the error lists every mistake with file, key and language.
pub(crate) fn read(locales: &Path) -> Result<Vec<Message>, Vec<String>> {
    let mut mistakes = Vec::new();
    let mut spoken = Vec::new();
    for language in &LANGUAGES {
        let mut texts = BTreeMap::new();
        read_language(locales, language, &mut texts, &mut mistakes);
        spoken.push(texts);
    }
    let places: BTreeSet<&Place> = spoken.iter().flat_map(BTreeMap::keys).collect();
    let mut messages: Vec<Message> =
        places.into_iter().filter_map(|place| agree(place, &spoken, &mut mistakes)).collect();
    messages.sort_by(|a, b| a.method.cmp(&b.method));
    for (one, other) in messages.iter().zip(messages.iter().skip(1)) {
        if one.method == other.method {
            mistakes.push(format!("two messages would both become the method `{}`", one.method));
        }
    }
    if mistakes.is_empty() { Ok(messages) } else { Err(mistakes) }
}

fn read_language(
    locales: &Path,
    language: &Language,
    texts: &mut BTreeMap<Place, Text>,
    mistakes: &mut Vec<String>,
) {
    let folder = language.folder;
    let files = match files(locales, language) {
        Ok(files) => files,
        Err(error) => return mistakes.push(format!("locales/{folder}: {error}")),
    };
    for path in files {
        let feature = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = format!("locales/{folder}/{feature}.toml");
        if !placeholder::is_name(&feature) {
            mistakes.push(format!("{file}: a file is named with lower-case letters, digits and _"));
        }
        let read = fs::read_to_string(&path).map_err(|error| error.to_string());
        match read.and_then(|text| text.parse::<Table>().map_err(|error| error.to_string())) {
            Err(error) => mistakes.push(format!("{file}: {}", error.trim().replace('\n', " "))),
            Ok(table) => {
                let mut reader = Reader { file: &file, feature: &feature, texts, mistakes };
                reader.group("", &table);
            }
        }
    }
}

/// Walks through one file.
struct Reader<'a> {
    file: &'a str,
    feature: &'a str,
    texts: &'a mut BTreeMap<Place, Text>,
    mistakes: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn group(&mut self, prefix: &str, table: &Table) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if !placeholder::is_name(name) {
                self.mistake(&key, "a key is written with lower-case letters, digits and _");
            }
            match value {
                Value::String(text) => self.text(key, Text::Plain(text.clone())),
                Value::Table(inner) if is_plural(inner) => {
                    let forms = inner.iter().map(|(category, text)| {
                        (category.clone(), text.as_str().unwrap_or_default().to_owned())
                    });
                    self.text(key, Text::Plural(forms.collect()));
                }
                Value::Table(inner) => self.group(&key, inner),
                _ => self.mistake(&key, "a message is a text or a table"),
            }
        }
    }

    fn text(&mut self, key: String, text: Text) {
        if forms(&text).any(|form| form.trim().is_empty()) {
            self.mistake(&key, "the message is empty");
        }
        self.texts.insert((self.feature.to_owned(), key), text);
    }

    fn mistake(&mut self, key: &str, what: &str) {
        self.mistakes.push(format!("{}: \"{key}\": {what}", self.file));
    }
}

fn is_plural(table: &Table) -> bool {
    const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
    table.contains_key("other") && table.keys().all(|key| CATEGORIES.contains(&key.as_str()))
}

/// Brings the texts of all languages together, or says how they disagree.
fn agree(place: &Place, spoken: &[BTreeMap<Place, Text>], mistakes: &mut Vec<String>) -> Option<Message> {
    let (feature, key) = place;
    let plural = spoken.iter().any(|texts| matches!(texts.get(place), Some(Text::Plural(_))));
    let mut original: Option<BTreeSet<String>> = None;
    let mut texts = Vec::new();
    for (language, said) in LANGUAGES.iter().zip(spoken) {
        let mut wrong = |what: &str| {
            mistakes.push(format!("locales/{}/{feature}.toml: \"{key}\": {what}", language.folder));
        };
        let Some(text) = said.get(place) else {
            wrong("the message is missing; another language has it");
            continue;
        };
        if plural {
            check_categories(text, language, &mut wrong);
        }
        let found = placeholders(text, &mut wrong);
        match &original {
            None => original = Some(found),
            Some(original) => compare(original, &found, &mut wrong),
        }
        texts.push(text.clone());
    }
    let method = format!("{feature}_{}", key.replace('.', "_"));
    (texts.len() == LANGUAGES.len()).then(|| Message {
        method,
        texts,
        placeholders: original.unwrap_or_default(),
    })
}

fn compare(original: &BTreeSet<String>, found: &BTreeSet<String>, wrong: &mut impl FnMut(&str)) {
    let first = LANGUAGES.first().map_or("", |language| language.folder);
    for name in original.difference(found) {
        wrong(&format!("the placeholder {{{name}}} is missing; {first} has it"));
    }
    for name in found.difference(original) {
        wrong(&format!("the placeholder {{{name}}} is unknown; {first} does not have it"));
    }
}

fn placeholders(text: &Text, wrong: &mut impl FnMut(&str)) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut each = Vec::new();
    for form in forms(text) {
        match placeholder::find(form) {
            Ok(found) => {
                all.extend(found.iter().cloned());
                each.push(found);
            }
            Err(error) => wrong(&error),
        }
    }
    // One form may do without the number ("one day"), never without the rest.
    for name in &all {
        if name != "count" && each.iter().any(|found| !found.contains(name)) {
            wrong(&format!("the placeholder {{{name}}} is missing in one of the plural forms"));
        }
    }
    all
}

fn check_categories(text: &Text, language: &Language, wrong: &mut impl FnMut(&str)) {
    let needed = categories(language.folder);
    let has: BTreeSet<&str> = match text {
        Text::Plain(_) => BTreeSet::from(["other"]),
        Text::Plural(forms) => forms.keys().map(String::as_str).collect(),
    };
    for category in needed.difference(&has) {
        wrong(&format!("the plural form \"{category}\" is missing"));
    }
    for category in has.difference(&needed) {
        wrong(&format!("the plural form \"{category}\" is never used in this language"));
    }
    let counted = match text {
        Text::Plain(text) => text.contains("{count}"),
        Text::Plural(forms) => forms.get("other").is_some_and(|other| other.contains("{count}")),
    };
    if !counted {
        wrong("a plural message needs the placeholder {count}");
    }
}

/// The CLDR plural categories of a language.
fn categories(tag: &str) -> BTreeSet<&'static str> {
    let rules = icu_locale_core::Locale::try_from_str(tag)
        .ok()
        .and_then(|locale| PluralRules::try_new(locale.into(), PluralRulesOptions::default()).ok());
    rules.map_or_else(BTreeSet::new, |rules| rules.categories().map(category_name).collect())
}

fn category_name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

fn forms(text: &Text) -> Box<dyn Iterator<Item = &String> + '_> {
    match text {
        Text::Plain(text) => Box::new(std::iter::once(text)),
        Text::Plural(forms) => Box::new(forms.values()),
    }
}
