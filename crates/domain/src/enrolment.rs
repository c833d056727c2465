//! The code by which somebody makes their first passkey: said or written by a security administrator, typed once.

use crate::text::{is_invisible, narrow};

/// 32 signs that people do not take for one another (Crockford's Base32).
const SIGNS: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Signs of a code: 100 bits.
const LENGTH: usize = 20;

/// An enrolment code. Has no `Debug`, so that no log can print it.
#[derive(Clone, Eq, PartialEq)]
pub struct EnrolmentCode(String);

impl EnrolmentCode {
    /// The code of random bytes.
    #[must_use]
    pub fn of(random: [u8; LENGTH]) -> Self {
        // A sign takes five of the eight bits, so that each is as likely as the others.
        let signs = random.iter().filter_map(|byte| SIGNS.get(usize::from(byte % 32)));
        Self(signs.copied().map(char::from).collect())
    }

    /// The code that was typed, in any case, with or without hyphens and spaces; `O` is 0, `I` and `L` are 1.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let plain = narrow(typed).to_uppercase();
        let signs = plain.chars().filter(|c| !c.is_whitespace() && *c != '-' && !is_invisible(*c));
        let code: String = signs
            .map(|sign| match sign {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        (code.len() == LENGTH && code.bytes().all(|sign| SIGNS.contains(&sign))).then_some(Self(code))
    }

    /// The signs alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in groups of five, as it is said and written.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..LENGTH / 5).filter_map(|n| self.0.get(n * 5..n * 5 + 5)).collect();
        groups.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = EnrolmentCode::of([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        assert_eq!(code.grouped(), "01234-56789-ABCDE-FGHJK");
        for typed in [
            "01234-56789-ABCDE-FGHJK",
            " o1234 56789abcdefghjk ",
            "oI23456789abcdefghjk",
            "０1234－56789-ABCDE-FGHJK",
        ] {
            assert!(EnrolmentCode::parse(typed) == Some(code.clone()), "{typed}");
        }
        for wrong in ["", "01234", "01234-56789-ABCDE-FGHJU", "01234-56789-ABCDE-FGHJK-0", "登记码"] {
            assert!(EnrolmentCode::parse(wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_written_code_is_read_back(random in any::<[u8; LENGTH]>()) {
            let code = EnrolmentCode::of(random);
            prop_assert!(EnrolmentCode::parse(&code.grouped()) == Some(code.clone()));
            prop_assert!(EnrolmentCode::parse(&code.as_str().to_lowercase()) == Some(code));
        }

        #[test]
        fn any_text_is_a_code_or_none(text in any::<String>()) {
            let _ = EnrolmentCode::parse(&text);
        }
    }
}
