//! The one shape that every closed list of words has: a word, a stable number, and back again.

/// Nothing in the list has this word.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

/// Writes an enum whose variants each have a stable number (stored) and a `snake_case` word (spoken by
/// the API, the tables and the message catalogue). Numbers are never reused.
macro_rules! words {
    (
        $(#[$about:meta])*
        pub enum $name:ident { $( $(#[$what:meta])* $variant:ident = $code:literal $word:literal, )+ }
    ) => {
        $(#[$about])*
        #[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
        pub enum $name { $( $(#[$what])* $variant, )+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// The `snake_case` word; stable, part of the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }

            /// The value with this word, exactly as [`as_str`](Self::as_str) writes it.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$variant), )+ _ => None }
            }

            /// The stable number under which records keep the value; never reused.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The value with this number.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $( $code => Some(Self::$variant), )+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::parse(word).ok_or($crate::word::UnknownWord)
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::{
        Cause, Delivery, DocumentKind, FeedKind, Flag, Ground, HolderRole, Impossible, Kind, Level, Pause,
        Reason, Right, Role, Sex, Stage, Warning,
    };

    /// Every word and every number leads back to its value.
    macro_rules! back_and_forth {
        ($($test:ident: $list:ty),+ $(,)?) => {$(
            #[test]
            fn $test() {
                for value in <$list>::ALL {
                    assert_eq!(value.as_str().parse(), Ok(value));
                    assert_eq!(<$list>::from_code(value.code()), Some(value));
                    assert_eq!(value.to_string(), value.as_str());
                }
                assert_eq!(<$list>::parse("no such word"), None);
                assert_eq!(<$list>::from_code(255), None);
            }
        )+};
    }

    back_and_forth! {
        stages: Stage, kinds: Kind, reasons: Reason, deliveries: Delivery, causes: Cause, pauses: Pause,
        grounds: Ground, flags: Flag, levels: Level, holders: HolderRole, objections: Impossible,
        feeds: FeedKind, roles: Role, rights: Right, sexes: Sex, documents: DocumentKind, warnings: Warning,
    }
}
