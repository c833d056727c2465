//! The languages we speak and how a person asks for one.

/// A language in which every page and every answer exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Simplified Chinese, the first language.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// Every language, the first one first.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The tag for `<html lang>` and `Content-Language` (BCP 47).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The direction of writing for `<html dir>`; the door for right-to-left languages.
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Zh | Self::En => "ltr",
        }
    }

    /// Understands a language tag by its first part: `zh`, `zh-CN`, `en-GB`, in any case of letters.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110 §12.5.4), if it names one.
    pub fn from_accept(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::parse) else { continue };
            let quality = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1.0, quality);
            if quality > best.map_or(0.0, |(_, so_far)| so_far) {
                best = Some((language, quality));
            }
        }
        best.map(|(language, _)| language)
    }
}

fn quality(text: &str) -> f32 {
    text.trim().parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_understood_by_its_first_part() {
        for tag in ["zh", "zh-CN", "ZH-hans", "zh_CN", " zh "] {
            assert_eq!(Language::parse(tag), Some(Language::Zh), "{tag}");
        }
        for tag in ["en", "en-GB", "EN"] {
            assert_eq!(Language::parse(tag), Some(Language::En), "{tag}");
        }
        for tag in ["", "zhx", "de", "-", "身份证"] {
            assert_eq!(Language::parse(tag), None, "{tag}");
        }
    }

    #[test]
    fn every_language_understands_its_own_code() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.code()), Some(language));
        }
    }

    #[test]
    fn the_header_names_the_best_language() {
        for (header, language) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Language::Zh)),
            ("en-US,en;q=0.9,zh;q=0.5", Some(Language::En)),
            ("de, en;q=0.3, zh;q=0.7", Some(Language::Zh)),
            ("fr, en ; q=0.2", Some(Language::En)),
            ("en;q=0, zh;q=0", None),
            ("en;q=x", None),
            ("de,fr", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(Language::from_accept(header), language, "{header}");
        }
    }
}
