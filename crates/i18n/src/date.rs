//! Days, times and lists in words; their patterns live in `locales/<language>/words.toml`.

use crate::Language;

impl Language {
    /// A day in words: "2026年1月12日", "12 January 2026".
    ///
    /// An impossible month (the caller's calendar should know none) is written as a number.
    pub fn date(self, year: i16, month: i8, day: i8) -> String {
        match self.month(month) {
            Some(name) => self.words_date(day, name, year),
            None => format!("{year}-{month}-{day}"),
        }
    }

    /// A day and a time of day in words: "2026年1月12日 09:05", "12 January 2026, 09:05".
    pub fn day_and_time(self, year: i16, month: i8, day: i8, hour: i8, minute: i8) -> String {
        self.words_day_and_time(self.date(year, month, day), format_args!("{hour:02}:{minute:02}"))
    }

    /// Items in a row: "甲、乙和丙", "a, b and c".
    pub fn list<S: AsRef<str>>(self, items: &[S]) -> String {
        let mut text = String::new();
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                let last = position + 1 == items.len();
                text.push_str(if last { self.words_list_last() } else { self.words_list_between() });
            }
            text.push_str(item.as_ref());
        }
        text
    }

    fn month(self, month: i8) -> Option<&'static str> {
        Some(match month {
            1 => self.words_months_january(),
            2 => self.words_months_february(),
            3 => self.words_months_march(),
            4 => self.words_months_april(),
            5 => self.words_months_may(),
            6 => self.words_months_june(),
            7 => self.words_months_july(),
            8 => self.words_months_august(),
            9 => self.words_months_september(),
            10 => self.words_months_october(),
            11 => self.words_months_november(),
            12 => self.words_months_december(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_people_write_it() {
        assert_eq!(Language::Zh.date(2026, 1, 12), "2026年1月12日");
        assert_eq!(Language::En.date(2026, 1, 12), "12 January 2026");
        assert_eq!(Language::Zh.date(2026, 12, 3), "2026年12月3日");
        assert_eq!(Language::En.date(2026, 12, 3), "3 December 2026");
        assert_eq!(Language::En.date(2026, 13, 3), "2026-13-3");
    }

    #[test]
    fn a_time_is_written_with_24_hours() {
        assert_eq!(Language::Zh.day_and_time(2026, 1, 12, 9, 5), "2026年1月12日 09:05");
        assert_eq!(Language::En.day_and_time(2026, 1, 12, 21, 30), "12 January 2026, 21:30");
    }

    #[test]
    fn every_month_has_its_own_name() {
        for language in Language::ALL {
            let names: std::collections::BTreeSet<_> = (1..=12).filter_map(|m| language.month(m)).collect();
            assert_eq!(names.len(), 12);
        }
    }

    #[test]
    fn items_are_joined_as_people_join_them() {
        assert_eq!(Language::Zh.list(&["甲", "乙", "丙"]), "甲、乙和丙");
        assert_eq!(Language::En.list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(Language::En.list(&["a", "b"]), "a and b");
        assert_eq!(Language::En.list(&["a"]), "a");
        assert_eq!(Language::En.list::<&str>(&[]), "");
    }
}
