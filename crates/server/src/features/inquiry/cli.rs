//! `jindu inquire`: the same question to the same service, from a terminal.

use super::form::Typed;
use crate::app::Failed;
use i18n::Language;
use serde_json::Value;
use std::fmt::Write as _;

/// Whom to ask, and how to show the answer.
pub struct Asking {
    /// The server's address, such as `http://127.0.0.1:8080`.
    pub server: String,
    /// The language of the answer.
    pub language: Language,
    /// Whether to print the JSON as it came.
    pub json: bool,
}

/// What to print, and whether it is an answer.
pub struct Said {
    /// The text.
    pub text: String,
    /// Whether there was an answer; a problem is told on the error output.
    pub answered: bool,
}

/// Asks a server.
///
/// # Errors
/// Fails when the server cannot be reached or does not speak as Jindu does.
pub fn inquire(asking: &Asking, typed: &Typed) -> Result<Said, Failed> {
    let address = format!("{}/api/v1/inquiries", asking.server.trim_end_matches('/'));
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let reply = agent
        .post(&address)
        .header("accept-language", asking.language.code())
        .send_json(typed)
        .map_err(|error| format!("{} cannot be asked: {error}", asking.server))?;
    let answered = reply.status().is_success();
    let value: Value = reply
        .into_body()
        .read_json()
        .map_err(|error| format!("{} did not answer as Jindu does: {error}", asking.server))?;
    let text = match (asking.json, answered) {
        (true, _) => serde_json::to_string_pretty(&value)?,
        (false, true) => in_words(asking.language, &value),
        (false, false) => problem_in_words(&value),
    };
    Ok(Said { text, answered })
}

/// The facts of the answer, a line each, in the order of the page.
fn in_words(l: Language, answer: &Value) -> String {
    let mut out = String::new();
    let mut line = |label: &str, value: String| {
        if !value.is_empty() {
            // Writing into a String does not fail.
            let _ = match label {
                "" => writeln!(out, "{value}"),
                label => writeln!(out, "{label}: {value}"),
            };
        }
    };
    let clock = &answer["clock"];
    line(l.inquiry_answer_now(), format!("{} ({})", text(answer, "stage_text"), text(answer, "since")));
    line(l.inquiry_answer_kind(), text(answer, "kind_text"));
    line(l.inquiry_answer_name(), text(answer, "name"));
    line(l.inquiry_answer_holder(), text(&answer["holder"], "name"));
    line(l.inquiry_office_phone(), text(&answer["office"], "phone"));
    for flag in answer["flag_texts"].as_array().into_iter().flatten() {
        line("!", flag.as_str().unwrap_or_default().to_owned());
    }
    let day = l.inquiry_clock_day(text(clock, "day"), text(clock, "limit_days"));
    line(l.inquiry_clock_title(), format!("{day}. {}", l.inquiry_clock_due(text(clock, "due_on"))));
    line(l.inquiry_promised_title(), text(answer, "promised_on"));
    if let Some(expected) = answer.get("expected").filter(|expected| !expected.is_null()) {
        let range = l.inquiry_expected(text(expected, "earliest"), text(expected, "latest"));
        line(l.inquiry_expected_title(), format!("{range} ({})", text(expected, "cards")));
    }
    line(l.inquiry_answer_next_title(), text(answer, "next"));
    line(l.inquiry_answer_bring_title(), text(answer, "bring"));
    for step in answer["timeline"].as_array().into_iter().flatten() {
        let state = match step["state"].as_str() {
            Some("done") => l.inquiry_state_done(),
            Some("now") => l.inquiry_state_now(),
            _ => l.inquiry_state_next(),
        };
        line(
            &format!("  {state}"),
            format!("{} {} {}", text(step, "stage_text"), text(step, "on"), text(step, "office")),
        );
    }
    line("", l.inquiry_answer_as_of(text(answer, "as_of")));
    out
}

fn problem_in_words(problem: &Value) -> String {
    let mut out = format!("{}\n{}\n", text(problem, "title"), text(problem, "detail"));
    for error in problem["errors"].as_array().into_iter().flatten() {
        // Writing into a String does not fail.
        let _ =
            writeln!(out, "{}: {}", text(error, "pointer").trim_start_matches('/'), text(error, "detail"));
    }
    out
}

fn text(value: &Value, key: &str) -> String {
    match &value[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
