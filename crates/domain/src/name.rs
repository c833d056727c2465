//! Names as registered, as compared, and as shown to others.

#[cfg(test)]
mod tests;

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::text::is_invisible;

/// The longest name, in characters; registers hold at least 50.
pub const LONGEST_NAME: usize = 60;

/// A person's name: letters of any script, spaces, `·`, `-`, `'` and `.`.
#[derive(Clone, Eq, PartialEq)]
pub struct Name(String);

/// Why something typed is not a name.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
pub enum NameError {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// More than [`LONGEST_NAME`] characters.
    #[error("a name has at most 60 characters, not {found}")]
    TooLong {
        /// How many characters were typed.
        found: usize,
    },
    /// A character that is in no name: a digit, a control character, a symbol.
    #[error("the character at position {position} cannot be in a name")]
    Character {
        /// Counted from 1, invisible characters left out.
        position: usize,
    },
}

impl NameError {
    /// The stable word of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::Character { .. } => "character",
        }
    }
}

impl Name {
    /// The name that was typed, its ends trimmed, its spaces single, and invisible characters dropped; the
    /// characters themselves stay as typed, for rare ones are part of the name.
    ///
    /// # Errors
    /// Says which rule is broken; never repeats what was typed.
    pub fn parse(typed: &str) -> Result<Self, NameError> {
        let seen = typed.trim().chars().filter(|c| !is_invisible(*c));
        let mut name = String::with_capacity(typed.len());
        let mut length = 0;
        for character in seen {
            let character = if is_space(character) { ' ' } else { character };
            if character == ' ' && (name.is_empty() || name.ends_with(' ')) {
                continue;
            }
            length += 1;
            if !is_of_a_name(character) {
                return Err(NameError::Character { position: length });
            }
            name.push(character);
        }
        name.truncate(name.trim_end().len());
        match name.chars().count() {
            _ if !name.contains(char::is_alphabetic) && !name.contains(is_han) => Err(NameError::Empty),
            1..=LONGEST_NAME => Ok(Self(name)),
            found => Err(NameError::TooLong { found }),
        }
    }

    /// The name as registered; personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two names are compared: NFKC, one apostrophe, no middle dots, full stops, hyphens and
    /// spaces, no variation selectors, lower case. People leave the dot of `古丽·艾山` out, or cannot type it.
    #[must_use]
    pub fn matching(&self) -> String {
        // Most names are plain Chinese characters, which none of the foldings change.
        if self.0.chars().all(|c| matches!(c, '\u{3400}'..='\u{9FFF}')) {
            return self.0.clone();
        }
        let plain = self.0.nfkc().flat_map(char::to_lowercase).map(separator_folded);
        let kept = plain.filter(|c| !matches!(c, '·' | '-' | ' ') && !is_variation_selector(*c));
        // Once more, for marks that a space had kept apart.
        kept.nfkc().collect()
    }

    /// The most a public answer shows: the surname, or the first character, and stars: `张*`, `欧阳**`,
    /// `阿***·***`. A name of one character is all star.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = match self.0.chars().count() {
            0 | 1 => 0,
            2 => 1,
            _ if COMPOUND_SURNAMES.iter().any(|surname| self.0.starts_with(surname)) => 2,
            _ => 1,
        };
        let mask = |(at, c): (usize, char)| if at < shown || is_separator(c) { c } else { '*' };
        self.0.chars().enumerate().map(mask).collect()
    }
}

/// Masked, so that no log can leak a name.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.masked())
    }
}

/// Surnames of two characters that are common today; a name of three or more characters that starts with
/// one shows both.
const COMPOUND_SURNAMES: [&str; 20] = [
    "欧阳", "上官", "皇甫", "令狐", "诸葛", "司徒", "司马", "申屠", "夏侯", "尉迟", "长孙", "慕容", "宇文",
    "东方", "独孤", "端木", "公孙", "轩辕", "澹台", "呼延",
];

fn is_of_a_name(c: char) -> bool {
    c == ' ' || c.is_alphabetic() || is_han(c) || is_combining_mark(c) || is_separator(c)
}

/// All of Unicode's CJK planes, those characters too that this compiler's tables do not know yet.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
}

fn is_separator(c: char) -> bool {
    matches!(separator_folded(c), '·' | '-' | '\'' | ' ' | '་')
}

fn separator_folded(c: char) -> char {
    match c {
        '·' | '•' | '・' | '‧' | '･' | '.' | '．' | '。' | '｡' | '∙' | '⋅' | '\u{0387}' => {
            '·'
        }
        '\'' | '’' | '‘' | 'ʼ' | '＇' | '`' => '\'',
        '-' | '\u{2010}'..='\u{2015}' | '－' | '\u{2212}' => '-',
        _ if is_space(c) => ' ',
        _ => c,
    }
}

/// Spaces of any width; line breaks and tabs are no part of a name.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}
