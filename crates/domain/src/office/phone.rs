//! Telephone numbers as people write them, and as a device dials them.

use crate::text::narrow;

/// A telephone number of an office, as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phone(String);

/// The most digits that are dialled (ITU-T E.164 has 15; access codes come before them).
const MOST_DIGITS: usize = 20;
/// Words before an extension.
const EXTENSIONS: [&str; 6] = ["转", "轉", "分机", "ext", "x", "#"];

impl Phone {
    /// Every number of a text: they stand apart by `;`, `,`, `、`, `/` or `|`.
    pub fn list(text: &str) -> Vec<Self> {
        let parts = text.split([';', '；', ',', '，', '、', '/', '|']).map(|part| narrow(part).into_owned());
        parts.filter(|part| !part.is_empty()).map(Self).collect()
    }

    /// The number as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address that a device dials (RFC 3966): `tel:010-1234-5678;ext=801`; none where the text is no number.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let lower = self.0.to_lowercase();
        let apart = EXTENSIONS.iter().find_map(|word| lower.split_once(word));
        let (number, extension) = apart.map_or((lower.as_str(), None), |(number, rest)| (number, Some(rest)));
        let number = dialled(number)?;
        let Some(extension) = extension else { return Some(format!("tel:{number}")) };
        let extension = extension.trim_matches([' ', '.', ':', ')']);
        let is_number = !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| format!("tel:{number};ext={extension}"))
    }
}

/// Digits, with the hyphens between them.
fn dialled(number: &str) -> Option<String> {
    let number = number.trim().trim_end_matches('(').trim_end();
    let mut dialled = String::with_capacity(number.len());
    for (place, letter) in number.chars().enumerate() {
        match letter {
            '0'..='9' => dialled.push(letter),
            '+' if place == 0 => dialled.push(letter),
            // Whatever parts the digits for the eye is a hyphen for the device, and never two.
            '-' | ' ' | '(' | ')' | '–' | '—' => {
                if dialled.ends_with(|last: char| last.is_ascii_digit()) {
                    dialled.push('-');
                }
            }
            _ => return None,
        }
    }
    let dialled = dialled.trim_end_matches('-');
    let digits = dialled.bytes().filter(u8::is_ascii_digit).count();
    (1..=MOST_DIGITS).contains(&digits).then(|| dialled.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(text: &str) -> Vec<Option<String>> {
        Phone::list(text).iter().map(Phone::link).collect()
    }

    #[test]
    fn a_number_is_dialled_as_it_is_written() {
        let cases = [
            ("000-0000-0001", "tel:000-0000-0001"),
            ("（010）1234 5678", "tel:010-1234-5678"),
            ("+86 10 12345678", "tel:+86-10-12345678"),
            ("010-12345678转801", "tel:010-12345678;ext=801"),
            ("010-12345678 ext. 801", "tel:010-12345678;ext=801"),
            ("12345", "tel:12345"),
        ];
        for (text, link) in cases {
            assert_eq!(links(text), [Some(link.to_owned())], "{text}");
        }
        for wrong in ["无", "见门口", "010-12345678转", "1+2", &"1".repeat(21)] {
            assert_eq!(links(wrong), [None], "{wrong}");
        }
    }

    #[test]
    fn several_numbers_stand_apart() {
        let shown = |text| -> Vec<String> { Phone::list(text).into_iter().map(|phone| phone.0).collect() };
        assert_eq!(shown("1；2、 3/4,,"), ["1", "2", "3", "4"]);
        assert_eq!(shown(" ; "), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn a_link_holds_nothing_but_what_may_stand_in_one(text in any::<String>()) {
            for link in links(&text).into_iter().flatten() {
                let rest = link.strip_prefix("tel:").unwrap().replace(";ext=", "");
                prop_assert!(rest.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '+'), "{}", link);
            }
        }
    }
}
