//! Which plural form a number needs, by the rules of CLDR.

use icu_locale_core::locale;
use icu_plurals::{PluralCategory, PluralRules, PluralRulesOptions};

use crate::Language;

impl Language {
    /// The CLDR name of the plural form that `count` needs.
    pub(crate) fn plural(self, count: u64) -> &'static str {
        let locale = match self {
            Self::Zh => locale!("zh"),
            Self::En => locale!("en"),
        };
        // The rules lie compiled in the binary; looking them up costs less than keeping them per thread.
        let rules = PluralRules::try_new(locale.into(), PluralRulesOptions::default());
        match rules.map(|rules| rules.category_for(count)) {
            Ok(PluralCategory::Zero) => "zero",
            Ok(PluralCategory::One) => "one",
            Ok(PluralCategory::Two) => "two",
            Ok(PluralCategory::Few) => "few",
            Ok(PluralCategory::Many) => "many",
            Ok(PluralCategory::Other) | Err(_) => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_counts_one_apart_and_chinese_never_does() {
        assert_eq!([0, 1, 2, 21].map(|count| Language::En.plural(count)), ["other", "one", "other", "other"]);
        assert_eq!([0, 1, 2, 21].map(|count| Language::Zh.plural(count)), ["other"; 4]);
    }

    #[test]
    fn a_message_takes_the_form_that_its_number_needs() {
        assert_eq!(Language::En.words_days(1), "1 day");
        assert_eq!(Language::En.words_days(60), "60 days");
        assert_eq!(Language::Zh.words_days(1), "1天");
    }
}
