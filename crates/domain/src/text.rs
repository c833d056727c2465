//! What people type, brought to one form at the edge: digits, dates, invisible characters.

use std::borrow::Cow;

use jiff::civil::Date;

/// Digits as they are stored: spaces, hyphens and invisible characters dropped, full-width characters and
/// the look-alikes of the check character `X` turned into ASCII.
///
/// Anything else stays as typed, so that a parser can point at it.
#[must_use]
pub fn digits_normalised(typed: &str) -> String {
    typed.chars().filter_map(folded).collect()
}

/// The date people type: `2026-01-05`, `20260105`, `2026/1/5`, `2026.1.5`, `2026年1月5日`, in full-width
/// digits too; `None` where no such day exists.
#[must_use]
pub fn parse_date(typed: &str) -> Option<Date> {
    let narrow: String =
        typed.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).map(narrowed).collect();
    if narrow.len() == 8 && narrow.bytes().all(|byte| byte.is_ascii_digit()) {
        return civil(narrow.get(..4)?, narrow.get(4..6)?, narrow.get(6..)?);
    }
    let undressed = narrow.strip_suffix(['日', '号']).unwrap_or(&narrow);
    let mut parts = undressed.split(is_date_separator);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && year.len() == 4 && month.len() <= 2 && day.len() <= 2;
    whole.then(|| civil(year, month, day)).flatten()
}

/// One typed character of a number: `None` when it carries nothing (space, hyphen, zero width).
pub(crate) fn folded(typed: char) -> Option<char> {
    match typed {
        '0'..='9' => Some(typed),
        'x' | 'X' | 'Ｘ' | 'ｘ' | 'Х' | 'х' | 'Ⅹ' | 'ⅹ' => Some('X'),
        _ if typed.is_whitespace() || is_hyphen(typed) || is_invisible(typed) => None,
        _ => Some(narrowed(typed)),
    }
}

/// Text with full-width ASCII made narrow and its ends trimmed; borrowed when there was nothing to do.
pub(crate) fn narrow(typed: &str) -> Cow<'_, str> {
    let typed = typed.trim();
    if typed.is_ascii() { Cow::Borrowed(typed) } else { typed.chars().map(narrowed).collect() }
}

/// Characters that are not seen: zero widths, direction marks, soft hyphen, byte order mark.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

fn is_date_separator(c: char) -> bool {
    is_hyphen(c) || matches!(c, '/' | '.' | '。' | '年' | '月')
}

fn narrowed(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

fn civil(year: &str, month: &str, day: &str) -> Option<Date> {
    let all_digits = [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !all_digits {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn what_carries_nothing_is_dropped() {
        assert_eq!(
            digits_normalised(" 110105-1949\u{200B}1231\u{3000}００２ｘ\u{FEFF}"),
            "11010519491231002X"
        );
        for x in "xXＸｘХхⅩⅹ".chars() {
            assert_eq!(digits_normalised(&x.to_string()), "X");
        }
        assert_eq!(digits_normalised("12中A"), "12中A");
    }

    #[test]
    fn people_type_dates_in_many_ways() {
        let ways = [
            "2026-01-05",
            "20260105",
            "2026/1/5",
            "2026.1.5",
            "2026年1月5日",
            "2026年1月5",
            " 2026 年 1 月 5 号 ",
            "２０２６－０１－０５",
            "２０２６０１０５",
            "2026–01–05",
            "\u{FEFF}2026-1-05",
        ];
        for typed in ways {
            assert_eq!(parse_date(typed), Some(date(2026, 1, 5)), "{typed}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let wrong = [
            "",
            "2026",
            "2026-02-30",
            "2026-1",
            "26-1-5",
            "2026-1-5-",
            "2026-1-5日日",
            "2026-001-5",
            "5/1/2026",
            "2026-1-+5",
            "２０２６",
            "2026年",
            "0000-00-00",
            "20260230",
        ];
        for typed in wrong {
            assert_eq!(parse_date(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(typed in any::<String>()) {
            let once = digits_normalised(&typed);
            prop_assert_eq!(digits_normalised(&once), once);
        }

        #[test]
        fn any_text_is_a_date_or_none(typed in any::<String>()) {
            let _ = parse_date(&typed);
        }

        #[test]
        fn a_written_date_is_read_back(days in 0_i32..3_000_000) {
            let day = crate::day::days_after(date(1, 1, 1), days);
            prop_assert_eq!(parse_date(&day.to_string()), Some(day));
        }
    }
}
