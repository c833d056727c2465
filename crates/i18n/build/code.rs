//! Writes the checked messages as methods of `Language`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalogue::{LANGUAGES, Message, Text};

/// The Rust source of all methods.
pub(crate) fn methods(messages: &[Message]) -> String {
    let mut code = String::from("impl Language {\n");
    for message in messages {
        method(&mut code, message);
    }
    code.push_str("}\n");
    code
}

fn method(code: &mut String, message: &Message) {
    let plural = message.texts.iter().any(|text| matches!(text, Text::Plural(_)));
    let arguments: String = message.placeholders.iter().map(|name| argument(name, plural)).collect();
    let returns = if message.placeholders.is_empty() { "&'static str" } else { "String" };
    documentation(code, message);
    let _ = writeln!(code, "    pub fn {}(self{arguments}) -> {returns} {{", message.method);
    code.push_str("        match self {\n");
    for (language, text) in LANGUAGES.iter().zip(&message.texts) {
        let said = match text {
            Text::Plain(text) => expression(text, returns),
            Text::Plural(forms) => choice(forms, returns),
        };
        let _ = writeln!(code, "            Self::{} => {said},", language.variant);
    }
    code.push_str("        }\n    }\n");
}

fn argument(name: &str, plural: bool) -> String {
    let kind = if plural && name == "count" { "u64" } else { "impl std::fmt::Display" };
    format!(", {name}: {kind}")
}

/// The texts themselves, so that an editor shows them where the method is used.
fn documentation(code: &mut String, message: &Message) {
    for text in &message.texts {
        let shown = match text {
            Text::Plain(text) => text,
            Text::Plural(forms) => forms.get("other").map_or("", String::as_str),
        };
        let _ =
            writeln!(code, "    #[doc = {:?}]\n    #[doc = \"\"]", format!("`{}`", shown.replace('`', "'")));
    }
}

fn choice(forms: &BTreeMap<String, String>, returns: &str) -> String {
    let mut arms = String::new();
    for (category, text) in forms {
        if category != "other" {
            let _ = write!(arms, "\"{category}\" => {}, ", expression(text, returns));
        }
    }
    let other = forms.get("other").map_or("", String::as_str);
    if arms.is_empty() {
        return expression(other, returns);
    }
    format!("match self.plural(count) {{ {arms}_ => {} }}", expression(other, returns))
}

fn expression(text: &str, returns: &str) -> String {
    if returns == "String" {
        format!("format!({text:?})")
    } else {
        format!("{:?}", text.replace("{{", "{").replace("}}", "}"))
    }
}
