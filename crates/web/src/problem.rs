//! A problem in words, for people on a page and for programs as RFC 9457 problem details.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde::Serialize;

use crate::context::RequestId;

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field's name in the form and in JSON.
    pub field: Cow<'static, str>,
    /// What is wrong, for programs: `required`, `check_character`.
    pub code: &'static str,
    /// What is wrong and how to put it right, for people.
    pub message: String,
    /// Whether `field` is a JSON pointer already, and not the name of a field.
    is_pointer: bool,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into(), is_pointer: false }
    }

    /// A fault somewhere deep in a document, at a JSON pointer (RFC 6901).
    pub fn pointing(pointer: String, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: pointer.into(), code, message: message.into(), is_pointer: true }
    }

    /// What to say beside `field`: its first fault.
    pub fn at<'a>(faults: &'a [Self], field: &str) -> Option<&'a str> {
        faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }
}

/// A problem of the application in words that are already translated (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// What kind of problem it is, in kebab case: `no-match` becomes the type `/problems/no-match`.
    pub kind: &'static str,
    /// The kind in words.
    pub title: Cow<'static, str>,
    /// What it means and what to do.
    pub detail: Cow<'static, str>,
    /// Faults of single fields; mostly none.
    pub faults: Vec<Fault>,
}

impl Problem {
    /// The body of `application/problem+json`.
    pub(crate) fn json(&self, request_id: RequestId) -> String {
        let body = ProblemBody {
            kind: format!("/problems/{}", self.kind),
            title: &self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            instance: format!("urn:uuid:{request_id}"),
            errors: self.faults.iter().map(FaultBody::of).collect(),
        };
        serde_json::to_string(&body).unwrap_or_default()
    }
}

/// RFC 9457 §3.1.
#[derive(Serialize)]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultBody<'a>>,
}

#[derive(Serialize)]
struct FaultBody<'a> {
    /// RFC 6901.
    pointer: String,
    code: &'a str,
    detail: &'a str,
}

impl<'a> FaultBody<'a> {
    fn of(fault: &'a Fault) -> Self {
        let pointer = if fault.is_pointer {
            fault.field.to_string()
        } else {
            format!("/{}", fault.field.replace('~', "~0").replace('/', "~1"))
        };
        Self { pointer, code: fault.code, detail: &fault.message }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_problem_is_written_as_the_norm_says() {
        let problem = Problem {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            kind: "invalid",
            title: "Wrong".into(),
            detail: "Please correct it.".into(),
            faults: vec![Fault::new("citizen_number", "length", "It has 18 characters.")],
        };
        let expected = concat!(
            r#"{"type":"/problems/invalid","title":"Wrong","status":422,"detail":"Please correct it.","#,
            r#""instance":"urn:uuid:00000000-0000-0000-0000-000000000000","#,
            r#""errors":[{"pointer":"/citizen_number","code":"length","detail":"It has 18 characters."}]}"#,
        );
        assert_eq!(problem.json(RequestId(Uuid::nil())), expected);
    }

    #[test]
    fn a_name_is_escaped_and_a_pointer_is_not() {
        let pointer = |fault: &Fault| FaultBody::of(fault).pointer;
        assert_eq!(pointer(&Fault::new("a/b~c", "x", "")), "/a~1b~0c");
        assert_eq!(pointer(&Fault::pointing("/3/data/step".to_owned(), "x", "")), "/3/data/step");
    }

    #[test]
    fn a_field_shows_its_first_fault() {
        let faults =
            [Fault::new("a", "x", "first"), Fault::new("b", "x", "b"), Fault::new("a", "y", "second")];
        assert_eq!(Fault::at(&faults, "a"), Some("first"));
        assert_eq!(Fault::at(&faults, "c"), None);
    }
}
