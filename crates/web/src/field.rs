//! The fields of a form, as the macros in `parts.html` show them.

/// A text field with its label, hint and error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field<'a> {
    /// The name in the form; also the field's id.
    pub name: &'a str,
    /// What is asked.
    pub label: &'a str,
    /// Where to find it or how to write it; empty for none.
    pub hint: &'a str,
    /// What was typed before.
    pub value: &'a str,
    /// What is wrong with it.
    pub error: Option<&'a str>,
    /// The on-screen keyboard (`inputmode`): `numeric`, `text`; empty for the usual one.
    pub keyboard: &'a str,
    /// The most characters that can be typed; generous, because people paste; 0 for no limit.
    pub longest: u16,
    /// The sizes of the groups in which the typed digits are shown again, such as `6 8 4`; empty for none.
    pub groups: &'a str,
    /// How wide the field is, in characters of its longest usual value: 10, 18, 22; 0 for the full width.
    pub width: u8,
}

impl Field<'_> {
    /// Whether a hint or an error describes the field.
    pub fn is_described(&self) -> bool {
        !self.hint.is_empty() || self.error.is_some()
    }

    /// The ids of hint and error, for `aria-describedby`.
    pub fn description(&self) -> String {
        let name = self.name;
        match (self.hint.is_empty(), self.error) {
            (true, _) => format!("{name}-error"),
            (false, None) => format!("{name}-hint"),
            (false, Some(_)) => format!("{name}-hint {name}-error"),
        }
    }
}
