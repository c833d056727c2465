//! Why a report was not taken or is held, in the languages of the people who send it.

use i18n::Language;

/// A reason: for programs, and what it means and what to do, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) text: &'static str,
}

macro_rules! words_of {
    ($($code:literal: $word:ident,)+) => {
        /// Every reason that has words.
        pub(super) const CODES: &[&str] = &[$($code),+];

        fn known(l: Language, code: &str) -> Reason {
            match code {
                $($code => Reason { code: $code, text: l.$word() },)+
                _ => Reason { code: "other", text: l.feeds_reason_other() },
            }
        }
    };
}

/// The reason of this code; `outcome` tells a report that waits from one that is rejected.
pub(super) fn reason(l: Language, outcome: &str, code: &str) -> Reason {
    if outcome == "waiting" {
        return Reason { code: "unknown_application", text: l.feeds_reason_waiting() };
    }
    known(l, code)
}

words_of! {
    "after_final": feeds_reason_after_final,
    "backwards": feeds_reason_backwards,
    "before_submission": feeds_reason_before_submission,
    "not_paused": feeds_reason_not_paused,
    "already_paused": feeds_reason_already_paused,
    "unknown_correction": feeds_reason_unknown_correction,
    "contradicted": feeds_reason_contradicted,
    "unknown_application": feeds_reason_unknown_application,
    "feed_inactive": feeds_reason_feed_inactive,
    "unreadable_report": feeds_reason_unreadable_report,
    "too_many": feeds_reason_too_many,
    "other_application": feeds_reason_other_application,
    "not_its_stage": feeds_reason_not_its_stage,
    "empty": feeds_reason_empty,
    "required": feeds_reason_required,
    "unreadable_application": feeds_reason_unreadable_application,
    "unreadable": feeds_reason_unreadable,
    "unknown": feeds_reason_unknown,
    "not_of_an_application": feeds_reason_not_of_an_application,
    "future": feeds_reason_future,
    "too_early": feeds_reason_too_early,
    "length": feeds_reason_length,
    "too_long": feeds_reason_too_long,
    "character": feeds_reason_character,
    "names_people": feeds_reason_names_people,
    "date": feeds_reason_date,
    "check": feeds_reason_check,
    "other_document": feeds_reason_other_document,
    "demonstration": feeds_reason_demonstration,
    "number_of_columns": feeds_reason_number_of_columns,
    "open_quote": feeds_reason_open_quote,
    "not_utf8": feeds_reason_not_utf8,
    "not_an_object": feeds_reason_not_an_object,
    "unknown_field": feeds_reason_unknown_field,
    "repeated_field": feeds_reason_repeated_field,
    "not_a_cell": feeds_reason_not_a_cell,
    "lost_digits": feeds_reason_lost_digits,
    "entity": feeds_reason_entity,
    "differs": feeds_reason_differs,
    "wrong_type": feeds_reason_wrong_type,
    "media_type": feeds_reason_media_type,
    "malformed": feeds_reason_malformed,
    "too_many_events": feeds_reason_too_many_events,
    "unsigned": feeds_reason_unsigned,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_of_the_document_has_words_in_every_language_and_every_word_is_in_the_document() {
        let document = include_str!("../../../../../docs/FEEDS.md");
        let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let named = rows.filter(|(_, rest)| {
            ["held", "rejected", "waiting"].iter().any(|outcome| rest.starts_with(outcome))
        });
        let codes: BTreeSet<&str> = named.map(|(code, _)| code).collect();
        assert_eq!(codes, CODES.iter().copied().chain(["other"]).collect());
        for l in Language::ALL {
            for code in &codes {
                assert_eq!(reason(l, "rejected", code).code, *code);
            }
            let [waits, is_unknown] =
                ["waiting", "rejected"].map(|outcome| reason(l, outcome, "unknown_application"));
            assert!(waits.code == is_unknown.code && waits.text != is_unknown.text);
        }
    }
}
