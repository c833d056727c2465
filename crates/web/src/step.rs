//! Where one station of the road stands: done, now, next, or in trouble.

use i18n::Language;

use crate::icon::Icon;

/// The state of an entry in a timeline, shown by picture, word and line, never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It has happened.
    Done,
    /// The application stands here.
    Now,
    /// It is still to come.
    Next,
    /// The application stands here and somebody has to act.
    Problem,
}

impl Step {
    /// The class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Next => "next",
            Self::Problem => "problem",
        }
    }

    /// The plain state, for programs that read the page: `done`, `now` or `next`.
    pub const fn state(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now | Self::Problem => "now",
            Self::Next => "next",
        }
    }

    /// The picture.
    pub const fn icon(self) -> Icon {
        match self {
            Self::Done => Icon::Check,
            Self::Now => Icon::Now,
            Self::Next => Icon::Next,
            Self::Problem => Icon::Warning,
        }
    }

    /// The word.
    pub fn word(self, language: Language) -> &'static str {
        match self {
            Self::Done => language.shell_timeline_done(),
            Self::Now => language.shell_timeline_now(),
            Self::Next => language.shell_timeline_next(),
            Self::Problem => language.shell_timeline_problem(),
        }
    }

    /// Whether the application stands here.
    pub const fn is_current(self) -> bool {
        matches!(self, Self::Now | Self::Problem)
    }
}
